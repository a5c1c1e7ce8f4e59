"""Why does a recurrent network forget?"""

from explorer import fillers
from explorer.figures import forgetting as figures
from explorer.figures.strip import lanes
from explorer.lessons.forgetting import HELD, LESSON
from explorer.reports import forgetting as reports
from explorer.run import at_most
from explorer.ui import board, compute, lesson, page, several
from explorer.ui.board import Grid, Panel

wanted, view, own = lesson.begin(LESSON, "activation", "why", shows=("source",), fixed=HELD)
e = at_most(wanted, reports.MOST_WORDS)
found, pictured = compute.cached(several.words, e, own)
look = page.look()
report = reports.forgetting_report(e, view, own, found, pictured)
rnn, lstm = report.shown()

page.finding(report.finding())
board.show(
    LESSON.page,
    sliders=("fillers", "gain", "forget_bias"),
    strip=lanes(look, report.tokens, {report.lanes[0].name: rnn, "LSTM": lstm}, report.source),
    strip_field="source",
    panels=[
        Panel(
            "gain",
            report.gain_title(),
            figures.gain(look, report),
            report.gain_alt(),
            {"x": "fillers"},
        ),
        Panel(
            "why",
            report.why_title(),
            figures.why(look, report),
            report.why_alt(),
            caption=report.why_caption(),
            detail=True,
        ),
        Panel(
            "maps",
            "Every pair of steps: ‖∂h<sub>t</sub>/∂h<sub>k</sub>‖",
            figures.horizon_maps(look, report),
            report.map_alt(),
            detail=True,
        ),
    ],
    grid=Grid(("gain why maps",), "minmax(0,9fr) minmax(0,7fr) minmax(0,10fr)", "1fr"),
)
page.caption(report.quiet())
page.numbers(report.table)
page.source(fillers.reach, fillers.sweep)
