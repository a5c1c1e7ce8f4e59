/* Keys that move between beats: caught before anything else on the page sees them, one beat at a time. */

const ARROWS = "[role=slider], [role=radio], [role=tab], [role=option], [role=menuitem], input[type=range]";
const LOOK_AHEAD = 400, AGAIN = 1000;
// milliseconds after which a beat is surely on the screen, and, about, a server that had no time is asked again
const buttonOf = (step) => document.querySelector(`.st-key-beat_${step > 0 ? "next" : "back"} button`);

class Keys {
  constructor() {
    this.pending = 0;
    this.waiting = false;
    window.addEventListener("keydown", (event) => this.pressed(event), true);
    window.addEventListener("click", (event) => this.clicked(event), true);
  }

  stepOf(event) {
    const here = this.waiting || buttonOf(1) || window.location.pathname.endsWith(`/${this.data.page}`);
    if (!here) return 0;  // a page without beats; while one is turned its buttons are gone for a moment
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("[role=dialog]")) return 0;
    const on = event.target instanceof Element ? event.target : document.body;
    if (on.closest(TYPING)) return 0;
    if (event.key === "PageDown") return 1;
    if (event.key === "PageUp") return -1;
    if (!this.data.lecture || on.closest(ARROWS)) return 0;
    return { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
  }

  pressed(event) {
    const step = this.stepOf(event);
    if (!step) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.pending += step;
    this.pump();
  }

  /* A click of the hand while an answer is on its way would be sent with the old address: it waits too. */
  clicked(event) {
    const step = [1, -1].find((step) => event.target instanceof Node && buttonOf(step)?.contains(event.target));
    if (!step || !event.isTrusted) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.pending += step;
    this.pump();
  }

  /* One wish at a time, for an absolute beat: asked for again, it is the same wish. */
  pump() {
    if (!this.pending || this.waiting) return;
    const { number, last, first, page } = this.data;
    const to = Math.min(Math.max(number + this.pending, first), last);
    this.pending = 0;
    if (to === number) return;
    this.waiting = true;
    document.querySelector(".gf")?.board?.forget();
    this.ask("go", { page, to, run: this.data.run });
    this.foretell(to);
  }

  /* The board and the sentence of a beat nearby are here before the whole page is. */
  async foretell(to) {
    const { near, page, at } = this.data, board = document.querySelector(".gf")?.board;
    const data = near[to]?.says && board && await this.asked(near[to].answers);
    if (!data || !this.waiting || this.data.at !== at) return;
    const said = document.querySelectorAll(".st-key-beats [data-testid=stMarkdown] p");
    for (const [i, text] of [`${to} / ${this.data.of}`, near[to].says].entries()) {
      const place = said[i]?.querySelector("strong") ?? said[i];
      if (place?.childNodes.length === 1 && place.firstChild.nodeType === Node.TEXT_NODE) place.firstChild.nodeValue = text;
    }
    board.foretell(data, near[to].answers);
  }

  /* What an address answers, asked for once; null where it has no answer. */
  asked(address) {
    this.answers ??= new Map();
    if (!this.answers.has(address)) {
      const url = new URL(address.replace("PACE", "rest"), document.baseURI);
      this.answers.set(address, fetch(url).then((answer) => {
        if (answer.status === 503) this.answers.delete(address);  // it may have time later
        return answer.ok ? answer.json() : null;
      }, () => null));
      if (this.answers.size > 8) this.answers.delete(this.answers.keys().next().value);
    }
    return this.answers.get(address);
  }

  /* The beats nearby are asked for when the present one has been drawn; the next is drawn out of sight, later
     where the board has something to do. */
  async lookAhead() {
    const { near, at, number } = this.data;
    for (const n of [number + 1, number - 1]) {
      if (!near[n] || this.data.at !== at) continue;
      const data = await this.asked(near[n].answers);
      if (!data && !this.answers.has(near[n].answers)) this.lookLater(AGAIN * (0.5 + Math.random()));
      if (!data || n < number || this.waiting || this.data.at !== at) continue;
      const board = document.querySelector(".gf")?.board;
      if (!await board?.drafts.draw(board, data, near[n].answers)) this.lookLater();
    }
  }

  lookLater(after = LOOK_AHEAD) {
    clearTimeout(this.looking);
    this.looking = setTimeout(() => this.lookAhead(), after);
  }

  receive(data, ask) {
    const moved = this.data && this.data.at !== data.at;
    const answered = this.data?.run !== data.run;
    this.data = data;
    this.ask = ask;
    if (moved) this.bringIntoView(data.panel, 20);
    this.lookLater();
    if (answered) setTimeout(() => { this.waiting = false; this.pump(); }, 30);
  }

  bringIntoView(panel, tries) {
    if (!panel || window.innerWidth > 760) return;
    const where = panel === "strip" ? ".gf-strip" : `[data-panel="${panel}"], .st-key-panel_${panel}`;
    const found = document.querySelector(where);
    if (found) found.scrollIntoView({ block: "nearest" });
    else if (tries) setTimeout(() => this.bringIntoView(panel, tries - 1), 100);
  }
}

/* One for the whole window: a page that is turned to brings a component of its own, and an old one may stay. */
export default function (component) {
  const keys = (window.__gradientFlowKeys ??= new Keys());
  keys.receive(component.data[0], component.setTriggerValue);
}
