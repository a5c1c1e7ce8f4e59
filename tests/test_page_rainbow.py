"""The itemised rainbow: what its page says and draws, on its own and in a browser."""

import re
import time
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from browsing import READY, opened, settled
from explorer.figures import rainbow as figures
from explorer.figures import rainbow_film
from explorer.figures.contrast import mixed
from explorer.figures.parts import untyped
from explorer.figures.theme import DARK, LIGHT, look
from explorer.reports import rainbow as reports
from explorer.reports.rainbow import RainbowReport, mean_within, part, reach
from explorer.reports.training_runs import RunView
from explorer.training.course import Course
from explorer.training.settings import Training
from explorer.training.text import built_in
from explorer.training.watch import RAINBOWS, Itemised
from opening import app, control, finding
from test_accessible import DEFICIENCIES, SEEN_BY, lab, linear
from test_page_train import button

SMALL = {"task": "words", "hidden_size": 8, "batch": 8, "updates": 40, "snapshots": 4, "learning_rate": 0.02}


@cache
def run(**changes):
    settings = {**SMALL, **changes}
    corpus = built_in("topics") if settings["task"] == "text" else None
    return RunView.of("A", Course(Training(**settings), corpus=corpus).run())


def report(moment=100, kept=0, **changes):
    return RainbowReport(run(**changes), moment, kept)


# What is said


def test_the_heading_compares_the_reach_of_the_losses_with_that_before_training():
    found = report()
    now, before = reach(found.items), reach(found.run.snapshots[0].items)
    said = found.finding()
    assert said.startswith("After 40 updates 90 % of a step’s gradient comes from losses ")
    assert now == before or said.endswith(f"before training {reports.near(before)}")
    assert report(0).finding().startswith("Before any training 90 %")


def test_the_reach_is_the_distance_within_which_the_shares_make_up_90_per_cent():
    items = report(0).items
    by_hand = [
        np.mean([items.share[items.last - k <= d, k].sum() for k in range(1, items.T + 1)])
        for d in range(items.T)
    ]
    np.testing.assert_allclose(mean_within(items), by_hand, rtol=0, atol=1e-12)
    assert by_hand[reach(items)] >= 0.9 > by_hand[reach(items) - 1]
    assert by_hand[-1] == pytest.approx(1.0, abs=1e-12)


def test_one_loss_is_told_by_how_far_back_it_counts():
    found = report(kept=19)
    said = found.finding()
    share = found.items.share[18, 1:]
    first = int(np.flatnonzero(share >= 0.1)[0]) + 1
    assert "the loss of step 19 makes up at least a tenth of the gradient" in said
    assert ("at its own step alone" if first == 19 else f"back to step {first}") in said


def test_a_task_with_one_loss_says_that_it_has_one_colour():
    found = report(task="recall", steps=10)
    assert found.finding().startswith("One loss, at step 10, is all the gradient there is")
    assert "asks once" in found.quiet()


def test_a_loss_step_that_is_asked_nothing_singles_nothing_out():
    assert report(kept=3, task="recall", steps=10).group is None
    assert report(kept=900).group is None


def test_the_line_below_says_how_much_cancels():
    found = report(0)
    over = np.exp(found.items.log_sum[1] - found.items.log_total[1])
    assert over > 1.01
    assert f"add up to {over:.3g} times" in found.quiet()


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.93, "93 %"), (1.0, "100 %"), (1.4, "over 100 %"), (-0.12, "−12 %"), (0.001, "under 1 %"),
        (0.0, "0 %"),
    ],
)  # fmt: skip
def test_shares_are_said_in_words(share, words):
    assert part(share).startswith(words)


def test_the_table_holds_every_loss_at_every_step_it_reaches():
    table = report(0).table()
    assert len(table["share"]) == 19 * 20 // 2
    at_one = [s for s, k in zip(table["share"], table["source step"], strict=True) if k == 1]
    assert sum(at_one) == pytest.approx(1.0)


# What is drawn


def stacks(figure):
    """The traces of the stack, without the strip and marks."""
    return [t for t in figure["data"] if t["type"] == "bar" and "yaxis" not in t]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_stack_is_the_shares(theme):
    found = report()
    figure = figures.stacked(theme, found)
    for g, trace in enumerate(stacks(figure)):
        k = untyped(trace["x"]).astype(int)
        assert k[-1] == found.items.last[g]
        np.testing.assert_allclose(untyped(trace["y"]), 100 * found.items.share[g, k], rtol=1e-5, atol=1e-4)
    low, high = figure["layout"]["yaxis"]["range"]
    assert low <= 0
    assert high >= 100


def test_one_loss_singled_out_leaves_the_others_faint_in_both_figures():
    found = report(kept=14)
    for figure in (figures.stacked(LIGHT, found), figures.sizes(LIGHT, found)):
        strong = {t["legendgroup"] for t in figure["data"] if "legendgroup" in t and t.get("opacity") == 1.0}
        assert strong == {"14"}
        assert figure["layout"]["meta"] == {"kept": 14}


def test_steps_that_nothing_reaches_and_stacks_beyond_the_scale_leave_marks():
    cut = report(0, task="recall", steps=10, gain=0.0, updates=2)  # W = 0: no error leaves its own step
    zeros = [t for t in figures.stacked(LIGHT, cut)["data"] if t["name"] == "exactly 0"]
    assert untyped(zeros[0]["x"]).tolist() == list(range(1, 10))
    assert cut.finding() == (
        "One loss, at step 10, is all the gradient there is: nothing reaches step 1 before any training"
    )
    items = report(0).items
    share = items.share.copy()
    share[:2, 1] = 4.0, -3.0
    wild = replace(report(0).run, snapshots=(replace(report(0).picture, items=replace(items, share=share)),))
    marks = [t["name"] for t in figures.stacked(LIGHT, RainbowReport(wild, 0, 0))["data"] if "mode" in t]
    assert "shares above the scale, the rest cancels them" in marks
    assert "shares below the scale" in marks


@pytest.mark.parametrize(
    "changes",
    [
        {"task": "recall", "steps": 2}, {"task": "copy", "steps": 120}, {"hidden_size": 1},
        {"task": "adding", "steps": 2}, {"task": "text", "steps": 2}, {"activation": "relu", "gain": 0.0},
        {"activation": "identity", "gain": 4.0}, {"activation": "sigmoid", "gain": 0.01},
    ],
    ids=str,
)  # fmt: skip
def test_every_network_has_its_figures(changes):
    found = report(**{"updates": 2, **changes})
    for figure in (figures.stacked, figures.sizes, figures.distance):
        assert figure(look(True), found)["data"]
    alternatives = (found.stacked_alt(), found.sizes_alt(), found.distance_alt())
    for words in (found.finding(), found.quiet(), *alternatives):
        assert "nan" not in words
        assert len(words) > 20


def test_the_film_shows_the_stack_of_every_checkpoint():
    found = report()
    film = rainbow_film.film(LIGHT, found)
    assert film.pictures.shape == (len(found.run.snapshots), rainbow_film.ROWS, found.items.T)
    left, right, top, bottom = film.extent
    assert (left, right) == (0.5, found.items.T + 0.5)
    for picture, snapshot in zip(film.pictures, found.run.snapshots, strict=True):
        for g in range(len(snapshot.items.first)):  # the height of a colour is the size of the share
            height = np.count_nonzero(picture == g + 1, axis=0) * (top - bottom) / rainbow_film.ROWS
            theirs = np.abs(100 * snapshot.items.share[g, found.sources])
            np.testing.assert_allclose(height, theirs, rtol=0, atol=1.01 * (top - bottom) / rainbow_film.ROWS)


@SEEN_BY
@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_colours_of_the_steps_are_in_order_and_apart_for_every_eye(theme, matrix):
    inks = [lab(np.array(matrix) @ linear(colour)) for _, colour in theme.ordered]
    lightness = np.diff([ink[0] for ink in inks])
    assert np.all(lightness > 3)
    for one, other in pairwise(inks):
        assert np.linalg.norm(one - other) > 7


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_colours_of_the_steps_are_neither_blue_nor_red(theme):
    full = np.array(DEFICIENCIES["full colour vision"])
    for place in np.linspace(0, 1, 21):
        _, a, b = lab(full @ linear(mixed(theme.ordered, float(place))))
        hue = np.degrees(np.arctan2(b, a)) % 360
        strong = np.hypot(a, b) > 25
        assert not (strong and (230 < hue < 300 or hue < 50)), place


# The page


@pytest.mark.parametrize("name", RAINBOWS)
def test_every_preset_opens_with_its_finding(name):
    preset = RAINBOWS[name][0]
    w = replace(preset, updates=2, hidden_size=8, steps=min(preset.steps, 20))
    training = w.training()
    corpus = built_in("topics") if w.task == "text" else None
    assert len(RainbowReport(RunView.of("", Course(training, corpus=corpus)), 0, 0).finding()) > 20


def page(**params):
    at = app("rainbow")
    for name, value in params.items():
        at.query_params[name] = str(value)
    return at.run()


def test_the_page_begins_with_a_task_that_asks_at_every_step_and_the_address_says_another():
    assert control(page(), "task").value == "words" == Itemised().task
    at = page(task="recall", steps="10")
    assert finding(at).startswith("One loss, at step 10")


def test_the_run_of_the_present_settings_is_shown_and_after_a_change_the_untrained_network():
    at = page(**SMALL)
    assert "Before any training" in finding(at)
    button(at, "Start").click().run()
    job = at.session_state["_training_runs"][-1]
    while job.going:
        time.sleep(0.01)
    at.run()
    assert "After 40 updates" in finding(at)
    control(at, "hidden_size").set_value(4).run()
    assert "Before any training" in finding(at)
    assert not at.exception


def test_a_loss_is_seen_alone_by_pointing_and_kept_by_a_click(tab, server):
    opened(tab, f"{server}/rainbow")
    shown = (
        "() => [...document.querySelectorAll('[data-panel=rainbow] g.trace.bars')]"
        ".filter((bars) => +bars.style.opacity === 1)"
        ".map((bars) => bars.__data__[0].trace.legendgroup)"
    )
    assert len(set(tab.evaluate(shown))) == 19
    box = tab.locator("[data-panel=rainbow] .gf-plot .nsewdrag").first.bounding_box()
    x, y = box["x"] + 7.5 / 19 * box["width"], box["y"] + 0.7 * box["height"]
    tab.mouse.move(x - 2, y)
    tab.mouse.move(x, y)
    tab.wait_for_function(f"() => new Set(({shown})()).size === 1", timeout=READY)
    assert set(tab.evaluate(shown)) == {"8"}
    tab.mouse.down()
    tab.mouse.up()
    tab.wait_for_url(re.compile("loss_step=8"), timeout=READY)
    settled(tab)
    tab.mouse.move(5, 5)
    assert "the loss of step 8" in tab.locator("h4").first.inner_text()
    assert set(tab.evaluate(shown)) == {"8"}
