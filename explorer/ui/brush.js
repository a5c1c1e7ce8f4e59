
/* A stroke over the rows of a heat map: over which row, from which step to which. */

const SHORTEST = 6;  // pixels; less is a click

const brushes = (board, plot) => {
  let stroke = null;
  const stepAt = (x) => {
    const [low, high] = plot.layout.xaxis.range, { left, width } = stroke.box;
    return Math.round(Math.min(Math.max(low + (high - low) * (x - left) / width, low + 0.5), high - 0.5));
  };
  const spanTo = (x) => [stepAt(stroke.from), stepAt(x)].sort((a, b) => a - b);
  const mark = (x) => {
    stroke.mark ??= make("div", "gf-brush", plot);
    const [low, high] = plot.layout.xaxis.range, outer = plot.getBoundingClientRect(), { box } = stroke;
    const [first, last] = spanTo(x), step = box.width / (high - low);
    stroke.mark.style.cssText = `left:${box.left - outer.left + (first - 0.5 - low) * step}px;`
      + `width:${(last - first + 1) * step}px;top:${box.top - outer.top}px;height:${box.height}px`;
  };
  plot.addEventListener("pointerdown", (event) => {
    const area = event.target.closest(".nsewdrag"), axis = area?.dataset.subplot?.split("y")[1];
    const row = area && plot.brush?.[(+axis || 1) - 1];
    if (row && !event.button) stroke = { row, from: event.clientX, box: area.getBoundingClientRect() };
  }, true);
  window.addEventListener("pointermove", (event) => {
    if (stroke && (stroke.mark || Math.abs(event.clientX - stroke.from) >= SHORTEST)) mark(event.clientX);
  });
  window.addEventListener("pointerup", (event) => {
    if (stroke?.mark) {
      const [first, last] = spanTo(event.clientX);
      stroke.mark.remove();
      plot.stroked = true;  // which Plotly takes for a click, too
      setTimeout(() => { plot.stroked = false; }, 300);
      board.keepGhosts();
      board.pick("brushed", { row: stroke.row, first, last });
    }
    stroke = null;
  });
};
