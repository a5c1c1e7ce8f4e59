"""The board: the live sliders and plots of one page, in one component.

Streamlit's own slider sends nothing while it is dragged, and its chart is built anew at every change. The
board sends while the hand moves, keeps at most one request on its way, and updates plots in place, so
that zoom and hover survive. Without plotly.js in Streamlit's bundle it gives way to the stock widgets.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from explorer.figures.film import Frame
from explorer.figures.strip import Strip
from explorer.figures.theme import Figure
from explorer.ui import bundle, live, playing, scrub, state, url
from explorer.ui.scrub import Scrub
from explorer.ui.sliders import kind_of, set_within, slider
from explorer.wording import number

HERE = Path(__file__).parent
STRESSED = "_stressed"  # session key: the panel that the present beat is about, "" for none

SCRIPTS = ("table", "key", "isolate", "brush", "player", "follow", "drafts", "board")

Brush = Callable[[str, int, int], None]

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
    brush: tuple[str, ...] = ()  # names of its rows from above, over whose steps a stroke may go; "" for none
    waits: bool = False  # stays as it is while a slider moves
    wide: bool = False  # keeps the width that its drawing needs, and is pushed sideways on a narrow screen
    detail: bool = False  # left out of the lecture view, whose few panels must be read from the last row


@dataclass(frozen=True)
class Grid:
    """Where the panels stand: CSS grid areas, one string a row, and the columns' and rows' shares."""

    areas: tuple[str, ...]
    columns: str
    rows: str

    def styles(self) -> dict[str, str]:
        """The same in CSS."""
        areas = " ".join(f'"{row}"' for row in self.areas)
        return {"areas": areas, "columns": self.columns, "rows": self.rows}


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
    on_brush: Brush | None = None,
) -> None:
    """Draw the board; its sliders and clicks set the session's fields and rerun the page.

    A click on a step of the strip sets `strip_field`; the slider of `film` runs without the server, and so
    does playing through `frames`. `on_brush` is told of a stroke: the row, its first and its last step.
    """
    plotly = bundle.plotly_url()
    if plotly is None:
        stock(key, sliders, panels)
        return
    if url.lecture():
        panels, strip = for_lecture(panels, strip)
        grid = Grid((" ".join(panel.id for panel in panels),), "minmax(0,1fr) " * len(panels), "1fr")
    sent = state.session().get(key) or {}
    data = {
        "url": plotly,
        "echo": (sent.get("moved") or {}).get("turn", 0),
        **around(),
        "sliders": described_sliders(key, sliders, film),
        "panels": [described(panel) for panel in panels],
        **grid.styles(),
        "strip": {**asdict(strip), "field": strip_field} if strip else None,
        "played": sent.get("played") is not None,
        "frames": playing.packed(frames, sent.get("played")),
    }
    live.complete(data)
    draw(key, strip_field, on_brush, data)


def draw(key: str, strip_field: str, on_brush: Brush | None, data: dict[str, Any]) -> None:
    """The component itself."""
    COMPONENT(
        key=key,
        data=bundle.sealed(data),
        default={"moved": {"turn": 0, "values": {}}},
        on_moved_change=lambda: moved(key),
        on_picked_change=lambda: picked(key),
        on_played_change=lambda: played(key, strip_field),
        on_brushed_change=lambda: brushed(key, on_brush),
    )


def around() -> dict[str, Any]:
    """What the board needs to know of the page around it."""
    return {
        "lecture": url.lecture(),
        "finding": state.session().get(live.FINDING, ""),
        "answers": live.address(),
        "stressed": state.session().get(STRESSED, ""),
    }


def described(panel: Panel) -> dict[str, Any]:
    """A panel as the browser reads it; without a figure where it stays as it is."""
    stays = panel.waits and state.held()
    return {**vars(panel), "figure": "" if stays else json.dumps(panel.figure)}


def panels(frame: Frame, more: Mapping[str, Mapping[str, Any]] | None = None) -> list[Panel]:
    """The panels of one step of playing; `more` are further parts of a Panel by panel id."""
    drawn = frame.panels.items()
    return [Panel(id, one.title, one.figure, one.alt, **(more or {}).get(id, {})) for id, one in drawn]


def described_sliders(key: str, names: Sequence[str], film: Scrub | None) -> list[dict[str, Any]]:
    """The sliders as the browser reads them; that of a film stands last unless it is named among them."""
    every = [*names, film.field] if film and film.field not in names else names
    shown = [name for name in every if name not in url.hidden()]
    return [scrubbed(key, film) if film and name == film.field else slider(name) for name in shown]


def scrubbed(key: str, film: Scrub) -> dict[str, Any]:
    """The slider that runs through a film; the film waits until all others are at rest."""
    made = None if state.quiet() or state.held() else film.film
    stamp = scrub.send(key, made) if made else scrub.place()
    return {**film.fitted(slider(film.field)), "film": stamp}


def for_lecture(panels: Sequence[Panel], strip: Strip | None) -> tuple[list[Panel], Strip | None]:
    """What the lecture view has room for: the panel a beat is about, else those that are no details."""
    stressed = state.session().get(STRESSED, "")
    chosen = [panel for panel in panels if panel.id == stressed]
    if chosen:
        return chosen, strip if strip and strip.player else None
    return [panel for panel in panels if not panel.detail], strip


def moved(key: str) -> None:
    """Take the sliders' values over into the session, before the page runs."""
    st.session_state[state.DRAGGING] = st.session_state[key]["moved"].get("dragging", False)
    for name, value in st.session_state[key]["moved"]["values"].items():
        set_within(name, value)


def picked(key: str) -> None:
    """Take a click over into the session: every field it names is set to the coordinate clicked."""
    for name, value in (st.session_state[key]["picked"] or {}).items():
        set_within(name, value)


def played(key: str, name: str) -> None:
    """Begin to play at the step that the player names."""
    step = st.session_state[key]["played"]
    if step is not None:
        set_within(name, step)


def brushed(key: str, hear: Callable[[str, int, int], None] | None) -> None:
    """Tell the page of a stroke over the rows of a panel."""
    stroke = st.session_state[key]["brushed"]
    if hear and stroke:
        hear(str(stroke["row"]), int(stroke["first"]), int(stroke["last"]))


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
