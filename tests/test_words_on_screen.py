"""What is written on the screen is written in one way: apostrophes, sizes, and axes of what is counted."""

import ast
import math
import re
from pathlib import Path

import pytest

from explorer.figures.counted import whole
from explorer.wording import number, power

ROOT = Path(__file__).parents[1]
CODE = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "explorer").rglob("*.py")]
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)
STRAIGHT = re.compile(r"\w'(s|t|re|ve|ll|d)\b|\ws' \w")


def written(path):
    """The strings of a module that are no docstrings and no code of another language."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, DOCUMENTED) and isinstance(node.body[0], ast.Expr)
    }
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs)
    return [node.value for node in strings if isinstance(node.value, str) and "=>" not in node.value]


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_apostrophes_are_curly(path):
    assert [text for text in written(path) if STRAIGHT.search(text)] == []


def test_a_straight_apostrophe_would_be_found():
    for text in ("the step's own", "the steps' largest", "it doesn't"):
        assert STRAIGHT.search(text)
    for text in ("the step’s own", "phi'", r"\tanh'(a)"):
        assert not STRAIGHT.search(text)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0.0078, "0.008"), (0.0011, "0.001"), (0.00075, "10⁻³"), (0.075, "0.075"),
        (1234, "1,200"), (12345, "10⁴"),
    ],
)
def test_sizes_down_to_a_thousandth_are_written_out(size, said):
    assert power(math.log(size)) == said


def test_numbers_down_to_a_thousandth_are_written_out():
    assert [number(x, 2) for x in (0.0075, 0.00075)] == ["0.0075", "7.5 × 10⁻⁴"]


COUNTS = ["step t", "lag t − k (steps)", "unit of h<sub>k</sub>", "filler words n", "state k"]


@pytest.mark.parametrize("title", COUNTS)
def test_few_steps_have_ticks_at_whole_numbers_only(title):
    assert whole(title, range=[0.5, 1.5])["dtick"] == 1
    assert whole(title, range=[10.5, 0.5])["dtick"] == 1
    assert whole(title, range=[-0.5, 9.5], nticks=4)["dtick"] == 3
    assert whole(title, range=[0.5, 50.5]) == {}
    assert whole(title, range=[0.5, 3.5], tickvals=[1, 2, 3]) == {}


def test_what_is_measured_keeps_its_ticks():
    assert whole("probability", range=[0, 1]) == {}
    assert whole("step along the gradient", range=[-1, 1]) == {}
