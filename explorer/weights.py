"""The parameters of one recurrent layer, and the ways of drawing them.

To add an initialiser, append one entry to INITIALISERS. Every draw takes its own random stream, so that a
longer sequence or another input leaves the weights as they were.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, Values
from explorer.cells import Cell


@dataclass(frozen=True)
class Weights:
    """W, U and b by block; leading axes (...) hold an ensemble, one network per seed."""

    W: Values  # v block -> (..., H, H)
    U: Values  # u block -> (..., H, X)
    b: Values  # u or v block -> (..., H)

    @property
    def H(self) -> int:
        """The number of hidden units."""
        return int(next(iter(self.W.values())).shape[-1])

    @property
    def leading(self) -> tuple[int, ...]:
        """The leading axes: () for one network."""
        return next(iter(self.W.values())).shape[:-2]


@dataclass(frozen=True)
class Initialiser:
    """A way of drawing one block of W; `gain` g scales it unless the way fixes its own scale."""

    label: str
    draw: Callable[[np.random.Generator, int, float], Array]  # (rng, H, g) -> (H, H)
    latex: str
    uses_gain: bool = True


def gaussian(rng: np.random.Generator, H: int, gain: float) -> Array:
    """g N(0, 1/H): spectral radius near g, largest singular value near 2g (Geman 1986)."""
    W: Array = gain * rng.standard_normal((H, H)) / np.sqrt(H)
    return W


def glorot(rng: np.random.Generator, H: int, gain: float) -> Array:
    """g U(−√(6/2H), √(6/2H)) (Glorot & Bengio 2010)."""
    limit = np.sqrt(3.0 / H)
    return gain * rng.uniform(-limit, limit, (H, H))


def orthogonal(rng: np.random.Generator, H: int, gain: float) -> Array:
    """g Q with Q orthogonal, uniform over the group (Saxe, McClelland & Ganguli 2014; Mezzadri 2007)."""
    Q, R = np.linalg.qr(rng.standard_normal((H, H)))
    return gain * Q * np.where(np.diag(R) < 0, -1.0, 1.0)  # signs make the distribution uniform


def scaled_identity(rng: np.random.Generator, H: int, gain: float) -> Array:
    """g I (Le, Jaitly & Hinton 2015: the IRNN with ReLU and g = 1)."""
    return gain * np.eye(H)


def exact_radius(rng: np.random.Generator, H: int, gain: float) -> Array:
    """A Gaussian matrix rescaled so that its spectral radius is exactly g."""
    W = rng.standard_normal((H, H))
    scaled: Array = gain * W / np.max(np.abs(np.linalg.eigvals(W)))
    return scaled


def pytorch(rng: np.random.Generator, H: int, gain: float) -> Array:
    """U(−1/√H, 1/√H), what torch.nn.RNN, LSTM and GRU draw; the gain does not enter."""
    W: Array = rng.uniform(-1.0, 1.0, (H, H)) / np.sqrt(H)
    return W


INITIALISERS = {
    "gaussian": Initialiser("Gaussian", gaussian, r"W_{ij}\sim\mathcal{N}(0,\,g^2/H)"),
    "glorot": Initialiser("Glorot uniform", glorot, r"W_{ij}\sim g\,\mathcal{U}(\pm\sqrt{3/H})"),
    "orthogonal": Initialiser("orthogonal", orthogonal, r"W=g\,Q,\;Q^\top Q=I"),
    "identity": Initialiser("identity (IRNN)", scaled_identity, r"W=g\,I"),
    "spectral_radius": Initialiser("spectral radius", exact_radius, r"\rho(W)=g"),
    "pytorch": Initialiser("PyTorch default", pytorch, r"W_{ij}\sim\mathcal{U}(\pm1/\sqrt{H})", False),
}

STREAMS = ("W", "U", "b", "x", "V", "s0")  # one independent random stream per purpose


def stream(seed: int, purpose: str) -> np.random.Generator:
    """The random generator of one purpose under one seed."""
    return np.random.default_rng([seed, STREAMS.index(purpose)])


SHORTEST_CHRONO = 3  # the span from which on the chrono rule draws: U(1, span − 1) is empty below


@dataclass(frozen=True)
class Biases:
    """Constants added to b: for the RNN's a, for the LSTM's forget and input gate, and the GRU's gates.

    With `chrono_span` >= 3 the LSTM's b_f = ln U(1, span − 1) and b_i = −b_f, so that the units' time
    constants cover 1 to span steps (Tallec & Ollivier 2018); it replaces both constants.
    """

    constants: dict[str, float]  # block -> value, blocks left out are 0
    chrono_span: int = 0

    def draw(self, block: str, rng: np.random.Generator, H: int) -> Array:
        """b of one block (H,); the same rng state must be handed in for every block of one network."""
        if self.chrono_span >= SHORTEST_CHRONO and block in ("f", "i"):
            chrono = np.log(1.0 + rng.uniform(0.0, 1.0, H) * (self.chrono_span - 2))
            return chrono if block == "f" else -chrono
        return np.full(H, self.constants.get(block, 0.0))


@dataclass(frozen=True)
class Recipe:
    """How the weights of one network are drawn."""

    initialiser: str  # a key of INITIALISERS
    gain: float
    input_scale: float  # U has entries N(0, input_scale²)
    biases: Biases


def draw(cell: Cell, H: int, X: int, recipe: Recipe, *, seed: int) -> Weights:
    """The weights of one network under one seed; PyTorch's recipe draws U and b its own way too."""
    initialiser = INITIALISERS[recipe.initialiser]
    rng_W, rng_U, rng_b = (stream(seed, purpose) for purpose in "WUb")
    W = {block: initialiser.draw(rng_W, H, recipe.gain) for block in cell.v_blocks}
    if recipe.initialiser == "pytorch":
        U = {block: rng_U.uniform(-1.0, 1.0, (H, X)) / np.sqrt(H) for block in cell.u_blocks}
        return Weights(W, U, pytorch_biases(cell, H, rng_b))
    U = {block: recipe.input_scale * rng_U.standard_normal((H, X)) for block in cell.u_blocks}
    b = {block: recipe.biases.draw(block, stream(seed, "b"), H) for block in blocks(cell)}
    return Weights(W, U, b)


def blocks(cell: Cell) -> tuple[str, ...]:
    """Every block that has a bias, each once."""
    return tuple(dict.fromkeys((*cell.u_blocks, *cell.v_blocks)))


def pytorch_biases(cell: Cell, H: int, rng: np.random.Generator) -> Values:
    """PyTorch keeps two biases per block, b_ih and b_hh; where both act on the same sum, they add."""
    b = {}
    for block in blocks(cell):
        b[block] = rng.uniform(-1.0, 1.0, H) / np.sqrt(H)
        if block in cell.u_blocks and block in cell.v_blocks:
            b[block] = b[block] + rng.uniform(-1.0, 1.0, H) / np.sqrt(H)
    return b


def ensemble(networks: list[Weights]) -> Weights:
    """Several networks of one shape as one, stacked along a new leading axis."""

    def stack(part: str) -> Values:
        return {k: np.stack([getattr(w, part)[k] for w in networks]) for k in getattr(networks[0], part)}

    return Weights(stack("W"), stack("U"), stack("b"))


def check_inputs(w: Weights, x: Array) -> None:
    """Raises ValueError unless x has a step, and the leading axes of an ensemble's weights."""
    if not len(x):
        raise ValueError("x must have at least 1 step; got 0")
    own, networks = x.shape[1:-1], w.leading
    if networks and own not in (networks, (1,) * len(networks)):
        raise ValueError(f"x must have shape (T, {', '.join(map(str, networks))}, X); got {x.shape}")
