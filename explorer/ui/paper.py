"""The lecture on paper: every beat of every page with its sentence and the link that restores it."""

import streamlit as st

from explorer.experiment import FIELDS
from explorer.lesson import Lesson
from explorer.lessons.table import LESSONS
from explorer.ui import page, places

BARS = {  # parts of a page that can be hidden too, by the key of their container or button
    "toolbar": "the whole toolbar",
    "predict": "Predict",
    "cards": "the row of a myth",
}
STYLE = """
.st-key-paper h3 { padding: .9rem 0 .1rem; font-size: 1.15rem; break-after: avoid; }
.st-key-paper ol { margin: .1rem 0 .3rem; }
.st-key-paper li { break-inside: avoid; padding: 0; }
@media print {
  @page { size: A4; margin: 16mm; }
  .st-key-paper_tools, [data-testid="stToolbar"] { display: none !important; }
  .stApp, .stMain, .stMainBlockContainer, [data-testid="stAppViewContainer"] {
    position: static !important; overflow: visible !important; height: auto !important; }
  .stApp, .stApp * { background: #fff !important; color: #000 !important; }
  .st-key-paper p, .st-key-paper li { font-size: 10.5pt; line-height: 1.35; }
  .st-key-paper a { color: #000 !important; text-decoration: none; }
}
"""


def summary() -> str:
    """What the page holds, as its heading."""
    beats = sum(len(lesson.beats) for lesson in LESSONS.values())
    questions = sum(len(lesson.questions) for lesson in LESSONS.values())
    return f"The lecture on paper: {len(LESSONS)} pages, {beats} beats and {questions} questions to predict"


def options() -> tuple[tuple[str, ...], bool]:
    """What the links are to hide from a class, and whether they open the lecture view; not printed."""
    with st.container(horizontal=True, vertical_alignment="center", key="paper_tools"):
        in_lecture = st.checkbox("Links open the lecture view", key="paper_lecture")
        with st.popover("Hide from a class", icon=":material/visibility_off:"):
            hide = boxes()
        st.caption("On paper only the list is left. A link restores exactly its beat.", width="content")
    return hide, in_lecture


def boxes() -> tuple[str, ...]:
    """One box for everything that a link can hide; the names of those ticked."""
    labels = {**BARS, **{name: f.metadata["control"].label for name, f in FIELDS.items()}}
    columns = st.columns(3, gap="small")
    return tuple(
        name
        for i, (name, label) in enumerate(labels.items())
        if columns[i % 3].checkbox(label, key=f"paper_hide_{name}")
    )


def lessons(hide: tuple[str, ...], *, in_lecture: bool) -> None:
    """Every page of the lecture in order, one idea each, its beats numbered."""
    st.html(f"<style>{STYLE}</style>")
    with st.container(key="paper"):
        for place, lesson in enumerate(LESSONS.values(), start=1):
            st.markdown(on_paper(place, lesson, hide, in_lecture=in_lecture))


def on_paper(place: int, lesson: Lesson, hide: tuple[str, ...], *, in_lecture: bool) -> str:
    """One page of the lecture as Markdown."""
    lines = [
        f"{n}. [{page.escaped(beat.says)}]({places.beat(lesson, n, hide, in_lecture=in_lecture)})"
        for n, beat in enumerate(lesson.beats, start=1)
    ]
    title = f"### {place}. {lesson.title}\n\n**{page.escaped(lesson.take_away)}**"
    typed = f"To type: `/{lesson.page}?beat=1` to `{len(lesson.beats)}`. "
    asked = f"To predict: {len(lesson.questions)} questions." if lesson.questions else ""
    return f"{title}\n\n" + "\n".join(lines) + f"\n\n{typed}{asked}"
