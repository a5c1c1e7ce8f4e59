"""How does a network remember what it has read?"""

from explorer import edits, flow, readout
from explorer.figures import memory as figures
from explorer.lessons.memory import LESSON
from explorer.reports import memory as reports
from explorer.ui import board, compute, editor, lesson, page, playing
from explorer.ui.board import Grid

e, view, own = lesson.begin(LESSON, "activation", shows=(), fixed={"cell": "rnn", "input": "sentence"})
found = compute.cached(edits.network, e, own)
look = page.look()
report = reports.memory_report(found, own)
shown = figures.frame(look, report)

page.finding(report.finding())
left, right = page.columns(6, 7)
with left:
    board.show(
        "memory",
        sliders=reports.SLIDERS,
        strip=shown.strip,
        strip_field="step",
        panels=board.panels(shown),
        grid=Grid(("next states",), "minmax(0,1fr) minmax(0,1fr)", "1fr"),
        frames=figures.frames(look, report),
    )
with right:
    page.formula("equations", report.equations(), playing.followed("memory", report.equations_of_steps))
    page.caption(report.quiet())
    editor.weights(found[0])
page.numbers(report.table)
page.equations(report.run.cell.equations)
page.source(flow.forward, readout.cross_entropy, edits.updated)
