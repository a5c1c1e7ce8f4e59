"""How much of a gradient at step t is left when it reaches step k?"""

from explorer import flow, pairs
from explorer.figures import gradient_flow as figures
from explorer.figures import pair
from explorer.figures.strip import strip
from explorer.reports import gradient_flow as reports
from explorer.ui import board, compute, controls, page
from explorer.ui.board import Grid, Panel
from explorer.ui.scrub import Scrub

e, view = controls.settings("cell", "activation", shows=reports.SHOWS)
run = compute.run(e)
look = page.look()
report = compute.flow(e, view)
chosen = compute.selection(e, view)
names = reports.names(e, view)

page.finding(report.finding())
board.show(
    "flow",
    sliders=reports.sliders(e),
    strip=strip(look, run.sequence.tokens, report.arriving(), max(chosen.k, 1)),
    strip_field="source",
    film=Scrub("source", compute.pairs_film(e, view, look), chosen.t),
    panels=[
        Panel(
            "map",
            f"Every pair of steps: {names.quantity}",
            figures.horizon_map(look, report, names.norm),
            report.map_alt(),
            {"x": "source", "y": "target"},
        ),
        Panel(
            "lag",
            f"How much is left on the way back from step {chosen.t}",
            figures.lag_curves(look, report, names.network, look.cells[e.cell]),
            report.lag_alt(),
            caption=report.lag_caption(),
        ),
        Panel(
            "matrix",
            names.matrix,
            pair.matrix(look, chosen),
            chosen.matrix_alt(),
            detail=True,
        ),
        Panel(
            "sigma", "Its singular values", pair.spectrum(look, chosen), chosen.sigma_alt(), detail=True
        ),
    ],
    grid=Grid(("map lag lag", "map matrix sigma"), "minmax(0,10fr) minmax(0,7fr) minmax(0,6fr)", "3fr 2fr"),
)
page.caption(report.certified())
page.numbers(report.table)
page.equations(run.cell.equations)
page.source(flow.jacobians, pairs.log_frobenius_map)
