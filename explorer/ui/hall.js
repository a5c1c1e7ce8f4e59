/* The keys of the hall: L the lecture view, F full screen, G the ghost. The board's own buttons may be hidden. */

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

export default function ({ setTriggerValue }) {
  if (!window.__gradientFlowHall) {
    window.__gradientFlowHall = {};
    window.addEventListener("keydown", (event) => pressed(window.__gradientFlowHall, event));
  }
  window.__gradientFlowHall.ask = setTriggerValue;
}
