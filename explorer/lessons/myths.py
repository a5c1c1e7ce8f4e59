"""Lesson 8: what people say of gradients, each claim tested on twenty networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.claim_measures import seeds_of
from explorer.claims import Found
from explorer.experiment import Experiment
from explorer.lesson import Beat, ClaimQuestion, Lesson, PointQuestion, State
from explorer.lessons.cards import CARDS, Card
from explorer.parameters import Range, check, choice, grid, param

HELD = "The card on the table holds it."
WITH_LOSS = ("direction", "capping")  # the cards on a gradient of a loss, and not of the last state
LEFT = tuple(float(f"{x:.2g}") for x in np.logspace(-12, 0, 25))


@dataclass(frozen=True)
class Doubted:
    """The card on the table, whether its answer is shown, and the threshold where it is about clipping."""

    card: str = param("sigma_above", choice("", {name: card.says for name, card in CARDS.items()}))
    verdict: str = param("open", choice("", {"open": "not yet", "shown": "shown"}))
    share: float = param(
        0.1,
        Range("Threshold, share of the largest", 0.01, 1.0, 0.01, "Of the largest entry, or of the norm.",
              grid((0.01, 0.1, 0.01), (0.1, 1, 0.05))),
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuses values outside their controls."""
        check(self)

    @property
    def on_table(self) -> Card:
        """The card itself."""
        return CARDS[self.card]

    def idle(self) -> Mapping[str, str]:
        """{field: why its control does nothing} on this page."""
        reasons = dict.fromkeys(self.on_table.held, HELD)
        reasons["seed"] = "The page runs seeds 0 to 19, whatever the seed."
        if self.card not in WITH_LOSS:
            reasons["share"] = "Only where the card is about clipping."
        if self.card != "direction":
            reasons |= dict.fromkeys(("placement", "first_error"), "This card needs no other loss.")
        return reasons


def found(e: Experiment, own: Doubted) -> Found:
    """The networks of the card on the table and what it predicts of them."""
    held = own.on_table.experiment(e)
    return own.on_table.measure(held, seeds_of(held), own.share)


def true_here(state: State) -> bool:
    """Whether the card's claim holds in its state."""
    return bool(state.own.on_table.holds(found(state.experiment, state.own)))


def score(state: State) -> float:
    """The size by which the card is judged, median of its networks."""
    return float(np.exp(found(state.experiment, state.own).middle))


def settings_of(name: str, verdict: str = "shown") -> dict[str, Any]:
    """What a card sets, its answer shown or open."""
    return {**CARDS[name].settings, "card": name, "verdict": verdict}


def beats(name: str, card: Card) -> tuple[Beat, Beat]:
    """The beat that puts a card on the table, and the one that turns it over."""
    asked = Beat(f"“{card.says}”: true or false?", settings_of(name, "open"), "curve")
    return asked, Beat(f"“{card.says}”: twenty networks answer.", settings_of(name), "curve")


def claim(name: str, card: Card) -> ClaimQuestion:
    """The question whether a card is right."""
    settings = settings_of(name)
    return ClaimQuestion(f"claim_{name}", f"“{card.says}.” True or false?", card.because, true_here, settings)


def placed(name: str, asks: str, because: str, control: Range, unit: str) -> PointQuestion:
    """The question how large the size is by which a card is judged."""
    return PointQuestion(f"size_{name}", asks, because, control, unit, score, settings_of(name))


LESSON = Lesson(
    page="myths",
    title="Myths and surprises",
    take_away="Rules of thumb fail both ways: run twenty networks before you believe one.",
    own=Doubted,
    beats=tuple(one for name, card in CARDS.items() for one in beats(name, card)),
    questions=(
        *(claim(name, card) for name, card in CARDS.items()),
        placed(
            "gain", "A tanh network at a gain of 1.5: what is left of the gradient after 50 steps?",
            "Inputs of scale 1 saturate its units, and 1.5 does not make up for it.",
            Range("part left", 1e-12, 1.0, 1e-12, grid=LEFT), "of the gradient",
        ),
        placed(
            "eigenvalues", "No eigenvalue is above 0.95. How far do the powers of W rise before they fall?",
            "Without inputs or φ the product of Jacobians is a power of W, and W is not symmetric.",
            Range("largest gain at any lag", 0.5, 20.0, 0.1, grid=grid((0.5, 2, 0.1), (2, 20, 1))), "times",
        ),
        placed(
            "lstm_vanishes", "An LSTM with a forget bias of 0: what is left after 50 steps?",
            "Its forget gates stand near ½, and half of a half soon is nothing.",
            Range("part left", 1e-12, 1.0, 1e-12, grid=LEFT), "of the gradient",
        ),
    ),
    symbols=("sigma_max", "W", "g", "lag", "rho", "I", "phi", "f", "c", "dh_t/dh_k", "norm_F", "norm_2", "E",
             "dc_t/dc_k", "prod", "lambda"),
)  # fmt: skip
