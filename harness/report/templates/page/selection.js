/* Which models and targets are shown, in which order, and what each cell shows. */

function selection(query) {
  const show = query.get("show") ?? "outcome";
  const wanted = new Set(chosen(query, "outcome"));
  const words = (query.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const limits = PARAMETERS.map((each) => ({ ...each, allowed: new Set(chosen(query, each.name)) })).filter((each) => each.allowed.size);
  const fits = (item, about) => limits.every((each) => each.about !== about || each.allowed.has(String(item[each.key])));
  const targets = REPORT.targets.filter((target) => fits(target, "target"));
  const rows = [];
  for (const model of REPORT.models) {
    if (!fits(model, "model")) continue;
    const cases = targets.map((target) => CASES.get(model.id)?.get(target.id));
    const row = { model, own: outcomeOf(model, show), cells: cases.map((each) => (each && matches(each, words, model) ? each : undefined)) };
    if (wanted.size) {
      row.cells = row.cells.map((each) => (each && wanted.has(outcomeOf(each, show)) ? each : undefined));
      if (!wanted.has(row.own) && row.own !== null) row.own = null;
    }
    if (row.cells.some(Boolean) || (matches(model, words, model) && row.own !== null)) rows.push(row);
  }
  return { show, targets: withCells(targets, rows), rows: sorted(rows, query), wanted };
}

/* A target without a single cell has no column. */
function withCells(targets, rows) {
  const used = targets.map((_, place) => rows.some((row) => row.cells[place]));
  for (const row of rows) row.cells = row.cells.filter((_, place) => used[place]);
  return targets.filter((_, place) => used[place]);
}

function matches(item, words, model) {
  if (!words.length) return true;
  const text = `${item.id} ${model.id} ${causes(item)}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

const CAUSES = new WeakMap();
function causes(item) {
  if (!CAUSES.has(item)) CAUSES.set(item, item.claims.filter((claim) => claim.outcome !== "pass").map((claim) => `${claim.test} ${claim.message} ${claim.verdict.cause ?? ""}`).join(" "));
  return CAUSES.get(item);
}

/* The outcome of the claims that are shown; null where an item has none of them. */
function outcomeOf(item, show) {
  if (!show.startsWith("claim.")) return item.claims.length ? worst(item.claims.map((claim) => claim.outcome)) : null;
  return worst(item.claims.filter((claim) => claim.test === show.slice(6)).map((claim) => claim.outcome));
}

function figureOf(item, name) {
  return item?.figures[name] ?? null;
}

function sorted(rows, query) {
  const sort = query.get("sort") ?? "name";
  const order = Object.keys(REPORT.outcomes);
  const rank = (row) => Math.min(...[row.own, ...row.cells.map((each) => each?.outcome)].filter(Boolean).map((outcome) => order.indexOf(outcome)));
  if (sort === "outcome") return byKey(rows, rank);
  if (parameterOf(sort)) return byParameter(rows, parameterOf(sort), ({ model }) => model);
  const up = sort.endsWith(".up");
  const name = sort.replace(/\.(up|down)$/, "");
  if (!REPORT.figures[name]) return rows;
  const best = (row) => {
    const values = [row.model, ...row.cells].map((each) => figureOf(each, name)).filter((value) => value !== null);
    if (!values.length) return up ? Infinity : -Infinity;
    return up ? Math.min(...values) : Math.max(...values);
  };
  return byKey(rows, (row) => (up ? best(row) : -best(row)));
}

/* In the order of a number that is computed once for each; equal ones stay as they are. */
function byKey(items, key) {
  return items.map((item) => [key(item), item]).sort(([one], [other]) => (one === other ? 0 : one - other)).map(([, item]) => item);
}

const parameterOf = (name) => PARAMETERS.find((each) => each.about === "model" && each.name === name);

/* Models without the parameter come last; equal ones stay as they are. */
function byParameter(items, { key }, modelOf) {
  const rank = (item) => modelOf(item)[key] ?? null;
  return [...items].sort((one, other) => (rank(one) === null) - (rank(other) === null) || (rank(one) === null ? 0 : inOrder(rank(one), rank(other))));
}

/* Rows under the headings of a parameter or of the outcome; one group without a heading otherwise. */
function grouped(rows, query) {
  const by = query.get("group");
  if (!by) return [{ heading: "", rows }];
  const parameter = parameterOf(by);
  const groups = new Map();
  for (const row of rows) {
    const value = by === "outcome" ? worst([row.own, ...row.cells.map((each) => each?.outcome)].filter(Boolean)) : row.model[parameter?.key];
    const heading = `${spoken(by)}: ${value ?? "none"}`;
    if (!groups.has(heading)) groups.set(heading, []);
    groups.get(heading).push(row);
  }
  return [...groups].sort(([one], [other]) => inOrder(one, other)).map(([heading, own]) => ({ heading, rows: own }));
}
