"""A card of the myths is covered until somebody asks: by a key, a button, a question or an address."""

import json
from dataclasses import replace

import numpy as np
import pytest

from explorer.figures import myths as figures
from explorer.figures.theme import look
from explorer.lessons.cards import CARDS
from explorer.lessons.myths import LESSON
from explorer.reports import myths as reports
from explorer.ui import cards
from opening import app, finding, panels
from test_lesson_myths import report

OPEN = {name: cards.number_of(LESSON, name, "open") for name in CARDS}
SHOWN = {name: number + 1 for name, number in OPEN.items()}


def shown(of):
    """All that the page shows of a report before the answer."""
    texts = of.finding(), of.under(), of.curve_title(), of.curve_alt()
    return texts, figures.curves(look(False), of), {name: c.tolist() for name, c in of.table().items()}


@pytest.mark.parametrize("name", CARDS)
def test_before_the_answer_nothing_depends_on_what_the_networks_did(name):
    covered = report(name, verdict="open")
    rng = np.random.default_rng(0)
    shape, found = covered.found.curves.shape, covered.found
    other = replace(found, curves=rng.normal(size=shape), score=rng.normal(size=shape[1]))
    assert shown(covered) == shown(replace(covered, found=other))
    assert shown(report(name)) != shown(replace(report(name), found=other))


@pytest.mark.parametrize("name", CARDS)
def test_before_the_answer_the_page_says_what_counts_as_true(name):
    covered = report(name, verdict="open")
    assert covered.under().startswith("True if, in the median of 20 networks, ")
    assert "{" not in covered.under() + covered.finding()
    assert covered.finding().endswith("what do you think?")
    assert reports.COUNTS.keys() == {card.holds for card in CARDS.values()}


def button(at, key):
    return next(button for button in at.button if button.key == key)


def keys(at):
    return {button.key for button in at.button if button.key}


def test_the_beat_after_the_question_turns_the_card_over():
    at = app("myths", beat=str(OPEN["relu"]))
    assert finding(at).endswith("what do you think?")
    assert [panel["id"] for panel in panels(at)] == ["curve"]
    assert "median of" not in json.dumps(panels(at))
    button(at, "beat_next").click().run()
    assert "False here" in finding(at)
    assert [panel["id"] for panel in panels(at)] == ["curve", "sweep"]
    assert at.query_params["verdict"] == "shown"


def test_whoever_says_what_they_think_sees_the_answer_with_the_settings_as_they_were():
    at = app("myths", beat=str(OPEN["gain"]), gain="1.2", seed="0", card="gain")
    button(at, "say_true").click().run()
    assert not at.exception
    assert "False here" in finding(at)
    assert (at.session_state["beat"], at.session_state["gain"]) == (SHOWN["gain"], 1.2)
    [answer] = at.session_state["_answers"]
    assert (answer["question"], answer["answer"], answer["truth"]) == ("claim_gain", "True", "False")
    assert any(markdown.value.startswith("You said true. Inputs push") for markdown in at.markdown)
    button(at, "beat_back").click().run()
    assert finding(at).endswith("what do you think?")


def test_the_answer_can_be_seen_without_saying_anything():
    at = app("myths")
    button(at, "say_nothing").click().run()
    assert "False here" in finding(at)
    assert "_answers" not in at.session_state or not at.session_state["_answers"]


def test_a_claim_is_chosen_from_the_list_and_stands_in_the_address():
    at = app("myths")
    button(at, "card_relu").click().run()
    assert not at.exception
    assert at.session_state["card"] == "relu"
    assert at.query_params["card"] == "relu"
    assert at.query_params["beat"] == str(OPEN["relu"])
    button(at, "say_false").click().run()
    button(at, "card_relu").click().run()  # what has been answered opens with its answer
    assert at.query_params["beat"] == str(SHOWN["relu"])


@pytest.mark.parametrize(
    ("address", "beat"),
    [
        ({"card": "relu"}, OPEN["relu"]),
        ({"card": "relu", "verdict": "shown"}, SHOWN["relu"]),
        ({"card": "relu", "beat": "3"}, OPEN["relu"]),
        ({"verdict": "shown", "beat": str(OPEN["gain"])}, SHOWN["gain"]),
        ({"card": "relu", "seed": "3", "gain": "0.8", "verdict": "shown"}, SHOWN["relu"]),
        ({"card": "no such card"}, 1),
        ({"card": "sigma_above", "beat": "x"}, 1),
    ],
    ids=str,
)
def test_the_sentence_is_that_of_the_card_whatever_the_address_names(address, beat):
    at = app("myths", **address)
    assert at.session_state["beat"] == beat
    assert at.query_params["beat"] == str(beat)
    settings = LESSON.beat(beat).settings
    assert (at.session_state["card"], at.session_state["verdict"]) == (settings["card"], settings["verdict"])


def test_the_present_card_is_asked_about_first_and_the_answer_is_kept():
    at = app("myths", beat=str(OPEN["relu"]))
    button(at, "predict").click().run()
    assert at.session_state["_asked"] == "claim_relu"
    assert button(at, "question_reveal").disabled
    at.button_group(key="answer_claim_relu").set_value("True").run()
    button(at, "question_reveal").click().run()
    assert not at.exception
    [answer] = at.session_state["_answers"]
    assert (answer["answer"], answer["truth"], answer["error_decades"]) == ("True", "False", "")
    assert any("**False**, and you said true" in markdown.value for markdown in at.markdown)
    button(at, "question_show").click().run()
    assert "False here" in finding(at)
    assert at.session_state["beat"] == SHOWN["relu"]


def test_the_lecture_view_has_nothing_but_the_beats_to_click():
    at = app("myths", view="lecture")
    assert not {key for key in keys(at) if key.startswith(("card_", "say_"))}


def test_the_page_behind_a_question_is_covered_until_the_answer():
    def covered(at):
        return any("h4, .st-key-cards p { visibility" in html.proto.body for html in at.get("html"))

    at = app("myths", beat=str(OPEN["relu"]), question="claim_relu")
    assert covered(at)
    at.button_group(key="answer_claim_relu").set_value("False").run()
    button(at, "question_reveal").click().run()
    assert not covered(at)
