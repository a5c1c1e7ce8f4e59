"""What does clipping change, and what can it not cure?"""

from explorer import clipping
from explorer.figures import clipping as figures
from explorer.reports import clipping as reports
from explorer.ui import board, compute, controls, page
from explorer.ui.board import Grid, Panel
from explorer.ui.scrub import Scrub

e, view = controls.settings("cell", "activation", "clip", shows=("threshold",), fixed=reports.HELD)
run = compute.run(e)
look = page.look()
report = reports.clipping_report(run, view.clip, view.threshold)
sample = compute.cached(reports.sample, compute.unseeded(e))

page.finding(report.finding())
board.show(
    "clipping",
    sliders=("threshold", "steps", "gain"),
    film=Scrub("threshold", compute.thresholds_film(e, view.clip)),
    panels=[
        Panel(
            "steps",
            "Part of the gradient that comes through each step, before and after",
            figures.by_step(look, report),
            report.steps_alt(),
            caption="The error stands at the last step. By norm every part shrinks alike: the shape stays.",
        ),
        Panel("sizes", "Norm of the gradient, and its turn", figures.sizes(look, report), report.sizes_alt()),
        Panel(
            "engagement",
            "How often a threshold engages",
            figures.engagement(look, sample, view.threshold),
            sample.alt(view.threshold),
            {"10^x": "threshold"},
            caption=f"Gradients of {len(sample.log_norms)} seeds; click to move the threshold.",
            detail=True,
        ),
    ],
    grid=Grid(("steps sizes", "steps engagement"), "minmax(0,13fr) minmax(0,10fr)", "1fr 1fr"),
)
page.caption(report.quiet())
page.numbers(report.table)
page.equations(clipping.EQUATIONS)
page.source(clipping.by_norm, clipping.by_value, clipping.clipped_backward)
