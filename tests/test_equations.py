"""The equations on screen are the equations computed: their LaTeX, read as Python, gives the arrays.

A few rules turn the LaTeX that the pages show into expressions. The functions in them are written here a
second time, plainly; φ′, σ′ and tanh′ are complex steps. So neither side of a comparison knows the other.
"""

import re

import numpy as np
import pytest

from explorer import flow
from explorer.activations import ACTIVATIONS
from explorer.cells import CELLS, LATEX, RNN
from explorer.weights import INITIALISERS
from oracles import CELL, STEP, problem

EVERY = pytest.mark.parametrize("name", CELL)

RULES = [  # LaTeX -> Python, in order
    (r"\\odot", "*"),
    (r"\\,", ""),
    (r"\\tilde\{c\}", "g"),
    (r"\\mathbb\{1\}\[(.+)\]", r"(1.0 * (\1))"),
    (r"\\max\((.+),(.+)\)", r"maximum(\1, \2)"),
    (r"\\(phi|sigma|tanh)'", r"d\1"),
    (r"\\(phi|sigma|tanh)\^2(\((?:[^()]|\([^()]*\))*\))", r"\1\2**2"),
    (r"\\(phi|sigma|tanh)", r"\1"),
    (r"([WU])(?:_(\w))? (h_\{t-1\}|x_t)", lambda m: f"({m[1]}['{m[2] or 'a'}'] @ {m[3]})"),
    (r"\bb(?:_(\w))?(?= )", lambda m: f"b['{m[1] or 'a'}']"),
    (r"\b(\w)_\{t-1\}", r"\1_before"),
    (r"\ba_\{(\w),t\}", r"a_\1"),
    (r"\b(\w)_t\b", r"\1"),
    (r"\)\(", ")*("),
]


def python(latex):
    """The LaTeX of a right-hand side as a Python expression."""
    for pattern, replacement in RULES:
        latex = re.sub(pattern, replacement, latex)
    assert "\\" not in latex, latex
    return latex


def sigma(a):
    return 1.0 / (1.0 + np.exp(-a))


def maximum(low, a):
    return np.where(np.real(a) > low, a, low)


PHI = {"tanh": np.tanh, "sigmoid": sigma, "relu": lambda a: maximum(0, a), "identity": lambda a: a}


def slope(function):
    """The derivative of a function, by the complex step."""
    return lambda a: (function(a + 1j * STEP)).imag / STEP


def evaluated(latex, **scope):
    """The value of a right-hand side, symbols as given."""
    functions = {"sigma": sigma, "tanh": np.tanh, "maximum": maximum}
    functions |= {"dsigma": slope(sigma), "dtanh": slope(np.tanh)}
    return eval(python(latex), {"__builtins__": {}}, functions | scope)


def recorded(name):
    """A problem, its trace, and the symbols of each step t = 1..T."""
    p = problem(name, 6)
    trace = p.trace()
    phi = PHI[p.cell.activation.label.lower()] if name.startswith("rnn") else None
    steps = []
    for t in range(1, trace.T + 1):
        scope = {"W": p.w.W, "U": p.w.U, "b": p.w.b, "x": trace.x[t - 1], "phi": phi}
        scope |= {"dphi": slope(phi)} if phi else {}
        scope |= {k: a[t - 1] for k, a in trace.z.items()}
        scope |= {f"{k}_before": a[t - 1] for k, a in trace.s.items()}
        steps.append(scope)
    return p, trace, steps


@EVERY
def test_every_recorded_symbol_has_an_equation_and_every_equation_is_recorded(name):
    p, trace, _ = recorded(name)
    assert set(p.cell.equations) == set(trace.z)
    assert set(p.cell.gates) <= set(trace.z)
    assert set(p.cell.state) <= set(trace.z)


@EVERY
def test_equations_on_screen_are_what_is_computed(name):
    p, trace, steps = recorded(name)
    for t, scope in enumerate(steps):
        for symbol, latex in p.cell.equations.items():
            expected = evaluated(latex, **scope)
            np.testing.assert_allclose(trace.z[symbol][t], expected, rtol=1e-12, atol=1e-15, err_msg=symbol)


@EVERY
def test_derivatives_on_screen_are_what_is_computed(name):
    p, trace, steps = recorded(name)
    D = trace.partials(p.cell)
    for t, scope in enumerate(steps):
        for pair, latex in p.cell.derivatives.items():
            row, source = pair.split("|")
            expected = evaluated(latex, **scope)
            np.testing.assert_allclose(D[row][source][t], expected, rtol=1e-12, atol=1e-15, err_msg=pair)


@EVERY
def test_no_derivative_that_is_computed_is_missing_on_screen(name):
    """What reaches h through c is dh/dc times what reaches c, and need not be spelled out."""
    p, trace, _ = recorded(name)
    shown = set(p.cell.derivatives)
    through_c = {f"h|{pair[2:]}" for pair in shown if pair.startswith("c|")}
    computed = {f"{row}|{source}" for row, of in trace.partials(p.cell).items() for source in of}
    assert shown <= computed
    assert computed <= shown | through_c


@pytest.mark.parametrize("name", CELLS)
def test_the_state_of_a_cell_begins_with_h_and_carries_its_equations(name):
    cell = CELLS[name]
    assert cell.state[0] == "h"
    assert cell.name == name
    assert all(block in cell.equations for block in cell.state)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_written_as_it_is_computed(name):
    a = np.array([-3.0, -1.2, -1e-3, 0.4, 2.5, 6.0])
    activation = ACTIVATIONS[name]
    np.testing.assert_allclose(activation.phi(a), evaluated(activation.latex, a=a), rtol=1e-14)
    np.testing.assert_allclose(activation.dphi(a), evaluated(activation.dlatex, a=a) + 0 * a, rtol=1e-11)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activations_name_is_that_of_its_function(name):
    """A logistic function of 2a by the name of sigmoid would have four times the slope that is shown."""
    a = np.linspace(-4, 4, 33)
    np.testing.assert_allclose(ACTIVATIONS[name].phi(a), PHI[name](a), rtol=1e-14)
    assert ACTIVATIONS[name].label.lower() == name


def test_the_candidate_is_written_as_the_lecture_has_it():
    assert LATEX == {"g": r"\tilde{c}"}
    written = " ".join([CELLS["lstm"].equations["c"], *CELLS["lstm"].derivatives.values()])
    assert not re.search(r"\bg_t", written)


def test_wrong_latex_is_noticed():
    """The rules read signs, gates and time indices; a guard that reads nothing would notice nothing."""
    _, trace, steps = recorded("lstm")
    wrong = [r"f_t \odot c_{t-1} - i_t \odot \tilde{c}_t", r"i_t \odot c_{t-1} + f_t \odot \tilde{c}_t"]
    for latex in wrong:
        assert not np.allclose(evaluated(latex, **steps[3]), trace.z["c"][3])


def test_the_equation_of_the_rnn_is_the_one_the_flow_differentiates():
    """∂h_t/∂h_{t-1} = diag(φ′(a_t)) W, with φ′ read off the screen."""
    p, trace, steps = recorded("rnn tanh")
    J = flow.chain(p.cell, p.w, trace).take(slice(None))
    for t, scope in enumerate(steps):
        d = evaluated(RNN.derivatives["h|a"], **scope)
        np.testing.assert_allclose(J[t], d[:, None] * p.w.W["a"], rtol=1e-13)


WRITTEN = {  # initialiser -> what its LaTeX has to say of a drawn matrix of 300 units
    "gaussian": (r"g^2/H", lambda W, g: np.isclose(W.var(), g**2 / 300, rtol=0.03)),
    "glorot": (r"g\,\mathcal{U}(\pm\sqrt{3/H})", lambda W, g: 0.99 < np.abs(W).max() / g / 0.1 <= 1),
    "orthogonal": (r"Q^\top Q=I", lambda W, g: np.allclose(W.T @ W, g**2 * np.eye(300))),
    "identity": (r"W=g\,I", lambda W, g: (W == g * np.eye(300)).all()),
    "spectral_radius": (r"\rho(W)=g", lambda W, g: np.isclose(np.abs(np.linalg.eigvals(W)).max(), g)),
    "pytorch": (r"\mathcal{U}(\pm1/\sqrt{H})", lambda W, g: 0.99 < np.abs(W).max() * np.sqrt(300) <= 1),
}


@pytest.mark.parametrize("name", INITIALISERS)
def test_an_initialiser_draws_what_is_written(name):
    latex, holds = WRITTEN[name]
    assert latex in INITIALISERS[name].latex
    assert holds(INITIALISERS[name].draw(np.random.default_rng(0), 300, 1.7), 1.7)
