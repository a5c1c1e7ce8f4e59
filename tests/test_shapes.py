"""The shapes written beside fields and in docstrings are the shapes of the arrays.

Beside a field, the first parenthesis that reads as a shape counts: `s: Values  # state block ->
(T + 1, ..., H), [0] the initial state`. Each is checked on real objects, for one sequence and for a batch.
"""

import importlib
import inspect
import pkgutil
import re
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

import explorer
from explorer import errors, flow, measures, readout, sequences, weights
from explorer.arrays import Scaled, log_norm
from explorer.cells import CELLS
from explorer.chain import Chain
from oracles import CELL, problem

MODULES = ["arrays", "chain", "weights", "flow", "readout", "errors", "clipping", "measures", "sequences"]
T, H, X, K = 5, 4, 3, 3  # of oracles.problem
FIELD = re.compile(r"^    (\w+): (.+?)  # (.*)$", re.MULTILINE)
SHAPE = re.compile(r"\((?=[^()]*,|\.\.\.\))([\w.+\- ,]+)\)")
LEADING = [(), (2,)]


def dimensions(text, sizes, leading):
    """The shape that "T + 1, ..., H" stands for."""
    found = []
    for word in filter(None, (word.strip() for word in text.split(","))):
        found += leading if word == "..." else [eval(word, {"__builtins__": {}}, sizes)]
    return tuple(found)


def written(cls):
    """{field of arrays: its comment}."""
    comments = {name: (kind, text) for name, kind, text in FIELD.findall(inspect.getsource(cls))}
    hints = {f.name: str(f.type) for f in fields(cls)}
    return {name: comments.get(name, ("", ""))[1] for name, hint in hints.items() if holds_arrays(hint)}


def holds_arrays(hint):
    """Whether a field's type is one of arrays, and not a function of them."""
    return "ndarray" in hint and "Callable" not in hint


def problem_of(name, leading):
    """The problem, with a batch of inputs, starts and targets where asked for."""
    p, rng = problem(name, T), np.random.default_rng(0)
    if not leading:
        return p, p.x, p.s0, p.targets
    s0 = {k: rng.standard_normal((*leading, H)) for k in p.cell.state}
    return p, rng.standard_normal((T, *leading, X)), s0, rng.integers(0, K, (T, *leading))


def specimens(name, leading):
    """One object of every dataclass that holds arrays, with the letters its comments use."""
    p, x, s0, targets = problem_of(name, leading)
    trace = flow.forward(p.cell, p.w, x, s0)
    loss = readout.cross_entropy(p.readout, trace.s["h"][1:], targets, readout.carrying("every", T))
    back = flow.backward(p.cell, p.w, trace, {"h": loss.direct()})
    steps = list(errors.sweep(p.cell, p.w, trace, loss.direct()))
    sizes = {"T": T, "H": H, "X": X, "K": K}
    yield from ((thing, sizes) for thing in (p.w, p.readout, trace, loss, back))
    yield from ((step, sizes | {"rows": T + 1 - max(step.k, 1)}) for step in (steps[0], steps[2], steps[-1]))
    yield errors.error_maps(p.cell, p.w, trace, back, loss.direct()), sizes
    yield Scaled.of(np.ones((*leading, 2, 3)), 5), {"m": 2, "n": 3}
    yield sequences.INPUTS["one_hot"].build(T, 0), sizes | {"X": sequences.SYMBOLS}
    if name.startswith("rnn"):
        yield measures.saturation(p.cell, trace), sizes
    if not leading:
        yield errors.lag_terms(p.cell, p.w, trace, loss.direct()), sizes


def check(thing, sizes, leading):
    """Asserts every written shape of one object; the number of arrays looked at."""
    seen = 0
    for name, text in written(type(thing)).items():
        where, of_weights = f"{type(thing).__name__}.{name}", name == "gradient_exponent"
        own = () if of_weights or isinstance(thing, weights.Weights) else leading
        shape = SHAPE.search(text)
        assert shape, f"{where} has no shape"
        value = getattr(thing, name)
        for array in value.values() if isinstance(value, dict) else [value]:
            assert np.shape(array) == dimensions(shape[1], sizes, own), where
            seen += 1
    return seen


@pytest.mark.parametrize("name", CELL)
@pytest.mark.parametrize("leading", LEADING, ids=["single", "batch"])
def test_shapes_written_beside_fields_hold(name, leading):
    seen = [check(thing, sizes, leading) for thing, sizes in specimens(name, leading)]
    assert all(seen)


def array_classes(modules):
    """Every frozen dataclass of these modules of the engine with a field of arrays."""
    for module in modules:
        for _, cls in inspect.getmembers(importlib.import_module(f"explorer.{module}"), inspect.isclass):
            ours = cls.__module__ == f"explorer.{module}" and is_dataclass(cls)
            if ours and cls.__dataclass_params__.frozen and written(cls):
                yield cls


def test_every_class_of_arrays_is_looked_at():
    seen = {type(thing) for name in ("rnn tanh", "lstm") for thing, _ in specimens(name, ())}
    assert {cls.__name__ for cls in array_classes(MODULES)} <= {cls.__name__ for cls in seen}


@pytest.mark.parametrize("module", [m.name for m in pkgutil.iter_modules(explorer.__path__) if not m.ispkg])
def test_every_array_in_a_dataclass_has_its_shape_beside_it(module):
    """Or in the first words of the class, where one shape is that of all its fields."""
    for cls in array_classes([module]):
        for name, text in written(cls).items():
            found = SHAPE.search(text) or SHAPE.search(inspect.getdoc(cls))
            assert found, f"{cls.__name__}.{name} has no shape"


def test_the_shape_of_an_ensemble_of_networks_holds():
    w = weights.ensemble([problem("lstm", T, seed=seed).w for seed in (0, 1)])
    for name, text in written(weights.Weights).items():
        for array in getattr(w, name).values():
            assert array.shape == dimensions(SHAPE.search(text)[1], {"H": H, "X": X}, (2,))


def test_a_wrong_comment_is_noticed():
    trace = problem("lstm", T).trace()
    text = written(flow.Trace)["z"].replace("(T, ...", "(T + 1, ...")
    assert text != written(flow.Trace)["z"]
    assert trace.z["h"].shape != dimensions(SHAPE.search(text)[1], {"T": T, "H": H}, ())


# Docstrings: (function, its result, the shape as its docstring has it)


def documented(leading):
    """Functions with what they return for an LSTM, and the words of their docstrings."""
    p, x, s0, targets = problem_of("lstm", leading)
    trace = flow.forward(p.cell, p.w, x, s0)
    loss = readout.cross_entropy(p.readout, trace.s["h"][1:], targets, readout.carrying("every", T))
    back = flow.backward(p.cell, p.w, trace, {"h": loss.direct()})
    chain, D = flow.chain(p.cell, p.w, trace), trace.partials(p.cell)
    maps = errors.error_maps(p.cell, p.w, trace, back, loss.direct())
    mantissas, exponents = chain.products_back_from(3)
    sizes = log_norm(trace.s["h"][:-1])
    block_map = maps.signal["h"]
    yield Chain, chain.take(slice(None)), "(n, ..., S, S)"
    yield Chain.product, chain.product(3, 1).mantissa, "(..., S, S)"
    yield Chain.products_back_from, mantissas, "(t + 1, ..., S, S)"
    yield Chain.products_back_from, exponents, "(t + 1, ...)"
    yield Scaled.log_norm, chain.product(3, 1).log_norm(), "(...)"
    yield Scaled.log_spectral_norm, chain.product(3, 1).log_spectral_norm(), "(...)"
    yield flow.jacobians, flow.jacobians(p.cell, p.w, D), "(n, ..., S, S)"
    yield flow.Trace.partials, D["h"]["f"], "(T, ..., H)"
    yield flow.initial_state, flow.initial_state(p.cell, leading, H)["h"], "(..., H)"
    yield flow.Backward.log_signals, back.log_signals(), "(T + 1, ...)"
    yield readout.Loss.direct, loss.direct(), "(T + 1, ..., H)"
    yield readout.Loss.total, loss.total(), "(...)"
    yield readout.carrying, readout.carrying("every", T), "(T,)"
    yield errors.ErrorMaps.contribution, maps.contribution("f", sizes), "(T + 1, T + 1, ...)"
    yield measures.joint, measures.joint(s0), "(..., S)"
    yield measures.gate_saturation, measures.gate_saturation(trace.z["f"])[0], "(T, ...)"
    if not leading:
        yield measures.mean_by_lag, measures.mean_by_lag(block_map), "(T + 1,)"
        yield measures.log_product_bound, measures.log_product_bound(np.ones(T)), "(T + 1, T + 1)"


@pytest.mark.parametrize("leading", LEADING, ids=["single", "batch"])
def test_shapes_written_in_docstrings_hold(leading):
    for function, result, text in documented(leading):
        assert text in inspect.getdoc(function), function.__qualname__
        sizes = {"T": T, "H": H, "S": 2 * H, "n": T, "t": 3}
        assert np.shape(result) == dimensions(text[1:-1], sizes, leading), function.__qualname__


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_keeps_the_shape_it_is_given(name):
    """Every array of `step` and `partials` is (..., H)."""
    cell, shape = CELLS[name](), (2, 3, H)
    u, v = ({k: np.ones(shape) for k in blocks} for blocks in (cell.u_blocks, cell.v_blocks))
    s = {k: np.ones(shape) for k in cell.state}
    z = cell.step(u, v, s)
    assert {a.shape for a in z.values()} == {shape}
    assert {d.shape for of in cell.partials(z, s).values() for d in of.values()} == {shape}
