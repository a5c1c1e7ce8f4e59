"""Same input, same scale: which cell keeps the gradient?"""

from explorer import maps, rivals
from explorer.figures import compare as figures
from explorer.ui import board, page, versus
from explorer.ui.board import Panel

e, view, own = versus.settings()
look = page.look()
report = versus.report(e, view, own)

page.finding(report.finding())
board.show(
    "compare",
    sliders=rivals.sliders(e, own),
    panels=[
        *[
            Panel(
                f"map{i}",
                report.map_title(rival),
                figures.rival_map(look, report, rival),
                report.map_alt(rival),
                {"x": "source", "y": "target"},
                report.map_caption(rival),
                detail=i > 1,
            )
            for i, rival in enumerate(report.rivals)
        ],
        Panel(
            "lag",
            f"How much is left on the way back from step {report.t}, on one axis",
            figures.lag_curves(look, report),
            report.lag_alt(),
        ),
    ],
    grid=versus.GRIDS[len(report.rivals)],
)
page.caption(report.horizons())
versus.differences(report)
page.numbers(report.table)
page.source(rivals.Compared.rival, maps.frobenius_maps)
