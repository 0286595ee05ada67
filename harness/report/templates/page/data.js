/* The document, unpacked: see harness/report/packing.py for the form. Values may be shared: never change them. */

let REPORT, SIGNS;
let MODELS = new Map();
let CASES = new Map();
let PARAMETERS = [];

async function readData() {
  const bytes = Uint8Array.from(atob(byId("data").textContent.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const { report, signs } = unpack(await new Response(stream).json());
  REPORT = report;
  SIGNS = signs;
  MODELS = new Map(report.models.map((model) => [model.id, model]));
  for (const each of report.cases) {
    if (!CASES.has(each.model)) CASES.set(each.model, new Map());
    CASES.get(each.model).set(each.target, each);
  }
  PARAMETERS = parameters();
}

function unpack({ keys, values }) {
  const whole = [];
  for (const value of values) {
    if (!Array.isArray(value)) whole.push(value);
    else if (value[0] === -1) whole.push(value.slice(1).map((place) => whole[place]));
    else whole.push(Object.fromEntries(keys[value[0]].map((name, index) => [name, whole[value[index + 1]]])));
  }
  return whole.at(-1);
}

/* What models and targets differ in: name, whose it is, and its values in order. */
function parameters() {
  const of = { model: ["id", "outcome", "file", "sha256"], target: ["system", "memory"] };
  const found = [];
  for (const [about, items] of [["model", REPORT.models], ["target", REPORT.targets]]) {
    for (const name of new Set(items.flatMap((item) => Object.keys(item)))) {
      const values = [...new Set(items.map((item) => item[name]).filter((value) => value !== undefined && typeof value !== "object"))];
      const shown = about === "target" ? ({ id: "target", toolchain: "vela" }[name] ?? name) : name;
      if (!of[about].includes(name) && values.length > 1) found.push({ name: shown, key: name, about, values: values.sort(inOrder) });
    }
  }
  return found;
}

function inOrder(first, second) {
  return typeof first === "number" && typeof second === "number" ? first - second : String(first).localeCompare(String(second), "en", { numeric: true });
}

function worst(outcomes) {
  const order = Object.keys(REPORT.outcomes);
  return outcomes.reduce((found, outcome) => (found === null || order.indexOf(outcome) < order.indexOf(found) ? outcome : found), null);
}
