"""The address and the settings, each a picture of the other.

The address holds every setting that is not at its default, under the field's own name, so that a link
restores exactly what was on screen. What a link asks for and cannot have is replaced by the nearest legal
value and said. (Streamlit's own `bind` writes a choice's label instead of its name and drops an illegal
value without a word.)
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from explorer.ui import state

Legal = Callable[[str, str], tuple[Any, str | None]]  # (field, raw text) -> (value, notice or None)
SETTINGS, NOTICES, WRITTEN, PLACE = "_settings", "_url_notices", "_url_written", "_url_place"
ADOPTING = "_url_adopting"  # whether this run takes its settings from the address
ARRIVED = "_url_arrived"  # whether the page was just reached, by navigation or by an address
COMPLETE = "seed"  # an address that names it is complete: what it leaves out is at its default


def settings() -> dict[str, Any]:
    """Every setting of this session by field name; survives a change of page."""
    found: dict[str, Any] = state.session().setdefault(SETTINGS, {})
    return found


def take_in(defaults: Mapping[str, Any], legal: Legal) -> None:
    """Adopt the address where it is not the one this session wrote: a link, or the browser's Back.

    A page reached through the navigation comes without settings; it keeps the session's. Called once a
    run, before anything else here.
    """
    found, here = state.address(), state.page()
    written = state.session().get(WRITTEN)
    moved, state.session()[PLACE] = state.session().get(PLACE) != here, here
    bare = moved and written is not None and not any(name in settings() for name in found)
    state.session()[ADOPTING] = found != written and not bare
    state.session()[ARRIVED] = bare or state.session()[ADOPTING]
    if moved:  # a widget of the same key on the page before has left its state, which is not this page's
        state.session().update({name: settings()[name] for name in settings()})
    if state.session()[ADOPTING]:
        state.session()[NOTICES] = []
    take_in_more(defaults, legal)


def take_in_more(defaults: Mapping[str, Any], legal: Legal) -> None:
    """The same for a further record, under the decision of this run's `take_in`."""
    if not state.session()[ADOPTING]:
        seed(defaults)
        return
    found = state.address()
    for name, default in defaults.items():
        value, notice = legal(name, found[name]) if name in found else (default, None)
        if notice is not None:
            said = f"The link asked for {name} = {found[name][:40]}. {notice}"
            state.session()[NOTICES].append(said)
        settings()[name] = state.session()[name] = value


def arrive(values: Mapping[str, Any]) -> None:
    """On a page just reached, set what its address leaves open; an address of our own leaves nothing open."""
    found = state.address()
    if state.session()[ARRIVED] and COMPLETE not in found:
        taken = found.keys() if state.session()[ADOPTING] else set()
        for name in values.keys() - taken:
            settings()[name] = state.session()[name] = values[name]


def place() -> str:
    """The page's own address without its settings."""
    return str(st.context.url or "").split("?")[0]


def seed(defaults: Mapping[str, Any]) -> None:
    """Give every widget that has no state yet, as on a page just reached, the session's setting."""
    for name, default in defaults.items():
        if name not in state.session():
            state.session()[name] = settings().get(name, default)


def write_out(values: Mapping[str, Any], defaults: Mapping[str, Any], explicit: Collection[str] = ()) -> None:
    """Remember the settings, and write those that are explicit or not at their default into the address."""
    settings().update(values)
    complete = {name: settings()[name] for name in defaults if name in settings()}
    others = {name: text for name, text in state.address().items() if name not in defaults}
    ours = {
        name: text_of(value)
        for name, value in complete.items()
        if value != defaults[name] or name in explicit
    }
    state.session()[WRITTEN] = {**others, **ours}  # first, for a new run may interrupt the next lines
    if state.address() != {**others, **ours}:
        st.query_params.from_dict({**others, **ours})


def text_of(value: Any) -> str:
    """A setting as the address writes it; reading it back gives the same value."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def lecture() -> bool:
    """Whether the address asks for the lecture view, view=lecture."""
    return state.address().get("view") == "lecture"


def turn_lecture() -> None:
    """Enter the lecture view, or leave it."""
    asked = {name: text for name, text in state.address().items() if name != "view"}
    asked |= {} if lecture() else {"view": "lecture"}
    state.session()[WRITTEN] = asked  # nothing else has changed
    st.query_params.from_dict(asked)


def hidden() -> list[str]:
    """The controls the address hides from a class, hide=gain,seed; only names that a field may have."""
    return [name for name in state.address().get("hide", "").split(",") if name.isidentifier()]


def written() -> dict[str, str]:
    """The address of what is on screen: as this run has written it, which the browser may not know yet."""
    found: dict[str, str] = state.session().get(WRITTEN) or state.address()
    return found


def link(*, hide: list[str], in_lecture: bool) -> str:
    """The address of what is on screen, with controls hidden and the lecture view if asked for."""
    asked = {name: text for name, text in state.address().items() if name not in ("hide", "view")}
    asked |= {"hide": ",".join(hide)} if hide else {}
    asked |= {"view": "lecture"} if in_lecture else {}
    return f"{place()}?{urlencode(asked, safe=',')}" if asked else place()


def to(values: Mapping[str, Any]) -> str:
    """The address of this page with these settings, whatever is at its default left out or not."""
    return f"{place()}?{urlencode({name: text_of(value) for name, value in values.items()})}"


def notices() -> list[str]:
    """What had to be changed in the address, not yet dismissed."""
    said: list[str] = state.session().get(NOTICES, [])
    return said


def dismiss() -> None:
    """Forget the notices."""
    state.session()[NOTICES] = []
