"""A computation nobody waits for any more comes to an end, and a long one says how far it is."""

import os
import re
import time
from pathlib import Path

import pytest

from browsing import settled
from conftest import served
from explorer import progress
from explorer.experiment import Experiment, View
from explorer.reports import gradient_flow
from explorer.run import run
from explorer.ui import waiting

HEAVY = "steps=1000&hidden_size=128"  # some ten seconds of computing
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads a process's time from /proc")


def seconds_of(process):
    """The processor time a process has used."""
    words = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS


def share_two_seconds_later(process):
    time.sleep(2)
    before = seconds_of(process)
    time.sleep(1)
    return seconds_of(process) - before


@pytest.fixture(scope="module")
def own_server():
    with served() as (address, process):
        yield address, process


@pytest.fixture
def busy(chromium, own_server):
    """A tab whose page has begun a computation of some ten seconds, and the server's process."""
    address, process = own_server
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    tab = context.new_page()
    tab.goto(f"{address}/?{HEAVY}&seed={time.monotonic_ns() % 9_000}")
    tab.get_by_text(re.compile(r"Computing … \d+ % after \d s")).wait_for(timeout=30_000)
    yield tab, process
    context.close()


@proc
@pytest.mark.parametrize("way", ["closing the tab", "leaving the page", "another setting"])
def test_moving_on_ends_the_computation(busy, way):
    tab, process = busy
    if way == "closing the tab":
        tab.close()
    elif way == "leaving the page":
        tab.goto("about:blank")
    else:
        tab.get_by_role("button", name="Presets").click()
        tab.get_by_role("button", name="0.5 to the power of T").click()
        tab.locator("h4", has_text="10⁻⁶").wait_for(timeout=30_000)  # the answer to the new setting
        settled(tab)
    assert share_two_seconds_later(process) < 0.05


class Ended(Exception):
    pass


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("norm", ["rms", "spectral"])
def test_every_part_of_the_main_report_can_be_ended_at_every_word_it_says(cell, norm):
    recorded, said, stop = run(Experiment(cell=cell, steps=40, hidden_size=6)), [], 0
    parts = {
        "run": lambda: run(recorded.experiment),
        "map": lambda: gradient_flow.pair_map(recorded, norm, "h←h"),
        "selection": lambda: gradient_flow.selection(recorded, View()),
    }

    def hear(done):
        said.append(done)
        if len(said) == stop:
            raise Ended

    try:
        for part in parts.values():
            said.clear()
            stop = 0
            progress.listen(hear)
            part()
            total = len(said)
            assert total >= 3
            for word in (1, total // 2, total):
                stop = word
                said.clear()
                with pytest.raises(Ended):
                    part()
    finally:
        progress.listen(None)


def test_the_share_done_never_falls_and_ends_near_the_whole():
    recorded, said = run(Experiment(steps=300, hidden_size=24)), []
    progress.listen(lambda done: said.append(done) if done is not None else None)
    try:
        gradient_flow.pair_map(recorded, "rms", "h←h")
    finally:
        progress.listen(None)
    assert said == sorted(said)
    assert said[-1] > 0.9


def test_the_words_beside_the_bar():
    assert waiting.said(0.0, 0.4) == "Computing … "
    assert waiting.said(0.39, 5.2) == "Computing … 39 % after 5 s"
