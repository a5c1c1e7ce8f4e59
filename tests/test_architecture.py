"""The rules of the house, checked on the source itself: layers, cycles, sizes, pages, docstrings, traces.

Each rule is itself tested on a seeded violation: a guard that looks at nothing finds nothing.
"""

import fnmatch
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import architecture as rules

ROOT = Path(__file__).parents[1]
APP = ROOT / "app.py"
PACKAGE = sorted(ROOT.glob("explorer/**/*.py"))
PAGES = sorted(ROOT.glob("pages/*.py"))
SHIPPED = [*PACKAGE, *PAGES, APP]
BENCHMARKS = sorted(ROOT.glob("benchmarks/**/*.py"))

MODULE_LINES, PAGE_LINES, FUNCTION_LINES = 250, 60, 40


def relative(path: Path) -> str:
    """The path from the root of the repository, with forward slashes everywhere."""
    return path.relative_to(ROOT).as_posix()


def read(path: Path) -> str:
    """The source text of one file."""
    return path.read_text(encoding="utf-8")


def module(path: Path) -> str:
    """The full name of a module: explorer/ui/page.py is explorer.ui.page."""
    return relative(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def layer(path: Path) -> str:
    """The layer of a file that ships."""
    return rules.layer_of(module(path)) if path in PACKAGE else "pages"


def kept(names: list[str]) -> list[str]:
    """The names that .gitignore does not leave out; read here, for a user may have no git."""
    ignored = [".git", *(line.rstrip("/") for line in read(ROOT / ".gitignore").splitlines() if line)]
    return [name for name in names if not any(fnmatch.fnmatch(name, pattern) for pattern in ignored)]


def texts() -> Iterator[tuple[str, str]]:
    """(path, text) of every text file of the repository."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = kept(folders)
        for path in (Path(folder, name) for name in kept(files)):
            try:
                yield relative(path), read(path)
            except UnicodeDecodeError:
                continue  # a picture or a font


# The house keeps its rules


@pytest.mark.parametrize("path", SHIPPED, ids=relative)
def test_a_module_imports_only_what_its_layer_may(path):
    assert rules.forbidden_imports(read(path), layer(path)) == []


@pytest.mark.parametrize("path", SHIPPED, ids=relative)
def test_imports_stand_at_the_top_of_the_module(path):
    assert rules.hidden_imports(read(path), layer(path)) == []


def test_no_module_imports_itself_by_a_detour():
    assert rules.import_cycle({module(path): read(path) for path in PACKAGE}) == []


@pytest.mark.parametrize("path", [*PACKAGE, *BENCHMARKS], ids=relative)
def test_a_module_fits_its_budget(path):
    assert len(read(path).splitlines()) <= MODULE_LINES


@pytest.mark.parametrize("path", [*PAGES, APP], ids=relative)
def test_a_page_fits_its_budget(path):
    assert len(read(path).splitlines()) <= PAGE_LINES


@pytest.mark.parametrize("path", [*SHIPPED, *BENCHMARKS], ids=relative)
def test_every_function_fits_the_eye(path):
    assert rules.long_functions(read(path), FUNCTION_LINES) == []


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_a_page_only_composes_what_is_defined_elsewhere(path):
    assert rules.definitions(read(path)) == []


def test_every_page_is_listed_exactly_once():
    assert Counter(rules.listed_pages(read(APP))) == Counter(map(relative, PAGES))


@pytest.fixture(scope="module")
def explained():
    """The methods that a protocol of the package explains for all classes that have them."""
    return rules.explained_methods([*map(read, PACKAGE)])


@pytest.mark.parametrize("path", SHIPPED, ids=relative)
def test_every_public_name_says_what_it_is(path, explained):
    assert rules.undocumented(read(path), explained) == []


def test_no_file_names_the_machine_it_was_written_on():
    assert {path: found for path, text in texts() if (found := rules.traces(text))} == {}


def test_the_rules_look_at_the_whole_house():
    assert {"README.md", ".ci/run", "app.py", "explorer/arrays.py"} <= dict(texts()).keys()
    assert {layer(path) for path in SHIPPED} == set(rules.LAYERS)


# The rules find what breaks them


@pytest.mark.parametrize(
    ("layer", "source"),
    [
        ("engine", "import plotly.graph_objects as go"),
        ("engine", "import scipy"),
        ("engine", "from explorer.figures import theme"),
        ("engine", "from explorer import ui"),
        ("engine", "import explorer.reports.clipping"),
        ("reports", "import plotly"),
        ("reports", "from explorer.figures import theme"),
        ("engine", "from . import flow"),
        ("engine", "from .flow import forward"),
        ("engine", "def late():\n    import streamlit"),
        ("figures", "import streamlit as st"),
        ("figures", "import explorer.ui.page"),
        ("ui", "import numpy as np"),
        ("ui", "from pages import clipping"),
        ("pages", "import numpy as np"),
        ("pages", "import math"),
    ],
)
def test_an_import_across_the_layers_is_found(layer, source):
    assert len(rules.forbidden_imports(source, layer)) == 1


@pytest.mark.parametrize(
    ("layer", "source"),
    [
        ("engine", "import math\nfrom numpy.typing import NDArray\nfrom explorer import flow"),
        ("figures", "import plotly.graph_objects as go\nimport numpy as np\nimport explorer.cells"),
        ("ui", "import streamlit as st\nimport pandas\nfrom explorer.figures import theme"),
        ("pages", "import streamlit as st\nfrom explorer.ui import page\nfrom explorer import measures"),
    ],
)
def test_an_import_down_the_layers_is_let_be(layer, source):
    assert rules.forbidden_imports(source, layer) == []


@pytest.mark.parametrize(
    ("layer", "source"),
    [
        ("engine", "def late():\n    import numpy"),
        ("engine", "def late():\n    import pandas"),
        ("engine", "try:\n    import torch\nexcept ImportError:\n    torch = None"),
        ("ui", "def late():\n    import streamlit"),
        ("ui", "import importlib\npandas = importlib.import_module('pandas')"),
        ("pages", "numpy = __import__('numpy')"),
    ],
)
def test_an_import_out_of_sight_is_found(layer, source):
    assert len(rules.hidden_imports(source, layer)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "def table():\n    import pandas as pd",
        "if TYPE_CHECKING:\n    import pandas as pd",
        "import streamlit",
    ],
)
def test_the_ui_may_import_pandas_late(source):
    assert rules.hidden_imports(source, "ui") == []


@pytest.mark.parametrize(
    "modules",
    [
        {"explorer.a": "import explorer.b", "explorer.b": "from explorer import a"},
        {"explorer.a": "from explorer.b import X", "explorer.b": "def late():\n    from explorer.a import Y"},
        {"explorer": "from explorer.a import X", "explorer.a": "from explorer import X"},
    ],
)
def test_an_import_cycle_is_found(modules):
    assert rules.import_cycle(modules) != []


def test_two_modules_that_share_a_third_are_no_cycle():
    modules = {"explorer.a": "from explorer import b, c", "explorer.b": "import explorer.c"}
    modules["explorer.c"] = "import numpy"
    assert rules.import_cycle(modules) == []


def test_lines_of_code_leave_out_blanks_comments_and_docstrings():
    source = 'def f():\n    """What.\n\n    Why."""\n\n    # why\n    x = (1,\n    2)\n    return """\n"""'
    assert rules.code_lines(source) == {1, 7, 8, 9, 10}


def test_a_long_function_is_found_also_inside_a_class():
    source = "class A:\n  def fits(self):\n    x = 1\n\n  def long(self):\n    x = 1\n\n    y = 2\n"
    assert rules.long_functions(source, limit=2) == ["long: 3 lines"]


@pytest.mark.parametrize("source", ["def f(): ...", "x = lambda: 1", "if x:\n    class A: ..."])
def test_a_definition_in_a_page_is_found(source):
    assert len(rules.definitions(source)) == 1


def test_pages_are_read_from_the_app_in_order_and_with_repetition():
    source = 'pages = [st.Page("pages/b.py", title="B"), st.Page("pages/a.py"), st.Page("pages/b.py")]'
    assert rules.listed_pages(source) == ["pages/b.py", "pages/a.py", "pages/b.py"]


def test_a_missing_docstring_is_found():
    source = (
        "def f(): ...\ndef _private(): ...\n"
        "class A:\n    'An A.'\n    def m(self): ...\n    def _p(self): ...\n    def step(self): ...\n"
    )
    assert rules.undocumented(source, explained={"step"}) == ["the module", "f", "A.m"]


def test_a_method_is_explained_where_one_class_explains_it():
    source = "class A:\n    'A.'\n    def m(self):\n        'M.'\n    def n(self): ..."
    assert rules.explained_methods([source, "class B:\n    'B.'\n    def m(self): ..."]) == {"m"}


@pytest.mark.parametrize(
    "parts",
    [("/", "tmp/x"), ("cd /", "work"), ("'/", "root/.a'"), ("https://py", "pi.org"), ("--index", "-url")],
)
def test_a_trace_of_the_machine_is_found(parts):
    assert len(rules.traces("".join(parts))) == 1


@pytest.mark.parametrize("text", ["a/tmp", "https://example.org/work", "/workspace", "tmp_path", "an issue"])
def test_an_ordinary_text_is_no_trace(text):
    assert rules.traces(text) == []
