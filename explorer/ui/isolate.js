/* Pointing at one of many things drawn together fades the others, in every panel that shows them. */

const FADED = 0.12;

const single = (grid, group) => {
  for (const element of grid.querySelectorAll(".gf-plot g.trace")) {
    const trace = element.__data__?.[0]?.trace;
    if (!trace?.legendgroup) continue;
    element.style.opacity = !group ? trace.opacity ?? 1 : trace.legendgroup === group ? 1 : FADED;
  }
};

const isolates = (grid, plot) => {
  plot.on("plotly_hover", ({ points }) => { if (points[0].data.legendgroup) single(grid, points[0].data.legendgroup); });
  plot.on("plotly_unhover", () => single(grid, ""));
};

/* The thing a click is on; 0 where it is the one that is kept already. */
const picked = (point, layout) => {
  const group = +point.data.legendgroup;
  return group === layout.meta?.kept ? 0 : group;
};
