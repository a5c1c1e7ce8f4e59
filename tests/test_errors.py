"""Error signals and contributions of every pair against a plain double loop, and their identities."""

from dataclasses import replace

import numpy as np
import pytest

from explorer import flow
from explorer.activations import ACTIVATIONS
from explorer.arrays import log_norm
from explorer.cells import RNN
from explorer.clipping import flat
from explorer.errors import error_maps, lag_terms, sweep
from explorer.experiment import Experiment
from explorer.readout import PLACEMENTS
from explorer.run import run
from explorer.weights import Weights
from oracles import (
    CELL,
    PARTS,
    gradient_values,
    plain_contributions,
    plain_signals,
    problem,
    summed,
)

T = 12
EVERY = pytest.mark.parametrize("name", CELL)
EVERY_PLACEMENT = pytest.mark.parametrize("placement", PLACEMENTS)


def recorded(name, placement="every", T=T):
    """The problem, its trace, its own error signals, its backward pass and its maps."""
    p = problem(name, T, initialiser="orthogonal", placement=placement)
    trace = p.trace()
    direct, back = p.loss(trace).direct(), p.back(trace)
    return p, trace, direct, back, error_maps(p.cell, p.w, trace, back, direct)


def by_pair(p, trace, direct):
    """{(t, k): {state block: ∂E_t/∂s_k}} by the plain double loop."""
    return plain_signals(p.cell, flow.chain(p.cell, p.w, trace).take(slice(None)), direct)


def log_map(pairs, block):
    """ln of the norms of {(t, k): {block: value}} as a map."""
    found = np.full((T + 1, T + 1), -np.inf)
    for pair, values in pairs.items():
        found[pair] = log_norm(np.ravel(values[block]))
    return found


# Signals


@EVERY
@EVERY_PLACEMENT
def test_the_map_of_signals_is_that_of_the_plain_double_loop(name, placement):
    p, trace, direct, _, maps = recorded(name, placement)
    pairs = by_pair(p, trace, direct)
    for block in p.cell.state:
        np.testing.assert_allclose(maps.signal[block], log_map(pairs, block), rtol=0, atol=1e-12)


@EVERY
def test_the_sweep_hands_out_the_signals_themselves(name):
    p, trace, direct, _, _ = recorded(name)
    pairs, seen = by_pair(p, trace, direct), 0
    for now in sweep(p.cell, p.w, trace, direct):
        for row, exponent in enumerate(now.exponent):
            t = max(now.k, 1) + row
            for block, signals in now.signals.items():
                ours, expected = np.ldexp(signals[row], exponent), pairs[t, now.k][block]
                np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12 * np.max(np.abs(expected)))
                seen += 1
    assert seen == len(p.cell.state) * (T * (T + 1) // 2 + T)


@EVERY
def test_signals_of_all_loss_steps_add_up_to_backpropagation(name):
    p, trace, direct, back, _ = recorded(name)
    for now in sweep(p.cell, p.w, trace, direct):
        for block, signals in now.signals.items():
            total = np.ldexp(signals, now.exponent[:, None]).sum(axis=0)
            expected = np.ldexp(back.signals[block][now.k], back.exponent[now.k])
            np.testing.assert_allclose(total, expected, rtol=1e-11, atol=1e-14)


@EVERY
def test_no_error_reaches_a_later_step(name):
    _, _, _, _, maps = recorded(name)
    later = np.triu_indices(T + 1, 1)
    for log_norms in (*maps.signal.values(), *maps.local.values()):
        assert (log_norms[later] == -np.inf).all()
        assert (log_norms[0] == -np.inf).all()
    assert (maps.share[later] == 0).all()


@EVERY
def test_no_weight_acts_at_the_start(name):
    _, _, _, _, maps = recorded(name)
    for log_norms in maps.local.values():
        assert (log_norms[:, 0] == -np.inf).all()


# Contributions


@EVERY
@pytest.mark.parametrize("part", PARTS)
def test_contributions_of_all_pairs_add_up_to_the_gradient(name, part):
    p, trace, direct, back, _ = recorded(name)
    total = summed(plain_contributions(p, trace, by_pair(p, trace, direct), part))
    ours = gradient_values(back, part)
    assert set(total) == set(ours)
    for block, expected in total.items():
        np.testing.assert_allclose(ours[block], expected, rtol=0, atol=1e-12 * np.max(np.abs(expected)))


@EVERY
@pytest.mark.parametrize("part", PARTS)
def test_the_size_of_a_contribution_is_that_of_its_outer_product(name, part):
    p, trace, direct, _, maps = recorded(name)
    pairs = plain_contributions(p, trace, by_pair(p, trace, direct), part)
    sizes = {"W": log_norm(trace.s["h"][:-1]), "U": log_norm(trace.x), "b": np.zeros(T)}[part]
    for block in getattr(p.w, part):
        ours = maps.contribution(block, sizes)
        np.testing.assert_allclose(ours, log_map(pairs, block), rtol=0, atol=1e-12)


@EVERY
def test_from_a_start_at_zero_the_first_step_contributes_nothing_to_w(name):
    p = problem(name, T)
    p = replace(p, s0={k: np.zeros(4) for k in p.cell.state})
    trace = p.trace()
    maps = error_maps(p.cell, p.w, trace, p.back(trace), p.loss(trace).direct())
    for block in p.cell.v_blocks:
        size = maps.contribution(block, log_norm(trace.s["h"][:-1]))
        assert (size[:, 1] == -np.inf).all()


# Shares


@EVERY
@EVERY_PLACEMENT
@pytest.mark.parametrize("T", [1, 10, 200])
def test_shares_add_up_to_1(name, placement, T):
    """Shares of up to 1e2 in size cancel; what is left over is their rounding."""
    *_, maps = recorded(name, placement, T)
    assert maps.share.sum() == pytest.approx(1.0, abs=1e-12 * max(1.0, np.abs(maps.share).sum()))


@EVERY
def test_a_share_is_the_part_of_the_gradient_along_itself(name):
    p, trace, direct, back, maps = recorded(name)
    pairs = plain_contributions(p, trace, by_pair(p, trace, direct), "W")
    whole = np.concatenate([a.ravel() for a in back.gradient.W.values()])
    for pair, blocks in pairs.items():
        part = np.concatenate([a.ravel() for a in blocks.values()])
        assert maps.share[pair] == pytest.approx(part @ whole / (whole @ whole), rel=1e-10, abs=1e-13)


def vanished(steps):
    """The sum of shares without input: h_t shrinks as 0.4^t, and so does what comes back.

    Every pair contributes about 0.4^T.
    """
    e = Experiment(input="zero", start="random", gain=0.4, steps=steps, placement="last", hidden_size=8)
    return run(e).error_maps.share.sum()


@pytest.mark.parametrize("steps", [700, 760])
def test_shares_add_up_to_1_where_signal_and_state_have_both_all_but_vanished(steps):
    assert vanished(steps) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("steps", [785, 790, 795, 800, 1000])
def test_a_gradient_at_the_end_of_float64_has_shares_or_none(steps):
    """The gradient's last few bits leave three digits of the sum; states of exactly zero leave nothing."""
    total = vanished(steps)
    assert total == 0.0 or total == pytest.approx(1.0, abs=1e-3)


def test_where_there_is_no_gradient_there_are_no_shares():
    p = problem("gru", 5)
    trace = p.trace()
    direct = np.zeros((6, 4))
    back = flow.backward(p.cell, p.w, trace, {"h": direct})
    assert not error_maps(p.cell, p.w, trace, back, direct).share.any()


# Dead units, batches


def test_dead_relus_leave_exact_zeros_and_never_nan():
    cell = RNN(ACTIVATIONS["relu"])
    w = Weights({"a": np.eye(3)}, {"a": np.zeros((3, 1))}, {"a": np.full(3, -1.0)})
    trace = flow.forward(cell, w, np.ones((6, 1)), {"h": np.full(3, 2.5)})  # alive for two steps
    direct = np.ones((7, 3))
    maps = error_maps(cell, w, trace, flow.backward(cell, w, trace, {"h": direct}), direct)
    terms = lag_terms(cell, w, trace, direct)
    for values in (maps.signal["h"], maps.local["a"], maps.share, terms.log_norm, terms.cosine):
        assert not np.isnan(values).any()
    assert (maps.signal["h"][6, :6] == -np.inf).all()
    assert maps.signal["h"][2, 0] == pytest.approx(np.log(3) / 2)


@EVERY
def test_the_maps_of_a_batch_are_those_of_its_sequences(name):
    p, rng = problem(name, 6), np.random.default_rng(1)
    x, direct = rng.standard_normal((6, 2, 3)), rng.standard_normal((7, 2, 4))
    s0 = {k: rng.standard_normal((2, 4)) for k in p.cell.state}
    trace = flow.forward(p.cell, p.w, x, s0)
    maps = error_maps(p.cell, p.w, trace, flow.backward(p.cell, p.w, trace, {"h": direct}), direct)
    assert maps.share.sum() == pytest.approx(1.0, abs=1e-12)
    for i in range(2):
        alone = flow.forward(p.cell, p.w, x[:, i], {k: a[i] for k, a in s0.items()})
        back = flow.backward(p.cell, p.w, alone, {"h": direct[:, i]})
        single = error_maps(p.cell, p.w, alone, back, direct[:, i])
        for block, expected in {**single.signal, **single.local}.items():
            ours = {**maps.signal, **maps.local}[block][..., i]
            np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12)


def test_a_run_opens_up_the_same_gradient_everywhere():
    r = run(Experiment(cell="gru", steps=20, hidden_size=6))
    whole = log_norm(flat(replace(r.back.gradient, U={}, b={}))) + r.back.gradient_exponent * np.log(2.0)
    assert r.lag_terms.log_partial[-1] == pytest.approx(whole, abs=1e-12)
    assert r.error_maps.share.sum() == pytest.approx(1.0, abs=1e-12)
