"""The page "RNN against LSTM": same inputs, one scale, and words that say what differs."""

from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from explorer import run as runs
from explorer.experiment import DEFAULTS, Experiment, View
from explorer.figures import compare as figures
from explorer.figures import theme
from explorer.reports import compare as reports
from explorer.reports import gradient_flow
from explorer.rivals import Compared, differing, sliders
from opening import app, panels

ROOT = Path(__file__).parents[1]
BASE = Experiment(hidden_size=12, steps=40)


def made(own=None, e=BASE, view=None):
    own, view = own or Compared(), view or View()
    rivals = (e, *(own.rival(e, number) for number in own.numbers))
    view = replace(view, target=min(view.target, *(runs.run(one).T for one in rivals)))
    flows = tuple(
        gradient_flow.flow_report(r := runs.run(one), gradient_flow.pair_map(r, view.norm, "h←h"), None, view)
        for one in rivals
    )
    return reports.compare_report(rivals, flows, view, relative=own.scale == "row")


# The experiments


def test_rivals_differ_in_their_own_settings_and_in_nothing_else():
    e = replace(BASE, seed=7, input_scale=0.3, text="one two three", input="sentence")
    own = Compared(cell2="lstm", forget_bias2=2.0, gain2=1.4, cell3="rnn", activation3="relu")
    second, third = own.rival(e, 2), own.rival(e, 3)
    assert (second.cell, second.forget_bias, second.gain) == ("lstm", 2.0, 1.4)
    assert (third.cell, third.activation) == ("rnn", "relu")
    shared = {f.name for f in fields(Experiment)} - {
        "cell", "activation", "initialiser", "gain", "forget_bias", "forget_rule",
    }  # fmt: skip
    assert all(getattr(e, name) == getattr(second, name) == getattr(third, name) for name in shared)


def test_all_rivals_read_the_same_inputs():
    rivals = (BASE, Compared().rival(BASE, 2), Compared().rival(BASE, 3))
    inputs = [runs.run(one).sequence.x for one in rivals]
    assert all(np.array_equal(inputs[0], x) for x in inputs)


def test_only_settings_that_do_something_count_as_different():
    rows = differing((BASE, Compared().rival(BASE, 2)))
    assert rows["cell"] == ("rnn", "lstm")
    assert rows["forget_bias"] == (None, 3.0)
    assert rows["activation"] == ("tanh", None)
    assert "gain" not in rows
    assert differing((BASE, BASE)) == {}


@pytest.mark.parametrize(
    ("own", "silent"),
    [
        (Compared(cell3="none"), {"activation3", "gain3", "initialiser3", "forget_bias3", "activation2"}),
        (Compared(cell2="rnn", cell3="rnn"), {"forget_bias2", "forget_bias3"}),
        (Compared(initialiser2="pytorch", cell3="lstm"),
         {"gain2", "forget_bias2", "activation2", "activation3"}),
    ],
)  # fmt: skip
def test_a_setting_that_does_nothing_says_why(own, silent):
    assert set(own.idle()) == silent
    assert all(len(reason) > 10 for reason in own.idle().values())


def test_own_fields_clash_with_none_of_the_experiments():
    assert not {f.name for f in fields(Compared)} & set(DEFAULTS)


@pytest.mark.parametrize(
    ("e", "own", "second"),
    [
        (BASE, Compared(), "forget_bias2"),
        (BASE, Compared(cell2="gru"), "gain2"),
        (replace(BASE, cell="lstm"), Compared(cell2="rnn"), "gain2"),
    ],
)
def test_the_sliders_are_those_that_do_something(e, own, second):
    found = sliders(e, own)
    assert found[2] == second
    assert not set(found) & (set(own.idle()) | set(e.idle()))


def test_a_value_outside_its_limits_is_refused_by_name():
    with pytest.raises(ValueError, match="gain2 must lie in"):
        Compared(gain2=21.0)


# The report


def test_the_finding_compares_with_the_numbers_of_the_curves():
    report = made(Compared(cell3="none"), Experiment())
    rnn, lstm = (rival.left / np.log(10) for rival in report.rivals)
    assert rnn < -9
    assert lstm > -2
    assert report.finding().startswith("Over 50 steps the tanh RNN keeps 10⁻")
    assert " and the LSTM keeps 0.0" in report.finding()
    for rival in report.rivals:
        assert rival.left == rival.flow.row[50]


def test_growth_and_exact_zeros_have_their_own_words():
    grown = made(Compared(cell2="rnn", activation2="identity", gain2=2.0, cell3="none"))
    assert "grows it 10" in grown.finding()
    dead = made(Compared(cell2="rnn", activation2="relu", gain2=0.0, cell3="none"))
    assert "keeps nothing at all" in dead.finding()
    same = made(view=View(source=40))
    assert same.finding().startswith("At step 40 itself")


def test_two_of_a_kind_are_told_apart_by_what_differs():
    report = made(Compared(cell2="lstm", cell3="lstm", forget_bias2=0.0, forget_bias3=4.0))
    assert [rival.name for rival in report.rivals][1:] == ["LSTM (forget bias 0)", "LSTM (forget bias 4)"]
    twins = made(Compared(cell2="rnn", cell3="none"))
    assert [rival.name for rival in twins.rivals] == ["tanh RNN no. 1", "tanh RNN no. 2"]
    assert twins.differences() == []


def test_all_start_from_the_same_step_where_one_run_ends_early():
    e = replace(BASE, steps=300, activation="identity", gain=8.0)
    report = made(Compared(cell3="none"), e)
    assert report.rivals[0].flow.T < 300 == report.rivals[1].flow.T
    assert report.t == report.rivals[0].flow.T
    assert all(rival.flow.t == report.t for rival in report.rivals)
    rate = float(report.results()[1][1])
    assert np.log(rate) == pytest.approx(report.rivals[0].left / report.t, abs=5e-3)


def test_rows_are_divided_only_on_request_and_the_titles_say_so():
    plain, divided = made(), made(Compared(scale="row"))
    assert "divided" not in plain.map_title(plain.rivals[0])
    assert "each row divided by its largest value" in divided.map_title(divided.rivals[0])
    np.testing.assert_array_equal(plain.rivals[0].log_map, plain.rivals[0].flow.log_map)
    largest = np.max(divided.rivals[0].log_map, axis=1)
    np.testing.assert_allclose(largest, 0.0, atol=1e-12)
    assert plain.finding() == divided.finding()


# The figures


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK])
def test_all_maps_share_one_colour_scale_and_one_bar(look):
    report = made()
    drawn = [figures.rival_map(look, report, rival)["data"][0] for rival in report.rivals]
    assert len({(heat["zmin"], heat["zmax"]) for heat in drawn}) == 1
    assert [heat["showscale"] for heat in drawn] == [False, False, True]


@pytest.mark.parametrize(
    ("e", "own"),
    [
        (BASE, Compared()),
        (Experiment(steps=1, hidden_size=1), Compared()),
        (BASE, Compared(cell2="rnn", cell3="rnn", activation2="relu", gain3=0.0)),
        (replace(BASE, activation="identity", gain=6.0, steps=200), Compared(cell3="none")),
    ],
)
def test_every_curve_is_named_and_names_do_not_overlap(e, own):
    report = made(own, e)
    drawn = figures.lag_curves(theme.LIGHT, report)
    low, high = drawn["layout"]["yaxis"]["range"]
    words = [a for a in drawn["layout"]["annotations"] if a.get("xref") != "paper"]
    assert {w["text"] for w in words} == {f"<b>{rival.name}</b>" for rival in report.rivals}
    places = sorted(w["y"] for w in words)
    assert all(b - a > 0.06 * (high - low) for a, b in pairwise(places))
    assert len(set(figures.colours(theme.LIGHT, report))) == len(report.rivals)


# The page


def test_the_page_opens_with_three_maps_and_the_curves():
    at = app("compare", hidden_size="8", steps="20")
    assert [panel["id"] for panel in panels(at)] == ["map0", "map1", "map2", "lag"]
    table = next(m.value for m in at.markdown if "settings differ" in m.value)
    assert "**LSTM**" in table
    assert "| Forget bias | **–** | **3** | **–** |" in table


def test_the_address_holds_the_rivals():
    own = {"cell3": "none", "cell2": "rnn", "activation2": "relu", "gain2": "1.5"}
    at = app("compare", hidden_size="8", steps="20", **own)
    assert [panel["title"] for panel in panels(at)][:2] == ["tanh RNN", "ReLU RNN"]
    assert at.number_input(key="gain2").value == 1.5


def test_a_rival_too_large_is_left_out_in_the_engines_words():
    at = app("compare", hidden_size="256", steps="60", cell3="none")
    assert any("the nearest size that fits is H =" in text.value for text in at.text)
    assert [panel["id"] for panel in panels(at)] == ["map0", "lag"]
