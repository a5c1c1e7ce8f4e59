"""The glossary: every symbol on screen has an entry, arranged, searchable, and told where it is met."""

import ast
import re
from pathlib import Path

import pytest

from explorer.glossary import GLOSSARY
from explorer.glossary_index import EXPLORED, GROUPS, SHAPES, WRITTEN, found, met
from explorer.lessons.table import LESSONS
from explorer.ui import glossary, places
from opening import app

ROOT = Path(__file__).parents[1]
PAGES = [path.stem for path in sorted((ROOT / "pages").glob("*.py"))]
GREEK = {
    "alpha": "α", "gamma": "γ", "delta": "δ", "eta": "η", "theta": "θ", "lambda": "λ", "mu": "μ", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "odot": "⊙", "otimes": "⊗", "prod": "∏", "sum": "∑",
    "beta": "β", "epsilon": "ε", "chi": "χ", "psi": "ψ", "omega": "ω", "xi": "ξ", "kappa": "κ", "nu": "ν",
}  # fmt: skip
ALL = (*ROOT.glob("explorer/**/*.py"), *ROOT.glob("pages/*.py"))
SHIPPED = [path for path in ALL if "glossary" not in path.stem]
MEANINGS = {  # signs that stand for more than one thing: any of them will do
    "σ": {"sigma", "sigma_max", "sigma_i"},
    "‖": {"norm", "norm_F", "norm_2"},
    "∂E": {"dE/dh", "dE/ds", "dE/dx", "dE/dW", "gradient"},
    "∂s": {"dE/ds", "J"},
    "∂h": {"dE/dh", "dh_t/dh_k"},
    "E": {"E", "E_t"},
    "g": {"g", "g_t", "gradient"},
}


def strings(source):
    """Every text of a module but for its docstrings."""
    tree = ast.parse(source)
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    inside = [node.body[0] for node in ast.walk(tree) if isinstance(node, holders)]
    docs = {id(first.value) for first in inside if isinstance(first, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs]
    return [node.value for node in constants if isinstance(node.value, str)]


def symbols(text):
    """What of a text is a symbol: Greek letters, operators, derivatives, single letters with a subscript."""
    for name, letter in GREEK.items():
        text = re.sub(rf"\\{name}(?![A-Za-z])", letter, text)
    text = re.sub(r"\\partial\s?", "∂", text)
    plain = set(re.findall(r"φ[′']|[Α-Ωα-ω]|[∑∏⊙⊗‖]|∂[A-Za-z]", text))
    return plain | set(re.findall(r"(?<![A-Za-z\\_^{∂])([A-Za-z])(?:_\{?[tkj]\b|<sub>|[ₜₖⱼ])", text))


def test_the_scan_sees_symbols_in_plain_text_and_in_latex():
    assert symbols("‖∂h_t/∂h_k‖ over φ′(a_t)") == {"‖", "∂h", "φ′", "a"}
    latex = r"\partial E / \partial W = \sum_t \delta_t \otimes h_{t-1}"
    assert symbols(latex) == {"∂E", "∂W", "∑", "δ", "⊗", "h"}
    assert symbols("a page of plain words, log₁₀ and x₀") == set()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_symbol_on_screen_has_an_entry(path):
    seen = {symbol for text in strings(path.read_text(encoding="utf-8")) for symbol in symbols(text)}
    assert sorted(seen - WRITTEN.keys()) == []


def test_how_a_symbol_is_written_leads_to_an_entry():
    assert set(WRITTEN.values()) <= GLOSSARY.keys()


def test_every_entry_stands_in_one_group():
    placed = [key for keys in GROUPS.values() for key in keys]
    assert sorted(placed) == sorted(GLOSSARY)


def test_every_page_that_shows_something_has_its_symbols():
    sources = {page: (ROOT / "pages" / f"{page}.py").read_text(encoding="utf-8") for page in PAGES}
    shown = {page for page, source in sources.items() if "board.show(" in source}
    assert shown == {*LESSONS, *EXPLORED}
    assert {key for keys in EXPLORED.values() for key in keys} | set(SHAPES) <= GLOSSARY.keys()


@pytest.mark.parametrize("page", [*LESSONS, *EXPLORED])
def test_a_page_names_the_symbols_of_its_own_texts(page):
    parts = ("pages", "explorer/reports", "explorer/figures")
    own = [ROOT / part / f"{page}.py" for part in parts]
    texts = [text for path in own if path.exists() for text in strings(path.read_text(encoding="utf-8"))]
    said = {symbol for text in texts for symbol in symbols(text)}
    listed = set(LESSONS[page].symbols if page in LESSONS else EXPLORED[page])
    missing = [symbol for symbol in said if not MEANINGS.get(symbol, {WRITTEN[symbol]}) & listed]
    assert sorted(missing) == []


def test_most_symbols_are_met_somewhere():
    assert [key for key in GLOSSARY if not met(key)] == []


def test_n_has_all_its_meanings():
    assert "repetitions" in GLOSSARY["n"].name
    assert GLOSSARY["n_t"].where == "GRU."
    assert {"n", "n_t"} <= {key for keys in found("n").values() for key in keys}


def test_the_search_finds_by_name_symbol_and_meaning():
    assert found("forget gate")["Gates"] == ("f",)
    assert "phi" in found("φ")["Functions and operations"]
    assert found("no such thing") == {}
    assert sum(map(len, found("").values())) == len(GLOSSARY)


def test_where_a_symbol_is_met_is_said_by_the_pages_title_and_leads_there():
    for key in GLOSSARY:
        links = re.findall(r"\[([^]]+)\]\(([^)]+)\)", glossary.line(key).rsplit(" | ", 1)[1])
        assert [text for text, _ in links] == [places.TITLES[page] for page in met(key)]
        assert {address for _, address in links} <= {".", *PAGES} - {places.MAIN}


def texts(at):
    return "\n".join(markdown.value for markdown in at.markdown)


def test_the_page_shows_every_entry_once():
    shown = texts(app("glossary"))
    for entry in GLOSSARY.values():
        assert entry.name in shown


def test_the_page_can_be_searched():
    at = app("glossary")
    at.text_input(key="find").set_value("forget gate").run()
    assert not at.exception
    assert "forget gate" in texts(at)
    assert "learning rate" not in texts(at)
    at.text_input(key="find").set_value("no such thing").run()
    assert any("No symbol" in markdown.value for markdown in at.markdown)


def test_a_link_to_a_symbol_shows_it_alone_at_the_top():
    at = app("glossary", symbol="rho")
    assert "spectral radius" in next(m.value for m in at.markdown if m.value.startswith("$"))
    app("glossary", symbol="<script>")


@pytest.mark.parametrize("page", ["glossary", "beats"])
def test_in_the_browser_formulas_are_drawn_offline_and_everybody_can_read_them(tab, server, page):
    package = pytest.importorskip("axe_playwright_python", reason="no axe-core: see tests/requirements.txt")
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(f"{server}/{page}")
    tab.wait_for_selector(".st-key-glossary table, .st-key-paper li", timeout=120_000)
    tab.wait_for_timeout(1000)
    assert [url for url in asked if not re.match(rf"({server}|ws://localhost|data:|blob:)", url)] == []
    assert tab.locator(".katex-error").count() == 0
    assert (tab.locator(".katex").count() > len(GLOSSARY)) is (page == "glossary")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1280
    tab.evaluate((Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = tab.evaluate("() => window.axe.run(document, { resultTypes: ['violations'] })")["violations"]
    assert [broken["id"] for broken in found if broken["impact"] in ("serious", "critical")] == []
