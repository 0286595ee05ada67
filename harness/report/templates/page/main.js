/* Shows the view that the address names. */

const VIEWS = { overview: () => null, matrix: ({ query }) => showMatrix(query), case: ({ parts }) => showCase(parts), plots: ({ query }) => showPlots(query) };
const TITLE = document.title;
let shownView = "overview";

function show({ keepFocus = false } = {}) {
  const address = readFragment();
  const view = VIEWS[address.view] ? address.view : "overview";
  VIEWS[view](address);
  for (const name of Object.keys(VIEWS)) byId(name).hidden = name !== view;
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const heading = byId(view).querySelector("h1");
  document.title = view === "overview" ? TITLE : `${heading.textContent.slice(0, 80)} – ${TITLE}`;
  if (!keepFocus && (view !== shownView || view === "case")) {
    scrollTo(0, 0);
    heading.setAttribute("tabindex", "-1");
    heading.focus({ preventScroll: true });
  }
  shownView = view;
}

async function start() {
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("content").focus();
  });
  try {
    await readData();
  } catch (error) {
    byId("trouble").textContent = `This browser cannot read the results (${error}); the overview is complete, and report.json beside this file holds everything.`;
    byId("trouble").hidden = false;
    return;
  }
  addEventListener("hashchange", () => show());
  show({ keepFocus: true });
  performance.mark("ready");
  document.documentElement.dataset.ready = "true";
}

start();
