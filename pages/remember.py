"""Which networks learn a task that needs memory, and what did the gradient say before?"""

from explorer import remembering
from explorer.figures import remembering as figures
from explorer.remembering import Remembering
from explorer.reports import remembering as reports
from explorer.ui import board, compute, controls, page, trainings
from explorer.ui.board import Grid, Panel

r = controls.own(Remembering, "compared", "mem_task", ready=reports.READY)
look = page.look()
wishes = trainings.wishes(remembering.trainings(r).values(), r.mem_seeds)
report = reports.remembering_report(r, trainings.follow(wishes), compute.cached(reports.gauges, r))

page.finding(report.finding())
board.show(
    "remember",
    sliders=("mem_steps", "mem_updates", "mem_seeds"),
    panels=[
        Panel(
            "curves",
            f"Share of right answers: {reports.title(r)}",
            figures.curves(look, report),
            report.curves_alt(),
            caption="Thin: each seed. Heavy: their mean. A run ends once all its seeds have solved the task.",
        ),
        Panel(
            "gauge",
            "What one backward pass said before the training",
            figures.gauge(look, report),
            report.gauge_alt(),
            caption="Full: solved. Hollow: not solved, or not yet. Zones, not a verdict.",
        ),
        Panel("success", "Who remembers", figures.success(look, report), report.gauge_alt(), detail=True),
    ],
    grid=Grid(("curves gauge", "curves success"), "minmax(0,1fr) minmax(0,1fr)", "6fr 5fr"),
)
trainings.progress(wishes)
page.caption(report.zones())
page.numbers(report.table)
page.source(remembering.gauge)
