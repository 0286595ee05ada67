/* The unrolled graph: where the operators of each time step run, one step in full, and how the others differ. */

function operatorsOf(model, target, each) {
  const parts = each.on_cpu.length ? [el("h2", {}, "Operators on the CPU"), onCpu(each.on_cpu)] : [];
  if (!model.graph) return parts;
  const placed = each.figures.cpu_operators !== undefined;
  const rows = [...model.graph.layers.flatMap((layer) => stepRows(layer, each, placed)), ...outsideRows(model.graph, each, placed)];
  const columns = [{ title: "layer" }, { title: "time steps" }, { title: "operators", class: "number" }, { title: "placement" }, { title: "compared with the usual step" }];
  return [...parts, el("h2", {}, "Operators by time step"), table(columns, rows, { label: "operators by time step" }), ...model.graph.layers.map((layer) => oneStep(layer, model, target, each, placed))];
}

function onCpu(operators) {
  const groups = new Map();
  for (const operator of operators) {
    const key = JSON.stringify([operator.name, operator.reason, operator.cause, operator.remedy, operator.violated]);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(operator);
  }
  const rows = [...groups.values()].map((own) => [
    own.length > 1 ? `${own.length} ${own[0].name}` : own[0].name,
    placesOf(own),
    [own[0].reason || "none given", own[0].violated.length ? el("p", {}, el("small", {}, `breaks: ${own[0].violated.join("; ")}`)) : null].filter(Boolean),
    own[0].cause,
    own[0].remedy,
    own[0].kernel,
  ]);
  const titles = ["operator", "where", "Vela's reason", "cause", "remedy", "TFLite Micro kernel"];
  return table(titles.map((title) => ({ title })), rows.map((row) => row.map((cell, place) => el("td", { class: place ? undefined : "name" }, long(cell)))), { class: "wide", label: "operators on the CPU" });
}

function placesOf(operators) {
  const steps = operators.map((operator) => operator.step).filter((step) => step !== null);
  const outside = operators.filter((operator) => operator.step === null).map((operator) => operator.tensor);
  return [steps.length ? `time step ${ranges(steps)}` : "", outside.slice(0, 6).join(", ") + (outside.length > 6 ? ` and ${outside.length - 6} more` : "")].filter(Boolean).join("; ");
}

/* 0, 2–5 */
function ranges(numbers) {
  const parts = [];
  for (const number of [...new Set(numbers)].sort((one, other) => one - other)) {
    if (parts.length && parts.at(-1)[1] === number - 1) parts.at(-1)[1] = number;
    else parts.push([number, number]);
  }
  return parts.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(", ");
}

function stepRows(layer, each, placed) {
  const others = new Map(layer.others.map((other) => [other.step, other]));
  const steps = [...layer.usual, ...others.keys()].sort((one, other) => one - other);
  const alike = new Map();
  for (const step of steps) {
    const other = others.get(step);
    const count = other ? other.operators : layer.operators.length;
    const own = each.on_cpu.filter((operator) => operator.step === step && operator.layer === layer.layer);
    const row = { count, placement: placementOf(count, own, placed), difference: differenceOf(other) };
    const key = JSON.stringify(row);
    if (!alike.has(key)) alike.set(key, { ...row, steps: [] });
    alike.get(key).steps.push(step);
  }
  return [...alike.values()].map((row) => [layer.layer, ranges(row.steps), `${row.count} each`, row.placement, row.difference]);
}

function placementOf(count, onCpu_, placed) {
  if (!placed) return "unknown";
  if (!onCpu_.length) return "all on the NPU";
  const alike = Map.groupBy(onCpu_, (operator) => `${operator.name} (${operator.reason || operator.cause})`);
  return `${count - onCpu_.length} on the NPU; on the CPU: ${[...alike].map(([said, own]) => `${own.length} ${said}`).join(", ")}`;
}

function differenceOf(other) {
  if (!other) return "the usual step";
  const parts = [other.more.length ? `more: ${other.more.join(", ")}` : "", other.less.length ? `less: ${other.less.join(", ")}` : ""];
  return parts.filter(Boolean).join("; ") || "the same";
}

function outsideRows(graph, each, placed) {
  if (!graph.outside.length) return [];
  const own = each.on_cpu.filter((operator) => operator.step === null);
  return [["", "outside", WHOLE.format(graph.outside.length), placementOf(graph.outside.length, own, placed), outsideNames(graph.outside)]];
}

const outsideNames = (operators) => operators.slice(0, 12).map((operator) => `${operator.name} ${operator.tensor}`.slice(0, 60)).join(", ") + (operators.length > 12 ? ` and ${operators.length - 12} more` : "");

function oneStep(layer, model, target, each, placed) {
  const cycles = each.step_cycles?.[layer.layer];
  const most = Math.max(...(cycles ?? [0]), 1);
  const family = target.accelerator.replace(/-\d+$/, "").replace("ethos-u65", "ethos-u55");
  const rows = layer.operators.map((operator, place) => {
    const here = each.on_cpu.find((other) => other.step === layer.step && other.name === operator.name && other.tensor === operator.tensor);
    const predicted = operator.predicted[family] ?? "unknown";
    const placement = !placed ? "unknown" : here ? `CPU: ${here.reason || here.cause}` : predicted === "dropped" ? "needs no work" : "NPU";
    return [el("td", { class: "name" }, operator.name), el("td", { class: "name" }, operator.tensor), placement, spoken(predicted), cycles ? told(cycles[place]) : "unknown", el("td", { class: "bars" }, cycles ? bar(cycles[place] / most) : "")];
  });
  const columns = [{ title: "operator" }, { title: "output" }, { title: "placement" }, { title: "predicted" }, { title: "cycles, estimated", class: "number" }, { title: "beside the most" }];
  const open = model.graph.layers.length === 1;
  return el("details", { open }, el("summary", {}, `One step of ${layer.layer.slice(0, 60) || "the layer"} in full: step ${layer.step}, and ${layer.usual.length - 1} more are like it`), table(columns, rows, { class: "wide", label: "one time step" }));
}
