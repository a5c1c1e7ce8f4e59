"""What a page of the lecture begins with: its take-away, its beats, its questions, and the toolbar.

A beat sets every field of the session and the address. Keys move between beats; beyond the last one the
next page begins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from explorer.experiment import DISPLAYED, Experiment, View
from explorer.lesson import Lesson
from explorer.lessons.table import neighbour
from explorer.parameters import Range, param
from explorer.ui import board, bundle, controls, glossary, live, page, places, question, state, url

HERE = Path(__file__).parent
TURN = "_turn_to"  # session key: (page, beat) that a key asked for
RUNS = "_lesson_runs"  # session key: how often a lesson's page has run, for the keys' one at a time
KEYS = st.components.v2.component(
    "gradient_flow_beats",
    html="<i></i>",
    js="".join((HERE / name).read_text(encoding="utf-8") for name in ("typing.js", "lesson.js")),
)
STYLE = """
.gf { --gf-fit: 1; height: max(430px, calc(100vh - 16rem)); }
.st-key-idea, .st-key-beats, .st-key-toolbar { margin-bottom: -0.6rem; }
.st-key-beats button, .st-key-toolbar button { min-height: 2.1rem; padding-block: 0.1rem; }
.st-key-toolbar { gap: 0.5rem; }
.st-key-toolbar button { padding-inline: 0.55rem; }
.st-key-idea p { font-weight: 650; font-size: 1.08rem; }
[class*="st-key-panel_"] .katex { font-size: 0.98em; }
"""
LECTURE_STYLE = """
.st-key-idea p { font-size: 1rem; font-weight: 400; }
.st-key-beats p { font-size: 1.15rem; }
.stMainBlockContainer h4 { font-size: 1.15rem; font-weight: 400; }
[class*="st-key-panel_"] .katex { font-size: 1.13em; }
"""
COLUMNS = """
[data-testid="stColumn"]:has([class*="st-key-panel_"]):not(:has(.st-key-panel_PANEL)) { display: none; }
[data-testid="stHorizontalBlock"]:has(.st-key-panel_PANEL) { flex-direction: column-reverse; gap: 0;
  [data-testid="stColumn"] { flex: none; width: 100%; }
  .gf { height: auto !important; flex-direction: row; align-items: center; gap: 2rem; }
  .gf-sliders { flex: 1; }
  .gf-grid, .gf-strip, [data-testid="stCaptionContainer"] { display: none; }
}
.stMainBlockContainer .st-key-panel_PANEL .katex-display { margin: 0; padding: 0; }
"""
PANEL = "outline: 3px solid {colour}; outline-offset: 3px; border-radius: 6px;"


@dataclass(frozen=True)
class Place:
    """Where in a lesson the page is."""

    beat: int = param(1, Range("", 1, 99, 1))


def begin(
    lesson: Lesson, *main: str, shows: Sequence[str] = DISPLAYED, fixed: Mapping[str, Any] | None = None
) -> tuple[Experiment, View, Any]:
    """Everything above the figures; returns the Experiment, the View and the page's own record, if any.

    `main` names the choices in sight, `shows` those fields of DISPLAYED the page depends on, `fixed` the
    fields it holds at a value.
    """
    if not state.quiet():
        turn()
    asked = lesson.number(asked_for())
    arriving = {**lesson.complete(lesson.beat(asked).settings), "beat": asked}
    own = (lesson.own, Place) if lesson.own else (Place,)
    explicit = (url.COMPLETE, "beat")
    wanted = controls.Wanted(main, shows, dict(fixed or {}), own, arriving, explicit)
    if state.quiet():
        e, view, *records = controls.complete(wanted)
        state.session()[board.STRESSED] = lesson.beat(lesson.number(state.session()["beat"])).panel
    else:
        e, view, *records = above(lesson, wanted)
    return e, view, records[0] if lesson.own else None


def above(lesson: Lesson, wanted: controls.Wanted) -> list[Any]:
    """Draw what stands above the figures; returns what it is set to."""
    st.container(key="idea").markdown(page.escaped(lesson.take_away))
    bar, box = row("beats"), row("toolbar")
    found = controls.complete(wanted, box)
    number = lesson.number(state.session()["beat"])
    with box:
        glossary.popover(lesson.symbols)
    with bar:
        beats(lesson, number)
    stress(lesson.beat(number).panel)
    question.ask(lesson)
    return found


def row(key: str) -> Any:
    """A container whose elements stand side by side."""
    return st.container(horizontal=True, vertical_alignment="center", gap="small", key=key)


def asked_for() -> int:
    """The beat that the address names, 1 where it names none."""
    text = state.address().get("beat", "1")
    return int(text) if text.isdecimal() and len(text) < 3 else 1


def turn() -> None:
    """Turn to the page a key asked for; the lecture view and what it hides stay."""
    target = state.session().pop(TURN, None)
    if target:
        kept = {name: st.query_params[name] for name in ("view", "hide") if name in st.query_params}
        st.switch_page(f"pages/{target[0]}.py", query_params={**kept, "beat": str(target[1])})


def beats(lesson: Lesson, number: int) -> None:
    """The beat bar: back, where we are, on, and the sentence."""
    last = len(lesson.beats)
    before, after = neighbour(lesson.page, -1), neighbour(lesson.page, 1)
    at_first, at_last = before is None, after is None
    at_start, at_end = number == 1 and at_first, number == last and at_last
    st.button("◀", key="beat_back", help="Beat before (PageUp)", disabled=at_start, on_click=go,
              args=(lesson, number - 1))  # fmt: skip
    st.markdown(f"{number} / {last}")
    words = f"Next page: {after.title}" if number == last and after else "Next beat (PageDown)"
    st.button("▶", key="beat_next", help=words, disabled=at_end, on_click=go, args=(lesson, number + 1))
    st.markdown(f"**{page.escaped(lesson.beat(number).says)}**", width="stretch")
    if lesson.questions and not url.lecture():
        st.button("Predict", key="predict", icon=":material/psychology_alt:", on_click=question.open_first,
                  args=(lesson, number), help="Say what will happen before you see it")  # fmt: skip
    state.session()[RUNS] = state.session().get(RUNS, 0) + 1
    KEYS(
        key="beat_keys",
        data=bundle.sealed(
            {
                "at": f"{lesson.page} {number}",
                "page": lesson.page,
                "number": number,
                "of": last,
                "first": 1 if at_first else 0,
                "last": last if at_last else last + 1,
                "run": state.session()[RUNS],
                "lecture": url.lecture(),
                "panel": lesson.beat(number).panel,
                "near": near(lesson, number),
            }
        ),
        on_go_change=lambda: pressed(lesson),
    )


def near(lesson: Lesson, number: int) -> dict[int, dict[str, str]]:
    """The beats after and before this one: what each says, and where the browser finds its board ahead.

    A beat on the next page says nothing yet, for its page must come first.
    """
    hidden, hall = tuple(url.hidden()), url.lecture()
    beats = {n: (lesson, n) for n in (number + 1, number - 1) if 1 <= n <= len(lesson.beats)}
    after = neighbour(lesson.page, 1)
    if number == len(lesson.beats) and after:
        beats[number + 1] = (after, 1)
    return {
        n: {
            "says": one.beat(there).says if one is lesson else "",
            "answers": live.address_of(places.beat(one, there, hidden, in_lecture=hall)),
        }
        for n, (one, there) in beats.items()
    }


def pressed(lesson: Lesson) -> None:
    """Go where a key asked to; a wish that another page's keys sent is let be."""
    wish = state.session()["beat_keys"]["go"]
    if wish and wish["page"] == lesson.page:
        go(lesson, int(wish["to"]))


def go(lesson: Lesson, number: int) -> None:
    """Set the state of one beat, or ask for the page before or after."""
    state.session()[state.DRAGGING] = False
    if 1 <= number <= len(lesson.beats):
        show(lesson, lesson.beat(number).settings)
        state.session()["beat"] = number
        return
    other = neighbour(lesson.page, 1 if number > 0 else -1)
    if other:
        state.session()[TURN] = (other.page, 1 if number > 0 else len(other.beats))


def show(lesson: Lesson, settings: Mapping[str, Any]) -> None:
    """Set every field as the lesson's opening has it, with changes."""
    state.session().update(lesson.complete(settings))


def stress(panel: str) -> None:
    """Frame the panel a beat is about, and lay the page out for its beat bar."""
    state.session()[board.STRESSED] = panel
    line = PANEL.format(colour=page.look().threshold)
    frame = f".gf-stressed, .st-key-panel_{panel} {{ {line} }}" if panel else ""
    if url.lecture():
        frame = COLUMNS.replace("PANEL", panel or "none")
    st.html(f"<style>{STYLE}{LECTURE_STYLE if url.lecture() else ''}{frame}</style>")
