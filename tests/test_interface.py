"""The ground under every page: what it rests on, what it gives way to, what it reaches, what it keeps."""

import asyncio
import gc
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.visitor import Visitor, resident
from browsing import READY, finding, opened, settled
from conftest import served
from explorer import run as runs
from explorer.figures import theme
from explorer.ui import bundle, page, process
from opening import app, boards, control
from opening import finding as finding_of

ROOT = Path(__file__).parents[1]
HEADING = "document.querySelector('h4')?.innerText"
MOVED = "Streamlit has moved what explorer/ui/bundle.py rests on"


# What the board rests on


def test_streamlit_still_ships_plotly_where_the_board_looks_for_it():
    found = bundle.plotly_url()
    assert found is not None, f"{MOVED}: no {bundle.PATTERN}"
    import streamlit

    size = (Path(streamlit.__file__).parent / "static" / found).stat().st_size
    assert size > 1_000_000, f"{MOVED}: {found} is too small to be plotly.js"


def test_streamlit_still_puts_plotly_where_the_board_takes_it_from(tab, server):
    opened(tab, server)
    assert tab.evaluate("() => typeof window.Plotly?.react") == "function", f"{MOVED}: no window.Plotly"
    assert tab.evaluate("() => Number(window.Plotly.version.split('.')[0])") >= 3, MOVED


def test_streamlit_still_looks_for_new_settings_at_every_use_of_the_session_state():
    from streamlit.runtime.state import SafeSessionState, SessionState

    class Ended(Exception):
        pass

    def end():
        raise Ended

    with pytest.raises(Ended):
        "_anything" in SafeSessionState(SessionState(), end)  # noqa: B015 - MOVED if nothing is raised


def test_what_is_drawn_inside_a_cached_function_is_drawn_once():
    from streamlit.runtime.scriptrunner_utils.script_run_context import in_cached_function

    token = in_cached_function.set(True)
    with bundle.unrecorded():
        assert in_cached_function.get() is False
    assert in_cached_function.get() is True
    in_cached_function.reset(token)


# What it gives way to


def test_without_plotly_the_page_has_stock_widgets_and_says_so(monkeypatch):
    monkeypatch.setattr(bundle, "plotly_url", lambda: None)
    at = app()
    assert any("sliders answer when they are let go" in caption.value for caption in at.caption)
    assert boards(at) == []
    before = finding_of(at)
    gain = next(slider for slider in at.select_slider if slider.key == "flow_gain")
    gain.set_value(2.0).run()
    assert not at.exception
    assert finding_of(at) != before
    assert control(at, "gain").value == 2.0
    assert len(at.get("plotly_chart")) == 4


WITHOUT = "from explorer.ui import bundle\nbundle.plotly_url = lambda: None\n"


def test_a_browser_shows_the_stock_page_with_its_note_and_its_charts(chromium, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WITHOUT, encoding="utf-8")
    with served(PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)])) as (address, _):
        context = chromium.new_context(viewport={"width": 1280, "height": 720})
        tab = context.new_page()
        tab.goto(address)
        tab.get_by_text("sliders answer when they are let go").wait_for(timeout=READY)
        tab.wait_for_selector(".js-plotly-plot .main-svg", timeout=READY)
        words = finding(tab)
        tab.locator("[data-testid=stSlider] input").nth(1).focus()
        tab.keyboard.press("PageUp")
        tab.wait_for_function(f"(was) => {HEADING} !== was", arg=words, timeout=READY)
        context.close()


# What survives a change


def test_no_frame_is_blank_and_the_label_under_the_pointer_stays(tab, server):
    opened(tab, server)
    box = tab.locator("[data-panel=lag] .gf-plot .nsewdrag").bounding_box()
    tab.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    tab.wait_for_selector("[data-panel=lag] .hoverlayer .hovertext", timeout=READY)
    tab.evaluate(
        "() => { window.least = 9; const look = () => { window.least = Math.min(window.least,"
        " [...document.querySelectorAll('.gf-plot .main-svg:first-of-type')].filter((s) =>"
        " s.checkVisibility() && s.getBoundingClientRect().width > 50).length);"
        " requestAnimationFrame(look); }; look(); }"
    )
    tab.locator("#gf-gain").focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
        settled(tab)
    assert tab.evaluate("window.least") >= 4
    assert tab.locator("[data-panel=lag] .hoverlayer .hovertext").count() >= 1


def test_the_figures_follow_when_the_theme_changes(tab, server):
    opened(tab, server)
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_function(
        "(ink) => document.querySelector('[data-panel=lag] .gf-plot').layout.font.color === ink",
        arg=theme.DARK.ink,
        timeout=READY,
    )


def test_figures_travel_as_32_bit_floats(tab, server):
    opened(tab, server)
    kinds = tab.evaluate(
        "() => { const b = document.querySelector('.gf').board; return b.data.panels.flatMap((p) =>"
        " JSON.parse(p.figure).data.flatMap((t) => ['x', 'y', 'z'].map((a) => t[a]).filter(Boolean)"
        " .map((v) => v.dtype))); }"
    )
    assert set(kinds) == {"f4"}


def test_back_returns_to_the_page_before(tab, server):
    opened(tab, f"{server}/?gain=1.7")
    words = finding(tab)
    tab.goto(f"{server}/clipping?gain=1.7")
    tab.wait_for_selector(".gf-plot .main-svg", timeout=READY)
    settled(tab)
    assert finding(tab) != words
    tab.go_back()
    tab.wait_for_function(f"(was) => {HEADING} === was", arg=words, timeout=READY)


def test_one_step_back_leaves_a_page_that_was_reached_through_the_navigation(tab, server):
    opened(tab, f"{server}/?gain=1.7")
    words = finding(tab)
    tab.locator("[data-testid=stTopNavSection]").first.click()
    tab.get_by_role("menuitem", name="What reaches the weights").click()
    tab.wait_for_url(re.compile(r"/weights\?.*gain=1\.7"), timeout=READY)
    settled(tab)
    tab.go_back()
    tab.wait_for_function(f"(was) => {HEADING} === was", arg=words, timeout=READY)
    assert "weights" not in tab.url
    assert "gain=1.7" in tab.url


def test_the_very_first_visit_may_be_a_link_to_any_page(chromium):
    with served() as (address, _):
        context = chromium.new_context(viewport={"width": 1280, "height": 720})
        tab = opened(context.new_page(), f"{address}/clipping?gain=1.4")
        assert "clip" in tab.locator("body").inner_text().lower()
        assert tab.locator("[data-testid=stTopNavLink], [data-testid=stTopNavSection]").count() >= 1
        context.close()


# What never reruns the network (the rest of the controls stands in test_app.py)


def count_forwards(monkeypatch):
    count, original = [], runs.flow.forward
    monkeypatch.setattr(runs.flow, "forward", lambda *a: (count.append(1), original(*a))[1])
    return count


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        ("gradient_flow", "norm", "spectral"),
        ("gradient_flow", "block", "c←c"),
        ("gradient_flow", "target", 12),
        ("gradient_flow", "source", 2),
        ("weights", "gate", "o"),
    ],
)
def test_what_is_shown_of_an_lstm_never_reruns_it(monkeypatch, where, name, value):
    at = app(where, cell="lstm", seed="5432", hidden_size="9")
    count = count_forwards(monkeypatch)
    control(at, name).set_value(value).run()
    assert not at.exception
    assert count == []


@pytest.mark.parametrize("where", ["gradient_flow", "weights", "clipping"])
def test_another_theme_never_reruns_the_network(monkeypatch, where):
    at = app(where, seed="6543", hidden_size="9")
    count = count_forwards(monkeypatch)
    monkeypatch.setattr(page, "look", lambda: theme.DARK)
    at.run()
    assert not at.exception
    assert count == []


@pytest.mark.parametrize(("name", "value"), [("clip", "value"), ("clip", "inside"), ("threshold", 0.2)])
def test_clipping_never_reruns_the_network(monkeypatch, name, value):
    at = app("clipping", seed="7654", hidden_size="9")
    count = count_forwards(monkeypatch)
    control(at, name).set_value(value).run()
    assert not at.exception
    assert count == []


# What it keeps and reaches


def test_a_page_stands_without_pandas():
    """It takes 70 MB and a second; Streamlit loads it to look whether a list is a data frame."""
    script = """
import sys
from opening import app
for page in ("gradient_flow", "cliff", "memory"):
    app(page)
    print(page, "pandas" in sys.modules)
"""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True,
        encoding="utf-8", check=True,
    )  # fmt: skip
    assert told.stdout.split("\n") == ["gradient_flow False", "cliff False", "memory False", ""]


def test_the_imports_are_out_of_the_garbage_collectors_sight():
    process.frozen_imports.clear()
    process.frozen_imports()
    assert gc.get_freeze_count() > 50_000


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads a process's memory from /proc")
def test_memory_stays_flat_over_many_reruns():
    async def soaked(port, pid):
        visitor, sizes = await Visitor.opened(port), []
        for i in range(150):
            _, _, failed = await visitor.ask(steps=1 + i % 12, hidden_size=4, gain=(i % 60) / 20, seed=i % 30)
            assert not failed
            sizes.append(resident(pid))
        await visitor.connection.close()
        return sizes

    with served() as (address, process), ThreadPoolExecutor(1) as thread:
        # in a thread of its own, for the browser tests' driver keeps an event loop running in this one
        sizes = thread.submit(asyncio.run, soaked(int(address.rpartition(":")[2]), process.pid)).result()
    assert sizes[-1] - sizes[49] <= 20  # MB; `python -m benchmarks soak` takes 2,000 reruns


def test_the_server_calls_nobody():
    script = [sys.executable, str(Path(__file__).with_name("offline.py"))]
    cut_off = ["unshare", "--map-root-user", "--net"]  # a network of its own, without a way out
    alone = shutil.which("unshare") and subprocess.run([*cut_off, "true"], check=False).returncode == 0
    told = subprocess.run(
        [*(cut_off if alone else []), *script], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    assert told.stdout == "listening"
