"""While a hand moves, pictures are drawn over Plotly's: the same pixels for a tenth of the work."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from browsing import READY, SLUGS, drag, opened, settled
from explorer.experiment import Experiment, View
from explorer.figures import pair
from explorer.figures.parts import untyped
from explorer.figures.ranges import widened
from explorer.figures.theme import LIGHT
from explorer.reports import gradient_flow as reports
from explorer.run import run

# A picture that only Plotly can draw: in three dimensions, or with words at bars or marks beyond its edge.
LEFT = {"cliff": {"surface"}, "lstm": {"ledger", "bias"}}
EXPLORE = ["gradient_flow", "weights", "saturation", "lstm", "clipping", "compare", "checks", "cliff"]

# Draws all panels of a board anew, as for a hand or at rest; tells which of them were drawn by hand.
DRAW = """
window.byHand = () => [...document.querySelectorAll('.gf-panel')]
  .filter((p) => p.querySelector('.gf-plot').byHand).map((p) => p.dataset.panel);
window.drawn = async (query, held) => {
  const b = document.querySelector('.gf').board, at = b.address(true);
  for (const [name, value] of new URLSearchParams(query)) at.searchParams.set(name, value);
  const data = await (await fetch(at)).json();
  Object.assign(b, { dragging: held, drawn: {}, data: { ...b.data, ...data } });
  for (const panel of data.panels) await b.drawPanel(window.Plotly, panel);
  b.dragging = false;
  return { byHand: window.byHand(), all: data.panels.map((panel) => panel.id) };
};
"""


# How many pixels of two pictures differ by more than the eye could tell.
UNLIKE = """async (pictures) => {
  const [one, other] = await Promise.all(pictures.map(async (png) => {
    const seen = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const pen = new OffscreenCanvas(seen.width, seen.height).getContext('2d');
    pen.drawImage(seen, 0, 0);
    return pen.getImageData(0, 0, seen.width, seen.height).data;
  }));
  return one.length === other.length ? one.reduce((sum, v, i) => sum + (Math.abs(v - other[i]) > 6), 0) : -1;
}"""


def picture(tab, of=".gf-grid"):
    """The plots, or one of them, as they are seen, for a page."""
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 60)))")
    return base64.b64encode(tab.locator(of).screenshot()).decode()


def both_ways(tab, query):
    """How many pixels differ between Plotly's picture and the hand's, and the panels left to Plotly."""
    at_rest = tab.evaluate("(query) => window.drawn(query, false)", query)
    assert at_rest["byHand"] == []
    plotly = picture(tab)
    found = tab.evaluate("(query) => window.drawn(query, true)", query)
    return tab.evaluate(UNLIKE, [plotly, picture(tab)]), set(found["all"]) - set(found["byHand"])


@pytest.mark.parametrize("page", EXPLORE)
def test_a_hand_draws_pixel_for_pixel_what_plotly_draws(tab, server, page):
    opened(tab, f"{server}/{SLUGS[page]}")
    tab.add_style_tag(content="[data-panel=surface] { visibility: hidden }")
    tab.evaluate(DRAW)
    unlike, left = both_ways(tab, "gain=0.9&threshold=0.4")
    assert left == LEFT.get(page, set())
    assert unlike == 0


@pytest.mark.parametrize(
    "query",
    [
        "steps=1",
        "gain=0&steps=30",  # exact zeros
        "gain=6&activation=identity&steps=200",  # exploding, with words in the band above
        "cell=lstm&initialiser=identity&target=37&source=11",
    ],
)
def test_awkward_runs_are_drawn_alike_in_the_dark_too(chromium, server, query):
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, color_scheme="dark")
    tab = opened(context.new_page(), f"{server}/?{query}")
    tab.evaluate(DRAW)
    unlike, left = both_ways(tab, query)
    context.close()
    assert left == set()
    assert unlike == 0


def test_what_is_zoomed_is_followed_where_it_is(tab, server):
    opened(tab, server)
    tab.evaluate(DRAW)
    tab.evaluate(
        "() => Promise.all([['lag', { 'xaxis.range': [3, 17] }], ['map', { 'xaxis.range': [5.5, 20.5],"
        " 'yaxis.range': [33.5, 10.5] }]].map(([id, range]) =>"
        " window.Plotly.relayout(document.querySelector(`[data-panel=${id}] .gf-plot`), range)))"
    )
    unlike, left = both_ways(tab, "gain=0.9")
    assert left == set()
    assert unlike == 0


def test_a_ghost_is_drawn_by_hand_as_by_plotly(tab, server):
    opened(tab, server)
    tab.evaluate(DRAW)
    tab.evaluate("document.querySelector('.gf').board.keepGhosts()")
    unlike, _ = both_ways(tab, "gain=0.9")
    assert unlike == 0


def test_the_slider_is_followed_by_hand_and_plotly_draws_when_it_rests(tab, server):
    opened(tab, server)
    tab.evaluate(DRAW)
    tab.evaluate("() => { window.kept = [...document.querySelectorAll('.gf .main-svg')]; }")
    drag(tab, "gain", to=0.42)
    tab.wait_for_function("() => window.byHand().length === 4", timeout=READY)
    lines = "() => [...document.querySelectorAll('.gf-line')].map((line) => line.getAttribute('d')).join()"
    before = tab.evaluate(lines)
    drag(tab, "gain", to=0.5)
    tab.wait_for_function(
        f"(was) => window.byHand().length === 4 && ({lines})() !== was", arg=before, timeout=READY
    )
    tab.mouse.up()
    settled(tab)
    assert tab.evaluate("window.byHand()") == []
    assert tab.locator(".gf-hand, .gf-by-hand").count() == 0
    assert tab.evaluate("window.kept.every((node) => node.isConnected)")


LAG = "[data-panel=lag]"  # the panel whose upright axis follows its curves
RANGE = f"document.querySelector('{LAG} .gf-plot').layout.yaxis.range"


@pytest.mark.parametrize("gain", [0.5, 0.95])
def test_another_range_of_the_upright_axis_is_drawn_as_plotly_draws_it(tab, server, gain):
    opened(tab, server)
    tab.evaluate(DRAW)
    tab.evaluate("window.drawn('gain=0.9', false)")
    before = tab.evaluate(RANGE)
    assert "lag" in tab.evaluate(f"window.drawn('gain={gain}', true)")["byHand"]
    by_hand = picture(tab, LAG)
    assert tab.evaluate(RANGE) == before
    tab.evaluate(f"window.drawn('gain={gain}', false)")
    assert tab.evaluate(RANGE) != before
    assert tab.locator(".gf-hand, .gf-by-hand").count() == 0
    assert tab.evaluate(UNLIKE, [by_hand, picture(tab, LAG)]) == 0


def test_a_hand_that_comes_back_finds_plotlys_own_axis(tab, server):
    opened(tab, server)
    tab.evaluate(DRAW)
    tab.evaluate("window.drawn('gain=0.9', false)")
    plotly = picture(tab, LAG)
    for gain in (1.4, 0.9):
        tab.evaluate(f"window.drawn('gain={gain}', true)")
    assert tab.evaluate(UNLIKE, [plotly, picture(tab, LAG)]) == 0
    assert tab.locator(f"{LAG} .yaxislayer-above .gf-hand").count() == 0


def test_a_plot_of_another_size_is_followed_with_its_axis(tab, server):
    opened(tab, server)
    tab.evaluate(DRAW)
    tab.evaluate("window.drawn('gain=0.9', false)")
    assert "lag" in tab.evaluate("window.drawn('gain=0.5', true)")["byHand"]
    plot = f"document.querySelector('{LAG} .gf-plot')"
    tab.evaluate(f"() => {{ {plot}.style.height = '110px'; return window.Plotly.Plots.resize({plot}); }}")
    by_hand = picture(tab, LAG)
    numbers = tab.evaluate(
        f"[...{plot}.querySelectorAll('.yaxislayer-above text')]"
        ".filter((word) => word.getClientRects().length).map((word) => word.textContent)"
    )
    assert len(numbers) > 2
    tab.evaluate("window.drawn('gain=0.5', false)")
    assert tab.evaluate(UNLIKE, [by_hand, picture(tab, LAG)]) == 0


def test_another_axis_is_left_to_plotly(tab, server):
    opened(tab, server)
    tab.evaluate(DRAW)
    found = tab.evaluate("window.drawn('steps=31', true)")
    assert not {"map", "lag"} & set(found["byHand"])
    shown = tab.evaluate("document.querySelector('[data-panel=map] .gf-plot').layout.xaxis.range")
    assert shown == [-0.5, 31.5]


def test_the_lines_of_a_map_are_one_element(tab, server):
    opened(tab, f"{server}/?gain=1.2")
    assert tab.locator("[data-panel=map] path.js-line").count() == 0
    d = tab.locator("[data-panel=map] .shapelayer path").first.get_attribute("d")
    assert d.count("M") > 20


# Axes that stay


@given(st.floats(-300, 300), st.floats(0.01, 400))
def test_a_widened_range_holds_what_it_is_asked_for_and_little_more(low, span):
    found = widened(low, low + span)
    assert found.low <= low + 1e-6 * span
    assert found.high >= low + span - 1e-6 * span
    assert found.high - found.low <= 1.26 * span


def test_a_widened_range_stays_while_its_ends_change_a_little():
    ends = [widened(-31.0 + 0.01 * i, 1.0 + 0.003 * i) for i in range(60)]
    assert len(set(ends)) <= 2


def test_the_rough_singular_values_lie_within_the_axis_of_them_all():
    recorded = run(Experiment(steps=100, gain=0.8))
    rough, whole = (
        pair.spectrum(LIGHT, reports.selection(recorded, View(), rough=rough)) for rough in (True, False)
    )
    assert rough["layout"]["meta"]["rough"]
    assert not whole["layout"]["meta"]["rough"]
    low, high = whole["layout"]["yaxis"]["range"]
    assert low <= rough["layout"]["yaxis"]["range"][0] <= rough["layout"]["yaxis"]["range"][1] <= high
    shown = untyped(rough["data"][0]["y"])
    np.testing.assert_allclose(shown, untyped(whole["data"][0]["y"])[: len(shown)], rtol=1e-4)
