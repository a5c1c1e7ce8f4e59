"""The training page's own controls: the buttons of its runs, texts and checkpoints, and a sample of text."""

from collections.abc import Callable
from functools import partial
from itertools import islice

import streamlit as st

from explorer.figures import rainbow_film as rainbows
from explorer.figures import training_gates, training_moment
from explorer.figures.film import Film
from explorer.figures.theme import Look
from explorer.reports import training_gates as gates
from explorer.reports.rainbow import RainbowReport
from explorer.reports.training import TrainingReport
from explorer.reports.training_runs import RunView
from explorer.run import cell_of
from explorer.training.course import Course
from explorer.training.sampling import Voice, spoken
from explorer.training.settings import Training
from explorer.training.text import MOST_BYTES, too_large
from explorer.training.watch import Itemised, Watched
from explorer.ui import bundle, live, page, training
from explorer.ui.board import Panel
from explorer.ui.runner import Job

MOST_PASTED = 200_000
WARMTH = "_temperature_beside"  # key of the slider beside the sample, a second one for `temperature`
JACOBIAN = "Eigenvalues of ∂s<sub>t</sub>/∂s<sub>t−1</sub>"
SPOKEN = 320  # characters of a sample
STYLE = (
    ".gf { --gf-fit: 1; height: max(470px, calc(100vh - 12.9rem)); } .st-key-training { margin-top: -.5rem; }"
)


def shown_job(wanted: Training) -> Job | None:
    """The run that the page shows and its buttons act on: the newest of these settings, or else of all."""
    runs = training.jobs()
    same = [job for job in runs if job.course.training == wanted]
    found = same or runs
    return found[-1] if found else None


def bar(wanted: Training) -> None:
    """The buttons that begin, pause and end runs, and how far each has come."""
    live.aloud()
    st.html(f"<style>{STYLE}</style>")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="training"):
        runs, shown = training.jobs(), shown_job(wanted)
        fresh = shown is None or shown.course.training != wanted
        st.button(
            "Start" if fresh else "Start anew",
            icon=":material/play_arrow:",
            type="primary" if fresh else "secondary",
            help="Begin a run of the present settings; the runs before it stay for comparison.",
            on_click=training.start,
            args=(wanted,),
        )
        if shown is not None:
            buttons(shown, f" {shown.name}" if fresh or len(runs) > 1 else "")
        for job in runs:
            standing(job)
        if shown is not None and fresh:
            st.text("Settings changed: Start trains them as a further run.")
        said = training.said()
        files(shown, said)
    if said:
        with st.container(border=True):
            st.text(said)


def buttons(job: Job, which: str) -> None:
    """Pause or resume, one step, and stop for one run, named where it could be another."""
    over = job.over
    if job.going:
        st.button(f"Pause{which}", icon=":material/pause:", on_click=job.pause)
    else:
        st.button(f"Resume{which}", icon=":material/resume:", on_click=job.resume, disabled=over)
    about = {"Step": "One update.", "Stop": "End the run; it stays."}
    for (name, said), does in zip(about.items(), (job.step, job.stop), strict=True):
        icon = ":material/skip_next:" if name == "Step" else ":material/stop:"
        st.button(f"{name}{which}", icon=icon, on_click=does, disabled=over, help=said)


def standing(job: Job) -> None:
    """One run's name and how far it has come, with rate and time left while it goes."""
    st.text(f"{job.name}: {progress(job)}")


def progress(job: Job) -> str:
    """How far a run has come, in words."""
    taken, total = job.course.state.update, job.course.training.updates
    if job.fault:
        return f"ended at update {taken:,}: {job.fault}"
    if job.course.diverged is not None:
        return f"diverged at update {job.course.diverged:,}"
    if job.course.done:
        return f"all {total:,} updates"
    if job.stopped:
        return f"stopped at {taken:,} of {total:,}"
    if not job.going:
        return f"paused at {taken:,} of {total:,}"
    rate = job.rate
    left = f", {rate:,.0f} a second, {(total - taken) / rate:,.0f} s left" if rate > 0 else ""
    return f"{taken:,} of {total:,}{left}"


def files(shown: Job | None, said: str) -> None:
    """Texts to learn, checkpoints to keep and to resume, runs to forget, and what was wrong with the last."""
    with st.popover("Texts and checkpoints", icon=":material/folder_open:"):
        if said:
            st.text(said)
        st.file_uploader("A text to learn (UTF-8)", key="_text_file", on_change=upload, args=("_text_file",))
        by_path()
        st.text_area("or paste one", key="_text_pasted", max_chars=MOST_PASTED, height=90, on_change=pasted)
        st.file_uploader(
            "A checkpoint to resume (.npz)", key="_checkpoint", on_change=upload, args=("_checkpoint",)
        )
        if shown is not None:
            st.download_button(
                f"Download run {shown.name} as a checkpoint",
                lambda: training.checkpoint(shown),
                f"run_{shown.name}.npz",
                "application/octet-stream",
                on_click="ignore",
            )
        for job in training.jobs():
            name = f"Forget run {job.name}"
            st.button(name, on_click=training.remove, args=(job,), key=f"_forget_{job.name}")


def by_path() -> None:
    """A text of this computer by its path, where the app is served to this computer alone."""
    if bundle.is_local():
        label, about = "or the path of one on this computer", "Read by the server, which is this computer."
        st.text_input(label, key="_text_path", help=about, on_change=named)
    else:
        st.caption("Paths are not read here: this server is not for its own computer alone.")


def named() -> None:
    """Take in the text whose path has just been typed."""
    path = st.session_state.get("_text_path", "").strip()
    if path and bundle.is_local():
        training.take_path(path)


def upload(key: str) -> None:
    """Take in the file that has just been uploaded."""
    file = st.session_state.get(key)
    if file is None:
        return
    if key == "_checkpoint":
        training.take_checkpoint(file.getvalue())
    elif file.size > MOST_BYTES:
        training.say(too_large(file.size))
    else:
        training.take_text(file.getvalue())


def pasted() -> None:
    """Take in the text that has just been pasted."""
    if st.session_state.get("_text_pasted"):
        training.take_text(st.session_state["_text_pasted"])


def report(watched: Watched) -> TrainingReport:
    """All runs of the session, the shown one last, or what the present settings begin with."""
    shown = shown_job(watched.training())
    if shown is not None:
        others = [job for job in training.jobs() if job is not shown]
        return TrainingReport(training.views([*others, shown]), watched.moment)
    return TrainingReport((preview(watched.training(), Training()),), watched.moment)


def rainbow(watched: Itemised) -> RainbowReport:
    """The session's run of these settings, or, where there is none, what they begin with."""
    wanted = watched.training()
    shown = shown_job(wanted)
    if shown is not None and shown.course.training == wanted:
        return RainbowReport(training.view(shown), watched.moment, watched.loss_step)
    first = preview(wanted, Itemised().training())
    return RainbowReport(first, watched.moment, watched.loss_step)


def preview(wanted: Training, otherwise: Training) -> RunView:
    """The beginning of a run; where it cannot begin, why, and the beginning of another."""
    try:
        return training.preview(wanted)
    except ValueError as problem:
        page.problem(str(problem))
        return training.preview(otherwise)


def rainbow_film(look: Look, report: RainbowReport) -> Callable[[], Film]:
    """How to make the film of the rainbow's checkpoints."""
    return partial(rainbows.film, look, report)


def speech(watched: Watched) -> None:
    """What the shown run's network writes, if it has learnt a text."""
    shown = shown_job(watched.training())
    if shown is None or shown.course.trainer.corpus is None:
        return
    st.session_state[WARMTH] = watched.temperature
    st.slider("Temperature", 0.0, 3.0, step=0.05, key=WARMTH, on_change=warm)
    st.code(written(shown.course, watched.temperature), language=None, wrap_lines=True)


def warm() -> None:
    """Make the temperature beside the text that of the settings, which have a control of their own."""
    st.session_state["temperature"] = st.session_state[WARMTH]


def written(course: Course, temperature: float) -> str:
    """Some lines by the network as it stands; the same until it or the temperature changes."""
    trainer = course.trainer
    vocabulary = trainer.task.symbols
    start = vocabulary.index("\n") if "\n" in vocabulary else 0
    cell, row = cell_of(course.training), course.state.rows[0]
    drawn = spoken(cell, trainer.layout, row, [start], Voice(temperature, course.state.update))
    return "".join(vocabulary[i] for i in islice(drawn, SPOKEN))


def beside(watched: Watched, look: Look, report: TrainingReport) -> Panel:
    """The last picture: the Jacobian's eigenvalues, or gates and saturation over the updates."""
    if watched.beside == "spectrum":
        drawn = training_moment.spectrum(look, report)
        return Panel("spectrum", JACOBIAN, drawn, report.spectrum_alt(), detail=True)
    run, at = report.run, report.at
    drawn, alt = training_gates.gates(look, report), gates.alt(run, at)
    return Panel("spectrum", gates.title(run), drawn, alt, caption=gates.finding(run, at), detail=True)


def film(look: Look, report: TrainingReport) -> Callable[[], Film]:
    """How to make the film of the checkpoints."""
    return partial(training_moment.film, look, report)
