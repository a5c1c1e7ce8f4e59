"""Three remedies against the vanishing and the exploding gradient: what does each cure?"""

from explorer import clipping
from explorer.figures import remedies as figures
from explorer.lessons.remedies import HELD, LESSON
from explorer.reports import treatments
from explorer.reports.weights import MOST_STEPS
from explorer.run import at_most
from explorer.ui import board, compute, lesson, page, several
from explorer.ui.board import Grid, Panel

wanted, view, _ = lesson.begin(LESSON, "clip", shows=("clip", "threshold"), fixed=HELD)
e = at_most(wanted, MOST_STEPS)
report = compute.cached(several.cures, e, view)
look = page.look()

page.finding(report.finding())
board.show(
    LESSON.page,
    sliders=("gain", "forget_bias", "threshold"),
    panels=[
        Panel(
            "curves",
            "Part of the gradient of W by lag, every remedy on one scale",
            figures.curves(look, report),
            report.curves_alt(),
        ),
        Panel(
            "sweep",
            f"Left at step 1 for every gain, median of {report.sweep.seeds} seeds",
            figures.sweep(look, report),
            report.sweep_alt(),
            {"x": "gain"},
            detail=True,
        ),
        Panel(
            "units", "Units that pass nothing", figures.units(look, report), report.units_alt(), detail=True
        ),
        Panel(
            "norms",
            "Norm before (pale) and after",
            figures.norms(look, report),
            report.norms_alt(),
            detail=True,
        ),
    ],
    grid=Grid(
        ("curves sweep sweep", "curves units norms"), "minmax(0,12fr) minmax(0,7fr) minmax(0,7fr)", "1fr 1fr"
    ),
)
page.caption(report.verdicts())
page.numbers(report.table)
page.equations(clipping.EQUATIONS)
page.source(clipping.by_norm, treatments.median_left)
