"""Who remembers: the gauge against hand-made numbers, what training shows, and what the page says of it."""

from dataclasses import fields

import numpy as np
import pytest

from explorer import remembering
from explorer.experiment import FIELDS
from explorer.figures import remembering as figures
from explorer.figures.theme import DARK, LIGHT
from explorer.remembering import CALIBRATED, KINDS, Remembering, gauge, trainings, zone
from explorer.reports import remembering as reports
from explorer.training.course import Course
from explorer.training.settings import Training
from explorer.training.trainer import Trainer


def courses(r, seeds=None):
    return [Course(training, seeds=range(r.mem_seeds)).run() for training in trainings(r).values()]


def report(r):
    return reports.remembering_report(r, courses(r), reports.gauges(r))


def test_the_gauge_of_a_linear_unit_is_its_weight_to_the_power_of_the_lag():
    training = Training(
        task="recall", activation="identity", initialiser="identity", gain=0.5, hidden_size=4, steps=11
    )
    assert np.allclose(gauge(Trainer(training, seeds=(0, 1))), 10 * np.log10(0.5), rtol=1e-12)


def test_the_gauge_of_an_lstm_takes_in_its_cell_and_grows_with_the_forget_bias():
    found = reports.gauges(Remembering(compared="forget", mem_seeds=2))
    assert np.all(np.diff([float(np.median(r)) for r in found]) > 0.5)


@pytest.mark.parametrize("task", ["recall", "order"])
def test_the_gauge_equals_one_backward_pass_by_the_complex_step(task):
    training = Training(task=task, hidden_size=3, steps=12, gain=1.2)
    trainer = Trainer(training, seeds=(5,))
    w, out = trainer.layout.unpack(trainer.start().rows[0])
    batch = trainer.task.draw(np.random.default_rng([5, remembering.GAUGED]), 12, remembering.GAUGED)
    first = 12 - trainer.task.lag(12)
    sizes = {}
    for k in (first, 12):
        signals = np.zeros((remembering.GAUGED, 3))
        for unit in range(3):
            h = np.zeros((remembering.GAUGED, 3), complex)
            for t in range(12):
                a = h @ w.W["a"].T + w.U["a"].T[batch.x[t]] + w.b["a"]
                h = np.tanh(a)
                if t + 1 == k:
                    h[:, unit] += 1e-30j
            o = h @ out.V.T + out.c
            loss = np.log(np.exp(o).sum(axis=1)) - o[np.arange(len(o)), batch.targets[-1]]
            signals[:, unit] = loss.imag / 1e-30
        sizes[k] = np.linalg.norm(signals)
    assert np.isclose(gauge(trainer)[0], np.log10(sizes[first] / sizes[12]), rtol=1e-9)


def test_zones_meet_at_their_edges():
    assert [zone(r) for r in (-np.inf, -8.001, -8.0, -1.91, -1.9, 1.49, 1.5, 9.0)] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_the_zones_rest_on_252_runs():
    assert sum(n for pair in CALIBRATED for _, n in pair) == 252
    told = reports.RememberingReport(Remembering(), (), 0.25).zones()
    assert "never learned (0 of 21 on recall, 0 of 11 on temporal order)" in told


def test_forget_bias_3_recalls_twenty_steps_where_forget_bias_0_does_not():
    settings = Remembering(mem_updates=60)
    few = {name: t for name, t in trainings(settings).items() if "LSTM" in name}
    solved = {name: Course(t, seeds=(0,)).run().solved_at() for name, t in few.items()}
    assert np.all(np.isfinite(solved["LSTM, forget bias 3"]))
    assert np.all(np.isnan(solved["LSTM, forget bias 0"]))


def test_the_cells_compared_are_lstms_of_three_forget_biases_an_irnn_and_tanh():
    biases = [t.forget_bias for t in trainings(Remembering()).values() if t.cell == "lstm"]
    assert biases == [3.0, 1.0, 0.0]
    assert list(KINDS["cells"])[3:] == ["IRNN", "tanh RNN"]


def test_clipping_decides_under_every_seed():
    few = trainings(Remembering(compared="clipping", mem_updates=110))
    solved = {name: Course(t, seeds=range(5)).run().solved_at() for name, t in few.items()}
    assert np.all(np.isnan(solved["no clipping"]))
    assert np.all(np.isfinite(solved["clipped at 1"]))


@pytest.mark.parametrize("compared", KINDS)
def test_every_set_trains_and_tells_what_came_of_it(compared):
    found = report(Remembering(compared=compared, mem_steps=10, mem_updates=20, mem_seeds=2, mem_hidden=6))
    assert len(found.arms) == len(KINDS[compared])
    assert found.finished
    assert found.finding()[0].isupper()
    assert {len(column) for column in found.table().values()} == {2 * len(found.arms)}
    for look in (LIGHT, DARK):
        for made in (figures.curves, figures.gauge, figures.success):
            assert len(made(look, found)["data"]) >= 1


def test_before_the_first_update_nothing_is_claimed():
    r = Remembering(mem_seeds=2)
    begun = [Course(training, seeds=range(2)) for training in trainings(r).values()]
    found = reports.remembering_report(r, begun, reports.gauges(r))
    assert not found.finished
    assert found.finding().startswith("So far, no network has learned to recall")
    assert figures.curves(LIGHT, found)["data"]


def test_the_same_settings_give_the_same_figures_once_trained():
    r = Remembering(compared="clipping", mem_steps=10, mem_updates=20, mem_seeds=2, mem_hidden=6)
    one, two = report(r), report(r)
    for made in (figures.curves, figures.gauge, figures.success):
        assert made(LIGHT, one) == made(LIGHT, two)


def test_solved_networks_are_full_and_others_hollow():
    found = report(Remembering(compared="activation", mem_steps=10, mem_updates=120, mem_seeds=2))
    for arm, dots in zip(found.arms, figures.gauge(LIGHT, found)["data"], strict=True):
        full = [not symbol.endswith("-open") for symbol in dots["marker"]["symbol"]]
        assert full == list(np.isfinite(arm.solved))
        assert arm.wins == sum(full)
    assert max(arm.wins for arm in found.arms) == 2


def test_a_gauge_off_the_scale_is_an_arrow_at_its_edge():
    found = report(Remembering(mem_steps=60, mem_updates=20, mem_seeds=2, mem_hidden=4))
    symbols = {}
    for arm, dots in zip(found.arms, figures.gauge(LIGHT, found)["data"], strict=True):
        for r, symbol in zip(arm.gauge, dots["marker"]["symbol"], strict=True):
            symbols.setdefault(figures.LEAST_R <= r <= figures.MOST_R, set()).add(symbol)
    assert symbols[True] == {"circle-open"}
    assert symbols[False] == {"triangle-left-open"}


@pytest.mark.parametrize("name", [f.name for f in fields(Remembering)])
def test_no_field_shares_its_name_with_another_record(name):
    assert name not in FIELDS
    assert name not in {f.name for f in fields(Training)}
