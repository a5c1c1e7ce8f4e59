"""Which errors, from how far away, make up the gradient of the weights?"""

from explorer import errors
from explorer.figures import weights as figures
from explorer.figures.strip import strip
from explorer.reports import weights as reports
from explorer.run import at_most
from explorer.ui import board, compute, controls, page
from explorer.ui.board import Grid, Panel

wanted, view = controls.settings("cell", "placement", shows=reports.SHOWS, fixed=reports.HELD)
e = at_most(wanted, reports.MOST_STEPS)
run = compute.run(e)
look = page.look()
report = reports.weights_report(run, view.gate, view.target)
loss, last = report.chosen, report.tokens[report.chosen]

page.finding(report.finding())
board.show(
    "weights",
    sliders=reports.sliders(e),
    strip=strip(look, report.tokens, report.arriving(), loss),
    strip_field="target",
    panels=[
        Panel(
            "map",
            "How much of each error E<sub>t</sub> reaches step k",
            figures.signal_map(look, report),
            report.map_alt(),
            {"y": "target"},
            caption=f"Above: the error at step {loss}, where “{last}” is asked for, on its way back.",
        ),
        Panel("lag", "The parts of ∂E/∂W, by lag", figures.by_lag(look, report), report.lag_alt()),
        Panel(
            "items",
            reports.items_title(report.block, run.cell),
            figures.itemised(look, report),
            report.itemised_alt(),
            caption="One shade per group of loss steps, late ones dark.",
            detail=True,
        ),
        Panel(
            "sum",
            "The sum over lags becomes ∂E/∂W",
            figures.running_sum(look, report),
            report.partial_alt(),
            caption="What backpropagation truncated after τ steps would get.",
        ),
        Panel(
            "step", "Error signal at step k: immediate and total", figures.step_signals(look, report),
            report.step_alt(), detail=True,
        ),
    ],
    grid=Grid(("map lag items", "map sum step"), "minmax(0,10fr) minmax(0,7fr) minmax(0,7fr)", "1fr 1fr"),
)
page.caption(report.quiet())
page.numbers(report.table)
page.equations(run.cell.equations)
page.source(errors.sweep, errors.lag_terms)
