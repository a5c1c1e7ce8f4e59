/* Films: a stack of pictures, or what moves in the figures, sent once; a slider of the board runs through them
   without the server. */

const element = (tag, className, parent) => {
  const made = document.createElement(tag);
  made.className = className;
  parent.append(made);
  return made;
};

class Film {
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
      this.draw(board.grid, this.wanted, board);
      this.drawn = (this.drawn ?? 0) + 1;
    });
    return this.said[this.wanted];
  }

  /* What was drawn below it in the meantime is not what the hand is at. */
  again(board) {
    if (this.wanted !== undefined) this.show(board, this.positions[this.wanted]);
  }

  hide() {
    cancelAnimationFrame(this.asked);
    this.asked = undefined;
  }
}

class Pictures extends Film {
  constructor(header, bytes) {
    super();
    Object.assign(this, header);
    [, this.rows, this.columns] = this.shape;
    this.pictures = bytes;
    this.inks = Uint32Array.from(this.shades, (ink) => {
      const [r, g, b] = [1, 3, 5].map((at) => parseInt(ink.slice(at, at + 2), 16));
      return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    });
    this.picture = document.createElement("canvas");
    this.picture.width = this.columns;
    this.picture.height = this.rows;
    this.pixels = new ImageData(this.columns, this.rows);
  }

  hide(board) {
    super.hide();
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

/* What moves in the figures is put into those that the board has, which it draws as for any hand. */
class Moves extends Film {
  constructor(header, bytes) {
    super();
    Object.assign(this, header);
    this.heights = new Uint16Array(bytes.slice().buffer);
  }

  draw(grid, i, board) {
    for (const heading of document.querySelectorAll(".gf-finding")) heading.textContent = this.findings[i];
    const hand = Object.assign(Object.create(board), { held: () => true });  // so it is drawn, a key's press too
    for (const panel of board.data.panels) {
      const tracks = this.tracks.filter((track) => track.panel === panel.id);
      if (!tracks.length || !panel.figure) continue;
      const figure = JSON.parse(panel.figure);
      for (const track of tracks) {
        const way = [...track.path], last = way.pop();
        way.reduce((part, step) => part[step], figure)[last] = track.values ? track.values[i] : this.curve(track, i);
      }
      hand.drawPanel(window.Plotly, { ...panel, figure: JSON.stringify(figure) });
    }
  }

  /* The heights of a curve, as the server would send them. */
  curve({ from, size, low, high }, i) {
    const levels = this.heights.subarray(from + i * size, from + (i + 1) * size), last = this.levels;
    const heights = Float32Array.from(levels, (level) => level > last ? NaN : low + level * (high - low) / last);
    return { dtype: "f4", bdata: btoa(String.fromCharCode(...new Uint8Array(heights.buffer))) };
  }
}

const read = (bytes) => {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))), rest = bytes.subarray(4 + length);
  return header.tracks ? new Moves(header, rest) : new Pictures(header, rest);
};

export default function ({ data, key }) {
  const films = (window.gradientFlowFilms ??= {});
  const [stamp, bytes] = [String.fromCharCode(...data.subarray(0, 32)), data.subarray(32)];
  if (films.stamp !== stamp) Object.assign(films, { stamp, film: read(bytes) });
}
