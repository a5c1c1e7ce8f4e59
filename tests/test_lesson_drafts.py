"""The next beat is drawn before its key is pressed, and what was drawn ahead is a board like any other."""

import re

from browsing import settled
from explorer.lessons.table import LESSONS

READY = 60_000
DRAWN = """([page, beat]) => [...window.__gradientFlowDrafts.made.keys()].map((key) => new URL(key)).some(
  (url) => url.pathname.includes(`live/${page}/`) && url.searchParams.get('beat') === `${beat}`)"""
GAPS = """() => [...document.querySelectorAll('.gf .js-plotly-plot')].map(
  (plot) => plot._fullLayout.width - plot.clientWidth)"""
CLICK = "document.querySelector('[data-panel=sweep] .gf-plot').emit('plotly_click', { points: [{ x: 2 }] })"
COUNTED = """() => {
  const { Plotly } = window, { react } = Plotly;
  window.reacted = 0;
  Plotly.react = (...all) => { window.reacted += 1; return react(...all); };
  window.before = document.querySelector('.gf-grid');
  window.__gradientFlowDrafts.draw = async () => {};  // nothing further is drawn ahead
}"""


def opened(tab, server, page, beat):
    tab.goto(f"{server}/{page}?beat={beat}")
    tab.wait_for_selector(".gf-plot .main-svg", timeout=READY)
    settled(tab)
    return tab


def ahead(tab, page, beat):
    """Wait until the board of a beat has been drawn out of sight."""
    tab.wait_for_function(DRAWN, arg=[page, beat], timeout=READY)


def test_a_beat_drawn_ahead_is_shown_without_drawing(tab, server):
    opened(tab, server, "gates", 2)
    ahead(tab, "gates", 3)
    tab.evaluate(COUNTED)
    tab.keyboard.press("PageDown")
    tab.wait_for_url(re.compile(r"beat=3(&|$)"), timeout=READY)
    settled(tab)
    assert tab.evaluate("document.querySelector('.gf-grid') !== window.before")
    assert tab.evaluate("window.reacted") == 0
    assert "of the error gets back here" in tab.locator("h4").first.inner_text()
    assert tab.locator(".gf-grid").count() == 1


def test_a_beat_that_the_server_had_no_time_for_is_asked_for_again(tab, server):
    refused = []

    def busy(route):
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=503)

    tab.route(re.compile(r"/live/gates/.*beat=3"), busy)
    opened(tab, server, "gates", 2)
    ahead(tab, "gates", 3)
    assert len(refused) == 1


def test_the_way_back_shows_what_was_there(tab, server):
    opened(tab, server, "gates", 2)
    words = tab.locator("h4").first.inner_text()
    tab.evaluate("() => { window.before = document.querySelector('.gf-grid'); }")
    ahead(tab, "gates", 3)
    tab.keyboard.press("PageDown")
    tab.wait_for_url(re.compile(r"beat=3(&|$)"), timeout=READY)
    settled(tab)
    tab.keyboard.press("PageUp")
    tab.wait_for_url(re.compile(r"beat=2(&|$)"), timeout=READY)
    settled(tab)
    assert tab.evaluate("document.querySelector('.gf-grid') === window.before")
    assert tab.locator("h4").first.inner_text() == words


def test_a_hand_on_a_board_drawn_ahead_is_answered(tab, server):
    opened(tab, server, "myths", 2)
    tab.keyboard.press("PageDown")
    ahead(tab, "myths", 4)
    tab.keyboard.press("PageDown")
    tab.wait_for_url(re.compile(r"beat=4(&|$)"), timeout=READY)
    settled(tab)
    tab.evaluate(CLICK)
    tab.wait_for_function("document.querySelector('#gf-gain').ariaValueText?.endsWith(' 2')", timeout=READY)
    settled(tab)
    tab.wait_for_url(re.compile(r"gain=2(&|$)"), timeout=READY)


def test_a_board_drawn_ahead_fits_a_window_of_another_size(tab, server):
    opened(tab, server, "one_number", 4)
    ahead(tab, "one_number", 5)
    tab.set_viewport_size({"width": 1000, "height": 720})
    tab.keyboard.press("PageDown")
    tab.wait_for_url(re.compile(r"beat=5(&|$)"), timeout=READY)
    settled(tab)
    assert all(abs(gap) <= 1 for gap in tab.evaluate(GAPS))


def test_the_next_page_begins_with_what_was_drawn_for_it(tab, server):
    last = len(LESSONS["shapes"].beats)
    opened(tab, server, "shapes", last)
    ahead(tab, "forgetting", 1)
    tab.evaluate(COUNTED)
    tab.keyboard.press("PageDown")
    tab.wait_for_url(re.compile(r"forgetting\?.*beat=1(&|$)"), timeout=READY)
    settled(tab)
    assert tab.evaluate("window.reacted") == 0
    assert "“clouds”" in tab.locator("h4").first.inner_text()
