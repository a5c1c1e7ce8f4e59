/* Keys that move between beats: caught before anything else on the page sees them, one beat at a time. */

const TYPING = "textarea, select, [contenteditable=true], [role=textbox], [role=combobox], [data-testid=stDataFrame],"
  + " input:not([type=range]):not([type=button]):not([type=checkbox]):not([type=radio])";
const ARROWS = "[role=slider], [role=radio], [role=tab], [role=option], [role=menuitem], input[type=range]";
const buttonOf = (step) => document.querySelector(`.st-key-beat_${step > 0 ? "next" : "back"} button`);

class Keys {
  constructor() {
    this.pending = 0;
    this.waiting = 0;
    this.key = (event) => this.pressed(event);
    this.click = (event) => this.clicked(event);
    window.addEventListener("keydown", this.key, true);
    window.addEventListener("click", this.click, true);
  }

  leave() {
    window.removeEventListener("keydown", this.key, true);
    window.removeEventListener("click", this.click, true);
  }

  stepOf(event) {
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

  pump() {
    if (!this.pending || (this.waiting && Date.now() - this.waiting < 5000)) return;
    const step = Math.sign(this.pending), button = buttonOf(step);
    this.pending -= step;
    if (!button || button.disabled) { this.pending = 0; return; }
    this.waiting = Date.now();
    button.click();
  }

  receive(data) {
    const moved = this.data && this.data.at !== data.at;
    const answered = this.data?.run !== data.run;
    this.data = data;
    if (moved) this.bringIntoView(data.panel, 20);
    if (answered) setTimeout(() => { this.waiting = 0; this.pump(); }, 30);
  }

  bringIntoView(panel, tries) {
    if (!panel || window.innerWidth > 760) return;
    const where = panel === "strip" ? ".gf-strip" : `[data-panel="${panel}"], .st-key-panel_${panel}`;
    const found = document.querySelector(where);
    if (found) found.scrollIntoView({ block: "nearest" });
    else if (tries) setTimeout(() => this.bringIntoView(panel, tries - 1), 100);
  }
}

export default function (component) {
  const host = component.parentElement;
  const keys = (host.keys ??= new Keys());
  keys.receive(component.data);
  return () => setTimeout(() => {
    if (host.isConnected) return;
    keys.leave();
    host.keys = null;
  }, 0);
}
