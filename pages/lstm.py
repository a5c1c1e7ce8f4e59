"""What do the gates of an LSTM do, and along which path does the gradient survive?"""

from explorer import flow, maps
from explorer.figures import lstm as figures
from explorer.reports import forget_bias
from explorer.reports import lstm as reports
from explorer.ui import board, compute, controls, page
from explorer.ui.board import Grid, Panel

e, view = controls.settings("forget_rule", shows=("target", "source"), fixed={"cell": "lstm"})
run = compute.run(e)
look = page.look()
report = reports.lstm_report(run)
paths = reports.paths(run, view)
bias = compute.at_rest(forget_bias.bias_curve, forget_bias.neutral(compute.network(e)), paths.t, paths.k)

page.finding(paths.finding())
board.show(
    "lstm",
    sliders=("forget_bias", "gain", "steps"),
    panels=[
        Panel(
            "strips",
            "Gates and states, unit by unit, through time",
            figures.strips(look, report),
            report.alt(),
        ),
        Panel(
            "curves",
            f"Four accounts of what is left from step {paths.t} at step k",
            figures.curves(look, paths),
            paths.curves_alt(),
            {"x": "source"},
        ),
        Panel(
            "ledger",
            f"The ledger at k = {paths.k}",
            figures.ledger(look, paths),
            paths.ledger_alt(),
            caption=paths.caption(),
            detail=True,
        ),
        Panel(
            "bias",
            f"The same from {paths.t} to {paths.k} at other forget biases",
            figures.bias(look, bias, e.forget_bias),
            reports.bias_alt(bias, e.forget_bias),
            {"x": "forget_bias"},
            detail=True,
            waits=True,
        ),
    ],
    grid=Grid(
        ("strips curves ledger", "strips bias ledger"), "minmax(0,9fr) minmax(0,8fr) minmax(0,7fr)", "1fr 1fr"
    ),
)
page.caption(report.quiet())
page.numbers(paths.table)
page.equations(run.cell.equations)
page.source(flow.jacobians, maps.ledger, reports.chain_without)
