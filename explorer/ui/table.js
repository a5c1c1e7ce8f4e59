/* The numbers behind a plot, as tables in a dialogue. */

const ROWS = 1000, COLUMNS = 64, ZERO = -9999;

const plain = (html) => (html ?? "").replace(/<[^>]*>/g, "");

const logarithmic = (axis) => Boolean(axis?.ticktext && /10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]/.test([...axis.ticktext].join(" ")));

const heading = (axis, fallback) => `${logarithmic(axis) ? "log₁₀ of " : ""}${plain(axis?.title?.text) || fallback}`;

const raised = (n) => [...String(n)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] ?? "⁻").join("");

/* A number as people write it; far below every logarithm that can be drawn stands an exact zero. */
const digits = (value, axis) => {
  if (value === undefined || value === null) return "";
  if (typeof value !== "number") return plain(String(value));
  if (!Number.isFinite(value)) return "";
  if (logarithmic(axis)) {
    if (value <= ZERO) return "exactly 0";
    if (Math.abs(value) < 1e-9) return "0";
  }
  const [mantissa, exponent] = value.toExponential(4).split("e").map(Number);
  const far = value !== 0 && (exponent < -4 || exponent > 6);
  return (far ? `${mantissa} × 10${raised(exponent)}` : String(+value.toPrecision(5))).replace("-", "−");
};

const table = (parent, caption, heads, rows) => {
  const element = make("table", "", parent);
  make("caption", "", element, caption);
  const line = make("tr", "", make("thead", "", element));
  for (const head of heads) make("th", "", line, head).scope = "col";
  const body = make("tbody", "", element);
  for (const row of rows.slice(0, ROWS)) {
    const cells = make("tr", "", body);
    for (const cell of row) make("td", "", cells, cell || " ");
  }
  if (rows.length > ROWS) make("p", "", parent, `The first ${ROWS} of ${rows.length} rows.`);
};

const traced = (parent, trace, layout) => {
  const name = /^trace \d+$/.test(trace.name) ? "" : plain(trace.name);
  if (trace.z && trace.type !== "scatter3d") {
    const z = [...trace.z].map((row) => [...row].slice(0, COLUMNS)), x = trace.x ? [...trace.x] : z[0].map((_, j) => j + 1);
    const corner = `${heading(layout.yaxis, "row")} \\ ${heading(layout.xaxis, "column")}`;
    table(parent, name || heading({ ...trace.colorbar }, "values"), [corner, ...x.slice(0, COLUMNS).map((v) => digits(v))],
      z.map((row, i) => [digits(trace.y ? trace.y[i] : i + 1), ...row.map((v) => digits(v, trace.colorbar))]));
    return;
  }
  const x = trace.x ?? [], y = trace.y ?? [];
  const z = trace.type === "scatter3d" ? trace.z : null;
  const rows = [...y].map((value, i) => [digits(x[i] ?? i + 1, layout.xaxis), digits(value, layout.yaxis),
    ...(z ? [digits(z[i])] : [])]).filter((row) => row[1] !== "");
  if (rows.length) table(parent, name || "values",
    [heading(layout.xaxis, "x"), heading(layout.yaxis, "y"), ...(z ? ["z"] : [])], rows);
};

/* One table per kind of mark; contours and words repeat the map they lie on. */
const showTable = (title, alt, plot) => {
  const dialog = make("dialog", "gf-table", plot.closest(".gf"));
  const head = make("header", "", dialog);
  make("h2", "", head, title);
  const close = make("button", "", head, "Close");
  close.type = "button";
  close.addEventListener("click", () => dialog.close());
  make("p", "", dialog, alt);
  const scrolled = make("div", "", dialog);
  scrolled.tabIndex = 0;
  scrolled.setAttribute("role", "region");
  scrolled.setAttribute("aria-label", "Tables");
  const told = plot._fullData.filter((trace) => !["ghost", "contour", "words"].includes(trace.meta));
  told.sort((one, other) => (other.meta === "main") - (one.meta === "main"));
  for (const trace of told) traced(scrolled, trace, plot.layout);
  if (!scrolled.firstChild) make("p", "", scrolled, "Nothing is drawn here yet.");
  dialog.setAttribute("aria-label", `Numbers of: ${title}`);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
};
