"""What a page of the lecture begins with: its take-away, its beats, its questions, and the toolbar.

A beat sets every field of the session and the address. Keys move between beats; beyond the last one the
next page begins.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from explorer.experiment import DISPLAYED, Experiment, View
from explorer.lesson import Lesson
from explorer.lessons.table import neighbour
from explorer.parameters import Range, param
from explorer.ui import board, compute, controls, glossary, live, page, question, url

HERE = Path(__file__).parent
SHOWN = 0.4  # seconds after which a beat is surely on the screen
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
    turn()
    asked = lesson.number(asked_for())
    arriving = {**lesson.complete(lesson.beat(asked).settings), "beat": asked}
    st.container(key="idea").markdown(page.escaped(lesson.take_away))
    bar, box = row("beats"), row("toolbar")
    own = (lesson.own, Place) if lesson.own else (Place,)
    explicit = (url.COMPLETE, "beat")
    wanted = controls.Wanted(main, shows, dict(fixed or {}), own, arriving, explicit)
    e, view, *records = controls.complete(wanted, box)
    number = lesson.number(st.session_state["beat"])
    with box:
        glossary.popover(lesson.symbols)
    with bar:
        beats(lesson, number)
    stress(lesson.beat(number).panel)
    question.ask(lesson)
    return e, view, records[0] if lesson.own else None


def row(key: str) -> Any:
    """A container whose elements stand side by side."""
    return st.container(horizontal=True, vertical_alignment="center", gap="small", key=key)


def asked_for() -> int:
    """The beat that the address names, 1 where it names none."""
    text = st.query_params.get("beat", "1")
    return int(text) if text.isdecimal() and len(text) < 3 else 1


def turn() -> None:
    """Turn to the page a key asked for; the lecture view and what it hides stay."""
    target = st.session_state.pop(TURN, None)
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
    st.session_state[RUNS] = st.session_state.get(RUNS, 0) + 1
    KEYS(
        key="beat_keys",
        data={
            "at": f"{lesson.page} {number}",
            "page": lesson.page,
            "number": number,
            "first": 1 if at_first else 0,
            "last": last if at_last else last + 1,
            "run": st.session_state[RUNS],
            "lecture": url.lecture(),
            "panel": lesson.beat(number).panel,
        },
        on_go_change=lambda: pressed(lesson),
    )


def pressed(lesson: Lesson) -> None:
    """Go where a key asked to; a wish that another page's keys sent is let be."""
    wish = st.session_state["beat_keys"]["go"]
    if wish and wish["page"] == lesson.page:
        go(lesson, int(wish["to"]))


def go(lesson: Lesson, number: int) -> None:
    """Set the state of one beat, or ask for the page before or after."""
    st.session_state[live.DRAGGING] = False
    if 1 <= number <= len(lesson.beats):
        show(lesson, lesson.beat(number).settings)
        st.session_state["beat"] = number
        return
    other = neighbour(lesson.page, 1 if number > 0 else -1)
    if other:
        st.session_state[TURN] = (other.page, 1 if number > 0 else len(other.beats))


def prefetch(
    lesson: Lesson, function: Callable[..., Any], ask: Callable[..., Any] = compute.cached, about: str = "own"
) -> None:
    """Compute in the background what the next beat will ask of ask(function, e, own), or view for own.

    It begins when the present beat has had time to be drawn.
    """
    number = lesson.number(st.session_state["beat"] + 1)
    state = lesson.state(lesson.beat(number).settings)
    thread = threading.Timer(SHOWN, ask, (function, state.experiment, getattr(state, about)))
    thread.daemon = True
    add_script_run_ctx(thread, get_script_run_ctx())
    thread.start()


def show(lesson: Lesson, settings: Mapping[str, Any]) -> None:
    """Set every field as the lesson's opening has it, with changes."""
    st.session_state.update(lesson.complete(settings))


def stress(panel: str) -> None:
    """Frame the panel a beat is about, and lay the page out for its beat bar."""
    st.session_state[board.STRESSED] = panel
    where = ".gf-strip" if panel == "strip" else f'[data-panel="{panel}"], .st-key-panel_{panel}'
    frame = f"{where} {{ {PANEL.format(colour=page.look().threshold)} }}" if panel else ""
    if url.lecture():
        frame = COLUMNS.replace("PANEL", panel or "none")
    st.html(f"<style>{STYLE}{LECTURE_STYLE if url.lecture() else ''}{frame}</style>")
