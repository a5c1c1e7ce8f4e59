"""How the browser tests open a page, wait until it stands still, read it and drag."""

from pathlib import Path

PLOT = ".gf-plot .main-svg"
READY = 120_000  # milliseconds a first page may take on a busy machine
FILES = sorted((Path(__file__).parents[1] / "pages").glob("*.py"))
PAGES = [path.stem for path in FILES if "board.show(" in path.read_text(encoding="utf-8")]
SLUGS = {page: "" if page == "gradient_flow" else page for page in PAGES}


def opened(tab, address):
    tab.goto(address)
    tab.wait_for_selector(PLOT, timeout=READY)
    settled(tab)
    return tab


def settled(tab):
    """Wait until the board has drawn its answer, and the page around it has followed."""
    tab.wait_for_function(
        "() => { const r = document.querySelector('.gf'); if (r?.board && !r.board.waiting) r.board.leave();"
        " return r && r.board && !r.board.busy && !r.board.waiting && r.querySelector('.main-svg')"
        " && !Object.keys(r.board.ahead).length"
        " && !document.querySelector('[data-testid=stStatusWidget]')"
        " && document.querySelector('[data-testid=stApp]').dataset.testScriptState !== 'running'; }",
        timeout=READY,
    )
    tab.wait_for_timeout(150)


def finding(tab):
    return tab.locator("h4").first.inner_text()


def drag(tab, field, *, to):
    box = tab.locator(f"#gf-{field}").bounding_box()
    y = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 0.3 * box["width"], y)
    tab.mouse.down()
    for i in range(30):
        tab.mouse.move(box["x"] + (0.3 + (to - 0.3) * i / 29) * box["width"], y)
        tab.wait_for_timeout(40)
