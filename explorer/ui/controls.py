"""Widgets for the fields of Experiment, View and their like.

Field name = widget key = URL parameter. Every page holds all fields: the main ones in sight, the rest in
a popover, so that its address says everything that decides what it shows.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any, TypeVar

import streamlit as st

from explorer.experiment import DISPLAYED, FIELDS, Experiment, View
from explorer.parameters import legal_value
from explorer.presets import PRESETS
from explorer.ui import board, bundle, compute, live, page, sharing, sliders, state, url, widgets

Record = TypeVar("Record")
IDLE = "_idle"  # session key: {field: why its control does nothing}, for the board's sliders
GOOD = "_last_good"  # session key: {record class: the last valid instance}
SHOWN = "_shown"  # session key: the experiments this run of the page shows, for the certificate at its foot


@dataclass(frozen=True)
class Wanted:
    """What a page asks of its toolbar."""

    main: Sequence[str]  # the choices in sight
    shows: Sequence[str]  # the fields of DISPLAYED that the page depends on
    fixed: Mapping[str, Any]  # the fields it holds at a value
    own: Sequence[type[Any]] = ()  # the page's own records; a field without a label has no widget
    arriving: Mapping[str, Any] = field(default_factory=dict)  # what an address that leaves it open means
    explicit: Collection[str] = ()  # the fields that the address names at their default too


def settings(
    *main: str, shows: Sequence[str] = tuple(DISPLAYED), fixed: Mapping[str, Any] | None = None
) -> tuple[Experiment, View]:
    """The page's toolbar; returns what it is set to.

    `main` names the choices in sight, `shows` those fields of DISPLAYED the page depends on, `fixed` the
    fields it holds at a value. Where the settings contradict each other, the engine's words are shown and
    the last good ones returned.
    """
    e, view, *_ = complete(Wanted(main, shows, dict(fixed or {})))
    return e, compute.affordable(e, view) if "norm" in shows else view


def complete(wanted: Wanted, box: Any = None) -> list[Any]:
    """The toolbar of a page, drawn into `box`; returns Experiment, View and the page's own records."""
    bundle.enter_through_app()
    state.session()[board.STRESSED] = ""
    mine = {f.name: f for kind in wanted.own for f in fields(kind)}
    known = {**FIELDS, **mine}
    defaults = {name: f.default for name, f in known.items()}
    for kind in wanted.own:
        sliders.adopt(kind)
    url.take_in(defaults, lambda name, raw: legal_value(known[name], raw))
    url.arrive(wanted.arriving)
    reasons = idle_reasons(wanted)
    live.begin()
    if state.quiet():
        return quietly(known, wanted)
    with box or st.container(horizontal=True, vertical_alignment="center", gap="small", key="toolbar"):
        values = {name: state.session()[name] for name in mine}
        values |= {name: widgets.widget(known[name], reasons, visible=True) for name in wanted.main}
        further = [f for name, f in mine.items() if labelled(f) and name not in wanted.main]
        if further:
            with st.popover("This page", icon=":material/settings:"):
                values |= widgets.columns(further, reasons)
        with st.popover("Presets", icon=":material/bookmarks:"):
            presets(wanted.fixed)
        with st.popover("All settings", icon=":material/tune:"):
            values |= widgets.columns([f for name, f in FIELDS.items() if name not in wanted.main], reasons)
        link = st.popover("Share", icon=":material/link:")
    sharing.notices()
    remember(values, wanted.fixed, defaults, wanted.explicit)
    with link:
        sharing.share([name for name, f in known.items() if labelled(f)])
    return [valid(kind, {**values, **wanted.fixed}, wanted) for kind in (Experiment, View, *wanted.own)]


def quietly(known: Mapping[str, Field[Any]], wanted: Wanted) -> list[Any]:
    """What `complete` returns, with nothing drawn; a run that takes long is left to the whole app."""
    values = {name: state.session()[name] for name in known} | dict(wanted.fixed)
    found: list[Any] = [valid(kind, values, wanted) for kind in (Experiment, View, *wanted.own)]
    if found[0].work() > live.MOST_WORK:
        live.aloud()
    return found


def labelled(f: Field[Any]) -> bool:
    """Whether a field has a widget: its control has a label."""
    return bool(f.metadata["control"].label)


def record(kind: type[Record], label: str = "What is compared") -> Record:
    """A further record of settings with widgets of its own, in a popover beside the toolbar."""
    defaults = take_in_own(kind, url.take_in_more)
    with st.popover(label, icon=":material/compare_arrows:"):
        values = widgets.columns(list(fields(kind)), own_reasons(kind))  # type: ignore[arg-type]
    remember(values, {}, defaults)
    return valid(kind, values)


def own(kind: type[Record], *main: str, ready: Mapping[str, tuple[Record, str]]) -> Record:
    """The toolbar of a page that runs no Experiment and has this one record instead.

    `main` names the choices shown in sight, `ready` the presets: {name: (record, what it teaches)}.
    """
    bundle.enter_through_app()
    live.begin()
    defaults = take_in_own(kind, url.take_in)
    reasons = own_reasons(kind)
    if state.quiet():
        return valid(kind, {f.name: state.session()[f.name] for f in fields(kind)})  # type: ignore[arg-type]
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="toolbar"):
        values = {name: widgets.widget(known[name], reasons, visible=True) for name in main}
        with st.popover("Presets", icon=":material/bookmarks:"):
            for name, (preset, teaches) in ready.items():
                preset_button(name, teaches, vars(preset))
        with st.popover("All settings", icon=":material/tune:"):
            values |= widgets.columns([f for name, f in known.items() if name not in main], reasons)
        link = st.popover("Share", icon=":material/link:")
    sharing.notices()
    remember(values, {}, defaults)
    with link:
        sharing.share(list(known))
    return valid(kind, values)


def take_in_own(kind: type[Any], take: Callable[..., None]) -> dict[str, Any]:
    """Adopt a page's own record into the address and the board; returns {field: default}."""
    known = {f.name: f for f in fields(kind)}
    sliders.adopt(kind)
    defaults = {name: f.default for name, f in known.items()}
    take(defaults, lambda name, raw: legal_value(known[name], raw))
    return defaults


def own_reasons(kind: type[Any]) -> dict[str, str]:
    """{field: why its control does nothing} of a record that has an `idle`; the board's sliders know it."""
    values = {f.name: state.session()[f.name] for f in fields(kind)}
    try:
        reasons: dict[str, str] = kind(**values).idle() if hasattr(kind, "idle") else {}
    except ValueError:
        reasons = {}
    state.session().setdefault(IDLE, {}).update({f.name: reasons.get(f.name, "") for f in fields(kind)})
    return reasons


def remember(
    values: Mapping[str, Any],
    held: Mapping[str, Any],
    defaults: Mapping[str, Any],
    explicit: Collection[str] = (),
) -> None:
    """Write the settings into the address, but for those the page holds; not while a slider is dragged."""
    if not state.held():
        kept = {name: value for name, value in values.items() if name not in held}
        url.write_out(kept, defaults, explicit)


def idle_reasons(wanted: Wanted) -> dict[str, str]:
    """{field: why its control does nothing} under the session's present settings.

    A page's own record may have an `idle` that names fields of any record, and cells that run `beside`.
    """
    held = wanted.fixed
    try:
        known = {*FIELDS, *(f.name for kind in wanted.own for f in fields(kind))}
        present = {**{name: state.session()[name] for name in known}, **held}
        beside = tuple(cell for kind in wanted.own for cell in getattr(kind, "beside", ()))
        reasons = made(Experiment, present).idle(beside)
        for kind in wanted.own:
            reasons |= made(kind, present).idle() if hasattr(kind, "idle") else {}
    except ValueError:
        reasons = dict(state.session().get(IDLE, {}))
    reasons |= View.idle(held.get("cell", state.session()["cell"]))
    shown = {*wanted.main, *wanted.shows}
    reasons |= {name: "Nothing on this page depends on it." for name in DISPLAYED if name not in shown}
    reasons |= {name: "This page holds it at its value." for name in held}
    state.session()[IDLE] = reasons
    return reasons


def presets(held: Mapping[str, Any]) -> None:
    """One button per preset; it sets every field. Those of another cell than the page's are left out."""
    for name, preset in PRESETS.items():
        if "cell" in held and preset.experiment.cell != held["cell"]:
            continue
        preset_button(name, preset.teaches, {**asdict(preset.experiment), **asdict(preset.view)})


def preset_button(name: str, teaches: str, complete: Mapping[str, Any]) -> None:
    """The button that sets all these fields at once."""
    st.button(name, help=teaches, on_click=state.session().update, args=(dict(complete),), width="stretch")


def valid(kind: type[Record], values: Mapping[str, Any], wanted: Wanted | None = None) -> Record:
    """The record of these values, or with the reason shown the last good one, as far as the page has it."""
    good: dict[str, Any] = state.session().setdefault(GOOD, {})
    fixed, arriving = (wanted.fixed, wanted.arriving) if wanted else ({}, {})
    last = vars(good[kind.__name__]) if kind.__name__ in good else arriving
    try:
        found = made(kind, values)
    except ValueError as problem:
        page.problem(str(problem))
        found = legal(kind, ({**last, **fixed}, {**arriving, **fixed}, fixed))
    good[kind.__name__] = found
    if isinstance(found, Experiment):
        state.session()[SHOWN] = (found,)
    return found


def legal(kind: type[Record], choices: Sequence[Mapping[str, Any]]) -> Record:
    """The first record that the choices of values make, of which the last is legal."""
    for values in choices[:-1]:
        with suppress(ValueError):
            return made(kind, values)
    return made(kind, choices[-1])


def made(kind: type[Record], values: Mapping[str, Any]) -> Record:
    """The record of what is its own among the values, the rest at its default."""
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in values.items() if name in known})
