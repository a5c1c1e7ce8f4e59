"""`python -m benchmarks beats`: how fast the next beat of the lecture is on the screen.

Key press to paint, for every beat of every lesson, in turn with Streamlit's floor (an empty page with one
text), so that a busy machine touches both alike. A beat is on the screen when its sentence stands there and
every plot of its board has been drawn and painted. `--quick` goes through the lecture once in place of three
times.
"""

import shutil
import statistics
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field

from playwright.sync_api import Page, sync_playwright

from benchmarks.interface import QUIET, SIGNS, STOCK, Case, opened
from benchmarks.sessions import summary
from benchmarks.visitor import served
from explorer.lessons.table import LESSONS

GOAL = 200.0  # milliseconds
WATCHED = """([says, page]) => new Promise((done, fail) => {
  const asked = performance.now();
  let began = 0;
  const keys = window.__gradientFlowKeys, { prototype } = keys.constructor;
  // the keys hold the event back from every other listener
  keys.pressed = (event) => { began ||= performance.now(); prototype.pressed.call(keys, event); };
  const look = () => {
    const bar = document.querySelector('.st-key-beats'), board = document.querySelector('.gf')?.board;
    const there = bar?.textContent.includes(says) && location.pathname.endsWith(page);
    const drawn = board && !board.busy && !board.waiting && board.root.querySelector('.main-svg');
    const rests = document.querySelector('[data-testid=stApp]').dataset.testScriptState !== 'running';
    const answered = board?.data !== window.dataBefore || rests;  // a beat may frame another panel alone
    if (began && there && drawn && answered)
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
    else if (performance.now() - asked > 30_000) fail(new Error(`30 s without: ${says}`));
    else requestAnimationFrame(look);
  };
  window.dataBefore = document.querySelector('.gf')?.board?.data;
  requestAnimationFrame(look);
})"""


def turned(tab: Page, key: str, says: str, page: str) -> float:
    """Milliseconds from a key to the beat it leads to."""
    tab.bring_to_front()
    tab.evaluate(f"(wanted) => {{ window.turning = ({WATCHED})(wanted); }}", [says, page])
    tab.keyboard.press(key)
    return float(tab.evaluate("() => window.turning"))


@dataclass(frozen=True)
class Times:
    """Milliseconds by page: to each of its beats from the one before, and to the page itself."""

    beats: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    pages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def through(tab: Page, address: str, floor: Case, times: Times) -> None:
    """The whole lecture once, a press on the empty page beside every third beat."""
    for n, (page, lesson) in enumerate(LESSONS.items()):
        if n == 0:
            tab.goto(f"{address}/{page}")
            tab.wait_for_selector(".gf .main-svg", timeout=180_000)
            tab.wait_for_timeout(3_000)
        for number, beat in enumerate(lesson.beats, start=1):
            if n == number - 1 == 0:
                continue
            took = turned(tab, "PageDown", beat.says, page)
            (times.pages if number == 1 else times.beats)[page].append(took)
            tab.wait_for_timeout(1_500)  # as long as a lecturer needs at the least
            if number % 3 == 0:
                floor.press()


def main(arguments: list[str]) -> None:
    """Print everything."""
    times = Times()
    with ExitStack() as stack:
        empty = stack.enter_context(served("benchmarks/floor_page.py"))[0]
        ours = stack.enter_context(served("app.py"))[0]
        play = stack.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        floor = opened(browser, "one text", f"http://localhost:{empty}", STOCK)
        floor.page.evaluate(SIGNS)
        for _ in range(1 if "--quick" in arguments else 3):
            tab = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
            through(tab, f"http://localhost:{ours}", floor, times)
            tab.context.close()
        browser.close()
    report(floor.times, times)


def report(floor: list[float], times: Times) -> None:
    """The table: page by page, then all beats."""
    base = statistics.median(floor)
    print("Key press to paint of the next beat")
    print(f"  {'one text (the floor)':22} {summary(floor)}")
    for page, found in times.beats.items():
        told = f"{summary(found)}, {statistics.median(found) / base:4.1f} times the floor"
        opening = times.pages.get(page)
        turned_to = f"; the page itself {statistics.median(opening):.0f} ms" if opening else ""
        print(f"  {page:22} {told}{turned_to}")
    every = [took for found in times.beats.values() for took in found]
    share = sum(took <= GOAL for took in every) / len(every)
    print(f"  {'all beats':22} {summary(every)}, {share:.0%} within {GOAL:.0f} ms")
    print(f"  {'above the floor':22} median {statistics.median(every) - base:.0f} ms")
