/* What every page has: the keys of the hall (L the lecture view, F full screen, G the ghost; the board's own
   buttons may be hidden), and one step in the browser's history for one visit. */

const press = (title) => document.querySelector(`.gf-tools button[title^="${title}"]`)?.click();
const ACTS = {
  l: (hall) => hall.ask("lecture", true),
  f: () => press("Full screen"),
  g: () => press("Freeze"),
};

const pressed = (hall, event) => {
  const act = ACTS[event.key.toLowerCase()];
  if (!act || event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const on = event.target instanceof Element ? event.target : document.body;
  if (on.closest(TYPING) || document.querySelector("[role=dialog], dialog[open]")) return;
  event.preventDefault();
  act(hall);
};

/* A page that is reached without settings gets them written into its address: one visit, one step back. */
const push = history.pushState.bind(history);
const visited = (...entry) => {
  const same = new URL(entry[2], location.href).pathname === location.pathname;
  return same && !location.search ? history.replaceState(...entry) : push(...entry);
};

export default function ({ setTriggerValue }) {
  if (!window.__gradientFlowHall) {
    window.__gradientFlowHall = {};
    history.pushState = visited;
    window.addEventListener("keydown", (event) => pressed(window.__gradientFlowHall, event));
  }
  window.__gradientFlowHall.ask = setTriggerValue;
}
