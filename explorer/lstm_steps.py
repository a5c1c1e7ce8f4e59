"""The one-step Jacobians of an LSTM by their structure, which makes its maps cheap and its zeros certain."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from explorer.activations import dsigmoid
from explorer.arrays import Array
from explorer.cells import LSTM
from explorer.flow import Trace
from explorer.weights import Weights


@dataclass(frozen=True)
class LSTMSteps:
    """The one-step Jacobians [[d W_o + e M, e f], [M, f]] of an LSTM, state h then c, by their parts."""

    f: Array  # (T, ..., H), diagonal of ∂c_t/∂c_{t-1}
    e: Array  # (T, ..., H), diagonal of ∂h_t/∂c_t = o (1 − tanh²(c_t))
    d: Array  # (T, ..., H), diagonal of ∂h_t/∂a_{o,t} = σ′(a_{o,t}) tanh(c_t)
    W_o: Array  # (..., H, H)
    M: Callable[[slice], Array]  # (n, ..., H, H), ∂c_t/∂h_{t-1} for a slice of steps, which may have a stride

    @classmethod
    def of(cls, w: Weights, trace: Trace) -> "LSTMSteps":
        """Those of one run."""
        z, by_c = trace.z, trace.partials(LSTM())["c"]

        def M(steps: slice) -> Array:
            terms = [by_c[k][steps][..., None] * w.W[k] for k in ("f", "i", "g")]
            return np.asarray(sum(terms))

        return cls(z["f"], LSTM.exposure(z), np.tanh(z["c"]) * dsigmoid(z["a_o"]), w.W["o"], M)

    def by_h(self, steps: slice) -> Array:
        """∂s_t/∂h_{t-1} = [d W_o + e M; M], (n, ..., 2H, H)."""
        M = self.M(steps)
        to_h = self.d[steps][..., None] * self.W_o + self.e[steps][..., None] * M
        return np.concatenate([to_h, M], axis=-2)

    @cached_property
    def regular(self) -> NDArray[np.bool_]:
        """The steps whose Jacobian no zero makes singular, (T, ...)."""
        own = np.diagonal(self.W_o, axis1=-2, axis2=-1)
        return np.asarray(np.all((self.d * own != 0) & (self.f != 0), axis=-1))

    def factors(self, t: int) -> tuple[Array, ...]:
        """The Jacobian at index t where it is regular, else [[d W_o, 0], [M, f]] and [[1, e], [0, 1]].

        (..., 2H, 2H) each. Multiplied out, rows of h that are e times those of c differ from them by
        rounding; in the factors they are zero. That happens wherever tanh(c_t) = 0, as without input.
        """
        f, e = (a[t][..., None] * np.eye(a.shape[-1]) for a in (self.f, self.e))
        by_h = self.by_h(slice(t, t + 1))[0]
        if self.regular[t].all():
            return (np.concatenate([by_h, np.concatenate([e * f, f], axis=-2)], axis=-1),)
        one, none = np.broadcast_to(np.eye(f.shape[-1]), f.shape), np.zeros_like(f)
        to_o, M = self.d[t][..., None] * self.W_o, by_h[..., f.shape[-1] :, :]
        return np.block([[to_o, none], [M, f]]), np.block([[one, e], [none, one]])
