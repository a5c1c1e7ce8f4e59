"""A card of myths and surprises: its claim to be answered, then why, where to go on, and all other cards.

Whether a card's answer is shown is part of the address, and a beat of its own: the keys turn a card over,
and so does whoever says what they think.
"""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from explorer.claims import Found, Swept
from explorer.experiment import Experiment
from explorer.figures import myths as figures
from explorer.figures.theme import Look
from explorer.lesson import Lesson
from explorer.lessons.myths import Doubted
from explorer.reports import myths
from explorer.reports.myths import MythReport
from explorer.ui import compute, lesson, page, state, url
from explorer.ui.board import Grid, Panel
from explorer.ui.question import SAID, answers, keep

STYLE = """
.st-key-cards { margin: -0.35rem 0 -0.5rem; }
.st-key-cards button { min-height: 2rem; padding-block: 0; }
"""
NOT_SAID = "neither here"  # the truth of a claim whose premise is not met
FIELDS = ("card", "verdict")


def settle(here: Lesson) -> None:
    """Let an address that names a card, and another beat or none, open the beat of that card."""
    asked = state.address()
    if not any(name in asked for name in FIELDS):
        return
    number = here.number(lesson.asked_for())
    card, verdict = (asked.get(name) or str(here.beat(number).settings[name]) for name in FIELDS)
    found = number_of(here, card, verdict)
    if found and (found != number or "beat" not in asked):
        state.amend("beat", str(found))


def number_of(here: Lesson, card: str, verdict: str) -> int:
    """The number of the beat that shows a card so; 0 where there is none."""
    shown = [(beat.settings["card"], beat.settings["verdict"]) for beat in here.beats]
    return shown.index((card, verdict)) + 1 if (card, verdict) in shown else 0


def evidence(e: Experiment, own: Doubted) -> tuple[Found, Swept | None]:
    """What was measured for a card, here and, once it is turned over, over its setting."""
    judged = replace(own, verdict="shown")  # the networks are the same
    found = compute.cached(myths.found, compute.unseeded(e), judged)
    if own.verdict == "open":
        return found, None
    return found, compute.cached(myths.swept, myths.unswept(e, own), judged)


def panels(look: Look, report: MythReport) -> Sequence[Panel]:
    """The claim against the networks, and, once the card is turned over, where it would be true."""
    curve = Panel("curve", report.curve_title(), figures.curves(look, report), report.curve_alt())
    if report.covered:
        return (curve,)
    sweep = figures.sweep(look, report)
    return curve, Panel(
        "sweep",
        "Where would it be true?",
        sweep,
        report.sweep_alt(),
        {"x": report.on_table.control},
        caption=f"{myths.SWEPT_SEEDS} networks a value; click one to go there.",
        detail=True,
    )


def grid(report: MythReport) -> Grid:
    """Where the panels of `panels` stand."""
    if report.covered:
        return Grid(("curve",), "minmax(0,1fr)", "1fr")
    return Grid(("curve sweep",), "minmax(0,13fr) minmax(0,8fr)", "1fr")


def row(here: Lesson, report: MythReport) -> None:
    """The line under the finding: what to say to the claim, or why, where to go on, and all claims.

    In the lecture view only the line: there is nothing to click by accident.
    """
    if state.quiet():
        return
    st.html(f"<style>{STYLE}</style>")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="cards"):
        st.markdown(page.escaped(said(report) + report.under()), width="stretch")
        if url.lecture():
            return
        if report.covered:
            choices(here, report)
        else:
            known = {name: url.text_of(value) for name, value in report.address().items()}
            st.page_link(f"pages/{report.on_table.page}.py", label="Explore these settings",
                         icon=":material/open_in_new:", query_params=known)  # fmt: skip
        with st.popover("All claims", icon=":material/quiz:"):
            all_claims(here)


def choices(here: Lesson, report: MythReport) -> None:
    """True, false, or neither: each turns the card over."""
    for answer in SAID.values():
        st.button(answer, key=f"say_{answer.lower()}", on_click=say, args=(here, report, answer))
    st.button("Show", key="say_nothing", icon=":material/visibility:", on_click=turn, help="See the answer",
              args=(here, report.card))  # fmt: skip


def say(here: Lesson, report: MythReport, answer: str) -> None:
    """Keep what somebody thinks of the claim, and turn the card over."""
    question = next(one for one in here.questions if one.id == f"claim_{report.card}")
    keep(here, question, answer, NOT_SAID if report.holds is None else SAID[report.holds], "")
    turn(here, report.card)


def turn(here: Lesson, card: str) -> None:
    """Turn the card over, whatever else is set."""
    st.session_state["verdict"] = "shown"
    st.session_state["beat"] = number_of(here, card, "shown")


def said(report: MythReport) -> str:
    """What was last said of the claim in this session, once its answer is shown."""
    given = [answer["answer"] for answer in answers() if answer["question"] == f"claim_{report.card}"]
    return "" if report.covered or not given else f"You said {given[-1].lower()}. "


def all_claims(here: Lesson) -> None:
    """One button for each claim; those answered are marked, and open with their answer."""
    known = {answer["question"] for answer in answers()}
    for name, claim in myths.claims_of().items():
        answered = f"claim_{name}" in known
        number = number_of(here, name, "shown" if answered else "open")
        st.button(page.escaped(claim), key=f"card_{name}", icon=":material/check:" if answered else None,
                  width="stretch", on_click=lesson.go, args=(here, number))  # fmt: skip
