"""How does an error become the gradient of every weight?"""

from explorer import edits, errors, flow
from explorer.figures import backwards as figures
from explorer.lessons.backwards import LESSON
from explorer.reports import backwards as reports
from explorer.ui import board, compute, editor, lesson, page, playing
from explorer.ui.board import Grid

held = {"cell": "rnn", "input": "sentence", "placement": "every"}
e, view, own = lesson.begin(LESSON, "part", "matrix", shows=(), fixed=held)
found = compute.cached(edits.network, e, own)
look = page.look()
report = reports.back_report(found, own)
shown = figures.frame(look, report)

page.finding(report.finding())
left, right = page.columns(8, 5)
with left:
    board.show(
        "backwards",
        sliders=reports.SLIDERS[own.part],
        strip=shown.strip,
        strip_field="reached",
        panels=board.panels(shown),
        grid=Grid(reports.PANELS[own.part], "minmax(0,1fr)", "1fr " * len(reports.PANELS[own.part])),
        frames=figures.frames(look, report),
    )
with right:
    steps = playing.followed("backwards", report.equations_of_steps)
    page.formula("equations", report.equations(), steps)
    page.caption(reports.SIGN)
    editor.weights(found[0])
page.numbers(report.table)
page.equations(report.run.cell.equations)
page.source(flow.backward, errors.lag_terms, edits.updated)
