"""Numbers, vectors and matrices as LaTeX, for equations with their values put in."""

import math

from explorer.arrays import Array

SHOWN = 4  # rows or columns of a matrix written out; more are cut by dots
ESCAPES = {character: "\\" + character for character in "#$%&_{}"} | {
    "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
}  # fmt: skip


def value(x: float) -> str:
    """One number with two decimals, or as a power of ten where that would show nothing."""
    if x == 0 or 0.005 <= abs(x) < 1000:
        return f"{x:.2f}"
    if not math.isfinite(x):
        return r"\infty" if x > 0 else r"-\infty"
    exponent = math.floor(math.log10(abs(x)))
    return rf"{x / 10.0**exponent:.1f}\!\cdot\!10^{{{exponent}}}"


def kept(count: int, most: int = SHOWN) -> list[int]:
    """The indices written out, −1 for the dots: all up to `most`, else the first ones and the last."""
    return list(range(count)) if count <= most else [*range(most - 2), -1, count - 1]


def vector(v: Array, most: int = SHOWN) -> str:
    """A column (n,)."""
    rows = [r"\vdots" if i < 0 else value(float(v[i])) for i in kept(len(v), most)]
    return r"\begin{bmatrix}" + r"\\".join(rows) + r"\end{bmatrix}"


def row(v: Array, most: int = 6) -> str:
    """A column (n,) written as a row, to save height."""
    cells = [r"\cdots" if i < 0 else value(float(v[i])) for i in kept(len(v), most)]
    return r"\begin{bmatrix}" + "&".join(cells) + r"\end{bmatrix}^\top"


def matrix(M: Array, most: int = SHOWN) -> str:
    """A matrix (m, n)."""
    rows = []
    for i in kept(M.shape[0], most):
        cells = [
            (r"\ddots" if j < 0 else r"\vdots") if i < 0 else r"\cdots" if j < 0 else value(float(M[i, j]))
            for j in kept(M.shape[1], most)
        ]
        rows.append("&".join(cells))
    return r"\begin{bmatrix}" + r"\\".join(rows) + r"\end{bmatrix}"


def word(text: str) -> str:
    """A word from outside, as text inside a formula."""
    return r"\text{“" + "".join(ESCAPES.get(character, character) for character in text) + r"”}"


def aligned(rows: list[str]) -> str:
    """Several equations under each other, aligned at their first &."""
    return r"\begin{aligned}" + r"\\[4pt]".join(rows) + r"\end{aligned}"
