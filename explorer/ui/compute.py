"""Cached computation: one run and one map serve every page, session and rerun that asks for the same.

A run is computed once for its network and cut to the length asked for; what only the display decides
never reaches these functions. Cached values are read-only and shared between sessions.
"""

from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import cache, partial
from typing import Any, TypeVar

from explorer import run as runs
from explorer.chain import Chain
from explorer.experiment import DEFAULTS, Experiment, View
from explorer.figures import clipping as clipping_figures
from explorer.figures import film
from explorer.figures.film import Film
from explorer.figures.moves import Moves
from explorer.figures.theme import Look
from explorer.pairs import PairMap
from explorer.reports import clipping, clipping_film, gradient_flow, matrix_stack, pair_curves
from explorer.reports.gradient_flow import FlowReport, Selection
from explorer.reports.matrix_stack import MatrixStack
from explorer.reports.pair_curves import Ribbon
from explorer.run import Run
from explorer.ui import page, state
from explorer.ui.keeping import kept

Result = TypeVar("Result")


def network(e: Experiment) -> Experiment:
    """The experiment with everything the network does not depend on at its default."""
    settings = {name: DEFAULTS[name] for name in e.idle() if name != "steps"}
    settings.update(placement=DEFAULTS["placement"], first_error=DEFAULTS["first_error"])
    try:
        return replace(e, **settings)
    except ValueError:
        return e


@kept(64)
def _whole(e: Experiment) -> Run:
    return runs.run(e)


@kept(64)
def _cut(e: Experiment) -> Run:
    return _whole(runs.stretched(network(e))).upto(e)


@kept(128)
def _map(e: Experiment, norm: str, block: str) -> PairMap:
    return gradient_flow.pair_map(_whole(e), norm, block)


def run(e: Experiment) -> Run:
    """The experiment's run; a shorter sequence is the beginning of a longer one already run."""
    return _cut(e)


def pair_map(e: Experiment, view: View) -> PairMap:
    """The map of all pairs in the view's norm and block; a shorter sequence's is a corner of a longer's."""
    whole = _map(mapped(e, view.norm), view.norm, view.block)
    return gradient_flow.shortened(whole, run(e).T)


def affordable(e: Experiment, view: View) -> View:
    """The view; in the average gain, with the reason shown, where its norm is too much for the experiment."""
    try:
        e.check_norm(view.norm)
    except ValueError as problem:
        page.problem(str(problem))
        return replace(view, norm="rms")
    return view


def mapped(e: Experiment, norm: str) -> Experiment:
    """The experiment whose map holds this one's: the stretched one, where it is not too much in the norm."""
    longer = runs.stretched(network(e))
    try:
        longer.check_norm(norm)
    except ValueError:
        return network(e)
    return longer


@kept(16)
def _seeds(e: Experiment) -> Chain | None:
    return pair_curves.seeds_chain(e)


@kept(256)
def _ribbon(e: Experiment, t: int, view: View) -> Ribbon | None:
    return pair_curves.ribbon(e, _seeds(runs.stretched(e)), t, view)


def unseeded(e: Experiment) -> Experiment:
    """The experiment as a key for what is the same under all seeds."""
    return replace(e, seed=DEFAULTS["seed"])


def ribbon(e: Experiment, view: View) -> Ribbon | None:
    """The seeds' ribbon of the curve back from the view's step; the experiment's own seed is not in it."""
    t, _ = view.pair(run(e).T)
    return _ribbon(unseeded(network(e)), t, View(norm=view.norm, block=view.block))


@kept(64)
def _flow(e: Experiment, view: View, banded: bool) -> FlowReport:
    band = ribbon(e, view) if banded else None
    return gradient_flow.flow_report(run(e), pair_map(e, view), band, view)


def flow(e: Experiment, view: View) -> FlowReport:
    """What the gradient flow page shows of the experiment; the seeds' ribbon waits for the hand to rest."""
    return _flow(network(e), resolved(e, view), not state.held())


@kept(64)
def _selection(e: Experiment, view: View, rough: bool) -> Selection:
    return gradient_flow.selection(run(e), view, rough=rough)


def selection(e: Experiment, view: View) -> Selection:
    """The chosen pair opened up; its smallest singular values wait for the hand to rest."""
    return _selection(network(e), resolved(e, view), state.held())


def resolved(e: Experiment, view: View) -> View:
    """The view's norm, block and pair, the pair as it is in this run."""
    t, k = view.pair(run(e).T)
    return View(norm=view.norm, block=view.block, target=t, source=k)


@kept(8)
def _stack(e: Experiment, view: View) -> MatrixStack:
    return matrix_stack.matrix_stack(run(e), view)


def pairs_film(e: Experiment, view: View, look: Look) -> Callable[[], Film]:
    """How to make the film of the matrices ∂h_t/∂h_k back from the view's step t."""

    def made() -> Film:
        t, _ = view.pair(run(e).T)
        return film.pairs_film(look, _stack(network(e), View(block=view.block, target=t)), flow(e, view))

    return made


@kept(32)
def _clippings(e: Experiment, mode: str) -> Moves:
    drawn = cached(clipping.sample, unseeded(e))
    return clipping_figures.film(clipping_film.clipping_reports(run(e), mode), drawn)


def thresholds_film(e: Experiment, mode: str) -> Callable[[], Moves] | None:
    """How to make the film of the clipping page's thresholds; None where it would be too much."""
    return partial(_clippings, e, mode) if clipping_film.fits(run(e)) else None


@cache
def _cached(function: Callable[..., Any]) -> Callable[..., Any]:
    return kept(64)(function)


def of_run(function: Callable[..., Result], e: Experiment, *arguments: Hashable) -> Result:
    """function(run(e), *arguments), computed once; the function must be pure and its result read-only."""
    result: Result = cached(_of_run, function, e, *arguments)
    return result


def _of_run(function: Callable[..., Result], e: Experiment, *arguments: Hashable) -> Result:
    return function(run(e), *arguments)


def at_rest(function: Callable[..., Result], *arguments: Hashable) -> Result | None:
    """function(*arguments), computed once; None while a hand moves a slider, which will not wait for it."""
    return None if state.held() else cached(function, *arguments)


def cached(function: Callable[..., Result], *arguments: Hashable) -> Result:
    """function(*arguments), computed once; the function must be pure and its result read-only."""
    result: Result = _cached(function)(*arguments)
    return result
