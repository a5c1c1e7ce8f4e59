"""How often does clipping engage, how hard, at what angle, and what does training make of it?"""

from explorer import theatre
from explorer.figures import theatre as figures
from explorer.reports import theatre as reports
from explorer.theatre import Theatre
from explorer.training import clips
from explorer.ui import board, compute, controls, page, trainings
from explorer.ui.board import Grid, Panel

d = controls.own(Theatre, "player", ready=reports.READY)
look = page.look()
wishes = trainings.wishes(theatre.trainings(d), 1, first=d.player_seed, until_solved=False)
stage = compute.cached(reports.drawn, reports.unclipped(d))
report = reports.theatre_report(d, stage, trainings.follow(wishes))

page.finding(report.finding())
board.show(
    "theatre",
    sliders=("clip_line", "player_gain", "player_steps"),
    panels=[
        Panel(
            "norms",
            "Gradients of many mini-batches: which does the threshold cut?",
            figures.distribution(look, report),
            report.distribution_alt(),
            {"10^x": "clip_line"},
        ),
        Panel(
            "training",
            "Trained with and without clipping, from the same seed",
            figures.training(look, report),
            report.training_alt(),
        ),
        Panel(
            "plane",
            "One gradient, cut to the same length by norm and by value",
            figures.plane(look, report),
            report.plane_alt(),
            detail=True,
        ),
        Panel(
            "steps",
            "Step by step: a parallel shift, so vanishing stays",
            figures.by_step(look, report),
            report.steps_alt(),
            detail=True,
        ),
    ],
    grid=Grid(("norms training", "plane steps"), "minmax(0,1fr) minmax(0,1fr)", "6fr 5fr"),
)
trainings.progress(wishes)
page.caption(report.readout())
page.numbers(report.table)
page.source(theatre.as_short_by_value, theatre.angles, clips.by_norm)
