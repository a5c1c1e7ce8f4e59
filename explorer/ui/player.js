
/* Steps and plays through the strip. While it plays, pictures that were sent once are drawn at a steady pace
   and the server hears nothing; it follows when playing stops, and at every single step. */

const PACE = 1000;  // milliseconds a step is shown

class Player {
  constructor(board, bar) {
    Object.assign(this, { board, bar, frames: [], playing: false, shown: 0 });
  }

  receive(data) {
    this.asking = false;
    this.stop();
    this.strip = data.strip?.player ? data.strip : null;
    this.bar.hidden = !this.strip;
    if (!this.strip) return;
    this.last = this.strip.end || Math.max(...this.strip.nodes.map((node) => node.step));
    this.on = this.last < this.strip.start ? -1 : 1;
    this.frames = data.frames ?? [];
    if (this.frames.length) this.play();
    else if (data.played && !this.paused) this.walk();
    this.draw();
  }

  get ended() { return this.on * (this.strip.picked - this.last) >= 0; }
  get begun() { return this.on * (this.strip.picked - this.strip.start) > 0; }

  stop() {
    this.rest();
    document.body.classList.remove("gf-playing");
    this.told?.remove();
    this.told = undefined;
  }

  rest() {
    clearTimeout(this.timer);
    this.playing = false;
  }

  /* The server is asked for one step; the full view follows, and until then what was played stays. */
  go(step) {
    if (this.asking) return;
    this.rest();
    this.asking = true;
    this.board.choose({ [this.strip.field]: step });
  }

  ask() {
    if (this.asking) return;
    this.asking = true;
    this.paused = false;
    this.board.pick("played", this.ended ? this.strip.start : this.strip.picked);
  }

  /* The pictures have come: one after the other, each at its own time, however long the one before took. */
  play() {
    this.playing = true;
    const places = this.frames.map((frame) => frame.strip.picked);
    const begin = Math.max(0, places.indexOf(this.strip.picked)), from = performance.now();
    const next = (i) => {
      if (i >= this.frames.length) { this.go(this.strip.picked); return; }
      this.timer = setTimeout(async () => { await this.show(this.frames[i]); if (this.playing) next(i + 1); },
        Math.max(0, from + (i - begin) * PACE - performance.now()));
    };
    next(begin + (this.begun ? 1 : 0));
  }

  async show(frame) {
    const board = this.board;
    this.strip = { ...this.strip, ...frame.strip, field: this.strip.field };
    board.data = { ...board.data, strip: this.strip };
    board.redrawStrip();
    this.draw();
    this.tell(frame.says);
    for (const formulas of document.querySelectorAll('[class*="st-key-played_"]'))
      formulas.classList.toggle("gf-shown", formulas.classList.contains(`st-key-played_${this.strip.picked}`));
    for (const panel of board.data.panels)
      if (frame.panels[panel.id]) await board.drawPanel(window.Plotly, { ...panel, ...frame.panels[panel.id] });
    this.shown += 1;
  }

  /* What this step shows, in the place of the heading, which is the server's. */
  tell(says) {
    const head = document.querySelector(".stMainBlockContainer h4");
    if (!head) return;
    const { left, top, width } = head.getBoundingClientRect(), { font } = getComputedStyle(head);
    this.told ??= make("p", "gf-told", this.board.root);
    document.body.classList.add("gf-playing");
    this.told.textContent = says;
    Object.assign(this.told.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, font });
  }

  /* Too many steps for pictures: the server is asked for each of them. */
  walk() {
    if (this.ended) return;
    this.playing = true;
    this.timer = setTimeout(() => {
      this.asking = true;
      this.board.pick("played", this.strip.picked + this.on);
    }, PACE);
  }

  /* Always in the same place; the button on says what it will do. */
  draw() {
    const { strip, on } = this, buttons = [];
    const button = (text, label, disabled, act) => {  // the same element for good, or a press would be lost
      const made = this.bar.children[buttons.length] ?? make("button", "", this.bar);
      buttons.push(made);
      made.type = "button";
      made.textContent = text;
      made.disabled = disabled;
      made.setAttribute("aria-label", label);
      made.onclick = act;
    };
    button("|◀", `Back to step ${strip.start}`, !this.begun, () => this.go(strip.start));
    button("◀", "Step back", !this.begun, () => this.go(strip.picked - on));
    button(this.playing ? "‖ Pause" : "▶ Play", this.playing ? "Pause" : "Play", false, () => {
      if (!this.playing) this.ask();
      else if (this.frames.length) this.go(strip.picked);
      else { this.paused = true; this.stop(); this.draw(); }
    });
    button(`▶| ${strip.player}`, `Step on: ${strip.player}`, this.ended, () => this.go(strip.picked + on));
  }
}
