"""Lesson 2: a network with memory, the forward pass with its numbers."""

import numpy as np

from explorer.edits import Typed, network
from explorer.lesson import Beat, Curve, CurveQuestion, Lesson, PointQuestion, Sketch, State
from explorer.parameters import Range, grid
from explorer.sequences import BUS, SENTENCE

LEARNED = {"updates": 60}


def mean_chance(state: State) -> float:
    """The probability given to the right next word, averaged over the steps."""
    run, _ = network(state.experiment, state.own)
    return float(np.mean(np.exp(-run.loss.E)))


def chance_by_step(state: State) -> Curve:
    """log₁₀ of the probability given to the right next word, step by step."""
    run, _ = network(state.experiment, state.own)
    return Curve(np.arange(1.0, run.T + 1), -run.loss.E / np.log(10.0))


LESSON = Lesson(
    page="memory",
    title="A network with memory",
    take_away="One state h, handed from word to word, is all the network knows of what came before.",
    own=Typed,
    opening={"input": SENTENCE, "text": BUS, "hidden_size": 3},
    beats=(
        Beat("Unrolled, the network is one cell a word, each handing its state to the next.", {}, "strip"),
        Beat("A word enters one-hot: its single 1 picks one column of U.", {"step": 2}, "equations"),
        Beat("The new state mixes the word just read with the state before it.", {"step": 4}, "states"),
        Beat("Untrained, it gives “yellow” 0.18, little more than one in six.", {"step": 6}, "next"),
        Beat(
            "After 60 updates it has learned the sentence: “yellow” gets 0.99.",
            {"step": 6, **LEARNED},
            "next",
        ),
        Beat(
            "Both times it reads “the”; only h can tell that now the bus follows, not the color.",
            {"step": 4, **LEARNED},
            "next",
        ),
    ),
    questions=(
        PointQuestion(
            id="untrained",
            asks="Six words, random weights: what probability does the right next word get on average?",
            because="Without training each of six words gets about its share.",
            control=Range("probability", 0.001, 1.0, 0.001,
                          grid=grid((0.01, 0.1, 0.01), (0.1, 1.0, 0.05))),
            unit="probability",
            truth=mean_chance,
        ),
        CurveQuestion(
            id="learned_steps",
            asks="Trained on this one sentence, how sure is it of the next word from step to step?",
            because="With one sentence to learn, three units are enough to know every place in it.",
            x="step t",
            y="probability of the right word",
            sketches=(
                Sketch("A", ((1, -1.5), (6, -1.5))),
                Sketch("B", ((1, 0.0), (6, 0.0))),
                Sketch("C", ((1, -0.05), (3, -0.6), (6, -2.0))),
                Sketch("D", ((1, -2.0), (3, -0.9), (6, -0.3))),
            ),
            truth=chance_by_step,
            settings=LEARNED,
        ),
    ),
    symbols=("x", "h", "a", "W", "U", "b", "V", "c_bias", "o", "y", "E", "phi", "P", "alpha", "sigma", "X",
             "H", "K", "y_true"),
)  # fmt: skip
