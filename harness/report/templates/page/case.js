/* One model, on one target or on none: claims, figures, graph, cost, error, how to see it again. */

function showCase([name, targetName_], view = byId("case")) {
  const model = MODELS.get(name);
  const target = REPORT.targets.find((each) => each.id === targetName_);
  const each = CASES.get(name)?.get(targetName_);
  if (!model || (targetName_ && !each)) {
    view.replaceChildren(el("h1", { tabindex: "-1" }, "Not in this report"), el("p", {}, "This report holds no ", el("span", { class: "name" }, [name, targetName_].filter(Boolean).join(" on ")), ". ", el("a", { href: "#matrix" }, "All models and targets")));
    return;
  }
  view.replaceChildren(...headOf(model, target, each), ...(each ? caseParts(model, target, each) : [targetsOf(model)]), ...modelParts(model), againOf(each ?? model));
}

function headOf(model, target, each) {
  const crumbs = el("p", { class: "crumbs" }, el("a", { href: "#matrix" }, "Matrix"), " / ", each ? el("a", { class: "name", href: fragment("case", [model.id]) }, model.id.slice(0, 80)) : "model");
  const facts = Object.entries({ ...model, ...(target && { accelerator: target.accelerator, system_config: target.system_config, memory_mode: target.memory_mode }) }).filter(([name, value]) => !["id", "outcome"].includes(name) && value !== null && typeof value !== "object");
  return [
    crumbs,
    el("h1", { tabindex: "-1" }, el("span", { class: "name" }, softly(model.id)), target ? ` on ${target.accelerator}` : ""),
    el("p", {}, badge(each ? each.outcome : model.outcome), each ? " is the worst of the claims about this model on this target" : " is the worst of all claims about this model"),
    el("ul", { class: "facts" }, facts.map(([name, value]) => el("li", {}, `${spoken(name)}: `, el("b", {}, String(value))))),
  ];
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
  const columns = [{ title: "outcome" }, { title: "claim" }, { title: "observed" }, { title: "allowed" }, { title: "cause and remedy" }];
  return table(columns, worstFirst.map((claim) => [el("td", { class: slug(claim.outcome) }, badge(claim.outcome)), el("th", { scope: "row" }, spoken(claim.test)), long(claim.message), long(claim.verdict.allowed ?? ""), long(whyOf(claim))]), { class: "claims wide", label: "claims" });
}

function whyOf(claim) {
  const { cause, remedy, reproduce } = { ...claim.verdict, ...claim.failure };
  return [
    cause ? el("p", {}, cause) : null,
    remedy ? el("p", {}, el("b", {}, "Remedy: "), remedy) : null,
    claim.known ? el("p", {}, el("b", {}, "Known: "), claim.known) : null,
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
      const shared = sharedWords(names), subject = subjectOf(names[0]);
      const series = names.map((name) => ({ name: spoken(lineName(name, shared, subject)), points: pointsOf(claim.verdict.series[name]) }));
      return chart({ title: `${spoken(claim.test)}: ${spoken(subject)}`, x: { label: axisOf(names[0]) }, y: unitSide(names[0]), series, lines: true });
    });
    return el("section", {}, el("h2", {}, spoken(claim.test)), el("div", { class: "charts" }, charts));
  });
}

const subjectOf = (name) => name.match(/(?<=_)(output|state_.+)$/)?.[0] ?? name.split("_").at(-1);
const axisOf = (name) => (name.startsWith("step_") ? "place in a window (1: state input, then after each step)" : "window");
const lineName = (name, shared, subject) => name.slice(shared).slice(0, -subject.length - 1) || name;
const pointsOf = (values) => values.map((y, place) => ({ x: place + 1, y })).filter(({ y }) => y !== null);
const unitSide = (name) => (/(^|_)db(_|$)/.test(name) ? { label: "SQNR", unit: "dB" } : { label: "value", unit: "" });

/* How many letters the names begin with alike, up to an underscore; none where there is but one. */
function sharedWords(names) {
  let shared = 0;
  while (names.length > 1 && names.every((name) => name[shared] === names[0][shared] && shared < name.length)) shared += 1;
  return names[0].slice(0, shared).lastIndexOf("_") + 1;
}

function contractOf(model) {
  const contract = model.contract;
  if (!contract || !(contract.pairs.length + contract.problems.length + contract.unpaired.length)) return [];
  const names = [...new Set(contract.pairs.flatMap((pair) => Object.keys(pair)))];
  const rows = names.map((name) => [el("th", { scope: "row" }, spoken(name)), ...contract.pairs.map((pair) => String(pair[name] ?? ""))]);
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
