"""What the error at the last word of a sentence still says to every word before it: RNN against LSTM."""

from dataclasses import dataclass, replace

import numpy as np

from explorer import fillers, maps, measures
from explorer.activations import ACTIVATIONS
from explorer.arrays import Array, freeze
from explorer.experiment import Experiment, View
from explorer.fillers import Reach, half_life
from explorer.lessons.forgetting import Forgetting
from explorer.pairs import PairMap
from explorer.reports.layers import Spread, layer, spread
from explorer.run import Run
from explorer.wording import number, percent, power, steps

MOST_WORDS = 100
LONGEST = 300.0  # a half-life beyond is not read off a line over 60 words
LN10 = float(np.log(10.0))


@dataclass(frozen=True)
class Lane:
    """One network reading the sentence; sizes as natural logarithms."""

    name: str
    sizes: Array  # (T,), what arrives at steps 1..T: ‖∂E/∂s_k‖ or ‖∂E/∂x_k‖
    factor: Array  # (T,), by what step k = 1..T multiplies the signal on its way to step k − 1
    gain: Array  # (N + 1,), the part of the last step's size that reaches the source, by fillers
    loss: float  # E

    @property
    def half_life(self) -> float:
        """The filler words after which the gain has halved; inf where it does not shrink."""
        return half_life(self.gain)

    def left(self, n: int) -> str:
        """The part that reaches the source past n fillers, in words."""
        return power(float(self.gain[n]))

    def gets(self, n: int) -> str:
        """What reaches the source past n fillers, with the network's name."""
        if np.isinf(self.gain[n]):
            return f"nothing in the {self.name}"
        times = " times" if self.gain[n] > np.log(1.05) else ""
        return f"{self.left(n)}{times} in the {self.name}"

    def halves(self) -> str:
        """The half-life in words."""
        life = self.half_life
        if life == 0:
            return "nothing arrives"
        if life > LONGEST:
            return "hardly shrinks" if float(self.gain[-1] - self.gain[0]) < np.log(10.0) else "it grows"
        return f"half every {number(life, 2)} words"

    def typical_factor(self, source: int) -> float:
        """The geometric mean of the factors of the steps after the source."""
        between = self.factor[source:]
        return float(np.exp(np.mean(between))) if between.size else 1.0


@dataclass(frozen=True)
class ForgettingReport:
    """What the page on forgetting shows."""

    tokens: tuple[str, ...]  # T + 1, fillers included, read at steps 1..T, then the one asked for
    source: int
    fillers: int
    first_filler: int  # the step of the first filler
    lanes: tuple[Lane, Lane]  # RNN, LSTM
    maps: tuple[PairMap, PairMap]  # ln of the average gain ‖∂h_t/∂h_k‖_F / √H of both
    spread: Spread  # the RNN's pre-activations over its φ
    slope: float  # the RNN's mean φ′
    saturated: float  # share of the RNN's units with less than a tenth of the steepest slope
    steepest: float  # γ
    settings: Forgetting

    @property
    def T(self) -> int:
        """Steps, fillers included."""
        return len(self.tokens) - 1

    @property
    def pair(self) -> tuple[str, str]:
        """The word asked for and the source word."""
        return quoted(self.tokens[-1]), quoted(self.tokens[self.source - 1])

    def finding(self) -> str:
        """How much of the last word's error reaches the source in both networks, in one sentence."""
        target, source = self.pair
        rnn, lstm = (lane.gets(self.fillers) for lane in self.lanes)
        away = steps(self.T - self.source)
        return f"What {source} gets of the gradient at {target}, {away} back: {rnn}, {lstm}"

    def shown(self) -> tuple[Array, Array]:
        """The sizes as the words are coloured, (T,) each: absolute, or over the row's largest."""
        if self.settings.row_scale == "absolute":
            return self.lanes[0].sizes, self.lanes[1].sizes
        first, second = (lane.sizes - max(float(lane.sizes.max()), -1e300) for lane in self.lanes)
        return first, second

    def gain_alt(self) -> str:
        """The curves over the fillers in words."""
        N = len(self.lanes[0].gain) - 1
        said = "; ".join(
            f"{lane.name}: {lane.left(0)} without fillers, {lane.left(N)} after {N}, {lane.halves()}"
            for lane in self.lanes
        )
        return f"Gradient that reaches {self.pair[1]} by the number of filler words. {said}."

    def why_title(self) -> str:
        """What the panel of reasons shows."""
        if self.settings.why == "slope":
            return f"Saturation: the slope of φ in the {self.lanes[0].name}"
        return "What each step multiplies the gradient by"

    def why_caption(self) -> str:
        """The reason's number, in one line."""
        if self.settings.why == "factors":
            return "Shaded: from the last word to the source."
        return f"Mean φ′ {number(self.slope, 2)}; {percent(self.saturated)} of units saturated."

    def gain_title(self) -> str:
        """What the curves over the fillers show."""
        return f"Part of the gradient left at {self.pair[1]}"

    def why_alt(self) -> str:
        """The reason on display in words."""
        if self.settings.why == "factors":
            said = (f"{lane.name} {number(lane.typical_factor(self.source), 2)}" for lane in self.lanes)
            return f"Factor by which each step multiplies the error signal; typical: {', '.join(said)}."
        return (
            f"Pre-activations of the {self.lanes[0].name} over the slope of its φ, at most "
            f"{number(self.steepest)}: mean slope {number(self.slope, 2)}, {percent(self.saturated)} of the "
            "units saturated."
        )

    def map_alt(self) -> str:
        """The two maps in words."""
        inside = np.tri(self.maps[0].log_norm.shape[0], k=-1, dtype=bool)
        lost = [float(np.mean(found.log_norm[inside] < measures.LOST)) for found in self.maps]
        said = ", ".join(
            f"{lane.name} {percent(share)}" for lane, share in zip(self.lanes, lost, strict=True)
        )
        return f"Maps of all pairs of steps; below a thousandth lie: {said}."

    def quiet(self) -> str:
        """Losses and the state of the numbers, in one line."""
        said = ", ".join(f"{lane.name} E = {number(lane.loss)}" for lane in self.lanes)
        return (
            f"One pair of untrained networks, same seed, same words; {said}. The error stands at the last "
            "word alone."
        )

    def table(self) -> dict[str, object]:
        """The words with what reaches them in both networks."""
        rnn, lstm = self.lanes
        return {
            "step": np.arange(1, self.T + 1),
            "word": list(self.tokens[:-1]),
            f"log10 in the {rnn.name}": rnn.sizes / LN10,
            f"log10 in the {lstm.name}": lstm.sizes / LN10,
        }


def quoted(token: str) -> str:
    """A word in quotation marks, cut where it is very long."""
    return f"“{token}”" if len(token) <= 20 else f"“{token[:19]}…”"


def reaches(e: Experiment) -> tuple[Reach, Reach]:
    """The reach of the last word's error in the RNN and in the LSTM of one experiment."""
    return fillers.reach(replace(e, cell="rnn")), fillers.reach(replace(e, cell="lstm"))


def runs(e: Experiment, n: int) -> tuple[Run, Run]:
    """The runs of both networks on the sentence with n fillers."""
    rnn, lstm = (fillers.filled_run(replace(e, cell=cell), n) for cell in ("rnn", "lstm"))
    return rnn, lstm


def pair_maps(e: Experiment, n: int) -> tuple[PairMap, PairMap]:
    """The horizon maps of both runs as average gains, h by h."""
    rnn, lstm = (maps.averaged(maps.frobenius_maps(run)["h←h"], run.weights.H) for run in runs(e, n))
    return freeze((rnn, lstm))


def lane(name: str, found: Reach, settings: Forgetting, source: int) -> Lane:
    """One network's lane from its reach."""
    n = min(settings.fillers, found.N)
    T = found.T + n
    sizes = found.state if settings.measure == "state" else found.word
    state = found.state[n]
    with np.errstate(invalid="ignore"):
        factor = state[:T] - state[1 : T + 1]
    factor = np.where(np.isnan(factor), -np.inf, factor)  # nothing left to multiply
    return Lane(name, sizes[n, 1 : T + 1], factor, found.gain(sizes, source), float(found.loss[n]))


def forgetting_report(
    e: Experiment,
    view: View,
    settings: Forgetting,
    found: tuple[Reach, Reach],
    pictured: tuple[tuple[Run, Run], tuple[PairMap, PairMap]],
) -> ForgettingReport:
    """The report of one sentence, given both reaches, both runs and their maps."""
    both = min(found[0].N, found[1].N)
    own = replace(settings, fillers=min(settings.fillers, both))
    T = min(found[0].T, found[1].T)
    source = min(max(view.source, 1), fillers.place(T))
    names = (f"{ACTIVATIONS[e.activation].label} RNN", "LSTM")
    rnn, lstm = (lane(name, one, own, source) for name, one in zip(names, found, strict=True))
    units = layer(pictured[0][0], "a")
    return freeze(
        ForgettingReport(
            tokens=pictured[0][0].sequence.tokens[: T + own.fillers + 1],
            source=source,
            fillers=own.fillers,
            first_filler=fillers.place(T) + 1,
            lanes=(rnn, lstm),
            maps=pictured[1],
            spread=spread((units,)),
            slope=float(units.slope.mean()),
            saturated=float(units.share.mean()),
            steepest=units.activation.max_slope,
            settings=own,
        )
    )
