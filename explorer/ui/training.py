"""A session's own training runs: begun, compared, kept as files, and fed with texts.

A run rests where it stands when its session has gone, so that whoever comes back can go on.
"""

import time
from collections.abc import Sequence
from functools import partial

import streamlit as st

from explorer.reports.training_runs import RunView
from explorer.training.checkpoint import resumed, saved
from explorer.training.course import Course
from explorer.training.settings import Training
from explorer.training.tasks import TEXT
from explorer.training.text import Corpus, at_path, built_in, decoded, read
from explorer.ui import bundle, runner, state
from explorer.ui.runner import Job

RUNS, TEXT_KEY, SAID = "_training_runs", "_training_text", "_training_said"  # session keys
MOST_RUNS = 5
LOOK = 1.0  # seconds between two looks of an open page
READ = 12.0  # seconds that a sentence stays
NAMES = "ABCDE"


def jobs() -> list[Job]:
    """The session's runs, oldest first."""
    found: list[Job] = st.session_state.setdefault(RUNS, [])
    return found


def say(text: str) -> None:
    """Keep a sentence for the page to show; never read as markup."""
    st.session_state[SAID] = (text[:1].upper() + text[1:], time.monotonic(), False)


def said() -> str:
    """The sentence kept, at least once and then for a while, for a page that looks again every second."""
    text, at, shown = st.session_state.get(SAID, ("", 0.0, True))
    if shown and time.monotonic() - at > READ:
        return ""
    st.session_state[SAID] = (text, at, True)
    return str(text)


def corpus(training: Training) -> Corpus | None:
    """The text of a training; raises ValueError where it has none."""
    if training.task != TEXT:
        return None
    own: Corpus | None = st.session_state.get(TEXT_KEY)
    return own if training.corpus == "own" and own is not None else built_in(training.corpus)


def preview(training: Training) -> RunView:
    """The run that these settings would be, at its beginning."""
    return RunView.of("", begun(training))


def begun(training: Training) -> Course:
    """A course at its beginning; kept for the next look, for its first picture takes a moment."""
    text = corpus(training)
    key = (training, id(text))
    if st.session_state.get("_training_begun", (None,))[0] != key:
        st.session_state["_training_begun"] = (key, Course(training, corpus=text))
    course: Course = st.session_state["_training_begun"][1]
    return course


def add(course: Course) -> Job:
    """Put a run into the list; the oldest that rests gives way where there are too many."""
    runs = jobs()
    if len(runs) >= MOST_RUNS:
        oldest = next((job for job in runs if not job.going), runs[0])
        oldest.pause()
        runs.remove(oldest)
    name = next(name for name in NAMES if name not in {job.name for job in runs})
    present = partial(bundle.is_present, bundle.session_id())
    job = Job(course, runner.server(), name, wanted=present)
    runs.append(job)
    return job


def start(training: Training) -> None:
    """Begin a run of these settings; what cannot be begun is said."""
    try:
        job = add(Course(training, corpus=corpus(training)))
    except ValueError as problem:
        say(str(problem))
        return
    job.resume()


def remove(job: Job) -> None:
    """Stop a run and forget it."""
    job.pause()
    jobs().remove(job)


def take_text(text: str | bytes) -> None:
    """Have the text task read this text from now on; what is wrong with it is said."""
    try:
        found = read(decoded(text) if isinstance(text, bytes) else text)
    except ValueError as problem:
        say(str(problem))
        return
    st.session_state[TEXT_KEY] = found
    st.session_state["task"], st.session_state["corpus"] = TEXT, "own"
    say(found.notice or f"Read {len(found.indices):,} characters, {len(found.vocabulary)} different ones.")


def take_path(path: str) -> None:
    """Have the text task read the file of that path on the server's computer; what is wrong is said."""
    try:
        data = at_path(path)
    except ValueError as problem:
        say(str(problem))
        return
    take_text(data)


def take_checkpoint(data: bytes) -> None:
    """Add the run of a checkpoint to the list, paused where it was; what is wrong with it is said."""
    try:
        job = add(resumed(data))
    except ValueError as problem:
        say(str(problem))
        return
    st.session_state.update({name: getattr(job.course.training, name) for name in vars(job.course.training)})
    say(f"Run {job.name} resumes after {job.course.state.update:,} updates.")


def checkpoint(job: Job) -> bytes:
    """The run as a file, between two updates."""
    was = job.going
    job.pause()
    data = saved(job.course)
    if was:
        job.resume()
    return data


def view(job: Job) -> RunView:
    """A run as the reports read it, as far as it has come."""
    return RunView.of(job.name, job.course)


def views(runs: Sequence[Job]) -> tuple[RunView, ...]:
    """All runs as the reports read them."""
    return tuple(view(job) for job in runs)


def look_again() -> None:
    """While a run goes on, run the page again soon; not while a slider is held."""
    if any(job.going for job in jobs()):
        drawn = time.monotonic()
        st.fragment(again, run_every=LOOK)(drawn)


def again(drawn: float) -> None:
    """Run the page again, but for the run that has just drawn it."""
    if time.monotonic() - drawn > LOOK / 2 and not state.held():
        st.rerun()
