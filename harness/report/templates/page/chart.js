/* A plot by uPlot with a legend, a line that reads the nearest point, and the values as a table. */

const COLORS = 6;
const CORNERS = { square: [[-1, -1], [1, -1], [1, 1], [-1, 1]], triangle: [[0, -1.2], [1.1, 0.9], [-1.1, 0.9]], diamond: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]], wedge: [[0, 1.2], [1.1, -0.9], [-1.1, -0.9]] };
const STROKES = { cross: [[-1, -1, 1, 1], [-1, 1, 1, -1]], plus: [[0, -1.2, 0, 1.2], [-1.2, 0, 1.2, 0]] };
const SHAPES = ["circle", "square", "triangle", "diamond", "cross", "hollow circle", "hollow square", "wedge", "hollow triangle", "plus", "hollow diamond", "hollow wedge"];
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3]];
const CHARTS = new Set();

function chart({ title, note, x, y, series, lines = false, whole = !lines }) {
  const styled = series.map((each, place) => ({ color: place % COLORS, shape: place % SHAPES.length, dash: Math.floor(place / COLORS) % DASHES.length, ...each }));
  const plot = el("div", { role: "img", "aria-label": `${title}: ${y.label} against ${x.label}, ${series.length} series; the values are in the table below` });
  const reading = el("p", { class: "reading", "aria-hidden": "true" }, " ");
  const node = el("figure", { class: whole ? "whole" : undefined }, el("figcaption", {}, title, note ? el("small", {}, note) : null), plot, reading, series.length > 1 ? legendOf(styled, lines) : null, valuesOf(title, x, y, styled));
  const made = { node, plot, reading, x, y, series: styled, lines, uplot: null };
  CHARTS.add(made);
  new ResizeObserver(() => draw(made)).observe(node);
  return node;
}

function draw(made) {
  if (!made.node.isConnected) return CHARTS.delete(made);
  const width = Math.floor(made.plot.clientWidth);
  if (!width || (made.uplot && made.uplot.width === width)) return undefined;
  return drawNow(made, width);
}

function drawNow(made, width) {
  made.uplot?.destroy();
  const rows = made.series.flatMap((each, place) => each.points.map((point) => ({ ...point, place }))).sort((one, other) => one.x - other.x);
  const data = [rows.map((row) => row.x), ...made.series.map((_, place) => rows.map((row) => (row.place === place ? row.y : null)))];
  made.uplot = new uPlot(optionsOf(made, width, rows), data, made.plot);
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function optionsOf(made, width, rows) {
  const axis = (side, size, whole) => ({ label: `${side.label}${side.unit ? `, ${side.unit === "share" ? "%" : side.unit}` : ""}`, stroke: color("--text"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line"), size: 5 }, font: "12px system-ui", labelFont: "600 12px system-ui", labelSize: 20, size, splits: whole ? () => whole : logarithmic(side) ? (_, __, low, high) => decades(low, high) : undefined, filter: (_, splits) => splits, values: (_, values) => values.map((value) => (value === null ? "" : tick(value, side.unit))) });
  const logarithmic = (side) => side.log && rows.every((row) => row[side === made.x ? "x" : "y"] > 0);
  const scale = (side) => (logarithmic(side) ? { time: false, distr: 3, range: (_, low, high) => [low / 1.2, high * 1.2] } : { time: false, range: padded });
  return {
    width,
    height: Math.round(Math.min(340, Math.max(220, width * 0.6))),
    legend: { show: false },
    cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false }, bind: { dblclick: () => null } },
    scales: { x: scale(made.x), y: scale(made.y) },
    axes: [axis(made.x, 30, made.x.log ? undefined : few(rows.map((row) => row.x))), axis(made.y, 56)],
    series: [{}, ...made.series.map((each) => ({ stroke: color(`--series-${each.color + 1}`), width: made.lines ? 2 : 0, dash: DASHES[each.dash], spanGaps: true, points: { show: false }, paths: made.lines ? undefined : () => null }))],
    hooks: { draw: [(plot) => drawMarkers(plot, made)], setCursor: [(plot) => read(plot, made)], ready: [(plot) => plot.over.addEventListener("click", () => made.near?.href && (location.hash = made.near.href))] },
  };
}

function padded(_, low, high) {
  const margin = (high - low || Math.abs(high) || 1) * 0.06;
  return [low >= 0 && low - margin < 0 ? 0 : low - margin, high + margin];
}

/* 1, 2 and 5 of each power of ten; the powers alone where there are many. */
function decades(low, high) {
  const steps = high / low > 1e3 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: Math.ceil(Math.log10(high / low)) + 2 }, (_, place) => Math.floor(Math.log10(low)) + place);
  return powers.flatMap((power) => steps.map((step) => step * 10 ** power)).filter((value) => value >= low && value <= high);
}

/* The values themselves, where there are few: time steps and units are no continuum. */
function few(values) {
  const distinct = [...new Set(values)];
  return distinct.length <= 8 && distinct.every(Number.isInteger) ? distinct : undefined;
}

function tick(value, unit) {
  if (unit === "share") return `${SIGNIFICANT.format(100 * value)}`;
  if (unit === "bytes" && value >= 1e3 && value < 1e6) return `${SIGNIFICANT.format(value / 1e3)}k`;
  return Math.abs(value) >= 1e5 ? `${SIGNIFICANT.format(value / 1e6)}M` : SIGNIFICANT.format(value);
}

const MARKERS = 30;

/* On a long line a few of the points carry a marker. */
function drawMarkers(plot, made) {
  for (const each of made.series) {
    const every = made.lines ? Math.ceil(each.points.length / MARKERS) : 1;
    for (const point of each.points.filter((_, place) => place % every === 0)) marker(plot.ctx, each, plot.valToPos(point.x, "x", true), plot.valToPos(point.y, "y", true), 4 * devicePixelRatio);
  }
}

function marker(context, { color: number, shape }, x, y, size) {
  const name = SHAPES[shape].replace("hollow ", "");
  context.save();
  context.setLineDash([]);
  context.strokeStyle = context.fillStyle = color(`--series-${number + 1}`);
  context.lineWidth = size / 2.4;
  context.beginPath();
  for (const [left, top, right, bottom] of STROKES[name] ?? []) {
    context.moveTo(x + left * size, y + top * size);
    context.lineTo(x + right * size, y + bottom * size);
  }
  for (const [right, down] of CORNERS[name] ?? []) context.lineTo(x + right * size, y + down * size);
  if (name === "circle") context.arc(x, y, size, 0, 2 * Math.PI);
  if (!STROKES[name]) context.closePath();
  if (STROKES[name] || name !== SHAPES[shape]) context.stroke();
  else context.fill();
  context.restore();
}

/* Says which point is nearest to the pointer; a click on it opens its case. */
function read(plot, made) {
  const { left, top } = plot.cursor;
  made.near = null;
  let nearest = 40;
  for (const each of left < 0 ? [] : made.series) {
    for (const point of each.points) {
      const distance = Math.hypot(plot.valToPos(point.x, "x") - left, plot.valToPos(point.y, "y") - top);
      if (distance < nearest) [nearest, made.near] = [distance, { ...point, name: each.name }];
    }
  }
  made.reading.textContent = made.near ? `${made.near.name}: ${told(made.near.y, made.y.unit)} at ${told(made.near.x, made.x.unit)} ${made.x.unit ? "" : made.x.label}` : " ";
}

function legendOf(series, lines) {
  return el("ul", { class: "legend" }, series.map((each) => {
    const icon = el("canvas", { width: 60, height: 24, "aria-hidden": "true" });
    icon.style.width = "30px";
    icon.drawIcon = () => drawIcon(icon, each, lines);
    icon.drawIcon();
    return el("li", {}, icon, each.name);
  }));
}

function drawIcon(icon, each, lines) {
  const context = icon.getContext("2d");
  context.clearRect(0, 0, 60, 24);
  if (lines) {
    context.strokeStyle = color(`--series-${each.color + 1}`);
    context.lineWidth = 4;
    context.setLineDash(DASHES[each.dash].map((part) => 2 * part));
    context.beginPath();
    context.moveTo(0, 12);
    context.lineTo(60, 12);
    context.stroke();
  }
  marker(context, each, 30, 12, 8);
}

const TABLE_ROWS = 150;

function valuesOf(title, x, y, series) {
  const points = series.flatMap((each) => each.points.map((point) => [each, point]));
  const rows = points.slice(0, TABLE_ROWS).map(([each, point]) => [point.href ? el("a", { href: point.href }, each.name) : each.name, told(point.x, x.unit), told(point.y, y.unit)]);
  const node = el("details", {}, el("summary", {}, "The values as a table"));
  node.addEventListener("toggle", () => node.open && node.children.length === 1 && node.append(table([{ title: "series" }, { title: x.label, class: "number" }, { title: y.label, class: "number" }], rows, { label: `values of ${title}` }), points.length > TABLE_ROWS ? el("p", { class: "soft" }, `the first ${TABLE_ROWS} of ${points.length}`) : ""));
  return node;
}

/* Colors are read from the style sheet when a plot is drawn: draw again where the scheme changes. */
function redraw() {
  for (const made of CHARTS) if (made.node.isConnected && made.plot.clientWidth) drawNow(made, made.plot.clientWidth);
  for (const icon of document.querySelectorAll(".legend canvas")) icon.drawIcon();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
for (const [event, printing] of [["beforeprint", true], ["afterprint", false]]) {
  addEventListener(event, () => {
    document.documentElement.classList.toggle("printing", printing);
    redraw();
  });
}
