/* Elements made of text, never of markup: what a model or a tool is called cannot become part of the page. */

const spoken = (name) => name.replace(/^test_/, "").replaceAll("_", " ").replace(/\b[nc]pu\b/g, (unit) => unit.toUpperCase());
const slug = (outcome) => outcome.replaceAll(" ", "-");
const byId = (id) => document.getElementById(id);

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

function badge(outcome) {
  return el("span", { class: `outcome ${slug(outcome)}` }, el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[outcome]), ` ${outcome}`);
}

/* Text that may break behind each underscore, and anywhere where that is not enough. */
const softly = (text) => text.split(/(?<=_)/).flatMap((part) => [part, el("wbr")]);

/* Text whose addresses on GitHub are links. */
const linked = (text) => text.split(/(https:\/\/github\.com\/[\w./-]+\w)/).map((part, place) => (place % 2 ? el("a", { href: part }, part) : part));

/* What is very long scrolls in its place, and can then be reached by keyboard. */
function long(...parts) {
  const node = el("div", {}, parts);
  if (node.textContent.length > 1500) {
    node.className = "long";
    node.tabIndex = 0;
  }
  return node;
}

function table(columns, rows, attributes = {}) {
  const head = el("tr", {}, columns.map((column) => el("th", { scope: "col", class: column.class }, column.title)));
  const body = rows.map((row) => el("tr", {}, row.map((cell, place) => (cell instanceof HTMLTableCellElement ? cell : el("td", { class: columns[place].class }, cell)))));
  const label = attributes.label;
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": label }, el("table", { class: attributes.class }, el("thead", {}, head), el("tbody", {}, body)));
}

function bar(share, kind = "") {
  if (share <= 0) return "";
  const node = el("span", { class: `bar ${kind}` });
  node.style.setProperty("--share", Math.min(Math.max(share, 0), 1));
  return node;
}
