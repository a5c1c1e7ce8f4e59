"""What does the gradient do while a network learns, and when does it learn at all?"""

from explorer.figures import training as figures
from explorer.figures import training_moment
from explorer.training import bptt, snapshot, trainer
from explorer.training.watch import READY, Watched
from explorer.ui import board, controls, page, training, training_bar
from explorer.ui.board import Grid, Panel
from explorer.ui.scrub import Scrub

w = controls.own(Watched, "cell", "beside", ready=READY)
training_bar.bar(w.training())
look = page.look()
report = training_bar.report(w)

page.finding(report.finding())
board.show(
    "train",
    sliders=("threshold", "learning_rate"),
    panels=[
        Panel(
            "loss", f"Loss: {report.run.task.label.lower()}", figures.loss(look, report), report.loss_alt()
        ),
        Panel(
            "map",
            f"Every pair of steps, after {report.picture.update:,} updates",
            training_moment.horizon(look, report),
            report.map_alt(),
        ),
        Panel("lag", "Gradient by lag", training_moment.by_lag(look, report), report.lag_alt()),
        Panel(
            "norms", "Norm of the gradient", figures.norms(look, report), report.norms_alt(), detail=True
        ),
        Panel(
            "clips", "How often clipping engages", figures.clips(look, report), report.clip_alt(), detail=True
        ),
        training_bar.beside(w, look, report),
    ],
    grid=Grid(
        ("loss map lag", "norms clips spectrum"), "minmax(0,10fr) minmax(0,8fr) minmax(0,8fr)", "6fr 5fr"
    ),
    film=Scrub("moment", training_bar.film(look, report), len(report.run.snapshots) - 1),
)
training_bar.speech(w)
page.caption(report.quiet())
page.numbers(report.table)
page.source(trainer.Trainer.step, bptt.Network.gradient, snapshot.snapshot)
training.look_again()
