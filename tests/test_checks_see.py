"""Every check of the certificate sees what it is there to see.

Each is handed a network in which the thing it checks is broken. A check that passes then is no check.
"""

from dataclasses import replace

import numpy as np
import pytest

from explorer import (
    checking,
    checks,
    clipping,
    complex_step,
    errors,
    flow,
    gradient_checks,
    identities,
    maps,
    measures,
    onestep,
)
from explorer import run as runs
from explorer.cells import CELLS
from test_checks import SMALL, failed


def scaled(function, factor=1.0 + 1e-6):
    return lambda *a, **k: function(*a, **k) * factor


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_a_wrong_partial_derivative_is_seen_everywhere_it_goes(monkeypatch, name):
    cell = CELLS[name]
    original = cell.partials

    def wrong(self, z, s):
        found = original(self, z, s)
        source = next(k for k in found["h"] if k not in self.state)
        return {**found, "h": {**found["h"], source: found["h"][source] * (1 + 1e-6)}}

    monkeypatch.setattr(cell, "partials", wrong)
    assert {"∂hₜ/∂hₖ", "∂Eₜ/∂hₖ", "∂E/∂W", "∂E/∂U", "∂E/∂b"} <= failed(SMALL[name])


def lose_last_sample(original):
    def wrong(d, h, leading):
        return original(d[1:], h[1:], leading)

    return wrong


@pytest.mark.parametrize(
    ("module", "function", "change", "seen"),
    [
        (flow, "outer_sum", lose_last_sample, {"∂E/∂U", "∂E/∂b"}),
        (runs, "readout_gradient", lambda f: lambda *a: replace(f(*a), V=f(*a).V * (1 + 1e-6)), {"∂E/∂V"}),
        (runs, "readout_gradient", lambda f: lambda *a: replace(f(*a), c=-f(*a).c), {"∂E/∂c"}),
        (errors, "step_back", lambda f: lambda *a: {k: -v for k, v in f(*a).items()},
         {"∂Eₜ/∂hₖ", "Σ shares", "Σ lags"}),
        (errors, "shares", scaled, {"Σ shares"}),
        (identities, "log_spectrum_of", scaled, {"Σ ln σ"}),
        (onestep, "sigma_max", lambda f: scaled(f, 0.5), {"≤ Π σₘₐₓ"}),
        (measures, "log_bound", lambda f: lambda *a: f(*a) - 5.0, {"≤ (γ σₘₐₓ)ⁿ"}),
        (runs, "starting_state", lambda f: lambda *a, **k: {b: s + 1 for b, s in f(*a, **k).items()}, set()),
    ],
)  # fmt: skip
def test_a_broken_part_is_seen_by_its_check_and_no_other(monkeypatch, module, function, change, seen):
    monkeypatch.setattr(module, function, change(getattr(module, function)))
    found = failed(SMALL["rnn"])
    assert seen <= found
    assert seen or not found  # another start is another network, not an error


@pytest.mark.parametrize("name", ["rnn", "lstm"])
def test_a_wrong_map_is_seen_in_the_block_that_is_wrong(monkeypatch, name):
    original = maps.frobenius_maps

    def wrong(run):
        found = original(run)
        block = list(found)[-1]
        return {**found, block: replace(found[block], log_norm=found[block].log_norm - 1e-5)}

    monkeypatch.setattr(maps, "frobenius_maps", wrong)
    caught = checks.certify(SMALL[name]).failed
    assert [(check.name, check.part) for check in caught] == [("map", "" if name == "rnn" else "c←c")]


def test_a_map_cannot_buy_its_way_out_with_a_large_error_of_its_own(monkeypatch):
    original = maps.frobenius_maps
    monkeypatch.setattr(
        maps, "frobenius_maps",
        lambda run: {k: replace(m, log_norm=m.log_norm + 0.1, error=0.5) for k, m in original(run).items()},
    )  # fmt: skip
    assert "map" in failed(SMALL["rnn"])


def test_a_wrong_forward_pass_is_seen_by_replaying_it(monkeypatch):
    original = flow.forward

    def wrong(cell, w, x, s0):
        trace = original(cell, w, x, s0)
        h = trace.s["h"].copy()
        h[5] += 1e-9
        return replace(trace, s={**trace.s, "h": h})

    monkeypatch.setattr(flow, "forward", wrong)
    assert "hₜ" in failed(SMALL["rnn"])


def test_a_wrong_loss_is_seen(monkeypatch):
    original = runs.cross_entropy
    monkeypatch.setattr(runs, "cross_entropy", lambda *a: replace(original(*a), E=original(*a).E + 1e-9))
    assert failed(SMALL["rnn"]) == {"Eₜ"}


def test_a_run_that_depends_on_its_length_is_seen(monkeypatch):
    original = runs.run
    monkeypatch.setattr(runs, "run", lambda e: original(replace(e, seed=e.steps)))
    assert "prefix" in failed(SMALL["rnn"])


def test_each_mode_of_clipping_is_seen_when_it_cuts_too_little_or_too_much(monkeypatch):
    e = SMALL["lstm"]
    for function, mode in (("by_norm", "by norm"), ("by_value", "by value")):
        original = getattr(clipping, function)
        for factor in (2.0, 0.5):
            with monkeypatch.context() as patch:
                patch.setattr(
                    clipping, function,
                    lambda g, t, *, exponent=0, o=original, f=factor: o(g, f * t, exponent=exponent),
                )  # fmt: skip
                assert {c.part for c in checks.certify(e).failed} == {mode}
    cut = clipping.cut_signal
    for factor in (2.0, 0.5):
        with monkeypatch.context() as patch:
            patch.setattr(clipping, "cut_signal", lambda ds, e, t, f=factor: cut(ds, e, f * t))
            assert {c.part for c in checks.certify(e).failed} == {"inside BPTT"}


@pytest.mark.parametrize("function", ["check_jacobians", "check_signals"])
def test_nan_never_passes(monkeypatch, function):
    original = gradient_checks.relative
    calls = []

    def sometimes(difference, size):
        calls.append(1)
        return float("nan") if len(calls) == 2 else original(difference, size)

    run = runs.run(SMALL["rnn"])
    along = complex_step.directions(run, tuple(complex_step.Probe("s", k=k) for k in (0, 3, 6)), 0)
    found = complex_step.tangents(run, along)
    monkeypatch.setattr(gradient_checks, "relative", sometimes)
    assert not getattr(gradient_checks, function)(run, found).passed


def test_errors_that_are_no_numbers_stay_so():
    assert np.isnan(checking.worst(0.0, float("nan"), 1.0))
    assert checking.worst() == 0.0
    assert np.isinf(checking.relative(np.array([1.0]), np.array([0.0])))
    assert checking.relative(np.zeros(3), np.zeros(3)) == 0.0
    minus = np.array([-np.inf])
    assert checking.apart(minus, minus) == 0.0
    assert checking.apart(minus, np.zeros(1)) > 0.9
    assert checking.excess(np.array([1.0]), minus) == np.inf
