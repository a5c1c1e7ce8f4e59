"""What does a cliff in the loss do to gradient descent, and what does clipping change?"""

from explorer import cliff, descent
from explorer.descent import Descent
from explorer.figures import cliff as figures
from explorer.figures import cliff_surface
from explorer.reports import cliff as reports
from explorer.ui import board, compute, controls, page
from explorer.ui.board import Grid, Panel

d = controls.own(Descent, "cliff_surface", ready=reports.READY)
look = page.look()
surface = compute.cached(reports.whole_surface)
paths = compute.cached(reports.both, reports.network(d))
report = reports.cliff_report(d, surface, paths)

page.finding(report.finding())
board.show(
    "cliff",
    sliders=("cliff_steps", "cliff_threshold", "wall_w"),
    panels=[
        Panel(
            "map",
            f"The {figures.title_of(report)} over w and b: click to start elsewhere",
            figures.cliff_map(look, report),
            report.map_alt(),
            {"x": "start_w", "y": "start_b"},
        ),
        Panel("surface", "The same in space", cliff_surface.surface(look, report), report.map_alt()),
        Panel(
            "steps", "Step by step", figures.course(look, report), report.steps_alt(), detail=True
        ),
        Panel(
            "zoom",
            f"Close up: across the wall at w = {d.wall_w:g}",
            figures.close_up(look, report),
            report.close_up_alt(),
            detail=True,
        ),
        Panel(
            "origin",
            f"Why: where x goes at w = {d.wall_w:g}",
            figures.origin(look, report),
            report.origin_alt(),
            detail=True,
        ),
    ],
    grid=Grid(("map surface steps", "map zoom origin"), "minmax(0,10fr) minmax(0,7fr) minmax(0,7fr)",
              "1fr 1fr"),
)
page.caption(report.thin())
page.numbers(report.table)
page.equations(cliff.EQUATIONS)
page.source(cliff.evaluate, cliff.beside_the_wall, descent.descend)
