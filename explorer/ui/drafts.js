/* Boards drawn ahead, out of sight, so that a key has only to show the next beat. What stands in one is drawn
   again wherever it is not what is asked for: a draft may be late, never wrong. */

const MOST_DRAFTS = 3;

const rest = () => new Promise((done) => (window.requestIdleCallback ?? setTimeout)(done, { timeout: 500 }));

class Drafts {
  constructor() {
    this.made = new Map();  // by address: {grid, drawn, last}
  }

  /* The same settings in whatever order. */
  key(answers) {
    const url = new URL(answers, document.baseURI);
    url.searchParams.sort();
    return url.href;
  }

  /* Draw what an address answers, panel by panel; whether the board had nothing else to do meanwhile. */
  async draw(board, data, answers) {
    const key = this.key(answers), from = board.data;
    if (this.made.has(key)) return true;
    if (!window.Plotly) return false;
    const grid = make("div", "gf-grid gf-draft", board.root);
    const { width, height } = board.grid.getBoundingClientRect();
    Object.assign(grid.style, { width: `${width}px`, height: `${height}px` });
    const draft = Object.assign(Object.create(board), { real: board, grid, data, drawn: {}, last: {}, ghosts: {} });
    placed(grid, data);
    for (const panel of data.panels) {
      await rest();
      const free = board.data === from && !board.busy && !board.held() && board.root.isConnected;
      if (!free) { this.drop(grid); return false; }
      await board.drawPanel.call(draft, window.Plotly, panel);
    }
    grid.remove();
    this.keep(key, { grid, drawn: draft.drawn, last: draft.last });
    return true;
  }

  keep(key, draft) {
    this.made.delete(key);
    this.made.set(key, draft);
    if (this.made.size <= MOST_DRAFTS) return;
    const [oldest, { grid }] = this.made.entries().next().value;
    this.made.delete(oldest);
    this.drop(grid);
  }

  drop(grid) {
    for (const plot of grid.querySelectorAll(".js-plotly-plot")) window.Plotly.purge(plot);
    grid.remove();
  }

  /* Show what was drawn for an address in place of what a board shows, which is kept for the way back. */
  show(board, answers) {
    const key = answers && this.key(answers), draft = this.made.get(key);
    if (!draft) return;
    this.made.delete(key);
    const { grid, drawn, last, served } = board;
    if (board.data) this.keep(this.key(served.answers), { grid, drawn, last });
    draft.grid.classList.remove("gf-draft");
    Object.assign(draft.grid.style, { width: "", height: "" });
    grid.replaceWith(draft.grid);
    Object.assign(board, draft);
    board.fitPlots();
  }
}

const drafts = (window.__gradientFlowDrafts ??= new Drafts());
