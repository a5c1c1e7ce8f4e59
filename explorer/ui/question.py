"""Predict, then reveal: a dialog that covers the answer until the student has committed to a guess.

Answers stay in the session, on this machine, and can be taken away as CSV.
"""

import csv
import io
from typing import Any

import streamlit as st

from explorer.figures import question as figures
from explorer.lesson import ClaimQuestion, Curve, CurveQuestion, Lesson, PointQuestion, Question
from explorer.ui import page
from explorer.wording import number

ASKED, ANSWERS, REVEALED = "_asked", "_answers", "_revealed"
COVER = ".gf, .stMainBlockContainer h4, .st-key-cards p { visibility: hidden; }"  # the page behind knows
SAID = {True: "True", False: "False"}
COLUMNS = ("page", "question", "asks", "answer", "truth", "error_decades")


def answers() -> list[dict[str, Any]]:
    """Every answer of this session, in order; a question may have been answered more than once."""
    found: list[dict[str, Any]] = st.session_state.setdefault(ANSWERS, [])
    return found


def open_first(lesson: Lesson, beat: int) -> None:
    """Ask the first question without an answer, the nearest from the present beat on."""
    answered = {answer["question"] for answer in answers()}
    about = {question.id: lesson.beat_of(question) or 0 for question in lesson.questions}
    ids = sorted(about, key=lambda id: (about[id] < beat, about[id]))
    choose(next((id for id in ids if id not in answered), ids[0]))


def choose(id: str) -> None:
    """Ask one question, its answer covered."""
    st.session_state[ASKED] = id
    st.session_state[REVEALED] = False


def close() -> None:
    """Back to the page."""
    st.session_state[ASKED] = ""


def ask(lesson: Lesson) -> None:
    """The dialog, if a question of this lesson is being asked: by the button, or by question=<id> once."""
    linked = st.query_params.get("question", "")
    if linked and ASKED not in st.session_state:
        choose(linked)
    if st.session_state.get(ASKED) in [q.id for q in lesson.questions]:
        dialog(lesson)


@st.dialog("Predict, then reveal", width="large", on_dismiss=close)
def dialog(lesson: Lesson) -> None:
    """One question: what is asked, the guess, and after it the truth."""
    question = next(q for q in lesson.questions if q.id == st.session_state[ASKED])
    revealed = bool(st.session_state[REVEALED])
    if not revealed:
        st.html(f"<style>{COVER}</style>")
    st.markdown(f"**{question.asks}**")
    if isinstance(question, CurveQuestion):
        curve_question(lesson, question, revealed)
    elif isinstance(question, PointQuestion):
        point_question(lesson, question, revealed)
    else:
        claim_question(lesson, question, revealed)
    ids = [q.id for q in lesson.questions]
    place = ids.index(question.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        if revealed and st.button("Show it on the page", key="question_show", on_click=show,
                                  args=(lesson, question)):  # fmt: skip
            st.rerun()
        if place + 1 < len(ids):
            st.button("Next question", key="question_next", on_click=choose, args=(ids[place + 1],))
        if answers():
            st.download_button("My answers as CSV", table(), "answers.csv", "text/csv", on_click="ignore")
        st.caption(f"Question {place + 1} of {len(ids)} on this page; answers stay on this machine.")


def curve_question(lesson: Lesson, question: CurveQuestion, revealed: bool) -> None:
    """Sketches to choose from; the truth is computed when it is asked for."""
    truth = question.truth(lesson.state(question.settings)) if revealed else None
    st.plotly_chart(
        figures.sketches(page.look(), question, truth), key=f"q_{question.id}", theme=None,
        alt=question.asks, config={"displayModeBar": False},
    )  # fmt: skip
    names = [sketch.name for sketch in question.sketches]
    picked = st.segmented_control("Which one?", names, key=f"answer_{question.id}", disabled=revealed)
    if truth is None:
        st.button("Reveal", key="question_reveal", type="primary", disabled=picked is None,
                  on_click=reveal_curve, args=(lesson, question))  # fmt: skip
        return
    chosen = next(sketch for sketch in question.sketches if sketch.name == picked)
    right, error = question.nearest(truth), number(chosen.error(truth), 2)
    verdict = f"**{picked} is right**" if chosen is right else f"**It is {right.name}**, you chose {picked}"
    st.markdown(f"{verdict}: your sketch is {error} decades off on average. {question.because}")


def point_question(lesson: Lesson, question: PointQuestion, revealed: bool) -> None:
    """A point to place on a scale."""
    truth = question.truth(lesson.state(question.settings)) if revealed else None
    options = list(question.control.grid)
    guess = st.select_slider(question.control.label, options, options[len(options) // 2], format_func=number,
                             key=f"answer_{question.id}", disabled=revealed)  # fmt: skip
    st.plotly_chart(
        figures.number_line(page.look(), question, guess, truth), key=f"q_{question.id}", theme=None,
        alt=question.asks, config={"displayModeBar": False},
    )  # fmt: skip
    if truth is None:
        st.button("Reveal", key="question_reveal", type="primary",
                  on_click=reveal_point, args=(lesson, question))  # fmt: skip
        return
    error = question.error(guess, truth)
    st.markdown(
        f"You placed {number(guess)}, the run says **{number(truth)} {question.unit}**: "
        f"{number(error, 2)} decades off. {question.because}"
    )


def claim_question(lesson: Lesson, question: ClaimQuestion, revealed: bool) -> None:
    """True or false; the answer is computed when it is asked for."""
    picked = st.segmented_control("What do you think?", SAID.values(), key=f"answer_{question.id}",
                                  disabled=revealed)  # fmt: skip
    if not revealed:
        st.button("Reveal", key="question_reveal", type="primary", disabled=picked is None,
                  on_click=reveal_claim, args=(lesson, question))  # fmt: skip
        return
    truth = SAID[question.truth(lesson.state(question.settings))]
    said = "as you said" if picked == truth else f"and you said {str(picked).lower()}"
    st.markdown(f"**{truth}**, {said}. {question.because}")


def reveal_claim(lesson: Lesson, question: ClaimQuestion) -> None:
    """Uncover the truth and keep the answer; a claim has no error in decades."""
    picked = st.session_state[f"answer_{question.id}"]
    keep(lesson, question, picked, SAID[question.truth(lesson.state(question.settings))], "")


def reveal_curve(lesson: Lesson, question: CurveQuestion) -> None:
    """Uncover the truth and keep the answer."""
    picked = st.session_state[f"answer_{question.id}"]
    truth: Curve = question.truth(lesson.state(question.settings))
    chosen = next(sketch for sketch in question.sketches if sketch.name == picked)
    keep(lesson, question, picked, question.nearest(truth).name, chosen.error(truth))


def reveal_point(lesson: Lesson, question: PointQuestion) -> None:
    """Uncover the truth and keep the answer."""
    guess, truth = st.session_state[f"answer_{question.id}"], question.truth(lesson.state(question.settings))
    keep(lesson, question, guess, truth, question.error(guess, truth))


def keep(lesson: Lesson, question: Question, answer: Any, truth: Any, error: float | str) -> None:
    """One more answer of this session."""
    row = (lesson.page, question.id, question.asks, answer, truth, error)
    answers().append(dict(zip(COLUMNS, row, strict=True)))
    st.session_state[REVEALED] = True


def show(lesson: Lesson, question: Question) -> None:
    """Set the page to the state that was asked about."""
    st.session_state.update(lesson.complete(question.settings))
    st.session_state["beat"] = lesson.beat_of(question) or st.session_state["beat"]
    close()


def table() -> str:
    """The answers as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(answers())
    return text.getvalue()
