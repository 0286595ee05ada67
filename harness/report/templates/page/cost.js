/* What takes the time, beside the roofline: all of it is Vela's estimate of the NPU alone. */

function costOf(each) {
  const estimate = each.estimate;
  if (!estimate) return [el("h2", {}, "Cost"), el("p", {}, "Unknown: Vela estimates only what the NPU runs.")];
  return [
    el("h2", {}, "Cost"),
    el("p", {}, `${told((estimate.total_cycles / estimate.core_clock_hz) * 1e3, "ms")} at ${told(estimate.core_clock_hz / 1e6)} MHz; bound by ${estimate.bound_by}. `, el("small", {}, "estimated by Vela, NPU alone")),
    el("div", { class: "columns" }, el("div", {}, el("h3", {}, "Where the cycles go"), timeTable(estimate)), each.cycles_by_operator ? el("div", {}, el("h3", {}, "Cycles by operator type"), typeTable(each)) : null),
    el("h3", {}, "Memory"),
    memoryTable(estimate),
  ];
}

function timeTable(estimate) {
  const waits = Object.entries(estimate.memories).filter(([, memory]) => memory.access_cycles > 0).map(([name, memory]) => [`access to ${name}`, memory.access_cycles, ""]);
  const rows = [["whole inference", estimate.total_cycles, ""], ["NPU computes", estimate.npu_cycles, ""], ...waits, ["roofline: weights at full bandwidth", estimate.roofline_cycles, "two"]];
  const most = Math.max(...rows.map(([, cycles]) => cycles));
  return table([{ title: "what" }, { title: "cycles", class: "number" }, { title: "beside the most" }], rows.map(([name, cycles, kind]) => [el("th", { scope: "row" }, name), told(Math.round(cycles)), el("td", { class: "bars" }, bar(cycles / most, kind))]), { class: "wide", label: "where the cycles go" });
}

function typeTable(each) {
  const most = Math.max(...each.cycles_by_operator.map((kind) => kind.cycles), 1);
  const rows = each.cycles_by_operator.map((kind) => [el("th", { scope: "row" }, kind.operator), told(kind.count), told(kind.cycles), told(kind.macs), el("td", { class: "bars" }, bar(kind.cycles / most))]);
  return table([{ title: "operator" }, { title: "count", class: "number" }, { title: "cycles", class: "number" }, { title: "MACs", class: "number" }, { title: "beside the most" }], rows, { class: "wide", label: "cycles by operator type" });
}

function memoryTable(estimate) {
  const purposes = ["weights", "scales", "feature_maps", "lut"];
  const works = (memory) => memory.used_bytes || [memory.read_bytes, memory.written_bytes].some((bytes) => Object.values(bytes).some(Boolean));
  const rows = Object.entries(estimate.memories).filter(([, memory]) => works(memory)).map(([name, memory]) => [el("th", { scope: "row" }, name), told(memory.used_bytes, "bytes"), ...purposes.map((purpose) => told(memory.read_bytes[purpose] ?? 0, "bytes")), told(Object.values(memory.written_bytes).reduce((sum, bytes) => sum + bytes, 0), "bytes")]);
  const columns = ["memory", "used at its peak", ...purposes.map((purpose) => `${spoken(purpose)} read`), "written"].map((title, place) => ({ title, class: place ? "number" : undefined }));
  return [table(columns, rows, { label: "memory" }), el("p", { class: "soft" }, `Constants lie in ${estimate.constants_in}, the arena in ${estimate.arena_in}; the weights take ${told(estimate.encoded_weight_bytes, "bytes")} as encoded.`)].reduce((node, part) => (node.append(part), node), el("div"));
}
