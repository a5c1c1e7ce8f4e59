
/* While a hand moves, what Plotly has drawn stays, and only what the hand changes is drawn over it, in the same
   places and colours, the numbers of the upright axis too: a tenth of the work. At rest Plotly draws everything itself. How Plotly builds
   its pictures is known here and nowhere else; what is not known here is left to Plotly. */

const SVG = "http://www.w3.org/2000/svg";
const DASHES = { dot: [1, 1], dash: [3, 3], longdash: [5, 5], dashdot: [3, 1, 1, 1], longdashdot: [5, 2, 1, 2] };
const ORDER = ["heatmap", "bar", "scatter"];

const round2 = (value) => Math.round(value * 100) / 100;

/* The outlines of marks, of radius r. */
const SYMBOLS = {
  "circle": (r) => `M${r},0A${r},${r} 0 1,1 0,-${r}A${r},${r} 0 0,1 ${r},0Z`,
  "diamond": (r) => `M${round2(r * 1.3)},0L0,${round2(r * 1.3)}L-${round2(r * 1.3)},0L0,-${round2(r * 1.3)}Z`,
  "triangle-up": (r) => `M-${round2(r * 2 / Math.sqrt(3))},${round2(r / 2)}H${round2(r * 2 / Math.sqrt(3))}L0,-${r}Z`,
  "triangle-down": (r) => `M-${round2(r * 2 / Math.sqrt(3))},-${round2(r / 2)}H${round2(r * 2 / Math.sqrt(3))}L0,${r}Z`,
  "triangle-left": (r) => `M${round2(r / 2)},-${round2(r * 2 / Math.sqrt(3))}V${round2(r * 2 / Math.sqrt(3))}L-${r},0Z`,
  "line-ns": (r) => `M0,${round2(r * 1.4)}V-${round2(r * 1.4)}`,
  "x-thin": (r) => { const d = round2(r); return `M${d},${d}L-${d},-${d}M${d},-${d}L-${d},${d}`; },
};

/* An array as Plotly is given it, as numbers; rows of them where it has two dimensions. */
const numbers = (encoded) => {
  if (!encoded?.bdata) return encoded ? Float64Array.from(encoded) : undefined;
  const text = atob(encoded.bdata), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Float32Array(bytes.buffer);
};

const evenly = (values) => {
  const step = values.length > 1 ? (values[values.length - 1] - values[0]) / (values.length - 1) : 1;
  for (let i = 1; i < values.length; i++)
    if (Math.abs(values[i] - values[i - 1] - step) > 1e-3 * Math.abs(step)) return 0;
  return step;
};

const closest = (values) => {
  const rising = Array.from(values).sort((a, b) => a - b), gaps = rising.slice(1).map((value, i) => value - rising[i]).filter(Boolean);
  return gaps.length ? Math.min(...gaps) : 1;
};

const plainly = (value) => value === undefined || typeof value === "string" || typeof value === "number";

const knows = {
  heatmap: ({ z, zsmooth, xgap, ygap, texttemplate }) => z?.bdata && z.shape && !zsmooth && !xgap && !ygap && !texttemplate,
  bar: ({ text, marker, textposition }) => (!text || textposition === "none") && !marker.line,
  scatter: ({ mode, marker, line, fill, cliponaxis, stackgroup }) => /^(lines|markers|lines\+markers)$/.test(mode)
    && cliponaxis !== false && !stackgroup && [undefined, "linear", "hvh"].includes(line?.shape)
    && [undefined, "none", "tonexty", "tozeroy"].includes(fill)
    && (!/markers/.test(mode) || ([marker?.symbol ?? "circle"].flat().every((symbol) => SYMBOLS[symbol.replace("-open", "")])
      && [marker?.size, marker?.color, marker?.line?.color, marker?.line?.width, marker?.opacity].every(plainly))),
};

/* All that must be as it was for Plotly's picture to stay: axes, scales, and what shapes and words there are; the
   upright axis may show another range. */
const frameOf = ({ data, layout }) => JSON.stringify([
  Object.entries(layout).map(([name, value]) => name === "annotations" || name === "shapes" || name === "meta" ? null
    : name === "yaxis" ? { ...value, range: 0, tickvals: 0, ticktext: 0 } : value),
  data.filter((trace) => trace.type === "heatmap").map((t) => [t.zmin, t.zmax, t.colorscale, t.colorbar, t.xaxis, t.yaxis]),
  (layout.shapes ?? []).map((shape) => ({ ...shape, x0: 0, x1: 0, y0: 0, y1: 0, path: 0, points: 0 })),
  (layout.annotations ?? []).map((note) => ({ ...note, x: 0, y: 0, xanchor: 0, yanchor: 0, xshift: 0, yshift: 0,
    text: note.text.replace(/[^<>]+(?=<|$)/g, "·") })),
]);

/* What an axis shows: what a hand has made of it, else as Plotly has drawn it. */
const ends = (axis) => axis.byHand ?? axis.range;

/* Where a value stands on an axis, in pixels from the axis's begin; NaN stays NaN. */
const scaled = (axis) => {
  const [from, to] = ends(axis), { _length: length } = axis;
  const per = length / (to - from);
  return axis._id[0] === "x" ? (value) => (value - from) * per : (value) => length - (value - from) * per;
};

const axisOf = (full, name) => full[name.replace(/^[xy]/, (letter) => `${letter}axis`)];

const linear = (axis) => axis?.type === "linear" && Number.isFinite(axis._length);

/* Children are kept from one drawing to the next, and only what is new of them is set. */
class Pen {
  constructor(group) {
    this.group = group;
    this.used = 0;
  }

  put(tag, attributes) {
    let element = this.group.children[this.used];
    if (!element || element.tagName !== tag) {
      const made = document.createElementNS(SVG, tag);
      if (element) element.replaceWith(made); else this.group.append(made);
      element = made;
      element.set = {};
    }
    for (const name in { ...element.set, ...attributes }) if (element.set[name] !== attributes[name])
      if (attributes[name] === undefined) element.removeAttribute(name); else element.setAttribute(name, attributes[name]);
    element.set = attributes;
    this.used += 1;
    return element;
  }

  end() {
    while (this.group.children.length > this.used) this.group.lastChild.remove();
  }
}

/* The pieces of a line that lie near the plot, [[x, y], ...] each; far ends are cut off where they leave it. */
const pieces = (x, y, X, Y, height) => {
  const low = -height, high = 2 * height, found = [];
  let piece = [], before = null;
  const at = (from, to, bound) => [from[0] + (to[0] - from[0]) * (bound - from[1]) / (to[1] - from[1]), bound];
  for (let i = 0; i < y.length; i++) {
    const point = [X(x ? x[i] : i), Y(y[i])];
    if (!Number.isFinite(point[0]) || !Number.isFinite(point[1])) {
      if (piece.length) found.push(piece);
      piece = [];
      before = null;
      continue;
    }
    const out = point[1] < low ? low : point[1] > high ? high : null;
    const was = before && (before[1] < low ? low : before[1] > high ? high : null);
    if (before && was !== null && was !== out) piece.push(at(before, point, was));
    if (out === null) piece.push(point);
    else if (before && was !== out) piece.push(at(before, point, out));
    if (out !== null && piece.length && was === out) { found.push(piece); piece = []; }
    before = point;
  }
  if (piece.length) found.push(piece);
  return found;
};

const straight = (piece) => {
  let path = "M";
  for (let i = 0; i < piece.length; i++) path += `${i ? "L" : ""}${round2(piece[i][0])},${round2(piece[i][1])}`;
  return path;
};

const exactly = (piece) => `M${piece.map(([x, y]) => `${x.toFixed(4)},${y.toFixed(4)}`).join("L")}`;

const stepped = (piece) => {
  let path = `M${round2(piece[0][0])},${round2(piece[0][1])}`;
  for (let i = 1; i < piece.length; i++) path += `H${round2((piece[i - 1][0] + piece[i][0]) / 2)}V${round2(piece[i][1])}`;
  return `${path}H${round2(piece[piece.length - 1][0])}`;
};

const dashed = (dash, width) => DASHES[dash] ? `stroke-dasharray:${DASHES[dash].map((n) => `${n * Math.max(width, 3)}px`).join(",")};` : "";

const draw = {
  scatter(pen, trace, { X, Y, height, above }) {
    const x = numbers(trace.x), y = numbers(trace.y), { line = {}, marker = {} } = trace;
    const found = pieces(x, y, X, Y, height), width = line.width ?? 2;
    const path = found.map(line.shape === "hvh" ? stepped : straight).join("");
    if (trace.fill === "tonexty" && above?.length && found.length) {
      const back = [...above[0]].reverse();
      pen.put("path", { d: `${straight(found[0])}L${straight(back).slice(1)}Z`, style: `fill:${trace.fillcolor};stroke:none` });
    }
    if (trace.fill === "tozeroy" && found.length) {
      const floor = round2(Y(0)), all = found.flat();
      pen.put("path", { d: `${straight(all)}L${round2(all[all.length - 1][0])},${floor}L${round2(all[0][0])},${floor}Z`,
        style: `fill:${trace.fillcolor};stroke:none` });
    }
    if (/lines/.test(trace.mode) && width && path) pen.put("path", { d: path, class: "gf-line",
      style: `fill:none;stroke:${line.color};stroke-width:${width}px;stroke-miterlimit:2;${dashed(line.dash, width)}` });
    if (/markers/.test(trace.mode)) {
      const edge = marker.line?.width ?? 0, colour = marker.color ?? line.color;
      for (let i = 0; i < y.length; i++) {
        const [across, down] = [X(x ? x[i] : i), Y(y[i])], symbol = Array.isArray(marker.symbol) ? marker.symbol[i] : marker.symbol ?? "circle";
        if (!Number.isFinite(across) || !Number.isFinite(down)) continue;
        const style = symbol.endsWith("-open") ? `fill:none;stroke:${colour};stroke-width:${edge || 1}px`
          : `fill:${colour};stroke:${marker.line?.color ?? "#444"};stroke-width:${edge}px`;
        pen.put("path", { d: SYMBOLS[symbol.replace("-open", "")](round2((marker.size ?? 6) / 2)), class: "gf-mark",
          transform: `translate(${round2(across)},${round2(down)})`, style: `${style};opacity:${marker.opacity ?? 1}` });
      }
    }
    return found;
  },

  bar(pen, trace, { X, Y, gap, piled, crisp }) {
    const flat = trace.orientation === "h", along = numbers(flat ? trace.y : trace.x), high = numbers(flat ? trace.x : trace.y);
    const [P, S] = flat ? [Y, X] : [X, Y], step = closest(along), { base = 0, width, offset, marker } = trace;
    const each = (value, i) => value?.bdata ? (value.read ??= numbers(value))[i] : Array.isArray(value) ? value[i] : value;
    const grown = (one, other) => Math.abs(one - other) >= 2 ? one : one > other ? Math.ceil(one) : Math.floor(one);
    for (let i = 0; i < along.length; i++) {
      const wide = each(width, i) ?? step * (1 - gap), begin = offset ?? -wide / 2, pile = `${along[i]}${high[i] < 0 ? "-" : "+"}`;
      const foot = piled ? piled.get(pile) ?? 0 : each(base, i);
      piled?.set(pile, foot + high[i]);
      let [a, b, c, d] = [P(along[i] + begin), P(along[i] + begin + wide), S(foot), S(foot + high[i])].map(round2);
      if (![a, b, c, d].every(Number.isFinite) || c === d) continue;
      a = grown(a, b); b = grown(b, a); c = grown(c, d); d = grown(d, c);
      pen.put("path", { class: "gf-bar", "shape-rendering": crisp ? "crispEdges" : undefined, d: flat ? `M${c},${a}V${b}H${d}V${a}Z` : `M${a},${c}V${d}H${b}V${c}Z`,
        style: `fill:${each(marker.color, i)};stroke:none;opacity:${each(marker.opacity, i) ?? 1}` });
    }
  },

  heatmap(pen, trace, { X, Y, x: across, y: down, keep }) {
    const [rows, columns] = trace.z.shape.split(",").map(Number), z = numbers(trace.z);
    const edges = (values, count) => {
      const step = values ? evenly(values) || 1 : 1, first = values ? values[0] : 0;
      return [first - step / 2, first + (count - 0.5) * step];
    };
    const [left, right] = edges(numbers(trace.x), columns).map(X), [top, bottom] = edges(numbers(trace.y), rows).map(Y);
    const picture = (keep.picture ??= document.createElement("canvas"));
    if (picture.width !== columns || picture.height !== rows) Object.assign(picture, { width: columns, height: rows });
    const paint = picture.getContext("2d", { willReadFrequently: true }), pixels = paint.createImageData(columns, rows);
    shade(pixels.data, z, trace, columns, rows, right < left, bottom < top);
    paint.putImageData(pixels, 0, 0);
    pen.put("image", { preserveAspectRatio: "none", x: round2(Math.min(left, right)), y: round2(Math.min(top, bottom)),
      width: Math.round(Math.abs(right - left)), height: Math.round(Math.abs(bottom - top)),
      style: "image-rendering:pixelated", href: picture.toDataURL("image/png") });
  },
};

/* The colours of a map, into the pixels of a picture; a value that is not there stays clear. */
const shade = (pixels, z, { zmin, zmax, colorscale }, columns, rows, mirrored, upside) => {
  const stops = colorscale.map(([place, colour]) => [place, ...[1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16))]);
  const last = stops.length - 1;
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
    const value = z[row * columns + column];
    if (value !== value) continue;
    const share = Math.min(Math.max((value - zmin) / (zmax - zmin), 0), 1);
    let k = Math.min(Math.floor(share * last), last - 1);
    while (k > 0 && share < stops[k][0]) k--;
    while (k < last - 1 && share > stops[k + 1][0]) k++;
    const [one, two] = [stops[k], stops[k + 1]], part = (share - one[0]) / (two[0] - one[0]);
    const at = 4 * ((upside ? rows - 1 - row : row) * columns + (mirrored ? columns - 1 - column : column));
    for (let c = 0; c < 3; c++) pixels[at + c] = Math.round(one[c + 1] + part * (two[c + 1] - one[c + 1]));
    pixels[at + 3] = 255;
  }
};

/* Where a shape or a word stands, in pixels of the whole picture; null where it cannot be told. */
const spot = (full, ref, value, letter) => {
  const size = full._size;
  if (ref === "paper") return letter === "x" ? size.l + size.w * value : size.t + size.h * (1 - value);
  const axis = axisOf(full, ref ?? letter);
  return linear(axis) && typeof value === "number" ? axis._offset + round2(scaled(axis)(value)) : null;
};

/* What is to be done so that the shapes stand where they should; null where it cannot be told. */
const shapesMoved = (plot, before, after, staged) => {
  const full = plot._fullLayout, moves = [];
  for (let i = 0; i < after.length; i++) {
    const [was, now] = [before[i], after[i]];
    if (!(staged && now.yref !== "paper") && ["x0", "x1", "y0", "y1", "path"].every((name) => was[name] === now[name])) continue;
    const node = plot.querySelector(`.shapelayer path[data-index="${i}"]`);
    if (!node) return null;
    const at = (name) => spot(full, now[`${name[0]}ref`], now[name], name[0]);
    let d;
    if (now.type === "path") d = routed(plot, now);
    else {
      const [x0, x1, y0, y1] = ["x0", "x1", "y0", "y1"].map(at);
      if ([x0, x1, y0, y1].includes(null)) return null;
      const [rx, ry] = [Math.abs(x1 - x0) / 2, Math.abs(y1 - y0) / 2], [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
      d = now.type === "line" ? `M${x0},${y0}L${x1},${y1}`
        : now.type === "rect" ? `M${x0},${y0}H${x1}V${y1}H${x0}Z`
        : `M${cx + rx},${cy}A${rx},${ry} 0 1,1 ${cx},${cy - ry}A${rx},${ry} 0 0,1 ${cx + rx},${cy}Z`;
    }
    if (!d) return null;
    moves.push(() => node.setAttribute("d", d));
  }
  return moves;
};

/* A shape's path, given by the points of a broken line, in pixels. */
const routed = (plot, { points }) => {
  const full = plot._fullLayout, { xaxis, yaxis } = full;
  if (!points || !linear(xaxis) || !linear(yaxis)) return null;
  const [X, Y] = [scaled(xaxis), scaled(yaxis)];
  return pieces(points.x, points.y, (v) => X(v) + xaxis._offset, (v) => Y(v) + yaxis._offset, yaxis._length).map(straight).join("") || "M0,0Z";
};

const ruler = document.createElement("canvas").getContext("2d");

/* How wide words are, whatever of them stands highest or lowest. */
const measured = (text, { family, size }) => Math.max(...text.split(/<br\s*\/?>/).map((line) => {
  let bold = false, small = false, width = 0;
  for (const part of line.split(/(<[^>]*>)/)) {
    if (/^<\/?b>$/.test(part)) bold = part === "<b>";
    else if (/^<\/?su[bp]>$/.test(part)) small = part[1] === "s";
    else if (part) {
      ruler.font = `${bold ? 700 : 400} ${small ? 0.7 * size : size}px ${family}`;
      width += ruler.measureText(part).width;
    }
  }
  return width;
}));

const wordsIn = (text) => text.split(/<[^>]*>/).filter(Boolean);

const written = (node) => {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) if (walker.currentNode.data.replace(/\u200b/g, "")) found.push(walker.currentNode);
  return found;
};

const SHIFTS = { left: 0.5, center: 0, right: -0.5, top: 0.5, middle: 0, bottom: -0.5 };

/* The same for words: moved, and other words said in the same way. */
const wordsMoved = (plot, before, after, staged) => {
  const full = plot._fullLayout, moves = [];
  for (let i = 0; i < after.length; i++) {
    const [was, now] = [before[i], after[i]];
    const same = !(staged && now.yref !== "paper") && ["x", "y", "xanchor", "yanchor", "xshift", "yshift"].every((name) => was[name] === now[name]);
    if (same && was.text === now.text) continue;
    if (now.showarrow !== false || now.textangle || !(now.xanchor in SHIFTS) || !(now.yanchor in SHIFTS)) return null;
    const inner = plot.querySelector(`.infolayer .annotation[data-index="${i}"] .cursor-pointer`);
    if (!inner && outside(full, now)) continue;
    const [x, y] = [spot(full, now.xref, now.x, "x"), spot(full, now.yref, now.y, "y")];
    if (!inner || x === null || y === null || outside(full, now)) return null;
    const box = inner.querySelector("rect.bg"), text = inner.querySelector("text"), words = written(text), said = wordsIn(now.text);
    if (was.text !== now.text && (words.length !== said.length || /&/.test(was.text + now.text))) return null;
    inner.wide ??= +box.getAttribute("width") + 1;
    const high = +box.getAttribute("height") + 1, font = { family: full.font.family, ...now.font };
    const wide = inner.wide = inner.wide + (was.text === now.text ? 0 : measured(now.text, font) - measured(was.text, font));
    moves.push(() => {
      if (was.text !== now.text) {
        words.forEach((word, n) => { word.data = said[n]; });
        box.setAttribute("width", Math.round(wide) - 1);
        for (const part of [text, ...text.querySelectorAll("tspan.line")]) if (part.hasAttribute("x")) part.setAttribute("x", wide / 2);
      }
      inner.setAttribute("transform", `translate(${Math.round(x + SHIFTS[now.xanchor] * wide + (now.xshift ?? 0) - wide / 2)},`
        + `${Math.round(y + SHIFTS[now.yanchor] * high - (now.yshift ?? 0) - high / 2)})`);
    });
  }
  return moves;
};

const outside = (full, note) => ["x", "y"].some((letter) => {
  const ref = note[`${letter}ref`] ?? letter, axis = ref === "paper" ? null : axisOf(full, ref);
  return axis && (note[letter] - ends(axis)[0]) * (note[letter] - ends(axis)[1]) > 0;
});

const stageOf = ({ layout: { yaxis } }) => JSON.stringify([yaxis?.range, yaxis?.tickvals, yaxis?.ticktext]);

/* What is to be done so that the upright axis shows another range, with other numbers; null where Plotly must. */
const restaged = (plot, stage) => {
  const { base } = plot, axis = plot._fullLayout.yaxis, part = plot.querySelector(".subplot.xy"), { family, size } = axis.tickfont;
  const [range, tickvals, ticktext] = JSON.parse(stage);
  if (!range || !ticktext || String(axis.range) !== String(JSON.parse(base.stage)[0])) return null;  // or it is zoomed
  if (plot.querySelectorAll(".subplot").length > 1) return null;
  const layers = [".yaxislayer-above", ".gridlayer > .y"].map((name) => part.querySelector(`:scope > ${name}`));
  const [mark, words, line] = [[0, ".ytick.ticks"], [0, ".ytick > text"], [1, ".ygrid"]].map(([n, name]) => layers[n].querySelector(name));
  const widest = (texts) => Math.max(...texts.map((text) => measured(text, { family, size })));
  if (!mark || !words || !line || /[<&]/.test(ticktext.join()) || widest(ticktext) > widest(axis.ticktext) + 0.5) return null;
  axis.byHand = stage === base.stage ? undefined : range;
  const Y = scaled(axis), shown = tickvals.map((value, i) => [round2(axis._offset + Y(value)), ticktext[i]])
    .filter((_, i) => (tickvals[i] - range[0]) * (tickvals[i] - range[1]) <= 0);
  return [() => layers.forEach((layer, n) => {
    layer.querySelector(":scope > .gf-hand")?.remove();
    layer.classList.toggle("gf-by-hand", Boolean(axis.byHand));
    if (!axis.byHand) return;
    const group = layer.appendChild(document.createElementNS(SVG, "g"));
    group.setAttribute("class", "gf-hand");
    for (const [y, text] of shown) for (const one of n ? [line] : [mark, words]) {
      const tick = group.appendChild(one.cloneNode(one !== words));
      tick.setAttribute("transform", `translate(0,${y})`);
      if (one === words) tick.textContent = text;
    }
  })];
};

/* A rough figure has no say over its axis, as long as all of it lies within. */
const within = (plot, { layout }) => {
  const [from, to] = ends(plot._fullLayout.yaxis), [low, high] = [Math.min(from, to), Math.max(from, to)];
  return layout.yaxis.range.every((value) => value >= low && value <= high);
};

/* The subplots of the traces, each with its scales and what is drawn in it, by layers. */
const subplots = (plot, { data, layout }) => {
  const full = plot._fullLayout, found = new Map();
  const bars = data.filter((trace) => trace.type === "bar").length, { barmode = "group" } = layout;
  if (bars > 1 && barmode === "group") return null;
  for (const trace of data) {
    const [x, y] = [axisOf(full, trace.xaxis ?? "x"), axisOf(full, trace.yaxis ?? "y")];
    const part = full._plots[`${trace.xaxis ?? "x"}${trace.yaxis ?? "y"}`];
    const bounded = [trace.xaxis ?? "x", trace.yaxis ?? "y"].every((name) => axisOf(layout, name).range);
    if (!linear(x) || !linear(y) || !part?.plot || !bounded) return null;
    if (!found.has(part)) found.set(part, { X: scaled(x), Y: scaled(y), height: y._length, traces: [],
      gap: layout.bargap ?? 0.2, crisp: barmode === "stack" && bars > 1,
      piled: bars > 1 && barmode !== "overlay" ? new Map() : null });
    found.get(part).traces.push(trace);
  }
  for (const { traces } of found.values()) traces.sort((one, other) => ORDER.indexOf(one.type) - ORDER.indexOf(other.type));
  return found;
};

/* Draw a figure over what Plotly has drawn; false where Plotly must draw it. */
const follow = (plot, figure) => {
  const { base } = plot, rough = Boolean(figure.layout.meta?.rough);
  if (!base || !figure.data.every((trace) => knows[trace.type]?.(trace))) return false;
  if (base.frame !== frameOf(figure) || rough && !within(plot, figure)) return false;
  const stage = rough ? base.shown : stageOf(figure), staged = stage === base.shown ? [] : restaged(plot, stage);
  const { shapes = [], annotations = [] } = figure.layout;
  const parts = staged && subplots(plot, figure), moved = parts && shapesMoved(plot, base.shapes, shapes, staged.length);
  const said = moved && wordsMoved(plot, base.annotations, annotations, staged.length);
  if (!said) return false;
  for (const [part, area] of parts) {
    const home = part.plot.node();
    let group = home.querySelector(":scope > .gf-hand");
    if (!group) {
      group = home.appendChild(document.createElementNS(SVG, "g"));
      group.setAttribute("class", "gf-hand");
    }
    home.classList.add("gf-by-hand");
    const pens = new Pen(group);
    for (const trace of area.traces) {
      const own = new Pen(pens.put("g", { opacity: trace.opacity ?? 1 }));
      area.above = draw[trace.type](own, trace, { ...area, keep: own.group });
      own.end();
    }
    pens.end();
  }
  for (const move of [...staged, ...moved, ...said]) move();
  Object.assign(base, { shapes, annotations, shown: stage });
  plot.byHand = figure;
  return true;
};

/* What must be known of a figure before Plotly, which writes into it, has drawn it. */
const based = (figure) => {
  const { shapes = [], annotations = [] } = figure.layout;
  const copied = (parts) => parts.map((part) => ({ ...part }));
  const stage = stageOf(figure), drawn = { shown: stage, shapes: copied(shapes), annotations: copied(annotations) };
  return { frame: frameOf(figure), stage, drawn, ...drawn };
};

/* Plotly has drawn its own picture anew, in another size: what a hand drew over it comes again. */
const followAgain = (plot) => {
  if (!plot.byHand) return;
  Object.assign(plot.base, plot.base.drawn);
  follow(plot, plot.byHand);
};

/* Plotly has drawn the figure: what a hand drew over the one before goes. */
const settle = (plot, base) => {
  plot.base = base;
  plot.byHand = null;
  if (plot._fullLayout.yaxis) plot._fullLayout.yaxis.byHand = undefined;
  for (const group of plot.querySelectorAll(".gf-hand")) {
    group.parentNode.classList.remove("gf-by-hand");
    group.remove();
  }
};

/* Lines of equal value have hundreds of pieces, each of them an element of its own to Plotly, unless they are
   one shape. */
const joined = ({ data, layout }) => {
  const lines = data.filter((trace) => trace.meta === "contour");
  const shapes = lines.map(({ x, y, line: { color, width } }) => {
    const points = { x: numbers(x), y: numbers(y) };
    const path = pieces(points.x, points.y, (v) => v, (v) => v, Infinity);
    return { type: "path", path: path.map(exactly).join("") || "M0,0Z", line: { color, width }, points };
  });
  for (const { type, line } of data) if (type === "scatter" && line) line.simplify ??= false;
  return { data: data.filter((trace) => trace.meta !== "contour"), layout: { ...layout, shapes: [...shapes, ...(layout.shapes ?? [])] } };
};
