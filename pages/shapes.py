"""Which shape has the problem, and what does that do to the gradient?"""

from explorer import wirings
from explorer.figures import shapes as figures
from explorer.lessons.shapes import LESSON
from explorer.reports import shapes as reports
from explorer.run import at_most
from explorer.ui import board, compute, lesson, page
from explorer.ui.board import Grid, Panel

wanted, view, own = lesson.begin(LESSON, "wiring", "feed", shows=())
e = at_most(wanted, reports.MOST_STEPS)
report = compute.cached(reports.shapes_report, e, own)
look = page.look()

page.finding(report.finding())
board.show(
    LESSON.page,
    sliders=("gain", "encoder"),
    panels=[
        Panel(
            "drawing",
            report.drawing_title(),
            figures.drawing(look, report),
            report.drawing_alt(),
            wide=True,
        ),
        Panel("reach", "Gradient of all errors at state k", figures.reach(look, report), report.reach_alt()),
        Panel(
            "paths",
            "Where it comes from",
            figures.paths(look, report),
            report.paths_alt(),
            caption=report.paths_caption(),
            detail=True,
        ),
    ],
    grid=Grid(("drawing drawing", "reach paths"), "1fr 1fr", "minmax(0,9fr) minmax(0,11fr)"),
)
page.caption(report.quiet())
page.numbers(report.table)
page.source(wirings.run_wired, wirings.arriving, wirings.through_output, wirings.jacobian)
