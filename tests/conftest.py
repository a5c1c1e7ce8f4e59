"""Fixtures: one server and one headless Chromium for the browser tests of a process."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("explorer", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("explorer")

ROOT = Path(__file__).parents[1]
BROWSES = re.compile(r"\b(tab|chromium)[,)]|\bserved\(")  # in a file of tests: it needs a browser or a server
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Where tests run in several processes, the browser's tests of one file stay together, with its pages."""
    from xdist.scheduler import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            path = nodeid.partition("::")[0]
            return path if BROWSES.search((ROOT / path).read_text(encoding="utf-8")) else nodeid

    return Sharing(config, log)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(*before, **variables):
    """The app, started as a user starts it, with words before the command: (address, process)."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        [*before, *command, "--server.headless", "true"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **variables},
    )
    address = f"http://localhost:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
            break
        except OSError:
            time.sleep(0.1)
    try:
        yield address, process
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def server():
    """The address of one server for all browser tests of this process."""
    with served() as (address, _):
        yield address


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium, if the machine has one."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install chromium to run the browser tests")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium, server):
    """A fresh tab at 1280 x 720 that fails the test on any error of the page's own scripts."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
