/* The controls above matrix and plots. They are made once a view; afterwards they follow the address. */

function select(name, label, groups, value) {
  const options = groups.map(([title, entries]) => {
    const made = entries.map(([key, text]) => el("option", { value: key, selected: key === value }, text));
    return title ? el("optgroup", { label: title }, made) : made;
  });
  return el("label", {}, label, el("select", { name, onchange: (event) => setQuery({ [name]: event.target.value }) }, options));
}

/* A filter with several values: a disclosure with checkboxes, which keyboards and screen readers know. */
function choice(name, label, values, query) {
  const set = new Set(chosen(query, name));
  const boxes = values.map((value) =>
    el("label", {}, el("input", { type: "checkbox", name, value, checked: set.has(String(value)), onchange: () => setQuery({ [name]: ticked(name) }) }), name === "outcome" ? badge(value) : String(value)),
  );
  const summary = el("summary", {}, summaryOf(label, set));
  const node = el("details", { class: `choice ${set.size ? "set" : ""}`, "data-name": name, "data-label": label }, summary, el("div", { role: "group", "aria-label": label }, boxes));
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    node.open = false;
    summary.focus();
  });
  node.addEventListener("toggle", () => node.open && document.querySelectorAll(".choice[open]").forEach((other) => other !== node && (other.open = false)));
  return node;
}

const summaryOf = (label, set) => `${label}: ${set.size === 0 ? "all" : set.size === 1 ? [...set][0] : `${set.size} of them`}`;
const ticked = (name) => [...document.querySelectorAll(`input[type=checkbox][name="${CSS.escape(name)}"]`)].filter((box) => box.checked).map((box) => box.value).join(",");

function filters(query) {
  const outcomes = Object.keys(REPORT.outcomes).filter((outcome) => REPORT.outcomes[outcome]);
  return [
    choice("outcome", "outcome", outcomes, query),
    ...PARAMETERS.map((each) => choice(each.name, spoken(each.name), each.values, query)),
    el("button", { type: "button", onclick: () => setQuery(Object.fromEntries([...readFragment().query.keys()].map((name) => [name, ""]))) }, "Show all"),
  ];
}

function search(query) {
  const field = el("input", { type: "search", name: "q", value: query.get("q") ?? "", placeholder: "name or cause" });
  field.addEventListener("input", () => setQuery({ q: field.value }, true));
  return el("label", {}, "search", field);
}

/* After back and forward, and after a link: the controls say what the address says. */
function follow(form, query) {
  for (const field of form.elements) {
    if (field.type === "checkbox") field.checked = chosen(query, field.name).includes(field.value);
    else if (field.name && field !== document.activeElement) field.value = query.get(field.name) ?? field.options?.[0].value ?? "";
  }
  for (const node of form.querySelectorAll(".choice")) {
    const set = new Set(chosen(query, node.dataset.name));
    node.classList.toggle("set", set.size > 0);
    node.firstChild.textContent = summaryOf(node.dataset.label, set);
  }
}

document.addEventListener("click", (event) => document.querySelectorAll(".choice[open]").forEach((node) => node.contains(event.target) || (node.open = false)));
