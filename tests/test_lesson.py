"""The lecture: its lessons have a legal form, its beats are complete states, and pages go through them."""

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from explorer.experiment import DEFAULTS, FIELDS
from explorer.glossary import GLOSSARY
from explorer.lesson import Beat, ClaimQuestion, Curve, CurveQuestion, Lesson, PointQuestion, Sketch
from explorer.lessons.table import LESSONS, neighbour
from explorer.parameters import Choice, Range, legal_value
from explorer.ui.url import text_of
from opening import app, finding

ROOT = Path(__file__).parents[1]
QUESTIONS = [(page, question) for page, lesson in LESSONS.items() for question in lesson.questions]
NAMES = [f"{page}-{question.id}" for page, question in QUESTIONS]


# Form


def test_a_beat_of_more_than_twenty_words_is_refused():
    with pytest.raises(ValueError, match="1 to 20 words; got 21"):
        Beat("word " * 21)


def test_a_lesson_that_sets_what_is_no_field_is_refused():
    with pytest.raises(KeyError, match="colour"):
        Lesson("page", "Title", "Idea.", (Beat("One."),), {"colour": "red"}).complete()


def test_a_beat_is_complete_whatever_the_opening_says():
    lesson = Lesson("page", "Title", "Idea.", (Beat("One.", {"gain": 2.0}),), {"gain": 1.5, "steps": 9})
    assert lesson.complete(lesson.beat(1).settings) == {**DEFAULTS, "gain": 2.0, "steps": 9}
    assert lesson.beat(-3) is lesson.beat(7) is lesson.beats[0]


@pytest.mark.parametrize("page", LESSONS)
def test_a_lesson_has_a_page_beats_and_one_idea(page):
    lesson = LESSONS[page]
    assert (ROOT / "pages" / f"{page}.py").exists()
    assert lesson.page == page
    assert len(lesson.beats) >= 4
    assert len(lesson.take_away.split()) <= 20


@pytest.mark.parametrize("page", LESSONS)
def test_every_beat_is_one_sentence_a_legal_state_and_about_a_panel_of_its_page(page):
    lesson = LESSONS[page]
    parts = (f"pages/{page}.py", f"explorer/figures/{page}.py", "explorer/ui/cards.py")
    source = "".join((ROOT / part).read_text(encoding="utf-8") for part in parts)
    for beat in lesson.beats:
        assert re.fullmatch(r"[^.!?]([^.!?]|[.](?=\S))*[.!?]", beat.says), beat.says
        lesson.state(beat.settings)
        assert f'"{beat.panel}"' in source or f"panel_{beat.panel}" in source or beat.panel == "strip"


@pytest.mark.parametrize("page", LESSONS)
def test_a_lessons_own_fields_have_names_of_their_own_and_legal_defaults(page):
    own = LESSONS[page].own
    if own is None:
        return
    assert not {f.name for f in fields(own)} & {*FIELDS, "beat", "view", "hide", "question"}
    for f in fields(own):
        assert legal_value(f, text_of(f.default)) == (f.default, None)


@pytest.mark.parametrize("page", LESSONS)
def test_a_lessons_symbols_are_in_the_glossary(page):
    assert set(LESSONS[page].symbols) <= set(GLOSSARY)


def test_the_lecture_is_one_path():
    pages = list(LESSONS)
    assert neighbour(pages[0], -1) is None
    assert neighbour(pages[-1], 1) is None
    assert [neighbour(page, 1).page for page in pages[:-1]] == pages[1:]


# Questions


def test_questions_are_told_apart_by_their_id():
    ids = [question.id for _, question in QUESTIONS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("page", "question"), QUESTIONS, ids=NAMES)
def test_a_question_has_one_right_answer_that_the_run_gives(page, question):
    truth = question.truth(LESSONS[page].state(question.settings))
    if isinstance(question, CurveQuestion):
        assert 3 <= len(question.sketches) <= 4
        errors = sorted(sketch.error(truth) for sketch in question.sketches)
        assert errors[0] < 0.5
        assert errors[1] > 2 * errors[0]
    elif isinstance(question, ClaimQuestion):
        assert truth in (True, False)
    else:
        assert isinstance(question, PointQuestion)
        assert question.control.low <= truth <= question.control.high
        assert len(question.control.grid) > 4
        assert question.error(truth, truth) == 0


def test_errors_are_counted_in_decades():
    question = PointQuestion("id", "?", "", Range("n", 1, 100, 1), "steps", lambda state: 1.0)
    assert question.error(100, 1) == pytest.approx(2)
    assert question.error(1, 0) == 16
    sketch = Sketch("A", ((0, 0), (10, -10)))
    truth = Curve(np.arange(11.0), -np.arange(11.0) - 1)
    assert sketch.error(truth) == pytest.approx(1)
    assert Sketch("B", ((0, -16), (10, -16))).error(Curve(np.arange(3.0), np.full(3, -np.inf))) == 0


# States and addresses


def drawn(f, rng):
    control = f.metadata["control"]
    if isinstance(control, Choice):
        return str(rng.choice(control.options))
    if isinstance(control, Range):
        if control.grid:
            return type(f.default)(rng.choice(control.grid))
        value = control.low + control.step * int(rng.integers(0, 1 + min(1000, control.high - control.low)))
        return type(f.default)(value)
    return "".join(rng.choice(list("ab éß,&=?#%+;<>\"'")) for _ in range(int(rng.integers(0, 30))))


def test_500_random_states_survive_the_address():
    rng = np.random.default_rng(0)
    records = [list(FIELDS.values()), *[list(fields(x.own)) for x in LESSONS.values() if x.own]]
    for _ in range(500):
        for f in (f for record in records for f in record):
            value = drawn(f, rng)
            found, notice = legal_value(f, text_of(value))
            assert (found, notice) == (value, None), f.name
            assert type(found) is type(value)


# Pages


def state(at, lesson):
    return {name: at.session_state[name] for name in lesson.complete()}


def press(at, key):
    next(button for button in at.button if button.key == key).click().run()
    assert not at.exception


@pytest.mark.parametrize("page", LESSONS)
def test_n_beats_on_and_n_back_restore_every_state_exactly(page):
    lesson, at = LESSONS[page], app(page)
    seen = []
    for number, beat in enumerate(lesson.beats, start=1):
        assert at.session_state["beat"] == number
        assert state(at, lesson) == lesson.complete(beat.settings)
        seen.append((state(at, lesson), finding(at)))
        if number < len(lesson.beats):
            press(at, "beat_next")
    for number in range(len(lesson.beats) - 1, 0, -1):
        press(at, "beat_back")
        assert at.session_state["beat"] == number
        assert (state(at, lesson), finding(at)) == seen[number - 1]


@pytest.mark.parametrize("page", LESSONS)
def test_a_link_to_a_beat_restores_exactly_it(page):
    lesson = LESSONS[page]
    last = len(lesson.beats)
    at = app(page, beat=str(last))
    assert state(at, lesson) == lesson.complete(lesson.beat(last).settings)
    assert at.query_params["beat"] == str(last)
    assert at.query_params["seed"] == "0"


def test_a_beat_forgets_what_was_touched():
    page = next(iter(LESSONS))
    lesson, at = LESSONS[page], app(page)
    at.number_input(key="steps").set_value(77).run()
    assert at.query_params["steps"] == "77"
    press(at, "beat_next")
    assert state(at, lesson) == lesson.complete(lesson.beat(2).settings)


def test_a_complete_address_is_taken_as_it_is():
    page = next(iter(LESSONS))
    at = app(page, beat="2", seed="5")
    assert at.session_state["beat"] == 2
    assert state(at, LESSONS[page]) == {**LESSONS[page].complete(), **DEFAULTS, "seed": 5}


@pytest.mark.parametrize("raw", ["", "0", "-1", "99", "²", "x" * 999, "1e3"])
def test_a_beat_that_is_none_is_the_nearest(raw):
    page = next(iter(LESSONS))
    at = app(page, beat=raw)
    assert 1 <= int(at.query_params["beat"]) <= len(LESSONS[page].beats)


@pytest.mark.parametrize(("page", "question"), QUESTIONS, ids=NAMES)
def test_a_question_is_asked_answered_and_kept(page, question):
    at = app(page, question=question.id)
    assert any(question.asks in markdown.value for markdown in at.markdown)
    if isinstance(question, CurveQuestion):
        at.button_group(key=f"answer_{question.id}").set_value(question.sketches[0].name).run()
    if isinstance(question, ClaimQuestion):
        at.button_group(key=f"answer_{question.id}").set_value("True").run()
    press(at, "question_reveal")
    said = "and you said|as you said" if isinstance(question, ClaimQuestion) else "decades off"
    assert any(re.search(said, markdown.value) for markdown in at.markdown)
    (kept,) = at.session_state["_answers"]
    assert kept["question"] == question.id
    assert kept["error_decades"] == "" or kept["error_decades"] >= 0
    press(at, "question_show")
    assert state(at, LESSONS[page]) == LESSONS[page].complete(question.settings)
