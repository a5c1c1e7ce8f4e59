"""What the clipping page shows of gradients far beyond float64."""

import numpy as np

from explorer.experiment import Experiment
from explorer.reports.clipping import clipping_report
from explorer.run import run


def test_the_parts_of_a_gradient_beyond_float64_are_cut_and_none_is_taken_for_zero():
    e = Experiment(gain=20.0, input="zero", start="random", steps=1000, hidden_size=64)
    recorded = run(e)
    report = clipping_report(recorded, "value", 1.0)
    parts = report.modes["value"].by_step[1:]
    assert recorded.back.log_signals().max() > 700.0
    assert np.isfinite(parts).all()
    assert (parts <= report.before[1:] + 1e-12).all()
    assert parts.max() < 30.0
