"""One experiment, run: reproducible, read-only, the beginning of its longer self, one of an ensemble."""

from dataclasses import asdict, fields, is_dataclass, replace

import numpy as np
import pytest

from explorer import flow
from explorer.arrays import log_norm
from explorer.cells import CELLS
from explorer.experiment import Experiment, control_of
from explorer.parameters import Choice
from explorer.run import STRETCH, run, seed_runs, stretched

SMALL = {"steps": 12, "hidden_size": 5}
EVERY = pytest.mark.parametrize("cell", CELLS)

SETTINGS = [
    {},
    {"activation": "relu", "start": "random"},
    {"input": "zero", "start": "random", "initialiser": "orthogonal"},
    {"input": "constant", "initialiser": "spectral_radius", "placement": "last"},
    {"initialiser": "pytorch", "placement": "from", "first_error": 5},
    {"input": "sentence", "level": "characters", "initialiser": "glorot"},
    {"cell": "lstm"},
    {"cell": "lstm", "forget_rule": "chrono"},
    {"cell": "lstm", "forget_rule": "chrono", "input": "sentence"},
    {"cell": "lstm", "forget_rule": "chrono", "steps": 2},
    {"cell": "lstm", "forget_rule": "chrono", "steps": 1},
    {"cell": "lstm", "initialiser": "pytorch", "input": "sentence"},
    {"cell": "gru", "initialiser": "identity"},
    {"cell": "gru", "forget_rule": "chrono"},
    {"cell": "gru", "initialiser": "pytorch", "input": "zero"},
]
EVERY_SETTING = pytest.mark.parametrize("setting", SETTINGS, ids=str)

OTHER = {  # field -> another legal value
    "steps": 9, "hidden_size": 6, "gain": 1.7, "input_scale": 0.4, "bias": 0.8, "forget_bias": 2.5,
    "input_bias": -1.5, "first_error": 3, "seed": 11, "text": "one two one three",
}  # fmt: skip


def other(name, value):
    """A legal value of a field different from the present one."""
    control = control_of(name)
    return next(o for o in control.options if o != value) if isinstance(control, Choice) else OTHER[name]


def outcome(e):
    """Every number of a run that a page could show."""
    r = run(e)
    gradient = [a for part in ("W", "U", "b") for a in getattr(r.back.gradient, part).values()]
    J = r.chain.take(slice(None))
    return [*r.trace.s.values(), J, r.loss.E, r.loss.carries, *gradient, r.readout_gradient.V, r.sequence.x]


def same(one, two):
    """Whether two outcomes are equal, bit for bit."""
    return len(one) == len(two) and all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def arrays(value):
    """Every array anywhere inside."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from arrays(item)
    elif is_dataclass(value):
        for f in fields(value):
            yield from arrays(getattr(value, f.name))


# Reproducible


@EVERY_SETTING
def test_equal_experiments_give_equal_numbers_bit_for_bit(setting):
    e = Experiment(**SMALL | setting)
    assert same(outcome(e), outcome(replace(e)))


@EVERY_SETTING
def test_an_idle_control_changes_nothing(setting):
    e = Experiment(**SMALL | setting)
    for name in e.idle():
        assert same(outcome(e), outcome(replace(e, **{name: other(name, getattr(e, name))}))), name


@EVERY_SETTING
def test_every_other_control_changes_something(setting):
    e = Experiment(**SMALL | setting)
    one_step = {"placement"} if e.T == 1 else set()  # the only step is the last one too
    for name, value in asdict(e).items():
        if name not in {*e.idle(), *one_step}:
            assert not same(outcome(e), outcome(replace(e, **{name: other(name, value)}))), name


@EVERY_SETTING
def test_an_idle_control_says_why(setting):
    for name, reason in Experiment(**SMALL | setting).idle().items():
        assert name in asdict(Experiment())
        assert reason.endswith(".")


# Read-only


@EVERY
def test_every_array_of_a_run_is_read_only(cell):
    r = run(Experiment(cell=cell, **SMALL))
    results = (r, r.loss, r.back, r.readout_gradient, r.error_maps, r.lag_terms)
    found = [a for result in results for a in arrays(result)]
    assert len(found) > 20
    assert not any(a.flags.writeable for a in found)


@EVERY
def test_a_shortened_run_is_read_only_too(cell):
    e = Experiment(cell=cell, **SMALL)
    short = run(e).upto(replace(e, steps=4))
    assert not any(a.flags.writeable for a in arrays(short))


# Complete


@EVERY
@pytest.mark.parametrize("placement", ["every", "last", "from"])
def test_a_run_records_what_its_parts_compute(cell, placement):
    r = run(Experiment(cell=cell, placement=placement, first_error=4, **SMALL))
    again = flow.forward(r.cell, r.weights, r.sequence.x, {k: a[0] for k, a in r.trace.s.items()})
    assert all((again.s[k] == r.trace.s[k]).all() for k in r.cell.state)
    back = flow.backward(r.cell, r.weights, r.trace, {"h": r.loss.direct()})
    assert (back.log_signals() == r.back.log_signals()).all()
    steps = {"every": range(1, 13), "last": [12], "from": range(4, 13)}[placement]
    assert (np.flatnonzero(r.loss.carries) + 1).tolist() == list(steps)
    assert r.loss.targets.tolist() == r.sequence.targets.tolist()


@EVERY
def test_the_start_is_at_rest_or_drawn(cell):
    rest, drawn = (run(Experiment(cell=cell, start=start, **SMALL)).trace.s for start in ("zero", "random"))
    assert not any(a[0].any() for a in rest.values())
    assert drawn["h"][0].all()
    assert not any(a[0].any() for k, a in drawn.items() if k != "h")


@EVERY
@pytest.mark.parametrize("size", [{"steps": 1, "hidden_size": 1}, {"steps": 1}, {"hidden_size": 1}])
def test_the_smallest_networks_run(cell, size):
    r = run(Experiment(cell=cell, **size))
    assert np.isfinite(r.back.log_signals()[-1])
    assert r.error_maps.share.shape == (r.T + 1, r.T + 1)
    assert len(r.lag_terms.log_norm) == r.T


@EVERY
def test_without_gain_and_input_nothing_is_nan(cell):
    r = run(Experiment(cell=cell, gain=0.0, input="zero", input_scale=0.0, **SMALL))
    results = (r.loss, r.back, r.error_maps, r.lag_terms)
    assert not any(np.isnan(a).any() for result in results for a in arrays(result))


def test_ten_thousand_steps_run():
    r = run(Experiment(steps=10_000, hidden_size=16))
    assert r.T == 10_000
    assert np.isfinite(r.back.log_signals()[1:]).all()
    last = r.upto(replace(r.experiment, placement="last"))
    assert last.back.log_signals()[0] < np.log(1e-308)
    assert last.back.log_signals()[0] > -np.inf


def test_a_sentence_is_read_and_its_next_words_asked_for():
    r = run(Experiment(input="sentence", hidden_size=4))
    assert r.T == 6
    assert r.sequence.vocabulary[r.loss.targets[-1]] == "yellow"
    assert r.loss.probabilities.shape == (6, 6)


def test_a_sentence_of_one_word_over_and_over_has_nothing_to_learn():
    r = run(Experiment(input="sentence", text="go go go", hidden_size=3))
    assert r.loss.total() == 0.0
    assert (r.back.log_signals() == -np.inf).all()


# Overflow


def test_a_network_that_outgrows_float64_is_cut_and_says_so():
    r = run(Experiment(activation="identity", gain=20.0, steps=500, hidden_size=8))
    assert r.overflowed
    assert 50 < r.T < 500
    assert np.isfinite(r.trace.s["h"]).all()
    assert not any(np.isnan(a).any() for a in arrays((r.loss, r.back)[1]))


def test_a_run_within_float64_does_not_say_so():
    assert not run(Experiment(**SMALL)).overflowed


@pytest.mark.parametrize("placement", ["every", "last", "from"])
def test_errors_of_a_cut_run_fall_within_it(placement):
    e = Experiment(activation="relu", gain=20.0, steps=500, hidden_size=8)
    r = run(replace(e, placement=placement, first_error=400))
    assert r.overflowed
    assert r.loss.carries.any()


@pytest.mark.parametrize("activation", ["identity", "relu"])
def test_a_cut_run_keeps_its_identities(activation):
    r = run(Experiment(activation=activation, gain=20.0, steps=500, hidden_size=8))
    if np.isfinite(r.lag_terms.log_partial[-1]):
        assert r.error_maps.share.sum() == pytest.approx(1.0, abs=1e-9)
    whole = log_norm(np.concatenate([a.ravel() for a in r.back.gradient.W.values()]))
    whole = whole + r.back.gradient_exponent * np.log(2.0)
    assert r.lag_terms.log_partial[-1] == pytest.approx(float(whole), abs=1e-9)


# The beginning of a longer run. Products over different numbers of steps round differently (1e-16 a step);
# these networks forget, so that the differences do not grow.


@EVERY
@pytest.mark.parametrize("kind", ["one_hot", "constant", "zero"])
@pytest.mark.parametrize("shorter", [1, 7, 39])
def test_a_longer_run_begins_with_the_shorter_one(cell, kind, shorter):
    e = Experiment(cell=cell, input=kind, start="random", steps=40, hidden_size=5, gain=0.8)
    short = replace(e, steps=shorter)
    cut, alone = run(e).upto(short), run(short)
    assert (cut.T, cut.experiment) == (shorter, short)
    for a, b in zip(arrays(cut.trace), arrays(alone.trace), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(cut.back.log_signals(), alone.back.log_signals(), rtol=0, atol=1e-11)
    assert cut.loss.total() == pytest.approx(float(alone.loss.total()), rel=1e-12)


@pytest.mark.parametrize("steps", [1, 50, 51, 333, 10_000])
def test_a_run_is_computed_at_the_next_longer_length(steps):
    e = Experiment(steps=steps, hidden_size=4)
    assert stretched(e).steps == min(length for length in STRETCH if length >= steps)
    assert replace(stretched(e), steps=steps) == e


@pytest.mark.parametrize("setting", [{"input": "sentence"}, {"cell": "lstm", "forget_rule": "chrono"}])
def test_a_run_that_depends_on_its_length_is_not_stretched(setting):
    e = Experiment(steps=33, **setting)
    assert stretched(e) == e


def test_a_run_whose_stretched_form_would_be_too_large_is_not_stretched():
    e = Experiment(steps=5_001, hidden_size=150)
    assert stretched(e) == e


# Ensembles


@EVERY
@pytest.mark.parametrize(
    "setting", [{}, {"start": "random", "initialiser": "orthogonal"}, {"input": "sentence"}], ids=str
)
def test_runs_under_several_seeds_are_the_runs_one_by_one(cell, setting):
    e, seeds = Experiment(cell=cell, **SMALL | setting), (0, 3, 8)
    together = seed_runs(e, seeds)
    assert together.leading == (3,)
    J = together.take(slice(None))
    for i, seed in enumerate(seeds):
        alone = run(replace(e, seed=seed)).chain.take(slice(None))
        np.testing.assert_allclose(J[:, i], alone, rtol=1e-11, atol=1e-14)


def test_one_seed_is_an_ensemble_of_one():
    e = Experiment(**SMALL)
    assert seed_runs(e, (0,)).take(slice(None)).shape == (12, 1, 5, 5)
