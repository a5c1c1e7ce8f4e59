"""One number, repeated: floats rounded as hardware rounds them, and the claim of every beat recomputed."""

import json

import numpy as np
import pytest

from explorer import run as runs
from explorer.figures import one_number as figures
from explorer.figures.theme import look
from explorer.lessons.one_number import LESSON, Repeated
from explorer.precision import FORMATS, INFINITE, SUBNORMAL, ZERO, exact, product, stored
from explorer.reports.one_number import repeated_report


def samples():
    rng = np.random.default_rng(0)
    wide = np.exp(rng.uniform(-110, 95, 20_000)) * rng.choice([-1, 1], 20_000)
    edges = [0.0, 2.0**-149, 2.0**-150, 1.5 * 2.0**-149, 65504, 65519.99, 65520, 2.0**-24, 2.0**-25, np.inf]
    return np.concatenate([wide, edges, -np.array(edges)])


@pytest.mark.parametrize(("name", "kind"), [("float16", np.float16), ("float32", np.float32)])
def test_a_number_is_stored_as_numpy_stores_it(name, kind):
    values = samples()
    with np.errstate(over="ignore"):
        expected = values.astype(kind).astype(np.float64)
    np.testing.assert_array_equal(stored(values, FORMATS[name]), expected)


def test_bfloat16_is_the_upper_half_of_float32_to_nearest_even():
    with np.errstate(over="ignore"):
        values = samples().astype(np.float32)
    bits = values.view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16 << 16).astype(np.uint32).view(np.float32)
    np.testing.assert_array_equal(stored(values.astype(np.float64), FORMATS["bfloat16"]), rounded)


@pytest.mark.parametrize(("name", "kind"), [("float16", np.float16), ("float32", np.float32)])
@pytest.mark.parametrize("w", [0.5, 0.9, 1.5, 0.3])
def test_a_running_product_is_numpys_own(name, kind, w):
    found = product(np.eye(1), [np.array([[w]])] * 400, FORMATS[name])
    now, factor = kind(1), kind(w)
    with np.errstate(over="ignore", under="ignore"):
        for size in found.log_size:
            assert np.exp(size) == pytest.approx(float(now), rel=1e-12)
            now = now * factor


def test_the_true_size_goes_on_where_float64_ends():
    sizes = exact(np.eye(1), [np.array([[0.5]])] * 3000) / np.log(2)
    np.testing.assert_allclose(sizes, -np.arange(3001.0), rtol=1e-12)
    assert exact(np.eye(2), [np.zeros((2, 2))] * 3)[-1] == -np.inf


def report(beat):
    state = LESSON.state(LESSON.beat(beat).settings)
    return repeated_report(runs.run(state.experiment), state.own)


def test_beats_one_and_two_half_and_one_and_a_half():
    assert np.exp(report(1).log_size[-1]) == pytest.approx(0.5**20) == pytest.approx(1e-6, rel=0.05)
    assert round(np.exp(report(2).log_size[-1])) == 3325


def test_beat_three_where_each_format_forgets():
    formats = report(3).formats
    assert {name: found.first(ZERO) for name, found in formats.items()} == {
        "float16": 25, "float32": 150, "bfloat16": 134, "float64": 1075
    }  # fmt: skip
    assert formats["float16"].first(SUBNORMAL) == 15
    assert "float16 holds exactly 0 from n = 25" in report(3).finding()


def test_beats_four_and_five_eigenvalues_lie_for_a_while():
    found = report(4)
    n = np.arange(101)
    powers = [0.9**k * np.array([[1, 10 * k / 0.9], [0, 1]]) for k in n]
    np.testing.assert_allclose(np.exp(found.log_size), np.linalg.norm(powers, 2, axis=(1, 2)), rtol=1e-12)
    assert int(np.argmax(found.log_size)) == 9
    assert np.exp(found.log_size[9]) == pytest.approx(38.746, abs=1e-3)
    assert found.number == pytest.approx(0.9)
    assert 1e-6 < np.exp(report(5).log_size[-1]) < 2e-6


def test_beats_six_and_seven_a_network_vanishes_and_explodes():
    assert report(6).log_size[-1] / np.log(10) == pytest.approx(-33, abs=0.6)
    assert report(7).log_size[-1] / np.log(10) > 9
    assert report(7).formats["float16"].first(INFINITE) is not None


def test_a_network_sends_back_what_backpropagation_does():
    state = LESSON.state({"stage": "network", "steps": 20, "placement": "last"})
    run = runs.run(state.experiment)
    found = repeated_report(run, state.own).log_size
    signals = run.back.log_signals()
    np.testing.assert_allclose(found, signals[::-1] - signals[-1], rtol=1e-9, atol=1e-9)


def test_a_product_that_meets_infinity_never_becomes_a_number_again():
    found = product(np.eye(2), [np.array([[3.0, -3.0], [3.0, 3.0]])] * 40, FORMATS["float16"])
    first = found.first(INFINITE)
    assert (found.kind[first:] == INFINITE).all()


@pytest.mark.parametrize("T", [1, 2, 1000])
@pytest.mark.parametrize("stage", ["number", "matrix", "network"])
def test_any_length_gives_a_sentence(stage, T):
    own = Repeated(stage=stage, number=0.0)
    found = repeated_report(runs.run(LESSON.state({"steps": T, "hidden_size": 2}).experiment), own)
    assert len(found.log_size) == T + 1
    assert len(found.finding()) > 20


def test_where_float64_forgets_is_written_although_its_bar_has_no_room():
    drawn = figures.formats(look(False), report(3))
    assert json.loads(json.dumps(drawn)) == drawn
    assert "<b>0 from 1,075 </b>" in [word["text"] for word in drawn["layout"]["annotations"]]
