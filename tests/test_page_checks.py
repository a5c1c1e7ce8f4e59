"""The page "Are these numbers right?" and the line at the foot of every other."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer import checks, flow
from explorer import run as runs
from explorer.experiment import Experiment
from explorer.figures import checks as figures
from explorer.figures import parts, theme
from explorer.reports import checks as reports
from explorer.ui import checked
from opening import app

ROOT = Path(__file__).parents[1]
SMALL = Experiment(hidden_size=6, steps=20)
LOOKS = [theme.LIGHT, theme.DARK]


def broken(monkeypatch):
    original = flow.step_back
    monkeypatch.setattr(
        flow, "step_back", lambda *a: {k: v * (1 + 1e-4) for k, v in original(*a).items()}
    )  # fmt: skip


# The report


def test_the_three_ways_agree_where_they_can():
    shown = reports.comparison(runs.run(SMALL))
    engine = shown.engine[shown.lag]
    np.testing.assert_allclose(engine, shown.oracle, atol=1e-12)
    np.testing.assert_allclose(shown.difference[:4], shown.oracle[:4], atol=1e-3)
    assert shown.lag[0] == 0
    assert shown.lag[-1] == 20


def test_a_central_difference_goes_blind_where_the_gradient_vanishes():
    shown = reports.comparison(runs.run(Experiment(activation="sigmoid", steps=50)))
    first = int(shown.lag[np.argmax(shown.blind())])
    assert 8 <= first <= 25
    assert shown.blind()[shown.lag > 25].all()
    assert shown.oracle[-1] < np.log(1e-28)
    assert shown.difference[-1] == -np.inf
    assert not reports.comparison(runs.run(Experiment(steps=10, hidden_size=8))).blind().any()


@pytest.mark.parametrize(
    "e", [Experiment(steps=1, hidden_size=1), Experiment(gain=0.0, steps=4, hidden_size=3)]
)
def test_the_smallest_runs_have_a_report(e):
    report = reports.checks_report(e, 1e6)
    assert report.certificate.failed == ()
    for look in LOOKS:
        assert figures.dots(look, report)["data"]
        assert figures.three_ways(look, report.comparison)["data"]


def test_finding_and_line_say_how_well_the_derivatives_agree():
    certificate = checks.certify(SMALL)
    assert reports.verdict(certificate).startswith("All 19 checks pass")
    assert "× 10⁻¹" in reports.line(checks.quick(SMALL))
    assert "(T = 20, H = 6)" in reports.line(checks.quick(SMALL))


def test_a_broken_gradient_is_named_in_finding_line_and_battery(monkeypatch):
    broken(monkeypatch)
    report = reports.checks_report(SMALL, 1e7)
    assert "checks fail: ∂E" in report.finding()
    assert reports.line(checks.quick(SMALL)).startswith("Gradients not verified: ")
    assert " fail in 1 random" in reports.battery([report.certificate])
    failed = figures.dots(theme.LIGHT, report)["data"][1]
    assert len(failed["customdata"]) == len(report.certificate.failed) >= 3
    assert set(failed["marker"]["symbol"]) == {"x"}


def test_rows_hold_every_check_once():
    report = reports.checks_report(Experiment(cell="lstm", hidden_size=4, steps=8), 1e7)
    rows = report.rows()
    assert sum(len(row.checks) for row in rows) == len(report.checks) == 30
    assert len({row.name for row in rows}) == len(rows)
    assert len(report.table()["check"]) == 30


@pytest.mark.parametrize("look", LOOKS)
def test_every_error_and_every_tolerance_is_drawn(look):
    report = reports.checks_report(SMALL, 1e7)
    passed, failed, allowed = figures.dots(look, report)["data"]
    assert len(parts.untyped(passed["x"])) == 19
    assert len(parts.untyped(failed["x"])) == 0
    assert len(parts.untyped(allowed["x"])) == len(report.rows())
    exact = parts.untyped(passed["x"]) == np.float32(figures.EXACT)
    zero = [check.error == 0 for row in report.rows() for check in row.checks]
    assert exact.tolist() == zero


@pytest.mark.parametrize("error", [0.0, 1e-300, 1e-16, 1.0, 1e30, float("inf"), float("nan")])
def test_no_error_leaves_the_axis(error):
    assert figures.LEAST <= figures.shown(error) <= figures.MOST


# The page


def test_the_page_shows_every_formula_and_a_verdict():
    at = app("checks")
    tables = [m.value for m in at.markdown if "| formula |" in m.value]
    assert len(tables) == 3
    assert sum(table.count(":material/check:") for table in tables) == 17
    assert not any("fails" in table for table in tables)


def test_the_button_runs_random_configurations_of_the_seed(monkeypatch):
    monkeypatch.setattr(checked, "RANDOM", 2)
    at = app("checks", seed="5", hidden_size="5", steps="8")
    assert not at.dataframe
    at.button(key="random_checks").click().run()
    assert not at.exception
    frame = at.dataframe[0].value
    assert len(frame) == 2
    drawn = [checks.random_experiment(n, 5) for n in range(2)]
    assert frame["T"].tolist() == [e.T for e in drawn]
    assert all(done.split()[0] == done.split()[2] for done in frame["checks passed"])
    assert f"seed={drawn[0].seed}" in frame["open"][0]
    at.run()
    assert len(at.dataframe[0].value) == 2


def foot(at):
    return [element.proto.label for element in at.get("page_link")]


def test_the_foot_certifies_the_gradients_of_the_page():
    found = foot(app("gradient_flow", hidden_size="7", steps="9"))
    assert len(found) == 1
    assert found[0].startswith("Gradients verified for this configuration")
    assert "(T = 9, H = 7)" in found[0]


def test_nothing_is_verified_while_a_slider_is_dragged(monkeypatch):
    asked = []
    monkeypatch.setattr(reports, "certificate_of", lambda *e: asked.append(e))
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.session_state["_dragging"] = True
    at.run()
    assert not at.exception
    assert asked == []
    assert foot(at) == ["Gradients are verified again when the slider rests"]


def test_the_foot_stands_on_every_page_and_leads_to_the_checks(tab, server):
    tab.goto(f"{server}/clipping?hidden_size=5&steps=11")
    chip = tab.get_by_text("Gradients verified for this configuration")
    chip.wait_for(timeout=30_000)
    assert "(T = 11, H = 5)" in chip.inner_text()
    chip.click()
    tab.wait_for_url("**/checks?*hidden_size=5*", timeout=30_000)
    tab.locator("h4", has_text="checks pass").wait_for(timeout=30_000)


def test_several_experiments_are_certified_as_one():
    found = reports.certificate_of(SMALL, replace(SMALL, cell="gru"))
    assert len(found.checks) == len(checks.quick(SMALL).checks) + len(
        checks.quick(replace(SMALL, cell="gru")).checks
    )
