"""One sentence with 0 to 60 filler words: one sweep must say what each sentence's own backward pass says."""

from dataclasses import replace

import numpy as np
import pytest

from explorer import fillers, flow
from explorer.arrays import log_norm
from explorer.experiment import Experiment
from explorer.fillers import FILLER, MOST_FILLERS, filled, filled_run, half_life, reach
from explorer.measures import joint
from explorer.readout import cross_entropy
from explorer.sequences import FRANCE

ETA = 1e-30
BASE = Experiment(cell="lstm", input="sentence", text=FRANCE, hidden_size=12, placement="last")
CELLS = [{"cell": "rnn"}, {"cell": "rnn", "activation": "sigmoid"}, {"cell": "lstm"}, {"cell": "gru"}]
SENTENCES = [FRANCE, "the clouds are in the sky", "one two three", "one two"]


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("changes", CELLS, ids=str)
def test_one_sweep_is_every_sentences_own_backward_pass(changes, text):
    e = replace(BASE, text=text, **changes)
    found = reach(e)
    for n in (0, 1, 17, MOST_FILLERS):
        run = filled_run(e, n)
        sizes = log_norm(joint(run.back.signals)) + run.back.exponent * np.log(2.0)
        np.testing.assert_allclose(found.state[n, : run.T + 1], sizes, rtol=1e-9, atol=1e-9)
        assert np.isneginf(found.state[n, run.T + 1 :]).all()
        assert found.loss[n] == pytest.approx(float(run.loss.total()), rel=1e-9)


@pytest.mark.parametrize("changes", CELLS, ids=str)
def test_the_gradient_of_a_word_is_the_complex_steps(changes):
    e, n, k = replace(BASE, text="the clouds are in the sky", **changes), 3, 2
    run = filled_run(e, n)
    expected = []
    for i in range(run.sequence.X):
        x = run.sequence.x.astype(complex)
        x[k - 1, i] += 1j * ETA
        s0 = {block: a[0] for block, a in run.trace.s.items()}
        h = flow.forward(run.cell, run.weights, x, s0).s["h"][1:]
        E = cross_entropy(run.readout, h, run.sequence.targets, run.loss.carries).E[-1]
        expected.append(np.imag(E) / ETA)
    assert reach(e).word[n, k] == pytest.approx(float(log_norm(np.array(expected))), abs=1e-10)


def test_fillers_stand_before_the_last_word_read_and_repeat():
    assert " ".join(filled("the clouds are in the sky", "words", 3).tokens) == (
        "the clouds are in as I may the sky"
    )
    cycle = FILLER.split()
    assert filled("a b c", "words", 20).tokens[1:21] == tuple((cycle * 2)[:20])


def test_the_network_is_the_same_for_every_number_of_fillers():
    first, other = filled_run(BASE, 0), filled_run(BASE, 40)
    for part in ("W", "U", "b"):
        for block, a in getattr(first.weights, part).items():
            np.testing.assert_array_equal(a, getattr(other.weights, part)[block])
    np.testing.assert_array_equal(first.readout.V, other.readout.V)
    assert first.sequence.vocabulary == other.sequence.vocabulary


def test_where_the_state_outgrows_float64_fewer_fillers_fit():
    e = replace(BASE, cell="rnn", activation="identity", gain=20.0, text="a b c d e f " * 16)
    found = reach(e)
    assert found.N < MOST_FILLERS
    assert not np.isnan(found.state).any()
    run = filled_run(e, 0)
    sizes = log_norm(joint(run.back.signals)) + run.back.exponent * np.log(2.0)
    np.testing.assert_allclose(found.state[0, : run.T + 1], sizes, rtol=1e-9)


def test_a_dead_network_lets_exactly_nothing_through():
    e = replace(BASE, cell="rnn", activation="relu", bias=-9.0, input_scale=0.1)
    found = reach(e)
    assert np.isneginf(found.gain(found.state, 5)).all()


@pytest.mark.parametrize("life", [0.5, 3.0, 40.0])
def test_the_half_life_of_an_exponential_is_its_own(life):
    gain = 0.7 - np.log(2.0) * np.arange(61) / life
    assert half_life(gain) == pytest.approx(life)
    assert half_life(np.where(np.arange(61) % 7 == 3, -np.inf, gain)) == pytest.approx(life)


def test_what_does_not_shrink_has_no_half_life_and_what_is_zero_none_left():
    assert half_life(0.1 * np.arange(61.0)) == np.inf
    assert half_life(np.full(61, -np.inf)) == 0.0
    assert half_life(np.array([0.0, *[-np.inf] * 60])) == 0.0
    assert half_life(np.array([-1.0])) == np.inf


def test_too_short_a_text_is_refused_in_words():
    with pytest.raises(ValueError, match=r"text must have 2 to 1,001 words"):
        fillers.filled("one", "words", 3)
