"""The lesson on the LSTM's gates: every number it claims, recomputed from the run."""

from dataclasses import replace

import numpy as np
import pytest

from browsing import READY, finding, opened, settled
from explorer.experiment import Experiment
from explorer.figures import gates as figures
from explorer.figures.parts import untyped
from explorer.figures.theme import LIGHT
from explorer.lessons.gates import LESSON, Surgery, both, log_arriving
from explorer.reports.gates import gates_report
from explorer.run import run
from explorer.surgery import Pin
from opening import app
from opening import finding as heading

BEATS = range(1, len(LESSON.beats) + 1)
FRANCE = 5  # the step at which "France" is read


def state(n):
    return LESSON.state(LESSON.beat(n).settings)


def report(n, **changes):
    s = state(n)
    return gates_report(run(s.experiment), replace(s.own, **changes))


def left(found, t=FRANCE):
    return float(np.exp(log_arriving(found)[t - 1]))


# What the beats and the questions claim


def test_the_gates_at_france_are_as_open_as_the_beats_say():
    plain, _ = both(state(1))
    assert plain.sequence.tokens[FRANCE - 1] == "France"
    for n, gate in ((1, "f"), (2, "i"), (4, "o")):
        mean = float(plain.trace.z[gate][FRANCE - 1].mean())
        assert f"{round(100 * mean)} %" in LESSON.beat(n).says


def test_less_than_a_hundredth_of_the_error_reaches_france():
    plain, _ = both(state(5))
    assert left(plain) < 0.01


def test_held_open_forget_gates_bring_98_percent():
    _, after = both(state(6))
    assert round(100 * left(after)) == 98


def test_one_shut_step_leaves_a_third():
    plain, after = both(state(7))
    assert plain.sequence.tokens[9] == "a"
    assert left(after) / left(plain) == pytest.approx(1 / 3, abs=0.02)
    assert not after.trace.z["f"][9].any()


def test_without_input_c_fades_to_a_hundredth():
    _, after = both(state(8))
    c = np.linalg.norm(after.trace.s["c"], axis=1)
    assert c[-1] / c[FRANCE] == pytest.approx(0.01, abs=0.003)
    assert not (after.trace.z["i"] * after.trace.z["g"])[FRANCE:].any()


def test_a_shut_output_at_the_last_step_leaves_no_gradient():
    _, after = both(state(9))
    assert np.isneginf(log_arriving(after)).all()
    assert not any(block.any() for block in after.back.gradient.W.values())


def test_the_answer_to_the_first_question_says_how_many_times_and_why():
    question = LESSON.questions[0]
    s = LESSON.state(question.settings)
    plain, _ = both(s)
    assert round(question.truth(s), -1) == 130
    assert "130 times" in question.because
    assert f"{plain.trace.z['f'][FRANCE:].mean():.2f}" in question.because


def test_what_arrives_is_the_whole_derivative_by_c():
    """∂E/∂c_t by the product of Jacobians from t on: the path along the line and that through h_t."""
    _, after = both(state(6))
    H, t = after.weights.H, 9
    product = after.chain.product(after.T, t)
    last = np.concatenate([after.loss.dE_dh[-1], np.zeros(H)])
    signal = np.ldexp(last @ product.mantissa, product.exponent)
    z = after.trace.z
    shown = z["o"][t - 1] * (1 - np.tanh(z["c"][t - 1]) ** 2)
    total = np.linalg.norm(signal[H:] + shown * signal[:H]) / np.linalg.norm(after.loss.dE_dh[-1])
    assert log_arriving(after)[t - 1] == pytest.approx(np.log(total), abs=1e-10)


# The report


@pytest.mark.parametrize("n", BEATS)
def test_two_quantities_make_the_third(n):
    found = report(n)
    first, second, third = (bar.values for bar in found.bars)
    made = first + second if found.stage == "state" else first * second
    assert np.allclose(made, third, rtol=0, atol=1e-15)


@pytest.mark.parametrize("stage", ["forget", "add", "state", "output"])
@pytest.mark.parametrize("unit", [1, 6])
def test_the_numbers_in_the_equation_add_up(stage, unit):
    found = report(1, gate_step=stage, shown_unit=unit)
    plain, _ = both(state(1))
    z = {k: a[FRANCE - 1, unit - 1] for k, a in plain.trace.z.items()}
    result = {"forget": "f", "add": "g", "state": "c", "output": "h"}[stage]
    assert found.equation[1].endswith(f"= {z[result]:.2f}")
    if stage == "forget":
        inside = found.equation[1].split("(")[1].split(")")[0].replace(" ", "")
        terms = [float(term) for term in inside.replace("-", "+-").split("+") if term]
        assert sum(terms) == pytest.approx(z["a_f"], abs=0.016)


def test_a_held_gate_stands_as_held_in_the_equation():
    assert r"\text{held at }0.00" in report(8).equation[1]
    assert "held" not in report(8, moment=3).equation[1]


def test_the_finding_tells_loss_and_gradient_before_and_after():
    found = report(6)
    assert found.finding() == (
        "Forget gate held at 1 in steps 6 to 19: loss 2.88 → 2.95; 0.98 of the error gets back to step 5, "
        "before 0.0075"
    )
    assert (round(found.loss_before, 2), round(found.loss, 2)) == (2.88, 2.95)


def test_without_an_operation_nothing_differs():
    found = report(1)
    assert found.pins == ()
    assert np.array_equal(found.arriving, found.arriving_before)
    assert all(np.array_equal(bar.values, bar.before) for bar in found.bars)


def test_a_span_beyond_the_end_ends_there():
    found = report(6, held_from=500, held_for=1000, moment=700, shown_unit=99)
    assert (found.pins[0].first, found.pins[0].last, found.t, found.unit) == (19, 19, 19, 8)


def test_a_single_step_and_unit_will_do():
    found = gates_report(run(Experiment(cell="lstm", steps=1, hidden_size=1)), Surgery(held="o"))
    assert (found.T, found.t) == (1, 1)


def test_the_controls_of_the_operation_rest_while_no_gate_is_held():
    assert set(Surgery().idle()) == {"held_from", "held_for"}
    assert Surgery(held="f").idle() == {}


# Figures and page


def test_the_bars_and_their_ghosts_are_the_reports():
    found = report(6)
    drawn = figures.units(LIGHT, found)["data"]
    assert len(drawn) == 6
    assert np.allclose(untyped(drawn[0]["y"]), found.bars[0].values, atol=1e-6)
    assert np.allclose(untyped(drawn[1]["y"]), found.bars[0].before, atol=1e-6)


def test_the_held_span_is_framed_in_its_own_row():
    drawn = figures.gates(LIGHT, report(6))["layout"]
    span = drawn["shapes"][-1]
    assert (span["x0"], span["x1"]) == (5.5, 19.5)
    assert [span["y0"], span["y1"]] == drawn["yaxis"]["domain"]


def test_the_answer_keeps_a_ghost_of_before():
    names = [trace["name"] for trace in figures.answer(LIGHT, report(6))["data"]]
    assert {"gradient at c", "gradient before", "size of c", "size of c before"} <= set(names)
    plain = [trace["name"] for trace in figures.answer(LIGHT, report(1))["data"]]
    assert "gradient before" not in plain
    shut = [trace["name"] for trace in figures.answer(LIGHT, report(9))["data"]]
    assert "gradient at c, exactly 0" in shut


def test_the_page_answers_when_a_gate_is_held():
    at = app("gates", beat="6")
    assert "Forget gate held at 1" in heading(at)
    assert len(at.latex) >= 2


# Several gates at once


def test_several_operations_are_told_framed_and_answered():
    found = report(6, also="i:0@3-5 o:0.5@19")
    assert found.finding().startswith(
        "3 operations on forget gate and input gate and output gate: loss 2.88 → "
    )
    two = report(1, also="f:1@6-19 i:0@3-5")
    assert two.finding().startswith(
        "Forget gate held at 1 in steps 6 to 19, input gate held at 0 in steps 3 to 5: loss 2.88 → "
    )
    assert figures.spans(two) == [(2.5, 19.5)]
    assert len(figures.gates(LIGHT, two)["layout"]["shapes"]) == 3
    names = [trace["name"] for trace in figures.answer(LIGHT, two)["data"]]
    assert "gradient before" in names


def test_the_controls_and_the_text_hold_the_same_way():
    by_controls, by_text = report(6), report(1, also="f:1@6-19", gate_step="state")
    assert np.array_equal(by_controls.arriving, by_text.arriving)
    assert by_controls.finding() == by_text.finding()


def test_operations_beyond_the_end_are_left_out():
    assert Surgery(also="f:1@6-400 i:0@30-40").pins(19) == (Pin("f", 1.0, 6, 19),)
    with pytest.raises(ValueError, match="such as f:1@6-19"):
        Surgery(also="nonsense")


def test_frames_are_the_report_at_every_step():
    s = state(6)
    plain = run(s.experiment)
    made = figures.frames(LIGHT, report(6), plain, s.own)()
    assert [one.strip.picked for one in made] == list(range(1, 20))
    for t in (1, 5, 19):
        again = figures.frame(LIGHT, report(6, moment=t), plain.sequence.tokens)
        assert made[t - 1] == again


def test_a_stroke_over_a_gates_steps_holds_it_and_again_lets_it_go(tab, server):
    opened(tab, f"{server}/gates?beat=1")

    def stroke(row, first, last):
        place = f"[data-panel=gates] .nsewdrag[data-subplot=xy{row or ''}]"
        box = tab.locator(f".gf-grid:not(.gf-draft) {place}").bounding_box()
        step, y = box["width"] / 19, box["y"] + box["height"] / 2
        tab.mouse.move(box["x"] + (first - 0.5) * step, y)
        tab.mouse.down()
        tab.mouse.move(box["x"] + (last - 0.5) * step, y, steps=4)
        tab.mouse.up()

    stroke(0, 6, 12)
    tab.wait_for_url("**also=f%3A1%406-12**", timeout=READY)
    settled(tab)
    assert "Forget gate held at 1 in steps 6 to 12" in finding(tab)
    assert "moment=" not in tab.url  # a stroke is no click
    stroke(2, 3, 4)
    tab.wait_for_url("**also=f%3A1%406-12+i%3A1%403-4**", timeout=READY)
    settled(tab)
    stroke(0, 6, 12)
    tab.wait_for_url("**also=i%3A1%403-4**", timeout=READY)
    settled(tab)
    assert finding(tab).startswith("Input gate held at 1 in steps 3 to 4")
