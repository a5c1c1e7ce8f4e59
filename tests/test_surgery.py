"""Gate surgery: forward the gate is held, backward nothing passes through it; by the complex step."""

from dataclasses import replace

import numpy as np
import pytest

from explorer import surgery
from explorer.arrays import Scaled
from explorer.experiment import Experiment
from explorer.readout import cross_entropy
from explorer.run import run
from explorer.surgery import Pin, operated

ETA = 1e-30
SINGLE = (
    Pin("f", 1.0, 3, 7), Pin("f", 0.0, 5, 5), Pin("i", 0.0, 1, 12), Pin("g", -0.4, 2, 9),
    Pin("g", 1.0, 4, 6), Pin("o", 0.3, 6, 40), Pin("i", 1.0, 11, 12), Pin("f", 0.7, 20, 30),
)  # fmt: skip
SEVERAL = (
    (Pin("f", 1.0, 3, 7), Pin("i", 0.0, 5, 9)),
    (Pin("o", 0.2, 2, 8), Pin("o", 0.9, 4, 5), Pin("g", 0.5, 8, 12)),
)
PINS = [*((pin,) for pin in SINGLE), *SEVERAL]
NAMES = [surgery.written(pins) for pins in PINS]


def recorded(**changes):
    return run(Experiment(cell="lstm", steps=12, hidden_size=5, start="random", **changes))


def loss_of(plain, w, s0, pin):
    trace = surgery.forward(w, plain.trace.x, s0, *pin)
    return cross_entropy(plain.readout, trace.s["h"][1:], plain.sequence.targets[:12], plain.loss.carries)


@pytest.mark.parametrize("pin", PINS, ids=NAMES)
def test_the_held_gate_has_its_level_in_the_span_and_is_the_equations_elsewhere(pin):
    found = operated(recorded(), *pin).trace
    held = np.array([bool(surgery.active(pin, t)) for t in range(1, 13)])
    for t in np.flatnonzero(held):
        for gate, level in surgery.active(pin, int(t) + 1):
            assert np.allclose(found.z[gate][t], level, rtol=0, atol=1e-15)
    w, cell = recorded().weights, recorded().cell
    h = found.s["h"][:-1]
    for t in np.flatnonzero(~held):
        u = {k: w.b[k] + w.U[k] @ found.x[t] for k in cell.u_blocks}
        v = {k: w.W[k] @ h[t] for k in cell.v_blocks}
        z = cell.step(u, v, {k: a[t] for k, a in found.s.items()})
        assert np.allclose(found.s["c"][t + 1], z["c"], rtol=0, atol=1e-14)


def test_before_the_span_nothing_changes():
    plain = recorded()
    found = operated(plain, Pin("f", 0.0, 6, 8)).trace
    assert np.array_equal(found.s["c"][:6], plain.trace.s["c"][:6])
    assert not np.allclose(found.s["c"][6], plain.trace.s["c"][6])


@pytest.mark.parametrize("pin", PINS, ids=NAMES)
def test_the_jacobians_are_the_derivative_by_the_initial_state(pin):
    plain = recorded()
    found = operated(plain, *pin)
    rng = np.random.default_rng(0)
    for block in (0, 1):
        d = rng.standard_normal(5)
        s0 = {k: a[0].astype(complex) for k, a in plain.trace.s.items()}
        s0[("h", "c")[block]] = s0[("h", "c")[block]] + 1j * ETA * d
        moved = surgery.forward(plain.weights, plain.trace.x, s0, *pin)
        expected = np.concatenate([moved.s[k][-1].imag / ETA for k in ("h", "c")])
        product: Scaled = found.chain.product(12, 0)
        columns = slice(5 * block, 5 * block + 5)
        got = np.ldexp(product.mantissa[:, columns] @ d, product.exponent)
        assert np.allclose(got, expected, rtol=1e-12, atol=1e-14 * np.abs(expected).max())


@pytest.mark.parametrize("part", ["W", "U", "b"])
@pytest.mark.parametrize("pin", PINS, ids=NAMES)
def test_the_gradient_is_the_derivative_of_the_loss(pin, part):
    plain = recorded()
    found = operated(plain, *pin)
    rng = np.random.default_rng(1)
    s0 = {k: a[0] for k, a in plain.trace.s.items()}
    for block, values in getattr(plain.weights, part).items():
        d = rng.standard_normal(values.shape)
        changed = {**getattr(plain.weights, part), block: values + 1j * ETA * d}
        E = loss_of(plain, replace(plain.weights, **{part: changed}), s0, pin).total()
        got = np.sum(getattr(found.back.gradient, part)[block] * d) * 2.0**found.back.gradient_exponent
        assert got == pytest.approx(E.imag / ETA, rel=1e-10, abs=1e-14)


def test_a_gate_held_throughout_gets_no_gradient():
    found = operated(recorded(), Pin("i", 0.5, 1, 12))
    assert not found.back.gradient.W["i"].any()
    assert found.back.gradient.W["f"].any()


def test_an_open_forget_gate_carries_the_cell_state_on():
    """With f = 1 and the input gate's own contribution, c_t = c_{t-1} + i ⊙ g exactly."""
    found = operated(recorded(), Pin("f", 1.0, 3, 7)).trace
    c, z = found.s["c"], found.z
    assert np.array_equal(c[3:8], c[2:7] + z["i"][2:7] * z["g"][2:7])


def test_a_shut_forget_gate_cuts_the_straight_path():
    found = operated(recorded(gain=0.0), Pin("f", 0.0, 6, 6))
    product = found.chain.product(12, 0)
    assert not product.mantissa.any()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("x", 0.5, 1, 2), "gate must be one of f, i, g, o; got 'x'"),
        (("f", -0.1, 1, 2), "level of f must lie in \\[0, 1\\]; got -0.1"),
        (("g", float("nan"), 1, 2), "level of g must lie in \\[-1, 1\\]; got nan"),
        (("f", 0.5, 0, 2), "1 <= first <= last; got 0, 2"),
        (("f", 0.5, 3, 2), "1 <= first <= last; got 3, 2"),
    ],
)
def test_what_cannot_be_held_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        Pin(*wrong)


def test_only_an_lstm_is_operated_on():
    with pytest.raises(ValueError, match="cell must be lstm"):
        operated(run(Experiment(steps=3)), Pin("f", 1.0, 1, 1))


# Operations as text, and strokes


def test_operations_survive_their_text_and_the_later_counts():
    pins = (Pin("f", 1.0, 3, 7), Pin("g", -0.25, 4, 4), Pin("f", 0.5, 5, 9))
    assert surgery.read(surgery.written(pins)) == pins
    assert surgery.active(pins, 4) == (("f", 1.0), ("g", -0.25))
    assert surgery.active(pins, 6) == (("f", 0.5),)
    assert surgery.read("i:0@3") == (Pin("i", 0.0, 3, 3),)


@pytest.mark.parametrize("text", ["f", "x:1@3", "f:1@", "f:1@3-", "f1@3", "f:1@3,4"])
def test_a_text_that_names_no_operation_is_refused(text):
    with pytest.raises(ValueError, match="such as f:1@6-19"):
        surgery.read(text)


def test_a_stroke_holds_a_gate_and_the_same_again_lets_it_go():
    once = surgery.brushed((), Pin("f", 1.0, 3, 9))
    assert once == (Pin("f", 1.0, 3, 9),)
    assert surgery.brushed(once, Pin("f", 1.0, 3, 9)) == ()
    assert surgery.brushed(once, Pin("f", 1.0, 5, 6)) == (Pin("f", 1.0, 3, 4), Pin("f", 1.0, 7, 9))
    assert surgery.brushed(once, Pin("i", 1.0, 3, 9)) == (*once, Pin("i", 1.0, 3, 9))
    assert surgery.brushed(once, Pin("f", 0.0, 8, 12)) == (Pin("f", 1.0, 3, 7), Pin("f", 0.0, 8, 12))


def test_two_gates_held_are_not_the_sum_of_each_alone():
    plain, open_f, shut_i = recorded(), Pin("f", 1.0, 2, 11), Pin("i", 0.0, 2, 11)
    both = operated(plain, open_f, shut_i).trace.s["c"]
    assert np.array_equal(both[2:12], np.repeat(both[1:2], 10, axis=0))
    assert not np.allclose(operated(plain, open_f).trace.s["c"][11], both[11])
