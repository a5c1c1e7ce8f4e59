"""The four shapes of sequence problems, and the gradient that travels through a network's own words."""

import importlib.util

import numpy as np
import pytest

from explorer import wirings
from explorer.arrays import log_norm
from explorer.experiment import Experiment
from explorer.flow import times
from explorer.readout import Readout
from explorer.run import cell_of, sequence_of, weights_of
from explorer.wirings import WIRINGS, Network, arriving, jacobian, plan, run_wired, softmax

ETA = 1e-30
CELLS = [("rnn", "tanh"), ("rnn", "sigmoid"), ("lstm", "tanh"), ("gru", "tanh")]
T, ENCODER = 7, 4


def network(cell="rnn", activation="tanh", H=5, seed=0):
    e = Experiment(cell=cell, activation=activation, steps=T, hidden_size=H, gain=1.1, seed=seed)
    sequence, rng = sequence_of(e), np.random.default_rng(seed)
    readout = Readout(rng.standard_normal((sequence.X, H)), rng.standard_normal(sequence.X))
    built = cell_of(e)
    s0 = {block: 0.5 * rng.standard_normal(H) for block in built.state}
    return Network(built, weights_of(e, sequence.X, seed), readout, s0), sequence


def wired(name, *, own, **changes):
    net, sequence = network(**changes)
    return net, sequence, run_wired(net, sequence, plan(name, T, ENCODER), own=own)


def continued(net, sequence, run, k, s):
    """The states after step k and the loss of the steps after k, from a (complex) joint state at k."""
    states, E = [s], 0.0
    for t in range(k + 1, T + 1):
        said = softmax(net.readout.c + times(net.readout.V, s["h"]))
        feeds, reads = run.plan.feeds[t - 1], run.plan.reads[t - 1]
        given = np.eye(sequence.X)[sequence.targets[t - 2]] if run.own is False else said
        x = sequence.x[t - 1] if reads else given if feeds else np.zeros(sequence.X)
        z = wirings.one_step(net, x, s)
        s = {block: z[block] for block in net.cell.state}
        states.append(s)
        if run.plan.errs[t - 1]:
            E = E - np.log(softmax(net.readout.c + times(net.readout.V, s["h"]))[sequence.targets[t - 1]])
    return states, E


def own_error(net, sequence, run, k, s):
    if k == 0 or not run.plan.errs[k - 1]:
        return 0.0
    return -np.log(softmax(net.readout.c + times(net.readout.V, s["h"]))[sequence.targets[k - 1]])


def stepped(net, run, k, i):
    """The joint state at step k with its i-th entry moved by iη."""
    s = {block: run.trace.s[block][k].astype(complex) for block in net.cell.state}
    block, unit = list(s)[i // net.w.H], i % net.w.H
    s[block][unit] += 1j * ETA
    return s


@pytest.mark.parametrize("name", WIRINGS)
@pytest.mark.parametrize(("cell", "activation"), CELLS)
@pytest.mark.parametrize("own", [True, False])
def test_the_gradient_that_arrives_is_the_complex_steps(name, cell, activation, own):
    net, sequence, run = wired(name, own=own, cell=cell, activation=activation)
    found = arriving(net, run)
    S = len(net.cell.state) * net.w.H
    for k in (0, 1, 3, T):
        gradient = []
        for i in range(S):
            s = stepped(net, run, k, i)
            E = continued(net, sequence, run, k, s)[1] + own_error(net, sequence, run, k, s)
            gradient.append(np.imag(E) / ETA)
        expected = float(log_norm(np.array(gradient)))
        assert found.total[k] == pytest.approx(expected, abs=1e-11) or found.total[k] == expected


@pytest.mark.parametrize(("cell", "activation"), CELLS)
def test_the_jacobian_through_the_output_is_the_complex_steps(cell, activation):
    net, sequence, run = wired("one_to_many", own=True, cell=cell, activation=activation)
    S = len(net.cell.state) * net.w.H
    t, k = 6, 1
    columns = []
    for i in range(S):
        state = continued(net, sequence, run, k, stepped(net, run, k, i))[0][t - k]
        columns.append(np.concatenate([state[block].imag for block in net.cell.state]) / ETA)
    P = np.linalg.multi_dot([jacobian(net, run, j) for j in range(t, k, -1)])
    np.testing.assert_allclose(P, np.array(columns).T, rtol=1e-11, atol=1e-14)


def test_the_rnns_jacobian_is_the_formula_on_the_page():
    net, _, run = wired("one_to_many", own=True)
    y, a = run.loss.probabilities[2], run.trace.z["a"][3]
    S = np.diag(y) - np.outer(y, y)
    expected = np.diag(1 - np.tanh(a) ** 2) @ (net.w.W["a"] + net.w.U["a"] @ S @ net.readout.V)
    np.testing.assert_allclose(jacobian(net, run, 4), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
@pytest.mark.parametrize("name", WIRINGS)
@pytest.mark.parametrize("own", [True, False])
def test_the_gradient_that_arrives_is_pytorchs(name, own):
    import torch

    net, sequence, run = wired(name, own=own, seed=3)
    W, U, b = (torch.tensor(part["a"]) for part in (net.w.W, net.w.U, net.w.b))
    V, c = torch.tensor(net.readout.V), torch.tensor(net.readout.c)
    h, states, E = torch.tensor(net.s0["h"]), [], torch.zeros((), dtype=torch.float64)
    for t in range(T + 1):
        if t:
            x = torch.zeros(sequence.X, dtype=torch.float64)
            if run.plan.reads[t - 1]:
                x = torch.tensor(sequence.x[t - 1])
            elif run.plan.feeds[t - 1]:
                said = torch.softmax(c + V @ h, 0)
                x = said if own else torch.tensor(np.eye(sequence.X)[sequence.targets[t - 2]])
            h = torch.tanh(b + W @ h + U @ x)
            if run.plan.errs[t - 1]:
                E = E - torch.log_softmax(c + V @ h, 0)[sequence.targets[t - 1]]
        h.requires_grad_(True) if t == 0 else h.retain_grad()
        states.append(h)
    E.backward()
    expected = np.array([float(log_norm(state.grad.numpy())) for state in states])
    np.testing.assert_allclose(arriving(net, run).total, expected, atol=1e-11)


def test_a_word_that_is_given_passes_no_gradient_and_a_said_one_does():
    for own in (True, False):
        net, _, run = wired("one_to_many", own=own)
        assert np.isfinite(arriving(net, run).output_path[1:T]).all() == own


@pytest.mark.parametrize("name", ["many_to_one", "synced"])
def test_wirings_that_write_nothing_are_the_plain_network(name):
    one, other = (arriving(*wired(name, own=own)[::2]) for own in (True, False))
    np.testing.assert_array_equal(one.total, other.total)


def test_what_happens_at_which_step():
    marks = {
        name: ["".join("x" if on else "." for on in part) for part in vars(plan(name, 6, 3)).values()]
        for name in WIRINGS
    }
    assert marks == {
        "one_to_many": ["x.....", "xxxxxx", ".xxxxx"],
        "many_to_one": ["xxxxxx", ".....x", "......"],
        "many_to_many": ["xxx...", "..xxxx", "...xxx"],
        "synced": ["xxxxxx", "xxxxxx", "......"],
    }


@pytest.mark.parametrize("name", WIRINGS)
def test_a_single_step_has_one_error(name):
    chosen = plan(name, 1, 1)
    assert chosen.errs.sum() == 1
    assert not chosen.feeds.any()


def test_what_cannot_be_is_refused_by_name():
    with pytest.raises(ValueError, match=r"wiring must be one of one_to_many, .*; got 'loop'"):
        plan("loop", 4, 2)
    with pytest.raises(ValueError, match=r"encoder must lie in \[1, 4\]; got 5"):
        plan("synced", 4, 5)


def test_a_network_that_explodes_ends_before_the_limit():
    e = Experiment(activation="identity", gain=20.0, steps=500, hidden_size=4)
    sequence = sequence_of(e)
    net = Network(
        cell_of(e), weights_of(e, sequence.X, 0), Readout(np.eye(8, 4), np.zeros(8)), {"h": np.ones(4)}
    )
    run = run_wired(net, sequence, plan("synced", 500, 1), own=True)
    assert run.T < 500
    found = arriving(net, run)
    assert not np.isnan(found.total).any()
    assert len(found.total) == run.T + 1
