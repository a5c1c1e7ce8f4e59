"""Where on its activation does this network work, and what is left of the slope?"""

from explorer import flow, measures
from explorer.figures import saturation as figures
from explorer.figures.one_step import jacobians
from explorer.figures.waterfall import waterfall
from explorer.reports import saturation as reports
from explorer.ui import board, compute, controls, page
from explorer.ui.board import Grid, Panel

e, view = controls.settings("cell", "activation", shows=("target",))
run = compute.run(e)
look = page.look()
report = reports.saturation_report(run, view)

page.finding(report.finding())
board.show(
    "saturation",
    sliders=reports.sliders(e),
    panels=[
        Panel(
            "spread",
            "Where this run’s pre-activations fall on φ (dotted) and φ′",
            figures.spread(look, report),
            report.spread_alt(),
        ),
        Panel(
            "slopes",
            "Share saturated per step, and the slope of every unit",
            figures.slopes(look, report),
            report.slopes_alt(),
            {"x": "target"},
            detail=True,
        ),
        Panel(
            "jacobian",
            "What that leaves of J<sub>t</sub>: its largest singular value",
            jacobians(look, report),
            report.jacobian_alt(),
            detail=True,
        ),
        Panel(
            "waterfall",
            f"Where the error of step {report.waterfall.t} is lost",
            waterfall(look, report.waterfall),
            report.waterfall.alt(),
            {"x": "target"},
            caption=report.diagnosis(),
        ),
    ],
    grid=Grid(
        ("spread slopes", "spread waterfall", "jacobian waterfall"),
        "minmax(0,9fr) minmax(0,10fr)",
        "11fr 1fr 10fr",
    ),
)
page.caption(report.quiet())
page.numbers(report.table)
page.equations(run.cell.equations)
page.source(flow.jacobians, measures.saturation, measures.gate_saturation)
