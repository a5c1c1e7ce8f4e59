"""`python -m assets.picture` draws the README's picture of the main page anew, gradient-flow.png.

It starts the app, opens it in headless Chromium and takes what is on the screen.
"""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.visitor import served

PICTURE = Path(__file__).with_name("gradient-flow.png")
SHOWN = "initialiser=identity&gain=1.6&input_scale=0.001&seed=1&target=50&source=3"
AT_REST = """() => {
  const board = document.querySelector('.gf')?.board;
  return board && !board.busy && !board.waiting && document.querySelectorAll('.gf .main-svg').length > 3
    && !document.querySelector('[data-testid=stStatusWidget]');
}"""


def main() -> None:
    """Take the picture."""
    with served() as (port, _), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        window = browser.new_context(viewport={"width": 1280, "height": 720}, device_scale_factor=1.5)
        tab = window.new_page()
        tab.goto(f"http://localhost:{port}/?{SHOWN}")
        tab.wait_for_function(AT_REST, timeout=120_000)
        tab.wait_for_timeout(1_000)
        tab.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
