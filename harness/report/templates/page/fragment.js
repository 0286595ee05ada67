/* What is shown lives in the fragment of the address, so that a link shows the same: #view/part/part?name=value&... */

function readFragment() {
  const [path, query = ""] = location.hash.slice(1).split("?", 2);
  const parts = path.split("/").map(decoded);
  return { view: parts[0] || "overview", parts: parts.slice(1), query: new URLSearchParams(query) };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function fragment(view, parts = [], query = new URLSearchParams()) {
  const path = [view, ...parts.map(encodeURIComponent)].join("/");
  return `#${path}${query.size ? `?${query}` : ""}`;
}

/* Another value of a setting, as a new entry of the history, or in place of the last one while somebody types. */
function setQuery(changes, replace = false) {
  const { view, parts, query } = readFragment();
  for (const [name, value] of Object.entries({ page: "", ...changes })) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const address = fragment(view, parts, query);
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  show({ keepFocus: true });
}

const chosen = (query, name) => (query.get(name) ?? "").split(",").filter(Boolean);
