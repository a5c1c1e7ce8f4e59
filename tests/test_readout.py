"""The softmax readout, its loss per step, and which steps carry an error."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest

from explorer.readout import PLACEMENTS, Readout, carrying, cross_entropy, draw_readout, readout_gradient
from oracles import plain_loss, problem

NAMES = ["rnn tanh", "lstm", "gru"]
EVERY = np.ones(1, dtype=bool)


def at_logits(*o, target=0):
    """The loss of one step whose logits are o."""
    readout = Readout(np.zeros((len(o), 1)), np.array(o, dtype=float))
    return cross_entropy(readout, np.zeros((1, 1)), np.array([target]), EVERY)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_the_total_is_the_cross_entropy_of_the_steps_with_an_error(name, placement):
    p = problem(name, 11, placement=placement)
    trace = p.trace()
    assert p.loss(trace).total() == pytest.approx(float(plain_loss(p, trace.s["h"][1:])), rel=1e-13)


def test_probabilities_are_those_of_the_softmax():
    loss = at_logits(1.0, 2.0, -0.5)
    weights = np.exp([1.0, 2.0, -0.5])
    np.testing.assert_allclose(loss.probabilities[0], weights / weights.sum(), rtol=1e-15)
    assert loss.E[0] == pytest.approx(-np.log(weights[0] / weights.sum()), rel=1e-15)


def test_equal_logits_cost_the_logarithm_of_the_number_of_symbols():
    assert at_logits(*[0.0] * 19).E[0] == pytest.approx(np.log(19), rel=1e-15)


def test_the_error_signal_is_probability_minus_target():
    loss = at_logits(1.0, 2.0, -0.5, target=1)
    np.testing.assert_allclose(loss.dE_do[0], loss.probabilities[0] - [0.0, 1.0, 0.0], rtol=0, atol=3e-16)


@pytest.mark.parametrize("gap", [40.0, 300.0, 700.0])
def test_the_error_signal_keeps_its_digits_where_the_target_is_all_but_certain(gap):
    signal = at_logits(0.0, -gap, -gap).dE_do[0]
    truth = 2 * mpmath.exp(-gap) / (1 + 2 * mpmath.exp(-gap))
    np.testing.assert_allclose(signal, [-float(truth), float(truth) / 2, float(truth) / 2], rtol=1e-13)


@pytest.mark.parametrize("largest", [1e3, 1e100, 1e300])
def test_logits_of_any_size_give_a_finite_loss(largest):
    loss = at_logits(largest, -largest, 0.0, target=1)
    assert loss.E[0] == pytest.approx(2 * largest)
    assert np.isfinite(loss.dE_do).all()


def test_a_vocabulary_of_one_symbol_has_no_error():
    loss = at_logits(3.0)
    assert (loss.E[0], loss.dE_do[0, 0]) == (0.0, 0.0)


def test_the_signals_of_a_step_add_up_to_zero():
    p = problem("gru", 9)
    np.testing.assert_allclose(p.loss(p.trace()).dE_do.sum(axis=-1), 0.0, atol=3e-16)


def test_the_error_reaches_the_state_through_the_readout():
    p = problem("lstm", 6)
    loss = p.loss(p.trace())
    np.testing.assert_allclose(loss.dE_dh, loss.dE_do @ p.readout.V, rtol=1e-13, atol=3e-16)


@pytest.mark.parametrize(
    ("placement", "first", "steps"),
    [("every", 3, [1, 2, 3, 4, 5]), ("last", 3, [5]), ("from", 3, [3, 4, 5]), ("from", 1, [1, 2, 3, 4, 5])],
)
def test_a_placement_chooses_its_steps(placement, first, steps):
    assert (np.flatnonzero(carrying(placement, 5, first)) + 1).tolist() == steps


def test_steps_without_an_error_send_none_back():
    p = problem("rnn tanh", 8, placement="last")
    loss = p.loss(p.trace())
    assert not loss.direct()[:-1].any()
    assert (loss.direct()[-1] == loss.dE_dh[-1]).all()


def test_no_error_enters_at_the_start():
    p = problem("rnn tanh", 8)
    loss = p.loss(p.trace())
    assert not loss.direct()[0].any()
    assert (loss.direct()[1:] == loss.dE_dh).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_the_readout_gradient_is_the_sum_of_outer_products(name, placement):
    p = problem(name, 9, placement=placement)
    h = p.trace().s["h"][1:]
    loss = p.loss(p.trace())
    gradient = readout_gradient(loss, h)
    steps = np.flatnonzero(loss.carries)
    V = sum(np.outer(loss.probabilities[t] - np.eye(3)[p.targets[t]], h[t]) for t in steps)
    c = sum(loss.probabilities[t] - np.eye(3)[p.targets[t]] for t in steps)
    np.testing.assert_allclose(gradient.V, V, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(gradient.c, c, rtol=1e-12, atol=1e-14)


def test_a_batch_is_the_sequences_one_by_one():
    p, rng = problem("rnn tanh", 5), np.random.default_rng(0)
    h, targets = rng.standard_normal((5, 2, 4)), rng.integers(0, 3, (5, 2))
    carries = carrying("every", 5)
    together = cross_entropy(p.readout, h, targets, carries)
    apart = [cross_entropy(p.readout, h[:, i], targets[:, i], carries) for i in range(2)]
    for part in ("probabilities", "E", "dE_do", "dE_dh"):
        expected = np.stack([getattr(loss, part) for loss in apart], axis=1)
        np.testing.assert_allclose(getattr(together, part), expected, rtol=1e-13, atol=3e-16)
    gradient = readout_gradient(together, h)
    alone = [readout_gradient(loss, h[:, i]) for i, loss in enumerate(apart)]
    np.testing.assert_allclose(gradient.V, alone[0].V + alone[1].V, rtol=1e-12, atol=1e-14)


def test_the_drawn_readout_gives_logits_of_order_one():
    readout = draw_readout(200, 64, seed=3)
    assert readout.V.shape == (200, 64)
    assert readout.V.std() * np.sqrt(64) == pytest.approx(1.0, abs=0.03)  # 12,800 draws: ±0.006
    assert not readout.c.any()
    assert (draw_readout(200, 64, seed=3).V == readout.V).all()
    assert (draw_readout(200, 64, seed=4).V != readout.V).any()


@pytest.mark.parametrize(("targets", "found"), [([0, 3], "0 to 3"), ([-1, 2], "-1 to 2")])
def test_a_target_outside_the_symbols_is_refused(targets, found):
    p = problem("rnn tanh", 2)
    with pytest.raises(ValueError, match=rf"targets must lie in \[0, 2\]; got {found}"):
        replace(p, targets=np.array(targets)).loss(p.trace())


def test_an_unknown_placement_is_refused():
    with pytest.raises(ValueError, match="placement must be one of every, last, from; got 'first'"):
        carrying("first", 5)


@pytest.mark.parametrize("first", [0, -1, 6, 2**63])
def test_errors_from_a_step_outside_the_sequence_are_refused(first):
    with pytest.raises(ValueError, match=rf"first step .* \[1, 5\]; got {first}"):
        carrying("from", 5, first)
