"""The film of matrices that a slider runs through in the browser alone."""

import json
import re

import numpy as np
import pytest

from browsing import READY, finding, opened, settled
from explorer.experiment import Experiment, View
from explorer.figures import film as films
from explorer.figures.theme import DARK, LIGHT
from explorer.reports import gradient_flow as reports
from explorer.reports import matrix_stack
from explorer.run import run
from explorer.ui.scrub import MOST_POSITIONS, Scrub


def film_of(e, view, look=LIGHT):
    recorded = run(e)
    report = reports.flow_report(recorded, reports.pair_map(recorded, view.norm, view.block), None, view)
    stack = matrix_stack.matrix_stack(recorded, view)
    return films.pairs_film(look, stack, report), stack, recorded, report


@pytest.mark.parametrize(
    ("cell", "block"), [("rnn", "h←h"), ("lstm", "c←c"), ("lstm", "h←c"), ("gru", "h←h")]
)
def test_each_picture_is_the_matrix_that_the_page_shows_of_that_pair(cell, block):
    e, view = Experiment(cell=cell, steps=12, hidden_size=5, gain=1.4), View(target=9, block=block)
    made, stack, recorded, _ = film_of(e, view)
    assert made.positions == tuple(range(10))
    for k in (0, 4, 9):
        shown = reports.selection(recorded, View(target=9, source=k, block=block)).matrix
        np.testing.assert_allclose(stack.matrices[k], shown, rtol=1e-12, atol=1e-15)
        assert np.max(np.abs(made.pictures[k] / 127.0 - 1.0 - shown)) <= 0.5 / 127 + 1e-9


def test_the_marks_stand_on_the_pair_and_on_its_place_on_the_curve():
    made, _, _, report = film_of(Experiment(steps=20, hidden_size=4), View(target=15))
    on_map, on_curve = made.cursors
    assert (on_map.x[6], on_map.y[6]) == (6.0, 15.0)
    assert on_curve.x[6] == 9.0
    assert on_curve.y[6] == pytest.approx(report.row[9] / np.log(10.0))


def test_an_exact_zero_is_a_neutral_picture_and_said_to_be_0():
    made, _, _, _ = film_of(Experiment(steps=6, hidden_size=3, gain=0.0), View())
    assert made.said[0] == "0"
    assert np.all(made.pictures[0] == 127)


@pytest.mark.parametrize("look", [LIGHT, DARK])
def test_the_shades_are_the_diverging_scale_with_its_neutral_in_the_middle(look):
    shades = films.shades(look)
    assert len(shades) == films.SHADES
    stops = [colour.lower() for _, colour in look.diverging]
    assert (shades[0], shades[127], shades[-1]) == (stops[0], stops[len(stops) // 2], stops[-1])


def test_a_long_run_of_many_units_keeps_evenly_spaced_pictures_within_8_megabytes():
    k = matrix_stack.kept_steps(10_000, 64**2)
    assert k[0] == 0
    assert k[-1] == 10_000
    assert len(k) * 64**2 <= matrix_stack.MOST_ENTRIES
    assert np.ptp(np.diff(k)) <= 1
    assert len(Scrub("source", list, 10_000).fitted({"value": 0})["positions"]) == MOST_POSITIONS


def test_the_packed_film_holds_what_it_is_made_of():
    made, _, _, _ = film_of(Experiment(steps=7, hidden_size=3), View())
    packed = made.packed()
    length = int.from_bytes(packed[:4], "little")
    header = json.loads(packed[4 : 4 + length])
    assert header["shape"] == [8, 3, 3]
    assert header["said"][-1] == "1"
    assert packed[4 + length :] == made.pictures.tobytes()


@pytest.fixture
def scrubbing(chromium, server):
    """The main page, and how many messages the browser has sent to the server."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    tab, sent = context.new_page(), []
    tab.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append(1)))
    opened(tab, f"{server}/?steps=40")
    tab.wait_for_function("() => window.gradientFlowFilms?.film", timeout=READY)
    settled(tab)
    yield tab, sent
    context.close()


def pull_half_way(tab, *, steps):
    """Take the slider of the source step at its left end and pull it half way, without letting it go."""
    box = tab.locator("#gf-source").bounding_box()
    y = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 9, y)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.5 * box["width"], y, steps=steps)


def test_scrubbing_sends_nothing_and_the_page_follows_when_it_is_let_go(scrubbing):
    tab, sent = scrubbing
    before = len(sent)
    pull_half_way(tab, steps=25)
    tab.wait_for_function("() => document.querySelector('canvas.gf-film')", timeout=READY)
    assert tab.locator(".gf-cursor").count() == 2
    assert tab.evaluate("window.gradientFlowFilms.film.drawn") > 2
    assert len(sent) == before
    tab.mouse.up()
    tab.wait_for_url(re.compile("source=20"), timeout=READY)
    settled(tab)
    assert len(sent) == before + 1
    assert "back to step 20" in finding(tab)
    assert tab.locator(".gf-film").count() == 0


def test_the_canvas_shows_the_matrix_of_the_position(scrubbing):
    tab, _ = scrubbing
    tab.evaluate(
        "() => { const b = document.querySelector('.gf').board, f = window.gradientFlowFilms.film;"
        " f.draw(b.grid, 39); }"
    )
    ink = tab.evaluate(
        "() => { const f = window.gradientFlowFilms.film, c = document.querySelector('canvas.gf-film');"
        " const pen = c.getContext('2d'), at = (r, k) => [...pen.getImageData("
        " (k + 0.5) * c.width / f.columns, (r + 0.5) * c.height / f.rows, 1, 1).data].slice(0, 3);"
        " return [[0, 0], [7, 3], [20, 31]].map(([r, k]) => [at(r, k),"
        " f.shades[f.pictures[(39 * f.rows + r) * f.columns + k]]]); }"
    )
    for (r, g, b), shade in ink:
        assert f"#{r:02x}{g:02x}{b:02x}" == shade


def test_the_keyboard_runs_through_the_film_too(scrubbing):
    tab, _ = scrubbing
    tab.locator("#gf-source").focus()
    tab.keyboard.press("ArrowRight")
    said = tab.locator("#gf-source").get_attribute("aria-valuetext")
    assert re.fullmatch(r"Source step k 1: 10\S+", said)
    tab.wait_for_url(re.compile("source=1"), timeout=READY)


def test_a_film_is_there_for_a_hand_that_has_just_moved_another_slider(scrubbing):
    tab, sent = scrubbing
    tab.locator("#gf-gain").focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    tab.wait_for_function("() => { const b = document.querySelector('.gf').board;"
                          " return b.ahead.gain && !b.waiting && !b.pressed; }", timeout=READY)  # fmt: skip
    was = tab.evaluate("window.gradientFlowFilms.stamp")
    tab.locator("#gf-source").hover()
    tab.wait_for_function(
        "(was) => { const { stamp } = window.gradientFlowFilms, { board } = document.querySelector('.gf');"
        " return stamp !== was && board.inputs.source.slider.film === stamp; }",
        arg=was,
        timeout=READY,
    )
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    before = len(sent)
    pull_half_way(tab, steps=15)
    tab.wait_for_selector("canvas.gf-film", timeout=READY)
    assert len(sent) == before
    assert not [url for url in asked if "/live/" in url]
    tab.mouse.up()
