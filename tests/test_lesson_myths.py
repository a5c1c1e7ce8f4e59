"""Myths and surprises: every verdict and every number said, computed anew; and what the page shows."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer import claim_measures as measures
from explorer import claims
from explorer.claims import Found, quantile
from explorer.clipping import by_norm, by_value, flat
from explorer.experiment import DEFAULTS, FIELDS, Experiment, View
from explorer.figures import myths as figures
from explorer.figures.parts import untyped
from explorer.figures.theme import look
from explorer.lesson import made
from explorer.lessons import myths
from explorer.lessons.cards import CARDS
from explorer.lessons.myths import LESSON, Doubted
from explorer.reports import myths as reports
from explorer.run import run, run_ensemble

LN10 = np.log(10.0)
ROOT = Path(__file__).parents[1]
TRUE = {"sigma_below", "identity", "inputs"}


@cache
def state_found(name, changes=()):
    state = LESSON.state({**CARDS[name].settings, "card": name, **dict(changes)})
    return reports.found(state.experiment, state.own)


def decades(name, **changes):
    return state_found(name, tuple(changes.items())).middle / LN10


def report(name, swept=None, **changes):
    state = LESSON.state({**CARDS[name].settings, "card": name, **changes})
    return reports.myth_report(
        state.experiment, state.own, state_found(name, tuple(changes.items())), swept
    )


# The claims


def test_there_are_at_least_ten_cards_and_not_all_are_myths():
    assert len(CARDS) >= 10
    assert len(LESSON.beats) == len(CARDS)
    assert 3 <= len(TRUE) < len(CARDS)


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_judged_by_what_was_measured(name):
    card, measured = CARDS[name], state_found(name)
    assert measured.curves.shape[1] == 20
    assert card.holds(measured) is (name in TRUE)
    assert report(name).finding().startswith("True here" if name in TRUE else "False here")


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("sigma_above", {}, -4.1),
        ("sigma_below", {}, -18.8),
        ("gain", {}, -3.7),
        ("gain", {"activation": "identity"}, 10.2),
        ("orthogonal", {}, -10.2),
        ("orthogonal", {"activation": "identity"}, 0.0),
        ("identity", {}, -0.36),
        ("relu", {}, -8.8),
        ("sigmoid", {"gain": 1.0}, -33.5),
        ("sigmoid", {}, -1.5),
        ("inputs", {"input_scale": 0.1}, -0.6),
        ("inputs", {}, -10.2),
        ("inputs", {"input_scale": 3.0}, -21.1),
        ("lstm_vanishes", {}, -9.2),
        ("lstm_vanishes", {"forget_bias": 3.0}, -1.4),
        ("lstm_explodes", {}, 8.6),
    ],
)
def test_what_is_left_after_fifty_steps(name, changes, expected):
    assert state_found(name, tuple(changes.items())).x[-1] == 50
    assert decades(name, **changes) == pytest.approx(expected, abs=0.15)


def test_sigma_max_is_above_one_in_every_network_of_its_card_and_below_in_the_other():
    for name, above in (("sigma_above", True), ("sigma_below", False)):
        e = LESSON.state(CARDS[name].settings).experiment
        W = run_ensemble(e, tuple(range(20))).weights.W["a"]
        largest = [np.linalg.svd(w, compute_uv=False)[0] for w in W]
        assert all((sigma > 1) is above for sigma in map(float, largest))
        assert state_found(name).premise == pytest.approx(sorted(largest)[10], rel=1e-12)


def test_the_largest_gain_rises_although_no_eigenvalue_is_above_095():
    measured = state_found("eigenvalues")
    assert measured.premise == pytest.approx(0.95, abs=1e-12)
    assert np.exp(measured.middle) == pytest.approx(1.86, abs=0.01)
    assert (measured.score > np.log(1.4)).all()


def test_the_lstms_derivative_is_larger_than_the_product_of_its_gates_at_every_forget_bias():
    assert decades("forget_gates") == pytest.approx(4.2, abs=0.1)
    for bias in (0.0, 3.0, 5.0):
        assert state_found("forget_gates", (("forget_bias", bias),)).middle > np.log(4)


@pytest.mark.parametrize(("share", "cosine"), [(0.01, 0.76), (0.1, 0.86), (0.5, 0.99)])
def test_clipping_by_value_turns_the_gradient(share, cosine):
    assert state_found("direction", (("share", share),)).middle == pytest.approx(cosine, abs=0.005)


def test_clipping_the_norm_leaves_the_shape_as_it_was():
    measured = state_found("capping")
    assert measured.middle / LN10 == pytest.approx(-10.1, abs=0.1)
    assert np.log(measured.premise) == pytest.approx(measured.middle, abs=1e-9)
    assert claims.cures(state_found("capping", (("gain", 2.5),))) is None


# Reasons


def test_half_of_the_relu_units_are_off():
    e = LESSON.state(CARDS["relu"].settings).experiment
    assert np.mean(run_ensemble(e, tuple(range(20))).trace.z["a"] <= 0) == pytest.approx(0.5, abs=0.03)


def test_a_forget_bias_of_zero_holds_the_gates_near_a_half():
    e = LESSON.state(CARDS["lstm_vanishes"].settings).experiment
    assert np.mean(run_ensemble(e, tuple(range(20))).trace.z["f"]) == pytest.approx(0.5, abs=0.03)


def test_large_weights_saturate_sigmoid():
    def saturated(gain):
        e = replace(LESSON.state(CARDS["sigmoid"].settings).experiment, gain=gain)
        return np.mean(np.abs(run_ensemble(e, tuple(range(20))).trace.z["a"]) > 3.64)

    assert saturated(1.0) < 0.05
    assert saturated(10.0) > 0.5


def test_the_cell_state_alone_cannot_explode():
    e = LESSON.state(CARDS["lstm_explodes"].settings).experiment
    assert run_ensemble(e, tuple(range(20))).trace.z["f"].max() <= 1


# The measures, against sums written out


def small(**changes):
    return Experiment(steps=7, hidden_size=5, **changes)


def test_what_is_left_is_the_product_of_the_jacobians():
    e = small(gain=1.3)
    measured = measures.by_gain(e, (3,), 1.0)
    J, product = run(replace(e, seed=3)).chain.take(slice(0, 7)), np.eye(5)
    for lag, step in enumerate(J[::-1], start=1):
        product = product @ step
        expected = np.log(np.linalg.norm(product) / np.sqrt(5))
        assert measured.curves[lag, 0] == pytest.approx(expected, abs=1e-12)
        assert measured.claimed[lag, 0] == pytest.approx(lag * np.log(1.3), abs=1e-12)


def test_the_products_of_forget_gates_and_the_true_derivative_agree_without_recurrent_weights():
    measured = measures.by_forget_gates(small(cell="lstm", gain=0.0), (0, 1), 1.0)
    np.testing.assert_allclose(measured.score, 0, atol=1e-12)
    assert claims.alike(measured)


def test_the_eigenvalues_of_a_multiple_of_the_identity_do_not_lie():
    e = small(activation="identity", initialiser="identity", gain=0.9)
    measured = measures.by_eigenvalues(e, (0,), 1.0)
    np.testing.assert_allclose(measured.curves, measured.claimed, atol=1e-12)
    assert claims.shrinks_throughout(measured)


def test_the_cosine_is_that_of_clipping_by_value():
    e = small(seed=2)
    gradient = run(e).back.gradient
    clipped = by_value(gradient, 0.3 * float(np.abs(flat(gradient)).max()))
    assert measures.direction(e, (2,), 0.3).middle == pytest.approx(clipped.cosine, abs=1e-12)


def test_the_parts_of_the_clipped_gradient_add_up_to_it():
    e = small(start="random", placement="last")
    found = run(e)
    D = found.back.signals["h"][1:] * found.cell.activation.dphi(found.trace.z["a"])
    products = [np.outer(d, h) for d, h in zip(D, found.trace.s["h"][:-1], strict=True)]
    np.testing.assert_allclose(sum(products), found.back.gradient.W["a"], atol=1e-15)
    norm = float(np.linalg.norm(flat(found.back.gradient)))
    clipped = by_norm(found.back.gradient, 0.2 * norm)
    np.testing.assert_allclose(clipped.after.W["a"], 0.2 * sum(products), atol=1e-15)
    sizes = np.array([np.linalg.norm(product) for product in products[::-1]])
    before, after = np.exp(measures.parts(e, (0,), 0.2)[..., 0])
    np.testing.assert_allclose(before, sizes / sizes[0], rtol=1e-10)
    np.testing.assert_allclose(after, 0.2 * sizes / (0.2 * sizes[0]), rtol=1e-10)


def test_smaller_inputs_are_the_same_networks_with_a_tenth_of_u():
    e = small()
    measured = measures.by_inputs(e, (0, 1), 1.0)
    other = measures.kept("input_scale")(replace(e, input_scale=0.1), (0, 1), 1.0)
    np.testing.assert_array_equal(measured.claimed, other.curves)


def test_exact_zeros_are_counted_and_never_become_nan():
    measured = measures.by_gain(small(gain=0.0), (0, 1), 1.0)
    assert np.isneginf(measured.curves[1:]).all()
    assert not np.isnan(measured.claimed).any()
    assert quantile(np.array([-np.inf, 0.0, 1.0]), 0.5) == 0


# Judgements


def judged(middle, premise=1.0, expected=0.0):
    one = np.array([middle])
    return Found(np.array([1.0]), one[None], np.array([[expected]]), one, premise)


@pytest.mark.parametrize(
    ("judgement", "measured", "verdict"),
    [
        (claims.vanishes, judged(np.log(9e-4)), True),
        (claims.lasts, judged(np.log(2e-3)), True),
        (claims.explodes, judged(np.log(999.0)), False),
        (claims.stays_bounded, judged(np.log(1001.0)), False),
        (claims.explodes_above_one, judged(9.0, premise=0.9), None),
        (claims.explodes_above_one, judged(9.0, premise=1.1), True),
        (claims.vanishes_below_one, judged(-9.0, premise=1.0), None),
        (claims.vanishes_below_one, judged(-9.0, premise=0.9), True),
        (claims.shrinks_throughout, judged(0.1, premise=0.9), False),
        (claims.shrinks_throughout, judged(0.1, premise=1.0), None),
        (claims.falls_below, judged(-1.0), True),
        (claims.falls_below, judged(-1.0, expected=-2.0), False),
        (claims.alike, judged(0.8), False),
        (claims.keeps_direction, judged(0.9995), True),
        (claims.keeps_direction, judged(0.99), False),
        (claims.cures, judged(0.0, premise=0.5), None),
        (claims.cures, judged(0.0, premise=1e-4), True),
        (claims.cures, judged(-9.0, premise=1e-4), False),
    ],
)
def test_a_judgement_changes_where_it_should(judgement, measured, verdict):
    assert judgement(measured) is verdict


def test_the_sweep_says_where_a_claim_turns_true():
    state = LESSON.state(CARDS["sigma_above"].settings)
    swept = reports.swept(state.experiment, state.own)
    sigma = dict(zip(swept.values, swept.holds, strict=True))
    assert sigma[0.3] is None
    assert sigma[0.8] is False
    assert sigma[3.0] is True


def test_a_network_too_large_for_the_sweep_is_not_swept():
    state = LESSON.state({**CARDS["lstm_explodes"].settings, "card": "lstm_explodes", "hidden_size": 256})
    swept = reports.swept(state.experiment, state.own)
    assert swept is None
    tiny = report("lstm_explodes", swept, hidden_size=4)
    assert "too much to be run" in tiny.sweep_alt()
    assert figures.sweep(look(False), tiny)["layout"]["annotations"]


# The page


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize(
    "changes",
    [{"steps": 1, "hidden_size": 1}, {"steps": 6, "hidden_size": 3, "gain": 0.0}, {"input": "sentence"}],
    ids=str,
)
def test_awkward_settings_can_be_drawn_and_told(name, changes):
    state = LESSON.state({**CARDS[name].settings, "card": name, **changes, "hidden_size": 3})
    small = replace(state.experiment, hidden_size=changes.get("hidden_size", 4))
    swept = reports.swept(small, state.own)
    shown = reports.myth_report(small, state.own, reports.found(small, state.own), swept)
    for figure in (figures.curves, figures.sweep):
        assert figure(look(True), shown)["data"]
    for text in (shown.finding(), shown.curve_alt(), shown.sweep_alt(), shown.curve_title()):
        assert "nan" not in text
        assert "not a number" not in text
    assert all(not np.isnan(column).any() for column in shown.table().values())


def test_the_main_figure_holds_the_median_and_the_claim():
    shown = report("gain")
    drawn = {trace["name"]: trace for trace in figures.curves(look(False), shown)["data"]}
    median, claim = drawn["median of 20"], drawn["the claim"]
    np.testing.assert_allclose(untyped(median["y"]), shown.band()[1] / LN10, atol=1e-5)
    assert untyped(claim["y"])[10] == pytest.approx(10 * np.log10(1.5), abs=1e-5)
    assert claim["line"]["dash"] == "dash"


@pytest.mark.parametrize("name", CARDS)
def test_the_address_of_a_card_restores_its_experiment_elsewhere(name):
    card, shown = CARDS[name], report(name, steps=40)
    values = {**DEFAULTS, **shown.address()}
    assert shown.address().keys() <= FIELDS.keys()
    assert made(Experiment, values) == shown.e
    assert made(View, values) == View(**card.view)
    assert (ROOT / "pages" / f"{card.page}.py").exists()


def test_a_card_holds_what_it_is_about():
    for name, card in CARDS.items():
        own = Doubted(card=name)
        assert set(card.held) <= set(own.idle())
        assert card.control not in own.idle()
        assert ("share" in own.idle()) is (name not in myths.WITH_LOSS)
        other = card.experiment(Experiment(cell="gru", activation="relu", forget_rule="chrono"))
        assert all(getattr(other, field) == card.settings.get(field, DEFAULTS[field]) for field in card.held)


def app(**params):
    at = AppTest.from_file("../app.py", default_timeout=60).run()
    for name, value in params.items():
        at.query_params[name] = value
    at.switch_page("pages/myths.py").run()
    assert not at.exception
    return at


def button(at, key):
    return next(button for button in at.button if button.key == key)


def heading(at):
    return next(markdown.value for markdown in at.markdown if markdown.value.startswith("####"))


def test_a_claim_is_chosen_from_the_list_and_stands_in_the_address():
    at = app()
    button(at, "card_relu").click().run()
    assert not at.exception
    assert at.session_state["card"] == "relu"
    assert at.query_params["card"] == "relu"
    assert at.query_params["beat"] == str(list(CARDS).index("relu") + 1)
    assert "the gain is 1, yet" in heading(at)


def test_the_present_card_is_asked_about_first_and_the_answer_is_kept():
    at = app(beat="6")
    button(at, "predict").click().run()
    asked = at.session_state["_asked"]
    assert asked == "claim_relu"
    assert button(at, "question_reveal").disabled
    at.button_group(key="answer_claim_relu").set_value("True").run()
    button(at, "question_reveal").click().run()
    assert not at.exception
    [answer] = at.session_state["_answers"]
    assert (answer["answer"], answer["truth"], answer["error_decades"]) == ("True", "False", "")
    assert any("**False**, and you said true" in markdown.value for markdown in at.markdown)


def test_the_lecture_view_has_nothing_but_the_beats_to_click():
    at = app(view="lecture")
    assert [b.key for b in at.button if b.key and b.key.startswith("card_")] == []


def test_the_page_behind_a_question_is_covered_until_the_answer():
    def covered(at):
        return any("h4, .st-key-cards p { visibility" in html.proto.body for html in at.get("html"))

    at = app(beat="6", question="claim_relu")
    assert covered(at)
    at.button_group(key="answer_claim_relu").set_value("False").run()
    button(at, "question_reveal").click().run()
    assert not covered(at)


def test_the_address_of_the_card_on_clipping_cuts_there_too():
    shown = report("direction")
    gradient = run(replace(shown.e, placement="last")).back.gradient
    assert by_value(gradient, shown.address()["threshold"]).cosine < 0.9
