"""The page of who remembers: it trains beside the script, can be stopped, and keeps what is trained."""

import time

from explorer.training.settings import Training
from explorer.ui.runner import Runner
from explorer.ui.trainings import Pool, Wish
from opening import app, control, finding

SMALL = {"mem_steps": 10, "mem_seeds": 1, "mem_hidden": 4, "mem_updates": 20}
TINY = Training(task="recall", steps=5, hidden_size=4, batch=4, updates=30, snapshots=2)


def small(**more):
    at = app("remember")
    for name, value in {**SMALL, **more}.items():
        at.query_params[name] = str(value)
    at.run()
    assert not at.exception
    return at


def trained(pool, wishes, seconds=30):
    end = time.monotonic() + seconds
    while pool.busy(wishes) and time.monotonic() < end:
        pool.get(wishes, train=True)
        time.sleep(0.02)
    return not pool.busy(wishes)


def test_the_address_sets_the_page():
    at = small(compared="clipping", mem_task="order")
    assert control(at, "compared").value == "clipping"
    assert control(at, "mem_task").value == "order"
    assert control(at, "mem_seeds").value == 1
    assert len(finding(at)) > 20


def test_zones_are_told_as_counts_and_never_as_a_verdict():
    at = small()
    said = next(caption.value for caption in at.caption if "gauge" in caption.value)
    assert "0 of 21" in said
    assert "No verdict" in said


def test_what_was_asked_for_is_trained_and_kept():
    pool, wishes = Pool(Runner()), (Wish(TINY, (0, 1)),)
    [course] = pool.get(wishes, train=True)
    assert trained(pool, wishes)
    assert course.state.update == 30
    assert pool.get(wishes, train=True)[0] is course


def test_nothing_is_trained_that_was_only_looked_at():
    pool, wishes = Pool(Runner()), (Wish(TINY, (3,)),)
    [course] = pool.get(wishes, train=False)
    time.sleep(0.1)
    assert course.state.update == 0
    assert pool.runner.thread is None


def test_a_run_that_is_stopped_goes_on_where_it_was():
    long = Wish(Training(task="recall", steps=5, hidden_size=4, batch=4, updates=100_000, snapshots=2), (0,))
    pool = Pool(Runner())
    [course] = pool.get((long,), train=True)
    while course.state.update < 5:
        time.sleep(0.01)
    pool.get((long,), train=False)
    time.sleep(0.3)
    resting = course.state.update
    time.sleep(0.2)
    assert course.state.update == resting
    pool.get((long,), train=True)
    while course.state.update <= resting:
        time.sleep(0.01)
    pool.get((long,), train=False)


def test_a_run_ends_once_it_is_solved():
    easy = Training(task="recall", steps=2, hidden_size=16, updates=2_000, snapshots=2, learning_rate=0.01)
    pool, wish = Pool(Runner()), Wish(easy, (0,), until_solved=True)
    [course] = pool.get((wish,), train=True)
    assert trained(pool, (wish,))
    assert 20 <= course.state.update < 500


def test_a_session_that_has_stopped_begins_nothing():
    at = app("remember")
    at.session_state["_trainings_stopped"] = True
    at.query_params["mem_seeds"] = "2"
    at.query_params["mem_steps"] = "15"
    at.run()
    assert not at.exception
    assert [b.label for b in at.button if b.label in ("Stop", "Go on")] == ["Go on"]
    assert "no network has learned" in finding(at)
