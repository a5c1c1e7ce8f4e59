"""Train and watch: runs beside the page, what is said of them, and what is drawn."""

import time
from functools import cache

import numpy as np
import pytest

from browsing import READY as PATIENCE
from browsing import opened, settled
from explorer.figures import training as figures
from explorer.figures import training_moment
from explorer.figures.parts import untyped
from explorer.figures.theme import look
from explorer.reports.training import TrainingReport
from explorer.reports.training_runs import RunView, changed, engaged, thinned
from explorer.training import text
from explorer.training.course import Course
from explorer.training.settings import Training
from explorer.training.watch import READY, Watched
from explorer.ui import training, training_bar
from opening import app, control, finding

SMALL = {"steps": 10, "hidden_size": 8, "batch": 8, "updates": 60, "snapshots": 4}


@cache
def viewed(name="A", **changes):
    return RunView.of(name, Course(Training(**{**SMALL, **changes})).run())


def button(at, name):
    return next(b for b in at.button if b.label == name)


def page(**settings):
    """The page at these settings."""
    at = app("train")
    for name, value in settings.items():
        at.session_state[name] = value
    return at.run()


def stepped(**params):
    """The page after one run was begun and has come to its end."""
    at = page(**{**SMALL, **params})
    button(at, "Start").click().run()
    job = at.session_state["_training_runs"][-1]
    for _ in range(600):
        if not job.going:
            break
        time.sleep(0.05)
    at.run()
    assert not at.exception
    return at


# The page


def test_a_run_is_begun_paused_stepped_and_stopped():
    at = page(steps=10, hidden_size=4, updates=100_000)
    assert finding(at).startswith("Before training")
    button(at, "Start").click().run()
    job = at.session_state["_training_runs"][-1]
    assert job.going
    button(at, "Pause").click().run()
    paused = job.course.state.update
    assert not job.going
    button(at, "Step").click().run()
    assert job.course.state.update == paused + 1
    button(at, "Resume").click().run()
    while job.course.state.update < paused + 5:
        time.sleep(0.01)
    button(at, "Stop").click().run()
    stopped = job.course.state.update
    time.sleep(0.05)
    assert job.course.state.update == stopped
    assert button(at, "Resume").disabled
    assert not at.exception


def test_a_second_run_lies_over_the_first_and_the_difference_is_said():
    at = stepped()
    control(at, "learning_rate").set_value(0.01).run()
    assert any("Start trains them" in t.value for t in at.text)
    button(at, "Start").click().run()
    assert len(at.session_state["_training_runs"]) == 2
    assert any("B differs from A in learning rate" in c.value for c in at.caption)
    at.session_state["_training_runs"][-1].stop()


def test_buttons_act_on_the_run_that_is_shown_and_name_it_where_it_could_be_another():
    at = page(steps=10, hidden_size=4, updates=100_000)
    button(at, "Start").click().run()
    button(at, "Pause").click().run()
    control(at, "learning_rate").set_value(0.01).run()
    assert button(at, "Resume A").label  # the picture is still A's, the settings are not
    button(at, "Start").click().run()
    button(at, "Pause B").click().run()
    first, second = at.session_state["_training_runs"]
    assert finding(at).startswith("Run B")
    control(at, "learning_rate").set_value(0.003).run()
    before = first.course.state.update, second.course.state.update
    button(at, "Step A").click().run()
    assert finding(at).startswith("Run A")
    assert (first.course.state.update, second.course.state.update) == (before[0] + 1, before[1])
    button(at, "Stop A").click().run()
    assert first.stopped
    assert not second.stopped
    assert not at.exception


def test_a_network_that_reads_writes_and_its_temperature_is_one_setting_with_two_controls():
    at = stepped(task="text", steps=5, updates=2)

    def sample():
        return max((c.value for c in at.code if c.language == "plaintext"), key=len)

    def beside():
        return next(s for s in at.slider if s.key == "_temperature_beside")

    drawn = sample()
    assert len(drawn) == training_bar.SPOKEN
    beside().set_value(3.0).run()
    assert not at.exception
    assert control(at, "temperature").value == 3.0
    assert sample() != drawn
    control(at, "temperature").set_value(0.7).run()
    assert beside().value == 0.7
    assert sample() == drawn


def test_what_was_wrong_with_a_file_is_said_and_stays_while_a_run_goes_on(monkeypatch):
    at = page(steps=10, hidden_size=4, updates=100_000)
    button(at, "Start").click().run()
    at.text_area(key="_text_pasted").set_value("too short").run()
    wrong = "The text must have 200 to 2,000,000 characters; this one has 9"
    assert [t.value for t in at.text].count(wrong) == 2  # beside the control and above the picture
    at.run()
    assert wrong in [t.value for t in at.text]
    monkeypatch.setattr(training, "READ", 0.0)
    at.run()
    assert wrong not in [t.value for t in at.text]
    at.session_state["_training_runs"][-1].stop()


def test_a_divergence_is_reported_as_what_it_is():
    at = stepped(activation="relu", gain=2.0, clipping="none", optimiser="sgd", learning_rate=50.0, steps=50)
    assert "diverged at update" in finding(at).lower()


def test_settings_that_cannot_be_trained_are_refused_in_words():
    at = page(steps=5_000)
    assert not at.exception
    assert any("steps must lie in" in t.value for t in at.text)


@pytest.mark.parametrize("name", READY)
def test_every_preset_is_a_run_that_can_begin(name):
    course = Course(READY[name][0].training(), corpus=text.built_in("topics"))
    assert np.isfinite(course.trainer.gradient(course.state, 1).loss).all()
    assert len(TrainingReport((RunView.of("", course),), 0).finding()) > 20


# What is said


def test_a_solved_run_says_when():
    run = viewed(updates=300, learning_rate=0.01, batch=32, steps=6, hidden_size=16)
    report = TrainingReport((run,), 100)
    assert np.isfinite(run.solved)
    assert report.finding().startswith(f"Solved after {run.solved:,.0f} updates")


def test_a_run_that_learns_nothing_says_so_with_both_losses():
    run = viewed(activation="sigmoid", steps=30, updates=40)
    said = TrainingReport((run,), 0).finding()
    assert said.startswith("No better than guessing after 40 updates")
    assert "chance 1.39" in said


@pytest.mark.parametrize(("gain", "said"), [(0.5, "of a gradient is left"), (2.0, "a gradient grows 10")])
def test_what_is_left_of_a_gradient_and_what_it_grows_to_are_told_apart(gain, said):
    begun = RunView.of("", Course(Training(activation="identity", gain=gain, steps=30)))
    assert said in TrainingReport((begun,), 0).finding()


def test_runs_are_compared_in_words():
    assert changed(Training(), Training(gain=1.5, clipping="none")) == (
        "gain g (1 → 1.5), clip (by norm → no clipping)"
    )
    assert changed(Training(), Training()) == "nothing"


def test_long_curves_keep_their_peaks():
    values = np.zeros(10_000)
    values[1234] = 7.0
    x, low, high = thinned(values)
    assert len(x) <= 600
    assert high.max() == 7.0
    assert low.max() == 0.0
    assert x[-1] == 10_000


def test_engagement_is_a_share_of_the_last_updates():
    run = viewed(clipping="norm", threshold=1e-3)
    np.testing.assert_allclose(engaged(run), 1.0)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    "changes",
    [{}, {"cell": "lstm"}, {"task": "adding"}, {"clipping": "none"}, {"steps": 300, "updates": 3}],
    ids=str,
)
def test_figures_show_the_run(dark, changes):
    theme = look(dark)
    report = TrainingReport((viewed("A"), viewed("B", **changes)), 1)
    heat = training_moment.horizon(theme, report)["data"][0]
    np.testing.assert_allclose(
        np.nan_to_num(np.tril(untyped(heat["z"]))),
        np.tril(report.picture.log_map) / np.log(10),
        rtol=1e-5, atol=1e-5,
    )  # fmt: skip
    dashes = figures.loss(theme, report)["layout"]["shapes"]
    assert any(s["y0"] == pytest.approx(np.log10(report.run.chance)) for s in dashes if "y0" in s)
    for figure in (figures.norms, figures.clips, training_moment.by_lag, training_moment.spectrum):
        assert figure(theme, report)["data"] or changes.get("clipping") == "none"
    film = training_moment.film(theme, report)
    assert len(film.pictures) == len(report.run.snapshots) == len(film.said)


def test_a_run_that_diverges_at_once_still_shows_its_one_update():
    wild = {"activation": "relu", "gain": 2.0, "optimiser": "sgd", "learning_rate": 50.0, "steps": 50}
    fallen = viewed(clipping="none", **wild)
    report = TrainingReport((fallen,), 0)
    assert fallen.diverged == 2
    for made in (figures.loss(look(False), report), figures.norms(look(False), report)):
        assert any(trace["mode"] == "markers" for trace in made["data"])


def test_what_is_looked_at_is_no_part_of_the_training():
    assert Watched(moment=3, temperature=2.0).training() == Training()


# In a browser


def shown(tab, words):
    tab.wait_for_function(
        f"() => document.querySelector('.st-key-training')?.innerText.includes({words!r})", timeout=PATIENCE
    )


def taken(tab):
    """The updates that the page says its first run has taken."""
    said = tab.locator(".st-key-training").inner_text()
    return int(said.split("A: ")[1].removeprefix("paused at ").split(" of")[0].replace(",", ""))


def test_a_run_goes_on_while_another_page_is_looked_at_and_ends_when_stopped(tab, server):
    opened(tab, f"{server}/train?steps=10&hidden_size=4&updates=100000")
    tab.get_by_role("button", name="Start").click()
    shown(tab, "a second")
    before = taken(tab)
    tab.wait_for_function(
        f"() => +document.querySelector('.st-key-training').innerText.split('A: ')[1]"
        f".split(' of')[0].replaceAll(',', '') > {before}",
        timeout=PATIENCE,
    )
    tab.get_by_role("button", name="Pause").click()
    shown(tab, "paused")
    held = taken(tab)
    tab.wait_for_timeout(1_500)
    assert taken(tab) == held
    tab.get_by_role("button", name="Resume").click()
    shown(tab, "a second")
    section = tab.locator("[data-testid=stTopNavSection]")
    section.first.click()
    tab.get_by_role("menuitem", name="Gradient flow").click()
    tab.wait_for_selector("[data-panel=matrix]", timeout=PATIENCE)
    settled(tab)
    section.filter(has_text="Training").click()
    tab.get_by_role("menuitem", name="Train and watch").click()
    shown(tab, "A: ")
    tab.get_by_role("button", name="Stop").click()
    shown(tab, "stopped at")
    assert int(tab.locator(".st-key-training").inner_text().split("stopped at ")[1].split(" of")[0]
               .replace(",", "")) > held  # fmt: skip
