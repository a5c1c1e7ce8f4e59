"""The toolbar of the comparison, its experiments, and what differs between them."""

import streamlit as st

from explorer.experiment import Experiment, View
from explorer.reports import compare as reports
from explorer.reports.compare import CompareReport
from explorer.rivals import Compared
from explorer.ui import compute, controls, page, state
from explorer.ui.board import Grid
from explorer.ui.controls import Wanted

MAP, LAST = "minmax(0,10fr)", "minmax(0,12fr)"  # the last map carries the colour bar of all
GRIDS = {
    1: Grid(("map0 lag",), f"{LAST} {LAST}", "1fr"),
    2: Grid(("map0 map1", "lag lag"), f"{MAP} {LAST}", "11fr 9fr"),
    3: Grid(("map0 map1 map2", "lag lag lag"), f"{MAP} {MAP} {LAST}", "11fr 9fr"),
}
SHOWS = ("norm", "target", "source")


def settings() -> tuple[Experiment, View, Compared]:
    """The three cells in sight, everything else in popovers."""
    e, view, own = controls.complete(Wanted(("cell", "cell2", "cell3"), SHOWS, {}, (Compared,)))
    return e, view, own


def rivals(e: Experiment, own: Compared) -> tuple[Experiment, ...]:
    """The experiments; one that cannot be had is left out, and the engine's words say why."""
    found = [e]
    for number in own.numbers:
        try:
            found.append(own.rival(e, number))
        except ValueError as problem:
            page.problem(str(problem))
    state.session()[controls.SHOWN] = tuple(found)
    return tuple(found)


def report(e: Experiment, view: View, own: Compared) -> CompareReport:
    """The comparison of what the page is set to."""
    shown = rivals(e, own)
    for one in shown:
        view = compute.affordable(one, view)
    common = min(view.target, *(compute.run(one).T for one in shown))
    way = View(norm=view.norm, target=common, source=min(view.source, common))
    flows = tuple(compute.flow(one, way) for one in shown)
    return reports.compare_report(shown, flows, view, relative=own.scale == "row")


def differences(found: CompareReport) -> None:
    """The settings that differ, and what came of them, as a table under the figures."""
    names = [rival.name for rival in found.rivals]
    head = f"| | {' | '.join(page.escaped(name) for name in names)} |\n|---|{'---|' * len(names)}\n"
    rows = [(*row[:1], *(f"**{cell}**" for cell in row[1:])) for row in found.differences()]
    lines = [f"| {' | '.join(row)} |" for row in [*rows, *found.results()]]
    words = "**Where their settings differ, and what comes of it.** All else is alike."
    st.markdown(f"{words}\n\n{head}" + "\n".join(lines))
