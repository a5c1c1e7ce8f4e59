"""What does each gate of an LSTM let pass, and what happens when one is held?"""

from explorer import surgery
from explorer.cells import LSTM
from explorer.figures import gates as figures
from explorer.figures.strip import strip
from explorer.lessons.gates import LESSON
from explorer.reports import gates as reports
from explorer.ui import board, compute, lesson, page
from explorer.ui.board import Grid, Panel

e, view, own = lesson.begin(
    LESSON, "gate_step", "held", shows=("placement", "first_error"), fixed={"cell": "lstm"}
)
run = compute.run(e)
look = page.look()
report = reports.gates_report(run, own)

page.finding(report.finding())
page.worked(*report.equation)
board.show(
    "gates",
    sliders=reports.SLIDERS["held" if report.pin else "none"],
    strip=strip(look, run.sequence.tokens, report.arriving, report.t),
    strip_field="moment",
    panels=[
        Panel(
            "units",
            f"Step {report.t}, unit by unit",
            figures.units(look, report),
            report.units_alt(),
            {"x": "shown_unit"},
            caption="Click a unit to put its numbers into the equation.",
        ),
        Panel(
            "gates",
            "Gates and states at every step",
            figures.gates(look, report),
            report.strips_alt(),
            {"x": "moment"},
            caption="Click a step to look at it.",
            detail=True,
        ),
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
)
page.caption(report.line_caption())
page.numbers(report.table)
page.equations(LSTM.equations)
page.source(surgery.HeldLSTM, surgery.forward)
