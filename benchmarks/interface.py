"""`python -m benchmarks interface`: how fast the pages answer, beside Streamlit's floor and its own widgets.

Key press to paint is taken in turn for all pages in one run of headless Chromium, so that a busy machine
touches all alike: trust the ratios. What is drawn is read from the elements on the screen, not from what was
asked to be drawn: a page has answered when every plot that depends on the gain shows other lines or another
picture, and that frame has been painted. `--quick` takes 8 changes each in place of 30.
"""

import shutil
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise

from playwright.sync_api import Browser, Page, Response, sync_playwright

from benchmarks.sessions import crowds, percentile, summary
from benchmarks.visitor import served

LENGTHS = (50, 100, 200)
STOCK = "[data-testid=stSlider] input"  # Streamlit's own slider
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

# What of the page depends on the gain: every chart's picture or its last line, where a ghost never is, as
# they stand in the document; the heading where there is no chart.
SIGNS = """
window.signs = () => {
  const charts = [...document.querySelectorAll('.js-plotly-plot:has(.main-svg)')];
  const shown = (p) => {
    const by_hand = p.querySelector('.gf-hand'), root = by_hand ?? p.querySelector('.cartesianlayer');
    const lines = root.querySelectorAll(by_hand ? '.gf-line' : 'path.js-line');
    const image = root.querySelector('image'), line = lines[lines.length - 1];
    return image ? image.getAttribute('href') ?? image.getAttribute('xlink:href') : line?.getAttribute('d');
  };
  return charts.length ? charts.map(shown) : [document.querySelector('h4')?.textContent];
};
window.answered = () => new Promise((done) => {
  const before = window.signs();
  let began = 0;
  document.addEventListener('keydown', () => { began ||= performance.now(); }, { capture: true, once: true });
  const look = () => {
    const now = window.signs();
    if (began && now.length === before.length && now.every((sign, i) => sign !== before[i]))
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
window.waiting = undefined;
"""
# When the first plots, and when all of them, show what the hand had asked for; each as it is painted.
DRAGGED = """() => {
  const board = document.querySelector('.gf').board, input = document.querySelector('#gf-gain');
  window.latencies = { turn: [], drawn: [] };
  const seen = {}, asked = {};
  input.addEventListener('input', () => { seen[input.value] ??= performance.now(); });
  for (const way of ['ask', 'tell']) {
    const old = board[way].bind(board);
    board[way] = (...all) => { asked[board.turn] = input.value; return old(...all); };
  }
  for (const part of ['turn', 'drawn'])
    new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => {
      const at = seen[asked[board.root.dataset[part]]];
      if (at) window.latencies[part].push(performance.now() - at);
    }))).observe(board.root, { attributes: true, attributeFilter: [`data-${part}`] });
}"""
FRAMES = """() => {
  window.frames_ = [];
  const tick = (now) => { window.frames_.push(now); requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""


@dataclass
class Case:
    """One page under test and what was measured of it."""

    name: str
    page: Page
    slider: str
    bytes: list[int] = field(default_factory=list)
    received: int = 0
    times: list[float] = field(default_factory=list)

    def press(self) -> None:
        """One key press on the slider, timed until everything has changed and is painted."""
        self.page.bring_to_front()
        self.page.locator(self.slider).focus()
        self.received = 0
        self.page.evaluate("() => { window.waiting = window.answered(); }")
        self.page.keyboard.press("ArrowRight")
        self.times.append(float(self.page.evaluate("() => window.waiting")))
        self.page.wait_for_timeout(150)
        self.bytes.append(self.received)


def opened(browser: Browser, name: str, address: str, slider: str) -> Case:
    """A page in a window of its own, drawn and at rest."""
    tab = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    case = Case(name, tab, slider)

    def heard(payload: str | bytes) -> None:
        case.received += len(payload)

    def answered(response: Response) -> None:
        if "/live/" in response.url:
            case.received += int(response.headers.get("content-length", 0))

    tab.on("websocket", lambda socket: socket.on("framereceived", heard))
    tab.on("response", answered)
    tab.goto(address)
    tab.wait_for_selector("h4", timeout=180_000)
    tab.wait_for_selector(slider, timeout=180_000)
    tab.wait_for_timeout(4_000)
    tab.evaluate(SIGNS)
    return case


def keys(cases: Sequence[Case], changes: int) -> None:
    """Key press to paint for all pages in turn, and the bytes of a change."""
    print(f"Key press to paint, {changes} changes each, in turn")
    for case in cases:
        case.press()
        case.times.clear()
        case.bytes.clear()
    for _ in range(changes):
        for case in cases:
            case.press()
    floor = statistics.median(cases[0].times)
    for case in cases:
        ratio = statistics.median(case.times) / floor
        size = statistics.median(case.bytes) / 1e3
        told = f"{summary(case.times)}, {ratio:4.1f} times the floor"
        print(f"  {case.name:24} {told}, {size:5.0f} kB a change")


def drag(case: Case, seconds: float = 6.0) -> None:
    """Updates while the gain's slider is dragged, and how far the main plots and all lag behind the hand."""
    tab = case.page
    tab.bring_to_front()
    tab.evaluate(DRAGGED)
    box = tab.locator("#gf-gain").bounding_box()
    assert box is not None
    y, begin = box["y"] + box["height"] / 2, time.perf_counter()
    tab.mouse.move(box["x"] + 0.1 * box["width"], y)
    tab.mouse.down()
    while (gone := time.perf_counter() - begin) < seconds:
        tab.mouse.move(box["x"] + (0.1 + 0.4 * gone / seconds) * box["width"], y)
        tab.wait_for_timeout(20)
    latencies = tab.evaluate("() => window.latencies")
    tab.mouse.up()
    for part, words in (("turn", "its main plots"), ("drawn", "all of it")):
        found = latencies[part]
        print(f"  {case.name:16} {words:14} {len(found) / seconds:4.1f} a second, {summary(found)}")


def scrub(case: Case, filmed: str = "source", seconds: float = 3.0) -> None:
    """Time between frames while the slider `filmed` is dragged through its film."""
    tab = case.page
    tab.bring_to_front()
    tab.wait_for_function(
        "(field) => { const { board } = document.querySelector('.gf'); board.leave();"
        " return !board.waiting && !Object.keys(board.ahead).length && window.gradientFlowFilms?.stamp"
        " && board.inputs[field].slider.film === window.gradientFlowFilms.stamp; }",
        arg=filmed,
    )
    tab.wait_for_timeout(1_500)
    box = tab.locator(f"#gf-{filmed}").bounding_box()
    assert box is not None
    y, begin = box["y"] + box["height"] / 2, time.perf_counter()
    tab.mouse.move(box["x"] + 9, y)
    tab.mouse.down()
    tab.evaluate(FRAMES)
    while (gone := time.perf_counter() - begin) < seconds:
        tab.mouse.move(box["x"] + 9 + (box["width"] - 18) * gone / seconds, y)
        tab.wait_for_timeout(8)
    frames = tab.evaluate("() => window.frames_")
    drawn = tab.evaluate("() => window.gradientFlowFilms.film.drawn")
    tab.mouse.up()
    gaps = [later - sooner for sooner, later in pairwise(frames)]
    print(
        f"  {case.name:24} frame {statistics.median(gaps):4.1f} ms, "
        f"95 % below {percentile(gaps, 0.95):4.1f} ms, {drawn} pictures"
    )


def main(arguments: list[str]) -> None:
    """Print everything."""
    changes = 8 if "--quick" in arguments else 30
    with ExitStack() as stack:
        ports = {
            name: stack.enter_context(served(script))[0]
            for name, script in (
                ("floor", "benchmarks/floor_page.py"),
                ("stock", "benchmarks/stock_page.py"),
                ("ours", "app.py"),
            )
        }
        play = stack.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        cases = [opened(browser, "one text", f"http://localhost:{ports['floor']}", STOCK)]
        for T in LENGTHS:
            stock, ours = (f"http://localhost:{ports[name]}/?steps={T}" for name in ("stock", "ours"))
            cases.append(opened(browser, f"stock widgets, T = {T}", stock, STOCK))
            cases.append(opened(browser, f"the app, T = {T}", f"{ours}&gain=0.5", "#gf-gain"))
        keys(cases, changes)
        boards = cases[2::2]
        print("Dragging the gain; Streamlit's own slider sends nothing before it is let go")
        for case in boards:
            drag(case)
        print("Scrubbing through the source step, and through the thresholds of clipping")
        for case in boards:
            scrub(case)
        for T in LENGTHS:
            page = f"http://localhost:{ports['ours']}/clipping?steps={T}"
            scrub(opened(browser, f"clipping, T = {T}", page, "#gf-gain"), "threshold")
        browser.close()
    crowds(5 if "--quick" in arguments else 10)
