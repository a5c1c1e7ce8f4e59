"""What does each gate of an LSTM let pass, and what happens when one is held?"""

from explorer import surgery
from explorer.cells import LSTM
from explorer.figures import gates as figures
from explorer.lessons.gates import LESSON
from explorer.reports import gates as reports
from explorer.ui import board, compute, lesson, operating, page, playing
from explorer.ui.board import Grid, Panel

e, view, own = lesson.begin(
    LESSON, "gate_step", "held", shows=("placement", "first_error"), fixed={"cell": "lstm"}
)
run = compute.run(e)
look = page.look()
report = compute.of_run(reports.gates_report, e, own)
shown = figures.frame(look, report, run.sequence.tokens)

page.finding(report.finding())
steps = playing.followed("gates", reports.equations_of_steps(report, run, own))
page.worked(report.equation, steps)
board.show(
    "gates",
    sliders=report.sliders(own),
    strip=shown.strip,
    strip_field="moment",
    panels=[
        *board.panels(shown, figures.HANDLED),
        Panel(
            "answer",
            "How gradient and cell state answer",
            figures.answer(look, report),
            report.answer_alt(),
            {"x": "moment"},
            caption=report.answer_caption(),
        ),
    ],
    grid=Grid(("units gates answer",), "minmax(0,8fr) minmax(0,8fr) minmax(0,8fr)", "1fr"),
    frames=figures.frames(look, report, run, own),
    on_brush=operating.stroke,
)
page.caption(report.line_caption())
page.numbers(report.table)
page.equations(LSTM.equations)
page.source(surgery.HeldLSTM, surgery.forward)
