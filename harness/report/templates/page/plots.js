/* Estimated time and SQNR against the parameters, time against SRAM, and whatever claims tell as series. */

function showPlots(query) {
  const view = byId("plots");
  if (!view.firstChild) {
    const targets = [["", REPORT.targets.map((target, place) => [place ? target.id : "", targetName(target)])]];
    const series = [["", seriesNames().map((name, place) => [place ? name : "", labelOf(name.split(" ")[1])])]];
    view.append(el("h1", { tabindex: "-1" }, "Plots"), el("form", { class: "controls", "aria-label": "what the plots show", onsubmit: (event) => event.preventDefault() }, select("on", "time against parameters on", targets, query.get("on")), series[0][1].length ? select("series", "series", series, query.get("series")) : null, filters(query)), el("div", { class: "results" }));
  }
  follow(view.querySelector("form"), query);
  const { rows, targets } = selection(query);
  const on = targets.find((target) => target.id === query.get("on")) ?? targets[0];
  const charts = [...lineCharts(rows, targets, on), ...scatters(rows, targets), seriesChart(rows, query)].filter(Boolean);
  view.querySelector(".results").replaceChildren(charts.length ? el("div", { class: "charts" }, charts) : el("p", {}, "Nothing to plot here: these models differ in no number, or nothing was estimated."));
}

const DIMENSIONS = ["time_steps", "units"];

function lineCharts(rows, targets, on) {
  const sqnr = Object.keys(REPORT.figures).filter((name) => name.startsWith("sqnr_db_"));
  const measured = sqnr.includes("sqnr_db_output") ? "sqnr_db_output" : sqnr[0];
  const place = targets.indexOf(on);
  const timed = (row) => row.cells[place], exact = (row) => row.model;
  const both = rows.filter((row) => figureOf(timed(row), "ms") !== null && figureOf(exact(row), measured) !== null);
  return DIMENSIONS.flatMap((dimension) => [
    on && lineChart(rows, both, dimension, "ms", timed, targetName(on)),
    measured && lineChart(rows, both, dimension, measured, exact, ""),
  ]);
}

/* A line for each combination of cell and the other dimension; what else varies is held at its most frequent value, the
   same in every plot: that of the models of which time and SQNR are known. */
function lineChart(rows, both, dimension, figure, itemOf, where) {
  const known = rows.filter((row) => figureOf(itemOf(row), figure) !== null && typeof row.model[dimension] === "number");
  const others = PARAMETERS.filter((each) => each.about === "model" && each.name !== dimension);
  const lines = others.filter((each) => each.name === "cell" || DIMENSIONS.includes(each.name));
  const { kept, held } = holdRest(known, both.length ? both : known, others.filter((each) => !lines.includes(each)));
  if (new Set(kept.map((row) => row.model[dimension])).size < 2) return null;
  const groups = new Map();
  for (const row of kept) {
    const name = lines.map((each) => (typeof row.model[each.key] === "number" ? `${row.model[each.key]} ${spoken(each.name).replace(row.model[each.key] === 1 ? /s$/ : "", "")}` : row.model[each.key])).join(", ") || row.model.id;
    if (!groups.has(name)) groups.set(name, []);
    const item = itemOf(row);
    groups.get(name).push({ x: row.model[dimension], y: figureOf(item, figure), href: fragment("case", [row.model.id, item.target].filter(Boolean)), row });
  }
  const colors = [...new Set(kept.map((row) => row.model.cell))];
  const numbers = [...new Set(kept.map((row) => lines.filter((each) => each.name !== "cell").map((each) => row.model[each.key]).join()))];
  const series = [...groups].map(([name, points]) => ({ name, points: points.sort((one, other) => one.x - other.x), color: colors.indexOf(points[0].row.model.cell) % COLORS, ...styleOf(numbers.indexOf(lines.filter((each) => each.name !== "cell").map((each) => points[0].row.model[each.key]).join())) }));
  const note = [provenanceOf(figure), where, ...held].filter(Boolean).join("; ");
  return chart({ title: `${labelOf(figure)} against ${spoken(dimension)}`, note, x: { label: spoken(dimension) }, y: { label: labelOf(figure), unit: unitOf(figure), log: figure === "ms" }, series, lines: true });
}

const styleOf = (number) => ({ shape: Math.max(number, 0) % SHAPES.length, dash: Math.max(number, 0) % DASHES.length });

function holdRest(rows, usual, parameters) {
  const held = [];
  let kept = rows;
  for (const each of parameters) {
    const counts = new Map(kept.map((row) => [row.model[each.key], 0]));
    for (const row of usual) counts.set(row.model[each.key], (counts.get(row.model[each.key]) ?? 0) + 1);
    if (counts.size < 2) continue;
    const [value] = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most));
    kept = kept.filter((row) => row.model[each.key] === value);
    usual = usual.filter((row) => row.model[each.key] === value);
    held.push(`${spoken(each.name)} ${value}`);
  }
  return { kept, held };
}

function scatters(rows, targets) {
  const groups = new Map();
  targets.forEach((target, place) => {
    for (const row of rows) {
      const x = figureOf(row.cells[place], "sram_used_bytes"), y = figureOf(row.cells[place], "ms");
      if (!x || !y) continue;
      const name = `${target.accelerator} ${target.memory_mode}`;
      if (!groups.has(name)) groups.set(name, { name, family: target.accelerator.replace(/-\d+$/, ""), points: [] });
      groups.get(name).points.push({ x, y, href: fragment("case", [row.model.id, target.id]) });
    }
  });
  const families = [...new Set([...groups.values()].map((group) => group.family))];
  const series = [...groups.values()].map((group, place) => ({ ...group, color: families.indexOf(group.family) % COLORS, shape: place % SHAPES.length }));
  if (!series.length) return [];
  return [chart({ title: "time of one inference against SRAM", note: "estimated; by accelerator and memory mode", x: { label: "SRAM used", unit: "bytes", log: true }, y: { label: "time of one inference", unit: "ms", log: true }, series })];
}

const LINES = 12;

/* The series that some claim about a model tells: `test name`. */
function seriesNames() {
  const claims = REPORT.models.flatMap((model) => model.claims);
  return [...new Set(claims.flatMap((claim) => Object.keys(claim.verdict.series ?? {}).map((name) => `${claim.test} ${name}`)))].sort(inOrder);
}

/* One series, a line for each model. */
function seriesChart(rows, query) {
  const names = seriesNames();
  const chosenName = names.includes(query.get("series")) ? query.get("series") : names[0];
  if (!chosenName) return null;
  const [test, name] = chosenName.split(" ");
  const lines = rows.flatMap(({ model }) => model.claims.filter((claim) => claim.test === test && claim.verdict.series?.[name]).map((claim) => ({ name: model.id, points: pointsOf(claim.verdict.series[name]).map((point) => ({ ...point, href: fragment("case", [model.id]) })) })));
  const note = lines.length > LINES ? `the first ${LINES} of ${lines.length} models: filter to see others` : "";
  return lines.length ? chart({ title: labelOf(name), note: [provenanceOf(name), note].filter(Boolean).join("; "), x: { label: axisOf(name) }, y: unitSide(name), series: lines.slice(0, LINES), lines: true, whole: true }) : null;
}
