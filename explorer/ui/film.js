/* Films: a stack of pictures, sent once, through which a slider of the board runs without the server. */

const element = (tag, className, parent) => {
  const made = document.createElement(tag);
  made.className = className;
  parent.append(made);
  return made;
};

class Film {
  constructor(bytes) {
    const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    Object.assign(this, JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))));
    [, this.rows, this.columns] = this.shape;
    this.pictures = bytes.subarray(4 + length);
    this.inks = Uint32Array.from(this.shades, (ink) => {
      const [r, g, b] = [1, 3, 5].map((at) => parseInt(ink.slice(at, at + 2), 16));
      return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    });
    this.picture = document.createElement("canvas");
    this.picture.width = this.columns;
    this.picture.height = this.rows;
    this.pixels = new ImageData(this.columns, this.rows);
  }

  at(value) {
    let best = 0;
    for (let i = 1; i < this.positions.length; i++)
      if (Math.abs(this.positions[i] - value) < Math.abs(this.positions[best] - value)) best = i;
    return best;
  }

  /* Draws at the next frame of the screen, once, however often it is asked. */
  show(board, value) {
    this.wanted = this.at(value);
    this.asked ??= requestAnimationFrame(() => {
      this.asked = undefined;
      this.draw(board.grid, this.wanted);
      this.drawn = (this.drawn ?? 0) + 1;
    });
    return this.said[this.wanted];
  }

  hide(board) {
    cancelAnimationFrame(this.asked);
    this.asked = undefined;
    for (const overlay of board.grid.querySelectorAll(".gf-film")) overlay.remove();
    for (const panel of board.grid.children) panel.classList.remove("behind");
  }

  draw(grid, i) {
    const inks = new Uint32Array(this.pixels.data.buffer), from = i * this.rows * this.columns;
    for (let j = 0; j < inks.length; j++) inks[j] = this.inks[this.pictures[from + j]];
    this.picture.getContext("2d").putImageData(this.pixels, 0, 0);
    const followed = [this.panel, ...this.cursors.map((cursor) => cursor.panel)];
    for (const panel of grid.children) panel.classList.toggle("behind", !followed.includes(panel.dataset.panel));
    const place = this.place(grid, this.panel);
    if (place) this.project(this.overlay(place, "canvas", "gf-film"), place);
    this.cursors.forEach((cursor, n) => {
      const where = this.place(grid, cursor.panel);
      if (where) this.point(this.overlay(where, "div", `gf-film gf-cursor n${n}`), where, cursor, i);
    });
  }

  /* Where a panel's axes are: their box in the plot, and what they show. */
  place(grid, id) {
    const plot = grid.querySelector(`[data-panel="${id}"] .gf-plot`), box = plot?.querySelector(".nsewdrag");
    if (!box) return null;
    const inner = box.getBoundingClientRect(), outer = plot.getBoundingClientRect();
    return { plot, left: inner.left - outer.left, top: inner.top - outer.top, width: inner.width,
      height: inner.height, x: plot.layout.xaxis.range, y: plot.layout.yaxis.range };
  }

  overlay({ plot }, tag, className) {
    return plot.querySelector(`:scope > .${className.replaceAll(" ", ".")}`) ?? element(tag, className, plot);
  }

  project(canvas, { left, top, width, height, x, y }) {
    canvas.style.cssText = `left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    const [from, to, high, low] = this.extent, wide = this.columns / (to - from), tall = this.rows / (low - high);
    pen.drawImage(this.picture, (x[0] - from) * wide, (y[1] - high) * tall, (x[1] - x[0]) * wide,
      (y[0] - y[1]) * tall, 0, 0, canvas.width, canvas.height);
  }

  point(mark, { left, top, width, height, x, y }, cursor, i) {
    const along = (cursor.x[i] - x[0]) / (x[1] - x[0]), up = (cursor.y[i] - y[0]) / (y[1] - y[0]);
    const right = Math.min(Math.max(along, 0), 1), high = Math.min(Math.max(up, 0), 1);
    mark.style.left = `${left + right * width}px`;
    mark.style.top = `${top + (1 - high) * height}px`;
    mark.textContent = this.said[i];
    mark.classList.toggle("left", right > 0.7);
  }
}

export default function ({ data, key }) {
  const films = (window.gradientFlowFilms ??= {});
  const [stamp, bytes] = [String.fromCharCode(...data.subarray(0, 32)), data.subarray(32)];
  if (films.stamp !== stamp) Object.assign(films, { stamp, film: new Film(bytes) });
}
