"""The certificate: its oracle is independent of what it checks, and a sound engine passes every check."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer import (
    checks,
    clipping_checks,
    complex_step,
    flow,
)
from explorer import run as runs
from explorer.activations import ACTIVATIONS
from explorer.arrays import Scaled
from explorer.cells import CELLS, GRU, LSTM, RNN
from explorer.experiment import Experiment

SMALL = {
    "rnn": Experiment(hidden_size=6, steps=12, seed=3),
    "relu": Experiment(activation="relu", hidden_size=8, steps=12, bias=0.3),
    "lstm": Experiment(cell="lstm", hidden_size=5, steps=12),
    "gru": Experiment(cell="gru", hidden_size=5, steps=12),
    "sentence": Experiment(input="sentence", hidden_size=6),
    "chrono": Experiment(cell="lstm", forget_rule="chrono", hidden_size=5, steps=12, placement="last"),
}


def failed(e):
    return {check.name for check in checks.certify(e).failed}


# The oracle is independent


def test_the_oracle_takes_nothing_from_what_it_checks():
    tree = ast.parse(Path(complex_step.__file__).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {name for name in modules if name.startswith("explorer")}
    assert ours == {"explorer.arrays", "explorer.readout", "explorer.run", "explorer.weights"}


@pytest.mark.parametrize("name", SMALL)
def test_the_oracle_needs_none_of_the_derivatives_of_the_engine(monkeypatch, name):
    run = runs.run(SMALL[name])
    probes = (complex_step.Probe("s", k=2), *complex_step.every_block(run.weights))
    along = complex_step.directions(run, probes, 1)
    assert run.loss.carries.any()

    def refuse(*a, **k):
        raise AssertionError("the oracle asked the engine for a derivative")

    for cell in (RNN, LSTM, GRU):
        monkeypatch.setattr(cell, "partials", refuse)
    for function in ("backward", "jacobians", "chain", "pull", "step_back"):
        monkeypatch.setattr(flow, function, refuse)
    found = complex_step.tangents(run, along)
    assert np.isfinite(found.dE).all()


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_step_by_step_tangents_equal_one_complex_step_of_the_whole_run(name):
    run, eta = runs.run(SMALL[name]), 1e-30
    block = run.cell.v_blocks[0]
    probe = complex_step.Probe("W", block)
    along = complex_step.directions(run, (probe,), 5)
    found = complex_step.tangents(run, along)
    change = np.outer(along.left[f"W {block}"][0], along.right[f"W {block}"][0])
    w = replace(run.weights, W={**run.weights.W, block: run.weights.W[block] + 1j * eta * change})
    s, steps = {k: a[0] for k, a in run.trace.s.items()}, []
    for x in run.trace.x:
        u = {k: run.weights.U[k] @ x + (run.weights.b[k]) for k in run.cell.u_blocks}
        v = {k: w.W[k] @ s["h"] for k in run.cell.v_blocks}
        for k in set(v) - set(u):
            v[k] = v[k] + run.weights.b[k]
        s = run.cell.step(u, v, s)
        steps.append(s["h"].imag / eta)
    whole = np.stack(steps)
    own = np.ldexp(found.d["h"][1:, 0], found.exponent[1:, 0, None])
    assert np.max(np.abs(own - whole)) <= 1e-13 * np.max(np.abs(whole))


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_the_oracle_sees_a_derivative_far_below_what_differences_can(activation):
    e = Experiment(activation=activation, gain=0.3, steps=100, hidden_size=8)
    run = runs.run(e)
    along = complex_step.directions(run, (complex_step.Probe("s", k=0),), 0)
    found = complex_step.tangents(run, along)
    decades = np.log10(np.abs(found.d["h"][-1]).max()) + found.exponent[-1, 0] * np.log10(2)
    assert decades < -40
    assert checks.certify(e).largest_error() < 1e-12


# Everything passes where nothing is broken


@pytest.mark.parametrize("name", SMALL)
def test_a_sound_engine_passes_every_check(name):
    certificate = checks.certify(SMALL[name])
    assert certificate.failed == ()
    assert certificate.largest_error() < 1e-12


@pytest.mark.parametrize(
    "e",
    [
        Experiment(steps=1, hidden_size=1),
        Experiment(gain=0.0, steps=9, hidden_size=4),
        Experiment(activation="relu", bias=-1.0, input_scale=0.3, hidden_size=12),
        Experiment(activation="relu", bias=-10.0, hidden_size=4, steps=9),
        Experiment(activation="identity", gain=20.0, steps=1000, hidden_size=8),
        Experiment(activation="sigmoid", gain=0.01, steps=200, hidden_size=8),
        Experiment(gain=20.0, input_scale=10.0, steps=60, hidden_size=16),
        Experiment(cell="lstm", forget_bias=40.0, steps=200, hidden_size=4),
        Experiment(cell="lstm", input="zero", forget_bias=2.7, steps=40, hidden_size=8),
        Experiment(cell="gru", initialiser="pytorch", steps=40, hidden_size=4, placement="last"),
    ],
    ids=["one step, one unit", "W = 0", "ReLU nearly dead", "ReLU dead", "overflowing", "underflowing",
         "saturated", "open gates", "LSTM at rest", "gru"],
)  # fmt: skip
def test_awkward_networks_pass_too(e):
    assert [(c.name, c.error) for c in checks.certify(e).failed] == []


@pytest.mark.parametrize("number", range(6))
def test_random_configurations_pass_and_are_the_same_under_the_same_seed(number):
    e = checks.random_experiment(number, seed=11)
    assert e == checks.random_experiment(number, seed=11)
    assert e != checks.random_experiment(number, seed=12)
    assert checks.certify(e).failed == ()


def test_random_configurations_reach_every_cell_activation_and_placement():
    drawn = [checks.random_experiment(n) for n in range(60)]
    assert {e.cell for e in drawn} == set(CELLS)
    assert {e.activation for e in drawn} == set(ACTIVATIONS)
    assert len({e.initialiser for e in drawn}) >= 5
    assert {e.placement for e in drawn} == {"every", "last", "from"}


# Sizes


@pytest.mark.parametrize("cell", CELLS)
def test_large_networks_are_checked_in_part_and_each_check_says_at_which_size(cell):
    e = Experiment(cell=cell, hidden_size=128, steps=200)
    certificate = checks.certify(e, work=4e6)
    assert certificate.failed == ()
    sizes = {check.name: check.at for check in certificate.checks}
    assert sizes["∂E/∂W"].endswith("H = 128")
    assert not sizes["map"].endswith("H = 128")
    assert int(sizes["∂E/∂W"].split()[2].rstrip(",")) < 200


def test_the_quick_certificate_checks_every_gradient():
    names = {check.name for check in checks.quick(SMALL["lstm"]).checks}
    assert names == {"∂hₜ/∂hₖ", "∂Eₜ/∂hₖ", *(f"∂E/∂{p}" for p in ("W", "U", "b", "V", "c"))}
    assert checks.quick(Experiment(hidden_size=256, cell="lstm", steps=30)).failed == ()


def test_clipping_inside_bptt_is_held_against_plain_jacobians():
    run = runs.run(SMALL["gru"])
    plain = clipping_checks.plain_signals(run, run.loss.direct(), 1e9)
    back = Scaled(run.back.signals["h"][..., None], run.back.exponent)
    np.testing.assert_allclose(np.log(np.linalg.norm(plain[1:], axis=-1)), back.log_norm()[1:], atol=1e-12)
