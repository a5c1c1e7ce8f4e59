"""What becomes of a factor that is multiplied again and again?"""

from explorer import precision
from explorer.figures import one_number as figures
from explorer.lessons.one_number import LESSON
from explorer.reports import one_number as reports
from explorer.ui import board, compute, lesson, page
from explorer.ui.board import Grid, Panel

e, view, own = lesson.begin(LESSON, "stage", shows=())
look = page.look()
report = compute.of_run(reports.repeated_report, e, own)

page.finding(report.finding())
board.show(
    "one_number",
    sliders=reports.SLIDERS[own.stage],
    panels=[
        Panel(
            "size",
            reports.TITLES[own.stage],
            figures.size(look, report),
            report.size_alt(),
            caption="Dotted: the end of each float format. △ ∞, ▽ exactly 0, ○ subnormal.",
        ),
        Panel(
            "formats",
            "What the computer holds",
            figures.formats(look, report),
            report.formats_alt(),
        ),
        Panel(
            "factors",
            "What each single step multiplies by",
            figures.factors(look, report),
            report.factors_alt(),
            detail=True,
        ),
    ],
    grid=Grid(("size formats", "size factors"), "minmax(0,13fr) minmax(0,10fr)", "1fr 1fr"),
)
page.numbers(report.table)
page.source(precision.stored, precision.product, precision.exact)
