"""Do independent computations agree with what is shown?"""

from explorer import checks, complex_step, gradient_checks
from explorer.figures import checks as figures
from explorer.reports import gradient_flow
from explorer.ui import board, checked, controls, page
from explorer.ui.board import Grid, Panel

e, view = controls.settings("cell", "activation", shows=("placement", "first_error"))
look = page.look()
report = checked.report(e)

page.finding(report.finding())
board.show(
    "checks",
    sliders=gradient_flow.sliders(e),
    panels=[
        Panel(
            "checks",
            "How far apart two independent ways to the same number are",
            figures.dots(look, report),
            report.checks_alt(),
            caption="Dotted: the last digit of float64. One dot per gate, block or mode.",
        ),
        Panel(
            "ways",
            "One gradient, three ways: change s<sub>k</sub> along v, watch s<sub>T</sub>",
            figures.three_ways(look, report.comparison),
            report.comparison_alt(),
            caption=report.legend(),
        ),
    ],
    grid=Grid(("checks ways",), "minmax(0,11fr) minmax(0,10fr)", "1fr"),
)
checked.random_configurations(e)
checked.in_full(report)
page.numbers(report.table)
page.source(complex_step.one_step, gradient_checks.check_signals, checks.certify)
