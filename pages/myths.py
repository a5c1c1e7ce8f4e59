"""Which of the things that people say of gradients are true, and where?"""

from explorer.claim_measures import by_lag, left
from explorer.figures import myths as figures
from explorer.lessons.myths import LESSON
from explorer.reports import myths as reports
from explorer.ui import board, cards, lesson, page
from explorer.ui.board import Grid, Panel

e, view, own = lesson.begin(LESSON, shows=("placement", "first_error"))
report = reports.myth_report(e, own, *cards.evidence(e, own))
look = page.look()

page.finding(report.finding())
cards.row(LESSON, report.on_table.because, report.on_table.page, report.address())
board.show(
    LESSON.page,
    sliders=report.sliders(),
    panels=[
        Panel("curve", report.curve_title(), figures.curves(look, report), report.curve_alt()),
        Panel(
            "sweep",
            "Where would it be true?",
            figures.sweep(look, report),
            report.sweep_alt(),
            {"x": report.on_table.control},
            caption=f"{reports.SWEPT_SEEDS} networks a value; click one to go there.",
            detail=True,
        ),
    ],
    grid=Grid(("curve sweep",), "minmax(0,13fr) minmax(0,8fr)", "1fr"),
)
page.numbers(report.table)
page.source(left, by_lag, report.on_table.measure)
lesson.prefetch(LESSON, cards.evidence)
