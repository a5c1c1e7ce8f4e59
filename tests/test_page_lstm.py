"""Inside the LSTM: the accounts of its paths against other ways of reaching them, and what the page says."""

from dataclasses import replace

import numpy as np
import pytest

from explorer import flow, measures
from explorer.experiment import Experiment, View
from explorer.figures import lstm as figures
from explorer.figures.parts import untyped
from explorer.figures.theme import LIGHT
from explorer.reports import forget_bias
from explorer.reports import lstm as reports
from explorer.run import run
from opening import app, finding

LN10 = np.log(10.0)


def network(**changes):
    return Experiment(cell="lstm", **changes)


def paths(view=None, **changes):
    return reports.paths(run(network(**changes)), view or View())


def gain_of(matrix):
    """ln of the average gain of a matrix."""
    return np.log(np.linalg.norm(matrix) / np.sqrt(len(matrix)))


# The ledger


def test_the_four_accounts_are_what_their_names_say():
    recorded = run(network(hidden_size=6, steps=9))
    found = reports.paths(recorded, View(source=2))
    J = recorded.chain.take(slice(2, 9))
    whole = np.linalg.multi_dot(J[::-1])
    fixed = np.linalg.multi_dot(J[::-1, :6, :6])
    assert found.lag == 7
    assert found.h_h[7] == pytest.approx(gain_of(whole[:6, :6]), abs=1e-11)
    assert found.c_c[7] == pytest.approx(gain_of(whole[6:, 6:]), abs=1e-11)
    gates = np.diag(recorded.trace.z["f"][2:].prod(axis=0))
    assert found.additive[7] == pytest.approx(gain_of(gates), abs=1e-11)
    assert found.shortcut[7] == pytest.approx(gain_of(fixed), abs=1e-11)


@pytest.mark.parametrize("gate", "figo")
def test_a_cut_gate_passes_no_gradient_through_its_weights(gate):
    recorded = run(network(hidden_size=5, steps=8))
    found = reports.paths(recorded, View())
    w = recorded.weights
    cut = replace(w, W={**w.W, gate: np.zeros_like(w.W[gate])})
    J = flow.jacobians(recorded.cell, cut, recorded.trace.partials(recorded.cell))
    whole = np.linalg.multi_dot(J[::-1])
    assert found.without[gate][8] == pytest.approx(gain_of(whole[5:, 5:]), abs=1e-11)


def test_all_gates_cut_leave_the_additive_path():
    recorded = run(network(hidden_size=5, steps=8))
    w = recorded.weights
    none = replace(w, W={gate: np.zeros_like(W) for gate, W in w.W.items()})
    J = flow.jacobians(recorded.cell, none, recorded.trace.partials(recorded.cell))
    found = reports.paths(recorded, View())
    assert gain_of(np.linalg.multi_dot(J[::-1])[5:, 5:]) == pytest.approx(found.additive[8], abs=1e-11)


def test_a_network_too_large_for_cutting_gates_says_so(monkeypatch):
    monkeypatch.setattr(reports, "CUT_BUDGET", 1.0)
    found = paths()
    assert found.without == {}
    assert "Too large to cut gates" in found.caption()


# The curve over forget biases


@pytest.mark.parametrize("at", [0, 7, 24])
def test_the_curve_holds_what_a_run_at_that_bias_gives(at):
    e = network(hidden_size=7, steps=12)
    found = forget_bias.bias_curve(e, 12, 3)
    other = reports.paths(run(replace(e, forget_bias=float(found.bias[at]))), View(source=3))
    assert found.h_h[at] == pytest.approx(other.h_h[9], abs=1e-10)
    assert found.additive[at] == pytest.approx(other.additive[9], abs=1e-10)


def test_no_curve_where_the_initialiser_draws_the_biases():
    assert forget_bias.bias_curve(network(initialiser="pytorch"), 50, 0) is None
    assert "No curve" in reports.bias_alt(None, 1.0)


# Sentences


def test_the_finding_prints_the_ratio_of_the_two():
    found = paths()
    alone, true = (10 ** (size / LN10) for size in (found.additive[50], found.c_c[50]))
    assert found.finding() == (
        "From step 50 to 0 forget gates alone leave 9.2 × 10⁻⁵, the true ∂c/∂c is 0.0024: "
        "they explain 4 % of it"
    )
    assert (round(alone * 1e6), round(true, 4), round(100 * alone / true)) == (92, 0.0024, 4)


def test_the_shortcut_is_far_off_and_the_candidate_carries_most():
    found = paths()
    gate, left = found.costliest()
    assert gate == "g"
    assert left == pytest.approx(found.without["g"][50] - found.c_c[50])
    assert found.caption().startswith("The shortcut gives 10⁻³² of the true ∂h/∂h.")
    assert "Without W of the candidate, 0.044 of its size is left" in found.caption()


def test_weights_of_zero_leave_both_at_nothing():
    assert "both exactly 0" in paths(gain=0.0).caption()


def test_the_target_itself_asks_for_another_source():
    assert "choose a source step" in paths(View(target=10, source=10)).finding()


def test_the_quiet_line_tells_the_gates():
    recorded = run(network(forget_bias=3.0))
    report, f = reports.lstm_report(recorded), recorded.trace.z["f"]
    life = np.median(np.log(2) / -np.log(f))
    assert f"half of c after {life:.2g} steps" in report.quiet()
    assert f"{np.mean(f > 0.9):.0%}".replace("%", " %") in report.quiet()
    assert report.half_life == pytest.approx(float(np.median(measures.half_life(f))))


# Figures


def test_the_strips_are_the_recorded_values():
    recorded = run(network(hidden_size=5, steps=9))
    drawn = figures.strips(LIGHT, reports.lstm_report(recorded))["data"]
    assert [trace["name"] for trace in drawn] == [reports.SYMBOLS[symbol] for symbol in figures.ORDER]
    for trace, symbol in zip(drawn, figures.ORDER, strict=True):
        assert np.allclose(untyped(trace["z"]), recorded.trace.z[symbol].T, atol=1e-6)


def test_the_ledger_has_a_bar_for_every_account_and_marks_what_leaves_the_scale():
    found = paths()
    bars, marks = figures.ledger(LIGHT, found)["data"]
    assert len(untyped(bars["x"])) == 8
    assert untyped(bars["x"])[1] == pytest.approx(found.c_c[50] / LN10, abs=1e-5)
    assert marks["marker"]["symbol"] == ["triangle-left"]
    assert "triangle-left-open" in figures.ledger(LIGHT, paths(gain=0.0))["data"][1]["marker"]["symbol"]


def test_the_present_bias_is_marked_where_it_is():
    curve = forget_bias.bias_curve(network(hidden_size=4, steps=5), 5, 0)
    drawn = figures.bias(LIGHT, curve, 2.5)
    assert drawn["layout"]["shapes"][-1]["x0"] == 2.5
    beyond = figures.bias(LIGHT, curve, 40.0)
    assert any("now: 40, beyond" in words["text"] for words in beyond["layout"]["annotations"])


# The page


def test_the_page_holds_the_cell_and_follows_the_forget_bias():
    at = app("lstm", forget_bias="3", cell="rnn")
    assert finding(at) == reports.paths(run(network(forget_bias=3.0)), View()).finding()
