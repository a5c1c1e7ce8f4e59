"""The film of thresholds: at each position it shows what the page would, and no threshold moves an axis."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from browsing import READY, finding, opened, settled
from explorer.experiment import CLIP_MODES, Experiment
from explorer.figures import clipping as figures
from explorer.figures.moves import LEVELS, moved
from explorer.figures.parts import untyped
from explorer.figures.theme import LIGHT
from explorer.reports.clipping import clipping_report, sample
from explorer.reports.clipping_film import MOST_STEPS, POSITIONS, clipping_reports, fits
from explorer.run import run

SOME = (0, 33, 60, 80, 83, 101, 160)
RUNS = {
    "vanishing": Experiment(steps=40, gain=0.6),
    "exploding": Experiment(steps=40, gain=3.0),
    "beyond float64": Experiment(steps=300, gain=20.0, hidden_size=8, activation="identity", input="zero",
                                 start="random"),
    "no recurrence": Experiment(steps=12, gain=0.0),
    "dead": Experiment(steps=12, activation="relu", bias=-5.0),
    "one step": Experiment(steps=1),
    "LSTM": Experiment(cell="lstm", steps=25, hidden_size=7, gain=2.0),
    "GRU": Experiment(cell="gru", steps=25, hidden_size=7, gain=6.0),
}  # fmt: skip
EVERY = pytest.mark.parametrize("name", RUNS)


def recorded(name):
    return run(replace(RUNS[name], placement="last"))


def drawn(report, seeds):
    """The page's figures, without what only hovering shows."""
    found = {
        "steps": figures.by_step(LIGHT, report),
        "sizes": figures.sizes(LIGHT, report),
        "engagement": figures.engagement(LIGHT, seeds, report.threshold),
    }
    del found["sizes"]["data"][0]["customdata"]
    return found


def parts_at(made, i):
    """What a film moves at its position i, as the browser reads it, and how finely it tells curves."""
    packed = made.packed()
    length = int.from_bytes(packed[:4], "little")
    header = json.loads(packed[4 : 4 + length])
    levels = np.frombuffer(packed, "<u2", offset=4 + length)
    found, fine = {}, 0.0
    for track in header["tracks"]:
        if "values" in track:
            value = track["values"][i]
        else:
            begin, span = track["from"] + i * track["size"], track["high"] - track["low"]
            level = levels[begin : begin + track["size"]].astype(float)
            value = np.where(level > LEVELS, np.nan, track["low"] + span * level / LEVELS)
            fine = max(fine, span / LEVELS)
        found.setdefault(track["panel"], {})[".".join(track["path"])] = value
    return found, header["findings"][i], header["said"][i], fine


def assert_alike(one, other, fine, way=""):
    """The same figure; curves as far as the film tells them."""
    if isinstance(one, dict) and "bdata" in one:
        np.testing.assert_allclose(untyped(one), untyped(other), rtol=1e-6, atol=fine, err_msg=way)
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), way
        for key in one:
            assert_alike(one[key], other[key], fine, f"{way}.{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), way
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_alike(a, b, fine, f"{way}.{i}")
    elif isinstance(one, float):
        assert one == pytest.approx(other, abs=2e-4), way
    else:
        assert one == other, way


@EVERY
@pytest.mark.parametrize("mode", CLIP_MODES)
def test_each_position_shows_what_the_page_shows_of_its_threshold(name, mode):
    found, seeds = recorded(name), sample(replace(RUNS[name], placement="last", steps=3))
    made = figures.film(clipping_reports(found, mode), seeds)
    for i in SOME:
        report = clipping_report(found, mode, POSITIONS[i])
        parts, heading, said, fine = parts_at(made, i)
        assert (heading, said) == (report.finding(), report.said())
        elsewhere = drawn(clipping_report(found, mode, POSITIONS[(i + 70) % 161]), seeds)
        for panel, expected in drawn(report, seeds).items():
            assert_alike(moved(elsewhere[panel], parts[panel]), expected, fine, panel)


@EVERY
def test_no_threshold_moves_an_axis_and_none_takes_a_part_off_it(name):
    found, seeds = recorded(name), sample(replace(RUNS[name], placement="last", steps=3))
    frames = [drawn(report, seeds) for report in clipping_reports(found, "inside")[::20]]
    for frame in frames:
        for panel in frame:
            for letter in "xy":
                assert frame[panel]["layout"][f"{letter}axis"] == frames[0][panel]["layout"][f"{letter}axis"]
        assert len(frame["steps"]["data"]) == len(frames[0]["steps"]["data"])
        low, high = frame["steps"]["layout"]["yaxis"]["range"]
        for trace in frame["steps"]["data"]:
            y = untyped(trace["y"])
            assert ((y[np.isfinite(y)] >= low) & (y[np.isfinite(y)] <= high)).all()
            assert "scale" not in trace["name"]


def test_a_threshold_above_the_scale_is_a_row_of_marks():
    found = recorded("vanishing")
    for threshold, seen in ((1e4, True), (1.0, False)):
        marks = figures.sizes(LIGHT, clipping_report(found, "norm", threshold))["data"][1]
        assert np.isfinite(untyped(marks["y"])).all() == seen


@pytest.mark.parametrize(("threshold", "arrow"), [(1e-4, "◂ cuts 100 %"), (1e4, "cuts 0 % ▸")])
def test_a_threshold_beyond_all_seeds_is_pointed_at(threshold, arrow):
    drawn_at = figures.engagement(LIGHT, sample(Experiment(steps=3)), threshold)["layout"]
    assert drawn_at["annotations"][0]["text"] == f"<b>{arrow}</b>"
    assert drawn_at["shapes"][0]["x0"] in drawn_at["xaxis"]["range"]


@pytest.mark.parametrize("T", [50, 200, 1000])
def test_a_film_is_about_a_megabyte_at_most(T):
    e = Experiment(steps=T, hidden_size=4, placement="last", gain=3.0)
    made = figures.film(clipping_reports(run(e), "value"), sample(replace(e, steps=2)))
    assert len(made.packed()) < 120_000 + 1_000 * T


def test_what_is_too_much_has_no_film():
    assert fits(run(Experiment(steps=MOST_STEPS, hidden_size=4)))
    assert not fits(run(Experiment(steps=MOST_STEPS + 1, hidden_size=4)))
    assert not fits(run(Experiment(steps=300, hidden_size=256)))


# In the browser

FILMED = (
    "() => { const { board } = document.querySelector('.gf'), { stamp } = window.gradientFlowFilms ?? {};"
    " return stamp && board.inputs.threshold.slider.film === stamp; }"
)
OTHER_FINDING = "(was) => document.querySelector('h4').textContent !== was"


@pytest.fixture(scope="module")
def page(chromium, server):
    """The clipping page, what the browser sends to the server and what it asks beside Streamlit."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    tab, sent, asked = context.new_page(), [], []
    tab.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append(1)))
    tab.on("request", lambda request: asked.append(request.url) if "/live/" in request.url else None)
    yield opened(tab, f"{server}/clipping?gain=2&clip=inside"), sent, asked
    context.close()


@pytest.fixture
def scrubbing(page):
    """The same with its threshold at 1, its gain at 2 and their film."""
    tab, _, _ = page
    tab.evaluate("document.querySelector('.gf').board.choose({ threshold: 1, gain: 2 })")
    settled(tab)
    tab.wait_for_function(FILMED, timeout=READY)
    settled(tab)
    return page


def pull(tab, *, to, steps=20):
    """Take the slider of the threshold in its middle and pull it, without letting it go."""
    box = tab.locator("#gf-threshold").bounding_box()
    y = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 0.5 * box["width"], y)
    tab.mouse.down()
    tab.mouse.move(box["x"] + to * box["width"], y, steps=steps)


def by_hand(tab):
    return tab.evaluate(
        "[...document.querySelectorAll('.gf-panel')]"
        ".filter((p) => p.querySelector('.gf-plot').byHand).map((p) => p.dataset.panel)"
    )


def words(tab, panel):
    return tab.locator(f"[data-panel={panel}] .annotation-text").all_text_contents()


def test_dragging_the_threshold_asks_nobody_and_the_page_follows_when_it_is_let_go(scrubbing):
    tab, sent, asked = scrubbing
    before, was = (len(sent), len(asked)), (finding(tab), words(tab, "sizes"), words(tab, "engagement"))
    ranges = (
        "[...document.querySelectorAll('.gf-plot')].map((p) => [p.layout.xaxis.range, p.layout.yaxis.range])"
    )
    axes = tab.evaluate(ranges)
    pull(tab, to=0.25)
    tab.wait_for_function(OTHER_FINDING, arg=was[0], timeout=READY)
    tab.wait_for_timeout(100)
    assert by_hand(tab) == ["steps", "sizes", "engagement"]
    assert (len(sent), len(asked)) == before
    shown = (finding(tab), words(tab, "sizes"), words(tab, "engagement"))
    assert all(now != then for now, then in zip(shown, was, strict=True))
    assert tab.evaluate("window.gradientFlowFilms.film.drawn") > 2
    assert tab.evaluate(ranges) == axes
    tab.mouse.up()
    tab.wait_for_url(re.compile("threshold=0.01"), timeout=READY)
    settled(tab)
    assert (finding(tab), words(tab, "sizes"), words(tab, "engagement")) == shown
    assert by_hand(tab) == []
    assert tab.evaluate(ranges) == axes


def test_a_slider_that_is_taken_again_is_no_news_before_it_is_let_go(scrubbing):
    tab, sent, asked = scrubbing
    pull(tab, to=0.4)
    tab.mouse.up()
    tab.wait_for_function("() => !document.querySelector('.gf').board.waiting", timeout=READY)
    pull(tab, to=0.6)
    before = (len(sent), len(asked))
    tab.wait_for_timeout(2_800)  # longer than a slider at rest waits before the whole page is told of it
    assert (len(sent), len(asked)) == before
    assert by_hand(tab) == ["steps", "sizes", "engagement"]
    tab.mouse.up()


def test_the_keyboard_runs_through_the_thresholds_and_hears_of_each(scrubbing):
    tab, _, _ = scrubbing
    tab.locator("#gf-threshold").focus()
    tab.keyboard.press("ArrowLeft")
    said = tab.locator("#gf-threshold").get_attribute("aria-valuetext")
    assert re.fullmatch(r"Threshold 0.891: ‖g‖ \S+, turned by [\d.]+°", said)
    tab.wait_for_url(re.compile("threshold=0.891"), timeout=READY)


def test_a_late_answer_to_a_key_does_not_cover_what_the_next_key_shows(scrubbing):
    tab, _, _ = scrubbing
    tab.evaluate(
        "() => { const { fetch } = window; window.fetch = async (...all) => { window.fetch = fetch;"
        " const got = await fetch(...all); await new Promise((done) => setTimeout(done, 300)); return got; };"
        " const head = document.querySelector('h4'); window.heads = [];"
        " window.watch = new MutationObserver(() => window.heads.push(head.textContent));"
        " window.watch.observe(head, { childList: true, subtree: true, characterData: true }); }"
    )
    tab.locator("#gf-threshold").focus()
    tab.keyboard.press("ArrowLeft")
    tab.wait_for_function("() => window.heads.length", timeout=READY)
    first = finding(tab)
    tab.keyboard.press("ArrowLeft")
    tab.wait_for_url(re.compile("threshold=0.794"), timeout=READY)
    settled(tab)
    heads = tab.evaluate("() => { window.watch.disconnect(); return window.heads; }")
    others = [head for head in heads if head != first]
    assert others
    assert first not in heads[heads.index(others[0]) :]


def test_another_gain_has_its_own_film(scrubbing):
    tab, sent, asked = scrubbing
    was = tab.evaluate("window.gradientFlowFilms.stamp")
    tab.locator("#gf-gain").focus()
    tab.keyboard.press("ArrowRight")
    tab.locator("#gf-threshold").hover()
    tab.wait_for_function("(was) => window.gradientFlowFilms.stamp !== was", arg=was, timeout=READY)
    tab.wait_for_function(FILMED, timeout=READY)
    settled(tab)
    before = (len(sent), len(asked))
    pull(tab, to=0.7)
    tab.wait_for_timeout(200)
    assert (len(sent), len(asked)) == before
    tab.mouse.up()


def test_a_page_without_a_film_asks_the_server(tab, server):
    opened(tab, f"{server}/clipping?steps=300&hidden_size=256")
    assert tab.evaluate("document.querySelector('.gf').board.inputs.threshold.slider.film") == ""
    was = finding(tab)
    pull(tab, to=0.2)
    tab.wait_for_function(OTHER_FINDING, arg=was, timeout=READY)
    tab.mouse.up()
