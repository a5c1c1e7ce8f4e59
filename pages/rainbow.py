"""Which loss sends how much to which earlier step, and how does training change that?"""

from explorer import itemised
from explorer.figures import rainbow as figures
from explorer.training import snapshot
from explorer.training.watch import RAINBOWS, Itemised
from explorer.ui import board, controls, page, training, training_bar
from explorer.ui.board import Grid, Panel
from explorer.ui.scrub import Scrub

w = controls.own(Itemised, "cell", ready=RAINBOWS)
training_bar.bar(w.training())
look = page.look()
report = training_bar.rainbow(w)

page.finding(report.finding())
board.show(
    "rainbow",
    sliders=("gain", "forget_bias" if w.cell == "lstm" else "input_scale"),
    panels=[
        Panel(
            "rainbow",
            f"Whose error is it? {report.run.task.label}, {report.when(report.picture)}",
            figures.stacked(look, report),
            report.stacked_alt(),
            {"group": "loss_step"},
            caption="Bottom: the step’s own loss; above it the later ones. Point at a loss to see it alone, "
            "click to keep it.",
        ),
        Panel(
            "sizes",
            "Size of what each loss sends back",
            figures.sizes(look, report),
            report.sizes_alt(),
            {"group": "loss_step"},
        ),
        Panel(
            "distance",
            "How far away are the losses that matter?",
            figures.distance(look, report),
            report.distance_alt(),
            detail=True,
        ),
    ],
    grid=Grid(("rainbow sizes", "rainbow distance"), "minmax(0,8fr) minmax(0,5fr)", "1fr 1fr"),
    film=Scrub("moment", training_bar.rainbow_film(look, report), len(report.run.snapshots) - 1),
)
page.caption(report.quiet())
page.numbers(report.table)
page.source(itemised.itemised, snapshot.asked)
training.look_again()
