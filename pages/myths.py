"""Which of the things that people say of gradients are true, and where?"""

from explorer.claim_measures import by_lag, left
from explorer.lessons.myths import LESSON
from explorer.reports import myths as reports
from explorer.ui import board, cards, lesson, page

cards.settle(LESSON)
e, view, own = lesson.begin(LESSON, shows=("placement", "first_error"))
report = reports.myth_report(e, own, *cards.evidence(e, own))

page.finding(report.finding())
cards.row(LESSON, report)
board.show(
    LESSON.page,
    sliders=report.sliders(),
    panels=cards.panels(page.look(), report),
    grid=cards.grid(report),
)
page.numbers(report.table)
page.source(left, by_lag, report.on_table.measure)
