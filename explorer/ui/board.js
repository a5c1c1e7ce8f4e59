
/* The live board: sliders that send while they are dragged, plots that are updated in place. */

const loadPlotly = (url) => window.Plotly
  ? Promise.resolve(window.Plotly)
  : (window.__gradientFlowPlotly ??= import(new URL(url, document.baseURI).href).then(() => window.Plotly));

const LEAST = 20;  // pixels of the smallest letters in the lecture view
const PATIENCE = 400, LONGEST = 3000, RESTS = 150, PAUSE = 300, SOON = 200, SETTLED = 2500;
// milliseconds an answer may take, a hand be still, keys be idle, nothing be said, and Streamlit not be told
const AGAIN = 1000;  // milliseconds, about, after which a server that had no time is asked again
const CROWDED = 20;  // times what an answer took too long: a server with many to answer is told later

const make = (tag, className, parent, text = "") => {
  const element = document.createElement(tag);
  element.className = className;
  if (text) element.textContent = text;
  parent.append(element);
  return element;
};

/* Titles may hold <sub> and <sup>, nothing else. */
const titled = (element, title) => {
  element.textContent = "";
  for (const piece of title.split(/(<su[bp]>.*?<\/su[bp]>)/)) {
    const match = piece.match(/^<(su[bp])>(.*?)<\/su[bp]>$/);
    if (match) make(match[1], "", element, match[2]);
    else element.append(piece);
  }
};

/* The next frame has been painted, or the page is not in sight. */
const painted = () => new Promise((done) => {
  setTimeout(done, 100);
  requestAnimationFrame(() => setTimeout(done));
});

const nearest = (positions, value) => {
  let best = 0;
  for (let i = 1; i < positions.length; i++)
    if (Math.abs(positions[i] - value) < Math.abs(positions[best] - value)) best = i;
  return best;
};

const placed = (grid, { areas, columns, rows }) => Object.assign(grid.style,
  { gridTemplateAreas: areas, gridTemplateColumns: columns, gridTemplateRows: rows });

const scaledFonts = (part, factor, least) => {
  for (const key in part) {
    const value = part[key];
    if (!value || typeof value !== "object" || ArrayBuffer.isView(value)) continue;
    if (/font$/.test(key) && value.size) value.size = Math.max(least, Math.round(value.size * factor));
    scaledFonts(value, factor, least);
  }
  return part;
};

const sizeNow = ({ clientWidth: wide, clientHeight: high }) => ({ wide, high });

/* How large elements were when they were laid out last: to ask them would lay the page out anew after every change. */
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) target.size = sizeNow(target);
});

class Board {
  constructor(root) {
    this.root = root;
    this.turn = 0;
    this.values = {};
    this.drawn = {};
    this.drafts = drafts;
    this.ghosts = {};
    this.last = {};
    this.frozen = false;
    this.dragging = "";  // the field of the slider that is held, until it is let go
    this.pressed = false;  // a key has just moved a slider: as good as dragged, until it rests
    this.ahead = {};  // what has moved since the whole page last ran: {field: {value, turn}}
    this.told = 0;  // the turn of which Streamlit was told last
    this.sliders = make("div", "gf-sliders", root);
    this.strip = make("div", "gf-strip", root);
    this.player = new Player(this, make("div", "gf-tools gf-player", root));
    this.grid = make("div", "gf-grid", root);
    this.say = make("p", "gf-say", root);
    this.say.setAttribute("aria-live", "polite");
    for (const part of [root, this.strip]) sizes.observe(part);
    this.observer = new ResizeObserver(() => { this.redrawStrip(); this.resize(); });
    this.observer.observe(this.strip);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => {
      this.turn += 1;  // nothing new is wished but the figures in the other theme's colours
      this.tell();
    }, 300));
    window.addEventListener("resize", () => this.fit());
    for (const kind of ["pointerdown", "keydown", "blur"]) window.addEventListener(kind, (event) => this.leave(event), true);
    root.addEventListener("pointerleave", () => this.leave());
    const page = root.closest(".stMainBlockContainer > *");
    if (page) new ResizeObserver(() => this.fit()).observe(page);  // a heading may take a second line
  }

  /* Where the page asks for it, the board ends with the screen, however tall what stands above it is. */
  fit() {
    if (!getComputedStyle(this.root).getPropertyValue("--gf-fit") || !this.root.isConnected) return;
    const scrolled = this.root.closest(".stMain")?.scrollTop ?? 0;
    const top = this.root.getBoundingClientRect().top + scrolled;
    const height = window.innerWidth > 760 ? `${Math.max(430, window.innerHeight - top - 12)}px` : "";
    if (this.root.style.height === height) return;
    this.root.style.height = height;
    this.resize();
  }

  /* A plot that was drawn for another place. */
  fitPlots() {
    for (const plot of this.grid.querySelectorAll(".js-plotly-plot")) {
      const { width, height } = plot._fullLayout ?? { width: 0, height: 0 };
      const off = Math.max(Math.abs(width - plot.clientWidth), Math.abs(height - plot.clientHeight));
      if (plot.clientWidth && off > 1) window.Plotly.Plots.resize(plot);
    }
  }

  resize() {
    for (const plot of this.grid.querySelectorAll(".js-plotly-plot"))
      if (plot.clientWidth && plot.clientHeight) window.Plotly.Plots.resize(plot);
  }

  /* One request at a time: the wish that came last is sent when the answer to the one before is there. An
     answer that takes long is given up for a newer wish, at once where the hand rests on it. */
  pump() {
    if (!this.wish) return;
    if (this.waiting && !this.overdue()) { this.later(); return; }
    this.turn += 1;
    this.waiting = this.turn;
    this.sentAt = performance.now();
    for (const field in this.wish) this.ahead[field] = { value: this.wish[field], turn: this.turn };
    this.wish = null;
    this.asking?.abort();
    clearTimeout(this.telling);
    if (this.served.answers) this.ask(this.turn, this.held());
    else this.tell();
  }

  held() {
    return Boolean(this.dragging || this.pressed);
  }

  /* How large an element is; a hand that moves changes no place. */
  sizeOf(element) {
    return this.held() && element.size || sizeNow(element);
  }

  /* Ask for the board alone, beside Streamlit. Where that cannot be had, or takes long and nobody is patient, the
     whole page answers. */
  async ask(turn, held, patient = held) {
    const asking = this.asking = new AbortController();
    const slow = setTimeout(() => this.root.classList.add("gf-busy"), SOON);
    const late = patient ? 0 : setTimeout(() => { asking.abort(); this.tell(); }, PATIENCE + RESTS);
    try {
      const answer = await fetch(this.address(held), { signal: asking.signal });
      if (answer.status === 503) { this.askLater(turn); return; }
      if (!answer.ok) throw new Error(answer.status);
      const data = await answer.json();
      if (turn !== this.turn) return;
      clearTimeout(late);
      this.draw({ ...data, sliders: data.sliders.map((slider) => this.filmed(slider)), answers: this.served.answers, echo: turn });
      if (!held) this.telling = setTimeout(() => this.tell(), SETTLED + CROWDED * Math.max(0, performance.now() - this.sentAt - SOON));
    } catch (problem) {
      if (asking.signal.aborted) return;
      if (problem.message === "404") this.served.answers = "";
      if (turn === this.turn) this.tell();
    } finally {
      clearTimeout(slow);
      clearTimeout(late);
      if (asking === this.asking) this.root.classList.remove("gf-busy");
    }
  }

  /* The server has many to answer: what a hand has drawn stays until it has time for all of it. */
  askLater(turn) {
    if (turn !== this.turn) return;
    this.waiting = 0;
    this.telling = setTimeout(() => this.ask(turn, false, true), AGAIN * (0.5 + Math.random()));
    this.pump();
  }

  address(held) {
    const address = new URL(this.served.answers.replace("PACE", held ? "held" : "rest"), document.baseURI);
    for (const field in this.ahead) address.searchParams.set(field, this.ahead[field].value);
    return address;
  }

  /* A film was made by the whole page; it is still true while nothing but its own slider has moved. */
  filmed(slider) {
    const film = this.served.sliders.find((other) => other.field === slider.field)?.film;
    return Object.keys(this.ahead).some((field) => field !== slider.field) ? slider : { ...slider, film };
  }

  /* The page is about to be set anew, whatever the hand has done to it. */
  forget() {
    this.asking?.abort();
    clearTimeout(this.telling);
    clearTimeout(this.pressTimer);
    this.ahead = {};
    this.wish = null;
    this.waiting = 0;
    this.pressed = false;
  }

  /* What the whole page is about to say; it has been asked for it already. */
  foretell(data, answers) {
    this.forget();
    this.drafts.show(this, answers);
    this.turn += 1;
    this.told = this.turn;
    this.served = { ...this.served, answers };
    this.draw({ ...data, answers, echo: this.turn });
  }

  /* Tell Streamlit what has moved: the whole page follows. */
  tell() {
    clearTimeout(this.telling);
    const scrubbing = this.dragging && this.film?.field === this.dragging;  // it is told when that is let go
    if (this.told === this.turn || scrubbing) return;
    this.told = this.turn;
    const values = Object.fromEntries(Object.entries(this.ahead).map(([field, { value }]) => [field, value]));
    this.send("moved", { turn: this.turn, values, dragging: this.held() });
  }

  /* A hand comes near a slider that runs through a film, which the whole page alone can make: it is told what has
     moved before, so that the film is there. */
  approach(field) {
    const slider = this.served.sliders.find((other) => other.field === field);
    if (this.dragging || slider?.film === undefined || !Object.keys(this.ahead).some((other) => other !== field)) return;
    this.pressed = false;
    this.tell();
  }

  /* The hand turns to something else, which must find the page as it is on the screen. */
  leave(event) {
    if (this.dragging || !Object.keys(this.ahead).length || !this.root.isConnected) return;
    const onSlider = event?.target instanceof Node && this.sliders.contains(event.target);
    if (onSlider && /^(Arrow|Home$|End$|Tab$|Shift$|$)/.test(event.key ?? "")) return;
    this.pressed = false;
    this.tell();
  }

  /* A click chooses: like a slider that is let go. */
  choose(fields) {
    this.keepGhosts();
    if (!this.served.answers) { this.pick("picked", fields); return; }
    this.wish = { ...(this.wish ?? {}), ...fields };
    this.pump();
  }

  overdue() {
    const now = performance.now(), rests = now - this.movedAt > RESTS;
    return now - this.sentAt > (rests ? PATIENCE : LONGEST);
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.pump(), RESTS);
  }

  /* What the whole page says. Where the hand has gone on meanwhile, it is asked again from there. */
  receive(data, send, pick) {
    if (!this.data) this.drafts.show(this, data.answers);
    this.send = send;
    this.pick = pick;
    this.served = data;
    this.turn = Math.max(this.turn, data.echo);
    for (const field in this.ahead) if (this.ahead[field].turn <= data.echo) delete this.ahead[field];
    if (data.answers && Object.keys(this.ahead).length) { this.wish ??= {}; this.pump(); }
    else this.draw(data);
  }

  draw(data) {
    this.next = data;
    if (!this.busy) this.work();
  }

  async work() {
    this.busy = true;
    const Plotly = await loadPlotly(this.next.url);
    while (this.next) {
      const data = this.next;
      this.next = null;
      this.heard(data);
      if (this.film && this.ahead[this.film.field]?.turn > data.echo) continue;  // it shows what comes after these
      this.drawSliders(data);
      this.data = data;
      for (const heading of document.querySelectorAll(".gf-finding")) if (data.finding) heading.textContent = data.finding;
      if (!this.held()) this.fit();
      this.redrawStrip();
      this.strip.classList.toggle("gf-stressed", data.stressed === "strip");
      this.player.receive(data);
      placed(this.grid, data);
      const ids = data.panels.map((panel) => panel.id);
      for (const figure of [...this.grid.children]) if (!ids.includes(figure.dataset.panel)) {
        Plotly.purge(figure.lastChild);
        delete this.drawn[figure.dataset.panel];
        figure.remove();
      }
      const [first, later] = [false, true].map((detail) => data.panels.filter((panel) => panel.detail === detail));
      first.sort((one, other) => (other.id === data.stressed) - (one.id === data.stressed));
      for (const panel of first) await this.drawPanel(Plotly, panel);
      this.root.dataset.turn = data.echo;
      if (later.length && !this.held()) await painted();
      for (const panel of later) if (!this.next) await this.drawPanel(Plotly, panel);
      if (!this.next) this.root.dataset.drawn = data.echo;
      if (this.film && this.dragging === this.film.field) this.film.again(this);
      else if (this.film && this.atRest(data) && !this.next) {
        this.film.hide(this);
        this.film = null;
      }
    }
    this.busy = false;
  }

  /* An answer is about to be drawn: the hand's next wish may go meanwhile. */
  heard(data) {
    if (data.echo >= this.waiting) this.waiting = 0;
    this.pump();
  }

  /* Whether these data answer the last that was asked, and nothing more is. */
  atRest(data) {
    return !this.dragging && !this.wish && (!this.waiting || data.echo >= this.waiting);
  }

  drawSliders(data) {
    const names = data.sliders.map((slider) => slider.field).join();
    if (names !== this.names) {
      this.names = names;
      this.sliders.textContent = "";
      this.inputs = {};
      data.sliders.forEach((slider) => this.makeSlider(slider));
      this.makeTools();
    }
    for (const slider of data.sliders) {
      const { box, input, output } = this.inputs[slider.field];
      this.inputs[slider.field].slider = slider;
      input.max = slider.positions.length - 1;
      input.disabled = Boolean(slider.why_idle);
      box.classList.toggle("idle", input.disabled);
      box.title = slider.why_idle;
      if (this.atRest(data) || !input.dataset.placed) {
        input.value = nearest(slider.positions, slider.value);
        input.dataset.placed = "yes";
        output.textContent = slider.text;
        if (this.film?.field !== slider.field) input.setAttribute("aria-valuetext", `${slider.label} ${slider.text}`);
      }
    }
  }

  makeSlider(slider) {
    const box = make("div", "gf-slider", this.sliders);
    const label = make("label", "", box, slider.label);
    const input = make("input", "", box);
    const output = make("output", "", box);
    input.type = "range";
    input.min = 0;
    input.step = 1;
    input.id = `gf-${slider.field}`;
    label.htmlFor = input.id;
    output.htmlFor = input.id;
    this.inputs[slider.field] = { box, input, output, slider };
    const drop = () => {
      this.wish = { ...(this.wish ?? {}), [slider.field]: this.inputs[slider.field].slider.positions[+input.value] };
      this.pump();
    };
    const near = () => this.approach(slider.field);
    const start = () => {
      if (!this.dragging) this.keepGhosts();
      this.dragging = slider.field;
      clearTimeout(this.telling);  // what the hand has not let go of is no news yet
    };
    const stop = () => {  // once more, so that the address is written when the hand lets go
      if (this.dragging !== slider.field) return;  // another slider is held: this one only loses the focus
      this.dragging = "";
      this.movedAt = -Infinity;
      drop();
    };
    for (const kind of ["pointerenter", "focus", "pointerdown"]) input.addEventListener(kind, near);
    input.addEventListener("pointerdown", start);
    input.addEventListener("pointerup", stop);
    input.addEventListener("pointercancel", stop);
    input.addEventListener("blur", stop);
    input.addEventListener("input", () => {
      this.movedAt = performance.now();
      if (!this.dragging) this.keepGhosts();
      const now = this.inputs[slider.field].slider;
      const value = now.positions[+input.value];
      output.textContent = now.shown[+input.value];
      input.setAttribute("aria-valuetext", `${now.label} ${output.textContent}`);
      const films = window.gradientFlowFilms;
      if (now.film && films?.stamp === now.film) {  // the film runs here; the server is told at the end
        this.film = Object.assign(films.film, { field: now.field });
        input.setAttribute("aria-valuetext", `${now.label} ${output.textContent}: ${this.film.show(this, value)}`);
        if (!this.dragging) drop();
        return;
      }
      this.wish = { ...(this.wish ?? {}), [slider.field]: value };
      if (!this.dragging && this.served.answers) this.press(drop);
      this.pump();
    });
  }

  /* A key has moved a slider; the whole page follows when no further one has for a while. */
  press(rest) {
    this.pressed = true;
    clearTimeout(this.pressTimer);
    this.pressTimer = setTimeout(() => {
      this.pressed = false;
      if (!this.dragging) rest();
    }, PAUSE);
  }

  makeTools() {
    this.sliders.append(this.player.bar);
    const tools = make("div", "gf-tools", this.sliders);
    const freeze = make("button", "", tools, "Freeze");
    freeze.type = "button";
    freeze.title = "Freeze (G): keep the present curves as grey ghosts to compare against";
    freeze.setAttribute("aria-pressed", String(this.frozen));
    freeze.addEventListener("click", () => {
      if (!this.frozen) this.keepGhosts();
      this.frozen = !this.frozen;
      freeze.setAttribute("aria-pressed", String(this.frozen));
    });
    const full = make("button", "", tools, "Full screen");
    full.type = "button";
    full.title = "Full screen (F)";
    full.addEventListener("click", () => document.fullscreenElement
      ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  }

  /* What was drawn last stays behind as a grey line, until the next change or for as long as it is frozen. */
  keepGhosts() {
    if (this.frozen) return;
    for (const id in this.last) this.ghosts[id] = this.last[id];
  }

  async drawPanel(Plotly, panel) {
    let figure = this.grid.querySelector(`[data-panel="${panel.id}"]`);
    if (!figure) {
      figure = make("figure", "gf-panel", this.grid);
      figure.dataset.panel = panel.id;
      make("h3", "", figure);
      make("p", "", figure);
      const numbers = make("button", "gf-numbers", figure, "Table");
      numbers.type = "button";
      numbers.addEventListener("click", () => showTable(figure.firstChild.textContent,
        figure.getAttribute("aria-label"), figure.lastChild));
      sizes.observe(make("div", "gf-plot", figure));
    }
    figure.style.gridArea = panel.id;
    figure.classList.toggle("gf-stressed", this.data.stressed === panel.id);
    figure.classList.toggle("gf-wide", panel.wide);
    figure.classList.toggle("waits", !panel.figure);
    if (!panel.figure) return;
    const [title, caption, numbers, plot] = figure.children;
    titled(title, panel.title);
    numbers.setAttribute("aria-label", `Table: the numbers of ${title.textContent}`);
    titled(caption, panel.caption);
    caption.hidden = !panel.caption;
    figure.setAttribute("role", "figure");
    figure.setAttribute("aria-label", panel.alt);
    const ratio = Math.max(this.sizeOf(this.root).wide / 1200, window.innerWidth / 1600);
    const factor = Math.max(0.92, Math.min(1.5, ratio)) * (this.data.lecture ? 1.34 : 1);
    const ghosts = this.ghosts[panel.id] ?? [];
    const signature = panel.figure + factor + ghosts.map((trace) => trace.stamp).join();
    if (this.drawn[panel.id] === signature) return;
    this.drawn[panel.id] = signature;
    const { data, layout } = joined(JSON.parse(panel.figure));
    const main = data.filter((trace) => trace.meta === "main");
    if (main.length) {
      const stamp = panel.figure.length + ":" + Date.now();
      this.last[panel.id] = main.map((trace) => ({
        ...trace, stamp, meta: "ghost", name: "before", hoverinfo: "skip", hovertemplate: undefined,
        opacity: 0.45, line: { ...trace.line, width: 2, dash: "dot" },
      }));
    }
    const hall = this.data.lecture;
    scaledFonts(layout, factor, hall ? LEAST : 1);
    scaledFonts(data, factor, hall ? LEAST : 1);
    layout.autosize = true;
    for (const side of ["r", "t"]) if (layout.margin?.[side]) layout.margin[side] *= Math.max(1, factor);
    folded(layout, this.sizeOf(plot).wide);
    if (hall) {
      layout.dragmode = false;
      for (const trace of data) if (/text/.test(trace.mode) && +trace.marker?.size) trace.marker.size *= factor;
    }
    const config = { displaylogo: false, responsive: true, displayModeBar: hall ? false : "hover",
      modeBarButtonsToRemove: ["lasso2d", "select2d"],
      toImageButtonOptions: { format: "svg", filename: panel.id, scale: 2 } };
    const drawn = { data: [...ghosts, ...data], layout };
    if (this.held() && !plot.pointer && follow(plot, drawn)) {
      this.drawn[panel.id] = "";  // Plotly draws it when the hand rests
      return;
    }
    const base = based(drawn);
    plot.byHand = null;
    await Plotly.react(plot, drawn.data, layout, config);
    settle(plot, base);
    if (plot.pointer) plot.querySelector(".nsewdrag")?.dispatchEvent(new MouseEvent("mousemove", plot.pointer));
    plot.picks = panel.pick;
    plot.brush = panel.brush;
    if (!plot.listens) {
      plot.listens = true;
      const board = this.real ?? this;  // drawn ahead, it speaks for the board that shows it
      brushes(board, plot);
      plot.addEventListener("mousemove", ({ clientX, clientY }) => { plot.pointer = { clientX, clientY, bubbles: true }; });
      plot.addEventListener("mouseleave", () => { plot.pointer = null; });
      plot.on("plotly_afterplot", () => followAgain(plot));
      plot.on("plotly_click", (event) => plot.stroked || board.clicked(plot.picks, event.points[0], plot.layout));
      if (panel.pick.group) isolates(this.grid, plot);
    }
  }

  clicked(picks, point, layout) {
    const fields = {};
    for (const axis in picks) {
      const logarithmic = axis.startsWith("10^");
      const value = axis === "group" ? picked(point, layout) : +point[axis.slice(-1)];
      if (Number.isFinite(value)) fields[picks[axis]] = logarithmic ? +(10 ** value).toPrecision(3) : +value.toPrecision(6);
    }
    if (Object.keys(fields).length) this.choose(fields);
  }

  redrawStrip() {
    const strip = this.data?.strip;
    if (!strip) { this.strip.textContent = ""; return; }
    const rows = strip.rows.length ? strip.rows : [{ name: "", nodes: strip.nodes }];
    this.strip.classList.toggle("gf-lanes", rows.length > 1);
    const margin = rows[0].name ? 108 : 0, count = rows[0].nodes.length;
    const { wide, high } = this.sizeOf(this.strip), width = Math.max(wide, margin + count * 44), height = high || 90;
    const step = (width - margin) / count, named = Boolean(rows[0].name);
    const hall = this.data.lecture;
    const size = hall ? LEAST * Math.max(1, this.sizeOf(this.root).wide / 1400)
      : Math.max(12, Math.min(height * 0.16, step * (named ? 0.28 : 0.3), named ? 17 : 20));
    const letter = size * (named ? 0.5 : 0.56), longest = Math.max(...rows[0].nodes.map((node) => node.token.length));
    const tiers = hall && longest * letter > step ? 2 : 1;  // words on two heights have twice the room
    const head = size * (0.35 + tiers), band = (height - head) / rows.length;
    const radius = Math.min(named ? (band - 1.2 * size) * 0.44 : (height - head - 1.4 * size) * 0.48, step * 0.36);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const draw = (tag, attributes, text) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const key in attributes) element.setAttribute(key, attributes[key]);
      if (text !== undefined) element.textContent = text;
      svg.append(element);
      return element;
    };
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", strip.alt);
    const room = Math.max(3, Math.floor(tiers * step / letter));
    rows[0].nodes.forEach((node, i) => {
      const token = node.token.length > room ? node.token.slice(0, room - 1) + "…" : node.token;
      const half = token.length * letter * 0.5, x = margin + step * (i + 0.5);
      draw("text", { x: Math.min(Math.max(x, half), width - half), y: size * (1 + (i % tiers)), "text-anchor": "middle", "font-size": size,
        fill: "currentColor", "font-weight": node.bold ? 700 : 400 }, token);
    });
    rows.forEach((row, r) => {
      const middle = row.name ? head + band * r + radius + 3 : head + 2 + radius;
      const under = row.name ? middle + radius + size + 1 : Math.min(height - 3, middle + radius + 1.15 * size);
      if (row.name) draw("text", { x: 0, y: middle + size * 0.35, "font-size": size, "font-weight": 700,
        fill: "currentColor" }, row.name);
      row.nodes.forEach((node, i) => this.drawNode(draw, node, {
        x: margin + step * (i + 0.5), step, radius, middle, under, size, from: row.nodes[i - 1] }));
    });
    const focused = this.strip.contains(document.activeElement) && document.activeElement.getAttribute("data-step");
    this.strip.replaceChildren(svg);
    if (focused) svg.querySelector(`[data-step="${focused}"]`)?.focus();
  }

  drawNode(draw, node, { x, step, radius, middle, under, size, from }) {
    const strip = this.data.strip;
    if (from) draw("line", { x1: x - step + radius + 3, x2: x - radius - 4, y1: middle, y2: middle,
      stroke: from.edge, "stroke-width": 1.5 + from.width * radius, "stroke-linecap": "butt" });
    if (node.step < 0) return;
    const chosen = node.step === strip.picked;
    const circle = draw("circle", { cx: x, cy: middle, r: radius, fill: node.fill, stroke: "currentColor",
      "stroke-opacity": chosen ? 1 : 0.4, "stroke-width": chosen ? 3.5 : 1.2 });
    draw("text", { x, y: under, "text-anchor": "middle", "font-size": this.data.lecture ? size : size * 0.95,
      fill: "currentColor", "fill-opacity": this.data.lecture ? 1 : 0.85 }, node.value);
    if (!strip.field) return;
    const choose = () => this.choose({ [strip.field]: node.step });
    circle.classList.add("gf-node");
    circle.setAttribute("tabindex", "0");
    circle.setAttribute("data-step", node.step);
    circle.setAttribute("role", "button");
    circle.setAttribute("aria-label", `step ${node.step}, ${node.token}: ${node.value}`);
    circle.style.cursor = "pointer";
    circle.addEventListener("click", choose);
    circle.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); }
    });
  }
}

export default function (component) {
  const { data: [data], setStateValue, setTriggerValue, parentElement } = component;
  const root = parentElement.querySelector(".gf");
  root.board ??= new Board(root);
  root.board.receive(data, setStateValue, setTriggerValue);
}
