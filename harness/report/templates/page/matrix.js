/* Models against targets: a cell shows the worst claim, one claim, or a figure as a heat map. */

const PAGE_ROWS = 50;
const PAGE_CELLS = 3000;
const FIRST = ["npu_operator_coverage", "npu_segments", "ms", "sqnr_db_output", "sram_used_bytes", "weight_reads"];

function showMatrix(query) {
  const view = byId("matrix");
  if (!view.firstChild) view.append(el("h1", { tabindex: "-1" }, "Models and targets"), matrixControls(query), el("div", { class: "results" }));
  follow(view.querySelector("form"), query);
  const chosenNow = selection(query);
  const list = query.get("layout") === "list";
  view.querySelector(".results").replaceChildren(...(list ? listOf(chosenNow, query) : gridOf(chosenNow, query)));
}

function matrixControls(query) {
  const holding = (items) => (name) => items.some((item) => figureOf(item, name) !== null);
  const figures = Object.keys(REPORT.figures).filter((name) => !/_(low|high)$/.test(name)).filter(holding([...REPORT.models, ...REPORT.cases]));
  const first = FIRST.filter((name) => figures.includes(name)), rest = figures.filter((name) => !FIRST.includes(name));
  const claims = [...new Set([...REPORT.models, ...REPORT.cases].flatMap((item) => item.claims.map((claim) => claim.test)))].sort();
  const names = (some) => some.map((name) => [name, labelOf(name)]);
  const shows = [["", [["outcome", "worst outcome"]]], ["heat map", names(first)], ["heat map of another figure of a case", names(rest.filter(holding(REPORT.cases)))], ["heat map of another figure of a model", names(rest.filter(holding(REPORT.models)))], ["one claim", claims.map((name) => [`claim.${name}`, spoken(name)])]];
  const parameters = ["a parameter", PARAMETERS.filter((each) => each.about === "model").map((each) => [each.name, spoken(each.name)])];
  const sorts = [["", [["name", "name"], ["outcome", "worst first"]]], parameters, ["a figure", [...first, ...rest].flatMap((name) => [[`${name}.down`, `${labelOf(name)}, most first`], [`${name}.up`, `${labelOf(name)}, least first`]])]];
  const groups = [["", [["", "none"], ["outcome", "outcome"]]], parameters];
  return el("form", { class: "controls", "aria-label": "what the matrix shows", onsubmit: (event) => event.preventDefault() },
    search(query), select("show", "show", shows, query.get("show")), select("layout", "as", [["", [["", "grid"], ["list", "list of cases"]]]], query.get("layout")), select("sort", "sort by", sorts, query.get("sort")), select("group", "group by", groups, query.get("group")), filters(query));
}

function gridOf({ show, targets, rows: all }, query) {
  const isFigure = Boolean(REPORT.figures[show]);
  const rows = isFigure ? all.filter((row) => [row.model, ...row.cells].some((item) => figureOf(item, show) !== null)) : all;
  const heat = isFigure && rows.length ? heatOf(show, rows) : null;
  const columns = heat && !rows.some((row) => row.cells.some((each) => figureOf(each, show) !== null)) ? [] : targets;
  const own = !heat || rows.some((row) => figureOf(row.model, show) !== null);
  const size = Math.max(5, Math.min(PAGE_ROWS, Math.floor(PAGE_CELLS / (columns.length + 1))));
  const page = pageOf(rows, query, size);
  const head = el("tr", {}, el("th", { scope: "col" }, "model"), own ? el("th", { scope: "col" }, "the model itself", el("small", {}, "claims about all targets")) : null, columns.map((target) => el("th", { scope: "col" }, target.accelerator, el("small", {}, softly(target.system_config)), el("small", {}, softly(target.memory_mode)))));
  const bodies = grouped(page.shown, query).map(({ heading, rows: members }) => el("tbody", {}, heading ? el("tr", {}, el("th", { scope: "rowgroup", colspan: columns.length + 2 }, heading)) : null, members.map((row) => gridRow(row, show, columns, heat, own))));
  const said = `${rows.length} of ${REPORT.models.length} models, ${targets.length} of ${REPORT.targets.length} targets, ${rows.reduce((sum, row) => sum + row.cells.filter(Boolean).length, 0)} of ${REPORT.cases.length} cases${all.length > rows.length ? `; ${all.length - rows.length} more models without this figure` : ""}`;
  if (!rows.length) return [statusOf(said, page, query), el("p", {}, "No model fits: take back a filter.")];
  return [statusOf(said, page, query, heat), el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "matrix" }, el("table", { class: "matrix" }, el("thead", {}, head), bodies))];
}

function gridRow(row, show, columns, heat, own) {
  const name = el("th", { scope: "row", class: "name" }, el("a", { class: "clipped", href: fragment("case", [row.model.id]) }, softly(row.model.id)));
  const cell = (item, address, outcome) => (heat ? heatCell(item, address, show, heat) : outcomeCell(outcome, address, item));
  return el("tr", {}, name, own ? cell(row.model, fragment("case", [row.model.id]), row.own) : null, columns.map((target, place) => cell(row.cells[place], fragment("case", [row.model.id, target.id]), row.cells[place] && outcomeOf(row.cells[place], show))));
}

function outcomeCell(outcome, address, item) {
  if (!outcome || !item) return el("td", { class: "empty" }, "–");
  return el("td", { class: slug(outcome) }, el("a", { href: address }, badge(outcome), outcome === "cannot tell" ? endingsOf(item) : null));
}

/* How the stages ended that leave a claim open: crashed SIGSEGV, timed out. */
function endingsOf(item) {
  const endings = item.claims.filter((claim) => claim.outcome === "cannot tell").map(({ failure }) => [failure.kind, failure.signal].filter(Boolean).join(" "));
  return [...new Set(endings)].filter(Boolean).slice(0, 3).map((ending) => el("small", { class: "ending" }, ending.slice(0, 60)));
}

/* Small to large on a logarithm where the values span more than a factor of thirty. */
function heatOf(name, rows) {
  const values = rows.flatMap((row) => [row.model, ...row.cells]).map((item) => figureOf(item, name)).filter((value) => value !== null);
  const low = Math.min(...values), high = Math.max(...values);
  const scale = low > 0 && high / low > 30 ? Math.log : (value) => value;
  return { name, low, high, share: (value) => (high > low ? (scale(value) - scale(low)) / (scale(high) - scale(low)) : 0), logarithmic: scale === Math.log };
}

function heatCell(item, address, name, heat) {
  const value = figureOf(item, name);
  if (value === null) return el("td", { class: "empty" }, item?.target ? "unknown" : "–");
  const cell = el("td", { class: "heat" }, el("a", { href: address }, told(value, unitOf(name))));
  cell.style.setProperty("--share", heat.share(value).toFixed(3));
  return cell;
}

function scaleOf(heat) {
  const { better, provenance } = REPORT.figures[heat.name];
  const side = better ? `; ${better === "low" ? "less" : "more"} is better` : "";
  return el("span", { class: "scale" }, told(heat.low, unitOf(heat.name)), el("span", { "aria-hidden": "true" }), told(heat.high, unitOf(heat.name)), ` ${labelOf(heat.name)}${provenance ? `, ${provenance}` : ""}${side}${heat.logarithmic ? "; logarithmic" : ""}`);
}

const LIST_FIGURES = ["ms", "sram_used_bytes", "npu_operator_coverage", "npu_segments", "weight_reads"];

function listOf({ show, rows }, query) {
  const figures = [...new Set([...(REPORT.figures[show] ? [show] : []), ...LIST_FIGURES])].filter((name) => REPORT.figures[name]);
  const targets = new Map(REPORT.targets.map((target) => [target.id, target]));
  const cases = sortedCases(rows.flatMap((row) => row.cells.filter(Boolean).map((each) => ({ each, model: row.model }))), query);
  const page = pageOf(cases, query, 100);
  const columns = [{ title: "outcome" }, { title: "model" }, { title: "target" }, ...figures.map((name) => ({ title: labelOf(name), class: "number" }))];
  const lines = page.shown.map(({ each, model }) => {
    const shown = outcomeOf(each, show) ?? each.outcome;
    const figure = (name) => el("td", { class: "number" }, figureOf(each, name) === null ? "unknown" : told(figureOf(each, name), unitOf(name)));
    return [el("td", { class: slug(shown) }, badge(shown)), el("td", { class: "name" }, el("a", { class: "clipped", href: fragment("case", [model.id, each.target]) }, softly(model.id))), targetCell(targets.get(each.target)), ...figures.map(figure)];
  });
  return [statusOf(`${cases.length} of ${REPORT.cases.length} cases`, page, query), table(columns, lines, { label: "cases" })];
}

function sortedCases(cases, query) {
  const sort = query.get("sort") ?? "name";
  const order = Object.keys(REPORT.outcomes);
  if (sort === "outcome") return byKey(cases, ({ each }) => order.indexOf(each.outcome));
  if (parameterOf(sort)) return byParameter(cases, parameterOf(sort), ({ model }) => model);
  const name = sort.replace(/\.(up|down)$/, "");
  if (!REPORT.figures[name]) return cases;
  const sign = sort.endsWith(".up") ? 1 : -1;
  return byKey(cases, ({ each }) => sign * (figureOf(each, name) ?? sign * Infinity));
}

const targetCell = (target) => el("td", {}, target.accelerator, el("br"), el("small", {}, `${target.system_config} ${target.memory_mode}`));
const targetName = (target) => `${target.accelerator} ${target.system_config} ${target.memory_mode}${target.toolchain ? `, Vela of ${target.toolchain}` : ""}`;

function pageOf(rows, query, size) {
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const number = Math.min(Math.max(Number.parseInt(query.get("page"), 10) || 1, 1), pages);
  return { number, pages, first: (number - 1) * size, shown: rows.slice((number - 1) * size, number * size) };
}

function statusOf(said, page, query, heat = null) {
  const turn = (to, text) => el("button", { type: "button", disabled: to < 1 || to > page.pages, "data-turn": text, onclick: () => turnTo(to, text) }, text);
  const pager = page.pages > 1 ? el("div", { class: "pager" }, turn(page.number - 1, "Previous"), ` page ${page.number} of ${page.pages} `, turn(page.number + 1, "Next")) : null;
  return el("div", { class: "status" }, el("p", { role: "status" }, said), pager, heat ? scaleOf(heat) : null);
}

function turnTo(page, text) {
  setQuery({ page: page > 1 ? String(page) : "" });
  const same = document.querySelector(`[data-turn="${text}"]:not(:disabled)`);
  (same ?? document.querySelector("[data-turn]:not(:disabled)"))?.focus();
}
