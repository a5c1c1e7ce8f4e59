"""What training shows: clipping rescues, the forget bias decides memory, a run resumes bit for bit."""

from dataclasses import replace

import numpy as np
import pytest

from explorer import measures
from explorer.experiment import DEFAULTS, FIELDS
from explorer.parameters import Range, legal_value
from explorer.run import cell_of
from explorer.training.checkpoint import resumed, saved
from explorer.training.course import WINDOW, Course, due
from explorer.training.settings import Training
from explorer.training.snapshot import snapshot
from explorer.training.trainer import RUNNING, Trainer

SMALL = Training(steps=8, hidden_size=6, batch=4, updates=30, snapshots=4, precision="float64")


def solved(seeds, **settings):
    """How many of so many seeds solve their task; ends once all of them have."""
    course = Course(Training(**settings, snapshots=2), seeds=range(seeds))
    while not course.all_solved and course.advance() is not None:
        pass
    return int(np.isfinite(course.solved_at()).sum())


EXPLODING = {
    "steps": 20, "gain": 1.5, "input_scale": 0.3, "optimiser": "sgd", "learning_rate": 0.3, "updates": 500,
}  # fmt: skip


def test_clipping_rescues_what_explodes():
    assert solved(10, **EXPLODING, clipping="none") == 0
    assert solved(10, **EXPLODING, clipping="norm", threshold=1.0) >= 9


def test_clipping_does_not_rescue_what_vanishes():
    vanishing = {**EXPLODING, "steps": 40, "activation": "sigmoid", "updates": 150}
    assert solved(3, **vanishing, clipping="none") == 0
    assert solved(3, **vanishing, clipping="norm", threshold=1.0) == 0


def test_the_forget_bias_decides_memory():
    remembering = {"steps": 60, "cell": "lstm", "updates": 160}
    assert solved(2, **remembering, forget_bias=0.0) == 0
    assert solved(2, **remembering, forget_bias=3.0) == 2


def test_an_irnn_solves_adding_over_50_steps():
    irnn = {"activation": "relu", "initialiser": "identity", "input_scale": 0.1}
    assert solved(2, task="adding", steps=50, **irnn, updates=1_000) == 2


# A run


def test_equal_settings_train_equal_networks():
    one, other = Course(SMALL).run(), Course(SMALL).run()
    np.testing.assert_array_equal(one.state.rows, other.state.rows)
    assert not np.array_equal(one.state.rows, Course(replace(SMALL, seed=1)).run().state.rows)


@pytest.mark.parametrize(
    "changes",
    [
        {"optimiser": "sgd", "momentum": 0.9},
        {"cell": "lstm", "precision": "float32"},
        {"cell": "gru", "task": "copy"},
        {"clipping": "inside", "threshold": 0.1},
    ],
    ids=str,
)
def test_a_resumed_run_is_the_run_that_was_never_stopped_bit_for_bit(changes):
    settings = replace(SMALL, **changes)
    whole = Course(settings).run()
    part = Course(settings)
    for _ in range(11):
        part.advance()
    again = resumed(saved(part))
    assert again.state.update == 11
    again.run()
    np.testing.assert_array_equal(again.state.rows, whole.state.rows)
    for name in ("loss", "accuracy", "log_before", "log_after", "cosine", "share"):
        np.testing.assert_array_equal(again.history()[name], whole.history()[name])
    assert [s.update for s in again.snapshots] == [s.update for s in whole.snapshots]
    for a, b in zip(again.snapshots, whole.snapshots, strict=True):
        np.testing.assert_array_equal(a.log_map, b.log_map)


def test_pictures_are_taken_at_the_start_at_the_end_and_more_often_early():
    times = due(1_000, 24)
    assert times[0] == 0
    assert times[-1] == 1_000
    assert len(times) == 24
    gaps = np.diff(times)
    assert gaps[0] < gaps[-1]
    assert [s.update for s in Course(SMALL).run().snapshots] == list(due(30, 4))


def test_the_history_has_one_row_per_update_and_grows_past_its_first_size():
    course = Course(replace(SMALL, updates=150)).run()
    history = course.history()
    assert len(history) == 150
    assert np.isfinite(history["loss"]).all()
    loss = history["loss"][:, 0]
    assert history.smooth("loss")[2, 0] == pytest.approx(loss[:3].mean())
    assert history.smooth("loss")[149, 0] == pytest.approx(loss[-WINDOW:].mean())


def test_an_update_that_overflows_is_named_and_the_last_finite_state_kept():
    course = Course(
        Training(steps=50, activation="relu", gain=2.0, clipping="none", optimiser="sgd", learning_rate=50.0)
    ).run()
    assert course.diverged is not None
    assert course.done
    assert course.state.update == course.diverged < 1_000
    assert np.isfinite(course.state.rows).all()
    np.testing.assert_array_equal(course.snapshots[0].row, Course(course.training).state.rows[0])


def test_one_seed_that_diverges_leaves_the_others_training():
    settings = Training(steps=30, activation="relu", gain=1.4, clipping="none", optimiser="sgd",
                        learning_rate=0.1, updates=40)  # fmt: skip
    trainer = Trainer(settings, seeds=range(8))
    state = trainer.start()
    for _ in range(40):
        before, (state, _) = state, trainer.step(state)
    fallen = state.diverged != RUNNING
    assert 0 < fallen.sum() < 8
    np.testing.assert_array_equal(state.rows[fallen], before.rows[fallen])
    assert not np.array_equal(state.rows[~fallen], before.rows[~fallen])


# What is recorded


@pytest.mark.parametrize(
    ("clipping", "threshold", "turned"), [("norm", 0.3, False), ("value", 0.03, True), ("inside", 0.05, True)]
)
def test_engagement_is_recorded_at_every_update(clipping, threshold, turned):
    course = Course(replace(SMALL, clipping=clipping, threshold=threshold, gain=1.5)).run()
    history = course.history()
    engaged = history["share"] > 0
    assert engaged.any()
    assert np.all(history["log_after"][engaged] < history["log_before"][engaged])
    assert np.all(history["log_factor"][engaged] < 0)
    assert np.any(history["cosine"] < 1 - 1e-9) == turned
    if clipping == "norm":
        np.testing.assert_allclose(history["log_after"][engaged], np.log(threshold))
        np.testing.assert_array_equal(history["log_after"][~engaged], history["log_before"][~engaged])


def test_a_picture_shows_the_map_its_horizon_and_the_last_signal():
    course = Course(replace(SMALL, steps=40, hidden_size=12))
    first = course.snapshots[0]
    trainer = course.trainer
    assert first.log_map.shape == (41, 41)
    np.testing.assert_allclose(np.diagonal(first.log_map), 0.0, atol=1e-12)
    np.testing.assert_array_equal(first.log_by_lag, measures.mean_by_lag(first.log_map))
    assert first.horizon == measures.horizon(first.log_by_lag)
    # ∂E_T/∂h_T of a readout is Vᵀ(ŷ − y)
    w, out = trainer.layout.unpack(first.row)
    h = trainer.network  # the fast passes on the same sequence
    del w, h
    probe = trainer.probe()
    assert probe.x.shape == (1, 40, 1)
    assert first.log_signals.shape == (41,)
    assert np.exp(first.log_signals[-1]) <= np.linalg.norm(out.V, 2) * np.sqrt(2) + 1e-12
    assert first.radius.max() <= first.sigma_max.max() + 1e-12
    np.testing.assert_allclose(np.abs(first.eigenvalues).max(axis=1), first.radius)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("task", ["recall", "adding", "reber", "words", "copy"])
def test_the_last_signal_of_a_picture_is_that_of_the_fast_passes(cell, task):
    settings = replace(SMALL, cell=cell, task=task, batch=1, steps=12)
    trainer = Trainer(settings)
    state, probe = trainer.start(), trainer.probe()
    last = np.flatnonzero(probe.weights[0, :, 0])[-1]
    weights = np.zeros_like(probe.weights)
    weights[0, last] = 1.0
    seen = {}
    passes = trainer.network.passes
    inner = passes.backward

    def watched(W_T, carry):
        def see(t, signals):
            seen[t + 1] = np.log(np.linalg.norm(signals[0][0, 0]))
            return carry(t, signals)

        with np.errstate(divide="ignore"):
            return inner(W_T, see)

    passes.backward = watched
    trainer.network.gradient(state.rows, replace(probe, weights=weights), trainer.rules)
    taken = snapshot(cell_of(settings), trainer.layout, state.rows[0], probe, 0)
    ours = np.array([seen[t] for t in range(1, settings.T + 1)])
    theirs = taken.log_signals[1:]
    alive = np.isfinite(theirs)
    np.testing.assert_allclose(ours[alive], theirs[alive], atol=1e-9)
    assert np.all(np.isneginf(ours[~alive]))


def test_a_long_sequence_is_mapped_at_evenly_spaced_steps():
    course = Course(replace(SMALL, steps=500, gain=0.5))
    first = course.snapshots[0]
    assert len(first.steps) <= 121
    assert first.steps[1] == 5
    assert first.horizon % 5 == 0
    assert first.log_rate == pytest.approx(measures.log_rate_per_step(first.log_by_lag) / 5)


# Settings

OWN = {name: f for name, f in Training.__dataclass_fields__.items() if name not in FIELDS}


def test_shared_fields_are_those_of_the_experiment():
    for name in ("cell", "activation", "steps", "gain", "threshold", "seed"):
        assert Training.__dataclass_fields__[name].metadata["control"] is FIELDS[name].metadata["control"]
        assert getattr(Training(), name) == DEFAULTS[name]


@pytest.mark.parametrize("name", [n for n, f in OWN.items() if isinstance(f.metadata["control"], Range)])
def test_a_number_outside_its_limits_is_refused_and_named(name):
    control = OWN[name].metadata["control"]
    with pytest.raises(ValueError, match=name):
        Training(**{name: type(OWN[name].default)(control.high) + 1})
    value, notice = legal_value(OWN[name], "1e99")
    assert value == control.high
    assert name in notice


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"task": "nope"}, "task must be one of"),
        ({"steps": 2_000}, "steps must lie in"),
        ({"steps": 5, "task": "order"}, r"steps must lie in \[10"),
        ({"steps": 1_000, "hidden_size": 256, "batch": 256, "cell": "lstm"}, "billion multiplications"),
        ({"task": "text"}, "needs a text"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_words(changes, words):
    with pytest.raises(ValueError, match=words):
        Course(Training(**changes))
