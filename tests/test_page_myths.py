"""Myths and surprises as a page: what it draws and says of any settings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.clipping import by_value
from explorer.experiment import DEFAULTS, FIELDS, Experiment, View
from explorer.figures import myths as figures
from explorer.figures.parts import untyped
from explorer.figures.theme import look
from explorer.lesson import made
from explorer.lessons import myths
from explorer.lessons.cards import CARDS
from explorer.lessons.myths import LESSON, Doubted, settings_of
from explorer.reports import myths as reports
from explorer.run import run
from test_lesson_myths import LN10, report

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize(
    "changes",
    [{"steps": 1, "hidden_size": 1}, {"steps": 6, "hidden_size": 3, "gain": 0.0}, {"input": "sentence"}],
    ids=str,
)
def test_awkward_settings_can_be_drawn_and_told(name, changes):
    state = LESSON.state({**settings_of(name), **changes, "hidden_size": 3})
    small = replace(state.experiment, hidden_size=changes.get("hidden_size", 4))
    swept = reports.swept(small, state.own)
    shown = reports.myth_report(small, state.own, reports.found(small, state.own), swept)
    for figure in (figures.curves, figures.sweep):
        assert figure(look(True), shown)["data"]
    for text in (shown.finding(), shown.curve_alt(), shown.sweep_alt(), shown.curve_title()):
        assert "nan" not in text
        assert "not a number" not in text
    assert all(not np.isnan(column).any() for column in shown.table().values())


def test_the_main_figure_holds_the_median_and_the_claim():
    shown = report("gain")
    drawn = {trace["name"]: trace for trace in figures.curves(look(False), shown)["data"]}
    median, claim = drawn["median of 20"], drawn["the claim"]
    np.testing.assert_allclose(untyped(median["y"]), shown.band()[1] / LN10, atol=1e-5)
    assert untyped(claim["y"])[10] == pytest.approx(10 * np.log10(1.5), abs=1e-5)
    assert claim["line"]["dash"] == "dash"


@pytest.mark.parametrize("name", CARDS)
def test_the_address_of_a_card_restores_its_experiment_elsewhere(name):
    card, shown = CARDS[name], report(name, steps=40)
    values = {**DEFAULTS, **shown.address()}
    assert shown.address().keys() <= FIELDS.keys()
    assert made(Experiment, values) == shown.e
    assert made(View, values) == View(**card.view)
    assert (ROOT / "pages" / f"{card.page}.py").exists()


def test_a_card_holds_what_it_is_about():
    for name, card in CARDS.items():
        own = Doubted(card=name)
        assert set(card.held) <= set(own.idle())
        assert card.control not in own.idle()
        assert ("share" in own.idle()) is (name not in myths.WITH_LOSS)
        other = card.experiment(Experiment(cell="gru", activation="relu", forget_rule="chrono"))
        assert all(getattr(other, field) == card.settings.get(field, DEFAULTS[field]) for field in card.held)


def test_the_address_of_the_card_on_clipping_cuts_there_too():
    shown = report("direction")
    gradient = run(replace(shown.e, placement="last")).back.gradient
    assert by_value(gradient, shown.address()["threshold"]).cosine < 0.9
