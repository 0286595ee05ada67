/* One model, on one target or on none: claims, figures, graph, cost, error, how to see it again. */

function showCase([name, targetName_], view = byId("case")) {
  const model = MODELS.get(name);
  const target = REPORT.targets.find((each) => each.id === targetName_);
  const each = CASES.get(name)?.get(targetName_);
  if (!model || (targetName_ && !each)) {
    view.replaceChildren(el("h1", { tabindex: "-1" }, "Not in this report"), el("p", {}, "This report holds no ", el("span", { class: "name" }, [name, targetName_].filter(Boolean).join(" on ")), ". ", el("a", { href: "#matrix" }, "All models and targets")));
    return;
  }
  const parts = [...(each ? caseParts(model, target, each) : [targetsOf(model)]), ...modelParts(model), againOf(each ?? model)].filter(Boolean);
  view.replaceChildren(...headOf(model, target, each), contents(parts), ...parts);
}

/* Buttons and not links: the fragment of the address names the view. */
function contents(parts) {
  const headings = parts.flatMap((part) => (part.matches("h2") ? [part] : [...part.querySelectorAll("h2")]));
  const go = (heading) => {
    heading.setAttribute("tabindex", "-1");
    heading.focus();
    heading.scrollIntoView();
  };
  return el("nav", { class: "contents", "aria-label": "on this page" }, headings.map((heading) => el("button", { type: "button", onclick: () => go(heading) }, heading.textContent)));
}

function headOf(model, target, each) {
  const crumbs = el("p", { class: "crumbs" }, el("a", { href: "#matrix" }, "Matrix"), " / ", each ? el("a", { class: "name", href: fragment("case", [model.id]) }, model.id.slice(0, 80)) : "model");
  const facts = Object.entries({ ...model, ...(target && { accelerator: target.accelerator, system_config: target.system_config, memory_mode: target.memory_mode }) }).filter(([name, value]) => !["id", "outcome"].includes(name) && value !== null && typeof value !== "object");
  return [
    crumbs,
    el("h1", { tabindex: "-1" }, el("span", { class: "name" }, softly(model.id)), target ? ` on ${target.accelerator}` : ""),
    el("p", { class: "sum" }, badge((each ?? model).outcome), `: ${tally(each ? each.claims : [model, ...(CASES.get(model.id)?.values() ?? [])].flatMap((item) => item.claims))} ${each ? "on this target" : "about this model, on all targets"}`),
    el("ul", { class: "facts" }, facts.map(([name, value]) => el("li", {}, `${spoken(name)}: `, el("b", {}, String(value))))),
  ];
}

/* 2 of 9 claims fail, 7 hold */
function tally(claims) {
  const counts = Object.keys(REPORT.outcomes).map((outcome) => [outcome, claims.filter((claim) => claim.outcome === outcome).length]).filter(([, count]) => count);
  return `${WHOLE.format(claims.length)} ${claims.length === 1 ? "claim" : "claims"}${counts.length > 1 ? ` (${counts.map(([outcome, count]) => `${count} ${outcome}`).join(", ")})` : ""}`;
}

/* The case in four figures, those that are known. */
function tilesOf(model, each) {
  const { npu_segments: segments, cpu_operators: onCpu_, ms, sram_used_bytes: sram } = each.figures;
  const sqnr = model.figures.sqnr_db_output ?? Object.entries(model.figures).find(([name]) => name.startsWith("sqnr_db_"))?.[1];
  const tiles = [
    ["NPU segments", segments, told(segments), `${told(onCpu_)} operators on the CPU`, "measured"],
    ["Time", ms, told(ms, "ms"), each.estimate ? `bound by ${each.estimate.bound_by}` : "", "estimated, NPU alone"],
    ["SRAM", sram, told(sram, "bytes"), "at its peak", "estimated"],
    ["SQNR", sqnr, told(sqnr, "dB"), "quantized against float64", "measured"],
  ].filter(([, value]) => value !== undefined && value !== null);
  return el("ul", { class: "tiles", "aria-label": "in short" }, tiles.map(([question, , answer, words, from]) => el("li", {}, el("p", { class: "question" }, question), el("p", { class: "answer" }, answer), el("p", {}, `${words} `, el("small", {}, from)))));
}

function caseParts(model, target, each) {
  return [
    tilesOf(model, each),
    el("h2", {}, "Claims on this target"),
    claimsOf(each.claims),
    figuresOf(each.figures, "Figures of this case"),
    ...operatorsOf(model, target, each),
    ...costOf(each),
    ...seriesOf(each),
  ];
}

function modelParts(model) {
  return [
    ...(model.claims.length ? [el("h2", {}, "Claims about the model"), claimsOf(model.claims), figuresOf(model.figures, "Figures of the model")] : []),
    ...errorOf(model),
    ...seriesOf(model),
    ...contractOf(model),
  ];
}

function claimsOf(claims) {
  const order = Object.keys(REPORT.outcomes);
  const worstFirst = [...claims].sort((one, other) => order.indexOf(one.outcome) - order.indexOf(other.outcome));
  const explained = claims.some((claim) => whyOf(claim).length);
  const columns = [{ title: "outcome" }, { title: "claim" }, { title: "observed" }, { title: "allowed" }, ...(explained ? [{ title: "cause and remedy" }] : [])];
  const row = (claim) => [el("td", { class: slug(claim.outcome) }, badge(claim.outcome)), el("th", { scope: "row" }, spoken(claim.test)), long(claim.message), long(claim.verdict.allowed ?? ""), ...(explained ? [long(whyOf(claim))] : [])];
  return table(columns, worstFirst.map(row), { class: `claims wide ${explained ? "explained" : ""}`, label: "claims" });
}

function whyOf(claim) {
  const { cause, remedy, reproduce } = { ...claim.verdict, ...claim.failure };
  return [
    cause ? el("p", {}, linked(cause)) : null,
    remedy ? el("p", {}, el("b", {}, "Remedy: "), linked(remedy)) : null,
    claim.known ? el("p", {}, el("b", {}, "Known: "), linked(claim.known)) : null,
    reproduce ? el("p", {}, "Again: ", el("code", {}, reproduce)) : null,
    claim.failure.reproducer ? el("p", {}, "Reproducer: ", el("a", { href: claim.failure.reproducer }, claim.failure.reproducer)) : null,
  ].filter(Boolean);
}

function figuresOf(figures, title) {
  const names = Object.keys(figures).sort();
  if (!names.length) return null;
  const rows = names.map((name) => [el("th", { scope: "row" }, labelOf(name)), told(figures[name], unitOf(name)), provenanceOf(name)]);
  return el("details", {}, el("summary", {}, `${title}: ${names.length}`), table([{ title: "figure" }, { title: "value", class: "number" }, { title: "where from" }], rows, { label: title }));
}

function targetsOf(model) {
  const cases = REPORT.targets.map((target) => [target, CASES.get(model.id)?.get(target.id)]).filter(([, each]) => each);
  if (!cases.length) return el("p", {}, "This model was asked on no target.");
  const rows = cases.map(([target, each]) => [el("td", { class: slug(each.outcome) }, badge(each.outcome)), el("a", { href: fragment("case", [model.id, target.id]) }, targetName(target)), ...["npu_segments", "cpu_operators", "ms", "sram_used_bytes"].map((name) => told(figureOf(each, name), unitOf(name)))]);
  return el("section", {}, el("h2", {}, "Targets"), table([{ title: "outcome" }, { title: "target" }, { title: "NPU segments", class: "number" }, { title: "operators on the CPU", class: "number" }, { title: "time", class: "number" }, { title: "SRAM", class: "number" }], rows, { label: "targets" }));
}

function errorOf(model) {
  const error = model.quantization_error;
  if (!error) return [];
  const levels = ["sqnr_db", "rounding_db", "low_db", "median_db", "high_db", "worst_db"];
  const rows = Object.entries(error.outputs).map(([name, own]) => [el("th", { scope: "row" }, name), ...levels.map((level) => told(own[level], "dB"))]);
  const columns = ["output", "SQNR", "rounding alone", "low", "median", "high", "worst sequence"].map((title, place) => ({ title, class: place ? "number" : undefined }));
  const steps = error.hidden_db.map((db, step) => ({ x: step + 1, y: db })).filter(({ y }) => y !== null);
  return [
    el("h2", {}, "Quantization error"),
    el("p", {}, `Int${error.bits} on reference kernels against float64, over ${WHOLE.format(error.sequences)} sequences (${error.data}). Low and high: quantiles over sequences. `, el("small", {}, "measured")),
    table(columns, rows, { label: "quantization error" }),
    steps.length > 1 ? chart({ title: "Hidden state over the time steps", x: { label: "time step" }, y: { label: "SQNR", unit: "dB" }, series: [{ name: "hidden state", points: steps }], lines: true }) : null,
  ];
}

/* Figures that come as series, of whatever claim: a plot for each output or state that they are about, over the windows or,
   where the name begins with `step_`, over the places of a window. */
function seriesOf(item) {
  return item.claims.filter((claim) => Object.keys(claim.verdict.series ?? {}).length).map((claim) => {
    const groups = Map.groupBy(Object.keys(claim.verdict.series), (name) => `${subjectOf(name)} ${axisOf(name)}`);
    const charts = [...groups.values()].map((names) => {
      const lines = linesOf(names);
      const series = names.map((name, place) => ({ name: lines.names[place], points: pointsOf(claim.verdict.series[name]) }));
      return chart({ title: lines.title || spoken(claim.test), note: provenanceOf(names[0]), x: { label: axisOf(names[0]) }, y: unitSide(names[0]), series, lines: true });
    });
    return el("section", {}, el("h2", {}, spoken(claim.test)), el("div", { class: "charts" }, charts));
  });
}

const subjectOf = (name) => name.match(/(?<=_)(output|state_.+)$/)?.[0] ?? name.split("_").at(-1);
const axisOf = (name) => (name.startsWith("step_") ? "place in a window (1: state input, then after each step)" : "window");
const pointsOf = (values) => values.map((y, place) => ({ x: place + 1, y })).filter(({ y }) => y !== null);
const unitSide = (name) => (unitOf(name) === "dB" || /(^|_)db(_|$)/.test(name) ? { label: "SQNR", unit: "dB" } : { label: "value", unit: unitOf(name) });

/* What the labels of several series have in common is their title; each is called by the rest. */
function linesOf(names) {
  const parts = names.map((name) => (REPORT.figures[name] ? labelOf(name).split(", ") : spoken(name).split(" ")));
  const shared = parts[0].filter((part) => parts.every((own) => own.includes(part)));
  const title = shared.join(REPORT.figures[names[0]] ? ", " : " ");
  return { title, names: parts.map((own) => own.filter((part) => !shared.includes(part)).join(" ") || title) };
}

const scale = (value, zeroPoint) => (typeof value === "number" ? `${Number(value.toPrecision(9))}, ${zeroPoint}` : "not quantized");
const CONTRACT = [
  ["state output", (pair) => pair.output],
  ["state input", (pair) => pair.input],
  ["type and shape", (pair) => `${pair.dtype} [${(pair.shape ?? []).join(", ")}]`],
  ["scale and zero point of the output", (pair) => scale(pair.output_scale, pair.output_zero_point)],
  ["scale and zero point of the input", (pair) => scale(pair.input_scale, pair.input_zero_point)],
  ["copying the bytes is right", (pair) => (pair.equal ? "yes" : "no: rescale them")],
  ["what copied bytes are off, at most", (pair) => (pair.raw_error_lsb === undefined || pair.raw_error_lsb === null ? "unknown" : `${told(pair.raw_error_lsb, "LSB")}, ${told(pair.raw_error)}`)],
  ["multiplier and shift of the rescale", (pair) => `${pair.multiplier}, ${pair.shift}`],
];

function contractOf(model) {
  const contract = model.contract;
  if (!contract || !(contract.pairs.length + contract.problems.length + contract.unpaired.length)) return [];
  const rows = CONTRACT.map(([words, tell]) => [el("th", { scope: "row" }, words), ...contract.pairs.map((pair) => tell(pair))]);
  return [
    el("h2", {}, "State contract"),
    el("p", {}, "How the bytes of each state output become those of the state input of the next inference."),
    contract.pairs.length ? table([{ title: "value" }, ...contract.pairs.map((pair) => ({ title: pair.state ?? "state" }))], rows, { label: "state contract" }) : null,
    ...[...contract.problems, ...contract.unpaired.map((name) => `${name} looks like a state, but has no partner`)].map((problem) => el("p", {}, problem)),
    contract.c ? el("details", {}, el("summary", {}, "as C"), el("pre", { tabindex: "0" }, contract.c)) : null,
  ];
}

function againOf(item) {
  const quoted = `'${item.id.replaceAll("'", "'\\''")}'`;
  return el("section", {}, el("h2", {}, "See it again"), el("p", {}, el("code", {}, `${REPORT.command} -k ${quoted.slice(0, 2000)}`)));
}
