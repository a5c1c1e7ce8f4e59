"""How the glossary is arranged: its groups, the shapes of what has one, and where each symbol is met."""

from explorer.glossary import GLOSSARY, Entry
from explorer.lessons.table import LESSONS

GROUPS: dict[str, tuple[str, ...]] = {
    "Steps and sizes": ("t", "T", "k", "n", "lag", "H", "X", "K", "S"),
    "Inputs and states": ("x", "h", "h_0", "c", "s", "a", "w"),
    "Gates": ("f", "i", "g_t", "o_gate", "z_t", "r", "n_t", "m"),
    "Weights and how they are drawn": ("W", "U", "V", "b", "c_bias", "g", "N", "U_dist", "Q", "I"),
    "Prediction and loss": ("o", "y", "y_true", "P", "E", "E_t"),
    "Functions and operations": ("phi", "phi'", "sigma", "tanh", "gamma", "odot", "otimes", "diag", "sum",
                                 "prod", "norm", "norm_F", "norm_2"),
    "Gradients": ("J", "dh_t/dh_k", "dc_t/dc_k", "dE/dh", "dE/ds", "dE/dx", "dE/dW", "dE/dU", "dE/dV", "C",
                  "gradient", "rho", "lambda", "sigma_max", "sigma_i"),
    "Training and clipping": ("alpha", "eta", "mu", "velocity", "tau", "theta", "delta"),
}  # fmt: skip
SHAPES: dict[str, str] = {
    **dict.fromkeys(("h", "h_0", "c", "f", "i", "g_t", "o_gate", "z_t", "r", "n_t", "m", "a", "b"), "H"),
    **dict.fromkeys(("phi'", "dE/dh"), "H"),
    **dict.fromkeys(("W", "dE/dW", "C", "dc_t/dc_k", "Q"), r"H \times H"),
    **dict.fromkeys(("U", "dE/dU"), r"H \times X"),
    **dict.fromkeys(("V", "dE/dV"), r"K \times H"),
    **dict.fromkeys(("o", "y", "y_true", "c_bias"), "K"),
    **dict.fromkeys(("x", "dE/dx"), "X"),
    **dict.fromkeys(("s", "dE/ds", "delta"), "S"),
    "J": r"S \times S",
    "dh_t/dh_k": r"H \times H",
    **dict.fromkeys(("t", "T", "k", "n", "lag", "H", "X", "K", "S", "w", "g", "E", "E_t", "P", "gamma",
                     "norm", "norm_F", "norm_2", "rho", "lambda", "sigma_max", "sigma_i", "alpha", "eta",
                     "mu", "tau", "theta"), "1"),
}  # fmt: skip
RNN = ("t", "T", "k", "x", "h", "h_0", "a", "W", "U", "b", "phi", "phi'", "H", "g", "lag")
LSTM = ("c", "s", "f", "i", "g_t", "o_gate", "odot", "sigma", "tanh")
EXPLORED: dict[str, tuple[str, ...]] = {
    "gradient_flow": (*RNN, "J", "dh_t/dh_k", "dc_t/dc_k", "norm", "norm_F", "norm_2", "gamma", "sigma_max",
                      "sigma_i", "c", "prod", "N", "U_dist", "Q", "I", "S"),
    "weights": (*RNN, "dE/dW", "dE/dU", "dE/dV", "dE/dh", "dh_t/dh_k", "C", "E", "E_t", "tau", "norm",
                "otimes", "sum", "rho", "N", "U_dist", "Q", "I", "X"),
    "saturation": (*RNN, "J", "gamma", "E", "dh_t/dh_k", "diag", "norm", "sigma"),
    "lstm": (*RNN, *LSTM, "dh_t/dh_k", "dc_t/dc_k", "prod", "norm", "E"),
    "clipping": ("gradient", "theta", "delta", "E", "dE/dW", "k", "T", "norm", "s", "dE/ds"),
    "compare": (*RNN, *LSTM, "z_t", "r", "n_t", "m", "dh_t/dh_k", "norm", "norm_F"),
    "checks": (*RNN, *LSTM, "J", "E", "E_t", "dE/ds", "dE/dh", "dE/dW", "sum", "prod", "norm", "eta", "C",
               "o", "y", "y_true", "gamma", "sigma_i", "theta", "gradient", "dh_t/dh_k"),
    "train": ("E", "T", "eta", "mu", "velocity", "gradient", "theta", "dh_t/dh_k", "norm", "H", "s", "dE/ds"),
    "rainbow": ("E", "E_t", "T", "t", "k", "lag", "h", "W", "dE/dh", "dh_t/dh_k", "dE/dW", "norm", "g"),
    "cliff": ("w", "b", "x", "E", "gradient", "eta", "theta", "sigma", "norm"),
    "theatre": ("gradient", "theta", "eta", "norm", "E", "E_t", "h", "dh_t/dh_k"),
    "remember": ("T", "H", "E", "eta", "theta", "g", "lag", "norm", "f"),
}  # fmt: skip
WRITTEN: dict[str, str] = {  # how a symbol stands in plain text or LaTeX -> its key
    "φ": "phi", "φ′": "phi'", "φ'": "phi'", "σ": "sigma", "γ": "gamma", "ρ": "rho", "τ": "tau", "α": "alpha",
    "η": "eta", "θ": "theta", "μ": "mu", "λ": "lambda", "δ": "delta", "Σ": "sum", "∑": "sum", "Π": "prod",
    "∏": "prod", "‖": "norm", "⊗": "otimes", "⊙": "odot",
    "∂E": "dE/dh", "∂h": "dh_t/dh_k", "∂c": "dc_t/dc_k", "∂s": "dE/ds", "∂W": "dE/dW", "∂U": "dE/dU",
    "∂V": "dE/dV", "∂x": "dE/dx", "∂a": "dE/dW", "∂b": "b", "∂w": "w",
    "E": "E_t", "J": "J", "U": "U", "W": "W", "C": "C", "a": "a", "b": "b", "c": "c", "f": "f", "g": "g_t",
    "h": "h", "i": "i", "m": "m", "n": "n_t", "o": "o", "r": "r", "s": "s", "x": "x", "y": "y_true",
    "z": "z_t",
}  # fmt: skip


def met(key: str) -> tuple[str, ...]:
    """The pages (file stems) on which a symbol is met, those of the lecture first."""
    lecture = tuple(page for page, lesson in LESSONS.items() if key in lesson.symbols)
    return lecture + tuple(page for page, symbols in EXPLORED.items() if key in symbols)


def found(words: str) -> dict[str, tuple[str, ...]]:
    """{group: keys} of the entries that hold every word, in their name, meaning, equation or key."""
    asked = words.casefold().split()
    kept = {
        group: tuple(key for key in keys if all(word in text_of(key, GLOSSARY[key]) for word in asked))
        for group, keys in GROUPS.items()
    }
    return {group: keys for group, keys in kept.items() if keys}


def text_of(key: str, entry: Entry) -> str:
    """All that can be searched of one entry."""
    plain = " ".join(written for written, of in WRITTEN.items() if of == key)
    parts = (key, plain, entry.latex, entry.name, entry.says, entry.equation, entry.where)
    return " ".join(parts).casefold()
