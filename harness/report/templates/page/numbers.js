/* Figures as people read them. */

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SIGNIFICANT = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

function unitOf(name) {
  return REPORT.figures[name]?.unit ?? "";
}

function labelOf(name) {
  return REPORT.figures[name]?.label ?? spoken(name);
}

function provenanceOf(name) {
  return REPORT.figures[name]?.provenance ?? "";
}

function told(value, unit = "") {
  if (value === null || value === undefined) return "unknown";
  if (unit === "share") return `${(100 * value).toFixed(Math.abs(value) < 1 && value !== 0 ? 2 : 0)} %`;
  if (unit === "dB") return `${value.toFixed(1)} dB`;
  if (unit === "bytes" && value >= 1048576) return `${SIGNIFICANT.format(value / 1048576)} MiB`;
  if (unit === "bytes" && value >= 1024) return `${SIGNIFICANT.format(value / 1024)} KiB`;
  if (unit === "ms") return `${value.toPrecision(3)} ms`;
  if (unit === "times") return `${value.toFixed(1)} times`;
  const number = Number.isInteger(value) ? WHOLE.format(value) : Math.abs(value) < 1e-3 && value !== 0 ? value.toExponential(1) : SIGNIFICANT.format(value);
  return unit ? `${number} ${unit}` : number;
}
