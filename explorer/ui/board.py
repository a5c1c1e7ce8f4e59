"""The board: the live sliders and plots of one page, in one component.

Streamlit's own slider sends nothing while it is dragged, and its chart is built anew at every change. The
board sends while the hand moves, keeps at most one request on its way, and updates plots in place, so
that zoom and hover survive. Without plotly.js in Streamlit's bundle it gives way to the stock widgets.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import Field, asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from explorer.experiment import FIELDS
from explorer.figures.film import Frame
from explorer.figures.strip import Strip
from explorer.figures.theme import Figure
from explorer.parameters import Range
from explorer.ui import bundle, playing, scrub, url
from explorer.ui.scrub import Scrub
from explorer.wording import number

HERE = Path(__file__).parent
OWN = "_own_fields"  # session key: {name: field} of the records that pages declared for themselves
STRESSED = "_stressed"  # session key: the panel that the present beat is about, "" for none
DRAGGING = "_dragging"  # session key: whether a slider of the board is being dragged at this moment

SCRIPTS = ("table", "isolate", "player", "board")

COMPONENT = st.components.v2.component(
    "gradient_flow_board",
    html='<div class="gf"></div>',
    css=(HERE / "board.css").read_text(encoding="utf-8"),
    js="".join((HERE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS),
    isolate_styles=False,
)


@dataclass(frozen=True)
class Panel:
    """One plot of the board."""

    id: str
    title: str  # plain text; <sub> and <sup> are allowed
    figure: Figure
    alt: str  # what the plot shows, in words and numbers
    pick: dict[str, str] = field(default_factory=dict)  # axis (x, y, 10^x, 10^y) -> the field a click sets;
    # "group" stands for the number in the trace's legendgroup, and lets one group be seen alone
    caption: str = ""
    detail: bool = False  # left out of the lecture view, whose few panels must be read from the last row


@dataclass(frozen=True)
class Grid:
    """Where the panels stand: CSS grid areas, one string a row, and the columns' and rows' shares."""

    areas: tuple[str, ...]
    columns: str
    rows: str


def show(  # noqa: PLR0913 - the parts of one board, by name
    key: str,
    *,
    sliders: Sequence[str],
    panels: Sequence[Panel],
    grid: Grid,
    strip: Strip | None = None,
    strip_field: str = "",
    film: Scrub | None = None,
    frames: Callable[[], Sequence[Frame]] | None = None,
) -> None:
    """Draw the board; its sliders and clicks set the session's fields and rerun the page.

    A click on a step of the strip sets `strip_field`; the slider of `film` runs without the server, and so
    does playing through `frames`.
    """
    plotly = bundle.plotly_url()
    if plotly is None:
        stock(key, sliders, panels)
        return
    if url.lecture():
        panels, strip = for_lecture(panels, strip)
        ids, shares = " ".join(panel.id for panel in panels), "minmax(0,1fr) " * len(panels)
        grid = Grid((ids,), shares, "1fr")
    sent = st.session_state.get(key) or {}
    data = {
        "url": plotly,
        "echo": (sent.get("moved") or {}).get("turn", 0),
        "lecture": url.lecture(),
        "sliders": [slider(name) for name in sliders if name not in url.hidden()] + scrubbed(key, film),
        "panels": [
            {**asdict(panel), "figure": json.dumps(panel.figure), "pick": panel.pick} for panel in panels
        ],
        "areas": " ".join(f'"{row}"' for row in grid.areas),
        "columns": grid.columns,
        "rows": grid.rows,
        "strip": {**asdict(strip), "field": strip_field} if strip else None,
        "played": sent.get("played") is not None,
        "frames": playing.packed(frames, sent.get("played")),
    }
    COMPONENT(
        key=key,
        data=data,
        default={"moved": {"turn": 0, "values": {}}},
        on_moved_change=lambda: moved(key),
        on_picked_change=lambda: picked(key),
        on_played_change=lambda: played(key, strip_field),
    )


def dragging() -> bool:
    """Whether a slider of the board is being dragged: what the eye cannot follow then may wait."""
    return bool(st.session_state.get(DRAGGING))


def panels(frame: Frame, pick: dict[str, str] | None = None) -> list[Panel]:
    """The panels of one step of playing."""
    return [Panel(id, one.title, one.figure, one.alt, pick or {}) for id, one in frame.panels.items()]


def scrubbed(key: str, film: Scrub | None) -> list[dict[str, Any]]:
    """The slider that runs through a film, if there is one; the film waits until all others are at rest."""
    if film is None or film.field in url.hidden():
        return []
    described = slider(film.field)
    value = min(described["value"], film.last)
    stamp = "" if dragging() else scrub.send(key, film)
    return [{**described, **film.positions(), "value": value, "text": number(value, 5), "film": stamp}]


def for_lecture(panels: Sequence[Panel], strip: Strip | None) -> tuple[list[Panel], Strip | None]:
    """What the lecture view has room for: the panel a beat is about, else those that are no details."""
    stressed = st.session_state.get(STRESSED, "")
    chosen = [panel for panel in panels if panel.id == stressed]
    if chosen:
        return chosen, strip if strip and strip.player else None
    return [panel for panel in panels if not panel.detail], strip


def adopt(kind: type[Any]) -> None:
    """Let the fields of a page's own record have sliders and clicks, as those of Experiment and View have."""
    own: dict[str, Field[Any]] = st.session_state.setdefault(OWN, {})
    own.update({f.name: f for f in fields(kind)})


def field_of(name: str) -> Field[Any]:
    """The field of that name, of Experiment, View or a record adopted in this session."""
    known: dict[str, Field[Any]] = {**st.session_state.get(OWN, {}), **FIELDS}
    return known[name]


def kind_of(name: str) -> type[Any]:
    """The type of a field's values."""
    return type(field_of(name).default)


def slider(name: str) -> dict[str, Any]:
    """What the board needs to know of one slider."""
    f = field_of(name)
    control = f.metadata["control"]
    if not isinstance(control, Range):
        raise ValueError(f"a slider must be a numeric field; {name} is not")
    positions, shown = positions_of(control)
    value = st.session_state.get(name, f.default)
    return {
        "field": name,
        "label": control.label,
        "positions": positions,
        "shown": shown,
        "value": value,
        "text": number(value),
        "why_idle": st.session_state.get("_idle", {}).get(name, ""),
    }


@cache
def positions_of(control: Range) -> tuple[list[float], list[str]]:
    """A slider's positions and how they read."""
    positions = list(control.grid) or whole_positions(control)
    return positions, [number(position) for position in positions]


def whole_positions(control: Range) -> list[float]:
    """Positions at the control's own step."""
    count = round((control.high - control.low) / control.step)
    return [control.low + i * control.step for i in range(count + 1)]


def moved(key: str) -> None:
    """Take the sliders' values over into the session, before the page runs."""
    st.session_state[DRAGGING] = st.session_state[key]["moved"].get("dragging", False)
    for name, value in st.session_state[key]["moved"]["values"].items():
        control = field_of(name).metadata["control"]
        if isinstance(control, Range) and control.low <= value <= control.high:
            st.session_state[name] = kind_of(name)(value)


def picked(key: str) -> None:
    """Take a click over into the session: every field it names is set to the coordinate clicked."""
    for name, value in (st.session_state[key]["picked"] or {}).items():
        set_within(name, value)


def set_within(name: str, value: float) -> None:
    """Set a numeric field to a value, the nearest its control allows."""
    control = field_of(name).metadata["control"]
    if isinstance(control, Range):
        within = min(max(value, control.low), control.high)
        st.session_state[name] = round(within) if kind_of(name) is int else float(within)


def played(key: str, name: str) -> None:
    """Begin to play at the step that the player names."""
    step = st.session_state[key]["played"]
    if step is not None:
        set_within(name, step)


def stock(key: str, sliders: Sequence[str], panels: Sequence[Panel]) -> None:
    """The same page with Streamlit's own widgets, and a note that says so."""
    st.caption(
        "This version of Streamlit does not bring its plots the way the live board needs them: sliders "
        "answer when they are let go."
    )
    for name in sliders:
        described = slider(name)
        options = described["positions"]
        nearest = min(options, key=lambda position: abs(position - described["value"]))
        st.select_slider(
            described["label"],
            options,
            nearest,
            key=f"{key}_{name}",
            format_func=number,
            disabled=bool(described["why_idle"]),
            on_change=take_over,
            args=(f"{key}_{name}", name),
        )
    for panel in panels:
        st.markdown(f"**{panel.title}**", unsafe_allow_html=False)
        st.plotly_chart(panel.figure, key=f"{key}_{panel.id}", theme=None, alt=panel.alt)


def take_over(widget: str, name: str) -> None:
    """A stock slider's value becomes the field's."""
    st.session_state[name] = kind_of(name)(st.session_state[widget])
