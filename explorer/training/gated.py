"""The passes of the two gated cells; the buffers' layout and the protocol stand in `passes`."""

from collections.abc import Callable

import numpy as np

from explorer.training.layout import Floats, Layout, Views
from explorer.training.passes import Carry, Feed, Pass, RNNPass, by_block, folded, room
from explorer.training.squash import squash


class LSTMPass:
    """The LSTM with the blocks i, f, o and the candidate g."""

    def __init__(self, layout: Layout, shape: tuple[int, int, int], activation: str, dtype: type) -> None:
        M, T, B = shape
        H, self.T = layout.H, T
        self.h, self.c = room(dtype, M, T + 1, B, H), room(dtype, M, T + 1, B, H)
        self.dh, self.tanh_c = room(dtype, M, T, B, H), room(dtype, M, T, B, H)
        self.z, self.da = room(dtype, M, T, 4, B, H), room(dtype, M, T, B, 4 * H)
        self.one, self.dc = room(dtype, M, B, H), room(dtype, M, B, H)
        self.slopes, self.signals = room(dtype, M, 4, B, H), room(dtype, M, 4, B, H)
        self.squash = squash(self.slopes.size, dtype)
        self.folds = folded(4, 3, self.squash, dtype)

    def forward(self, parts: Views, feed: Feed) -> None:
        """All gates, c_1..c_T and h_1..h_T."""
        one, u = self.one, self.signals
        for t in range(self.T):
            z, c = self.z[:, t], self.c[:, t + 1]
            np.matmul(self.h[:, t, None], parts["W"], out=z)
            feed(t, u)
            z += u
            self.squash.blocks(z, 3)
            np.multiply(z[:, 1], self.c[:, t], out=c)
            np.multiply(z[:, 0], z[:, 3], out=one)
            c += one
            self.squash.tanh(c, self.tanh_c[:, t])
            np.multiply(z[:, 2], self.tanh_c[:, t], out=self.h[:, t + 1])

    def backward(self, W_T: Floats, carry: Carry) -> tuple[Floats, Floats]:
        """∂E/∂a_t of all gates for every step."""
        dc, one, da = self.dc, self.one, by_block(self.da, self.dc.shape[-1])
        dc[:] = 0
        goes_on = False
        for t in reversed(range(self.T)):
            dh = self.dh[:, t]
            if goes_on:
                np.matmul(self.da[:, t + 1], W_T, out=one)
                dh += one
            goes_on = carry(t, (dh, dc))
            self._to_cell(t, dh)
            self._to_gates(t, dh, da[:, t])
            if not goes_on:
                dc[:] = 0
        return self.da, self.da

    def _to_cell(self, t: int, dh: Floats) -> None:
        """dc += dh o (1 − tanh²(c))."""
        tanh_c, shown = self.tanh_c[:, t], self.one
        np.multiply(tanh_c, tanh_c, out=shown)
        np.subtract(1, shown, out=shown)
        shown *= self.z[:, t, 2]
        shown *= dh
        self.dc += shown

    def _to_gates(self, t: int, dh: Floats, da: Floats) -> None:
        """The gates' gradients into da (M, 4, B, H), and dc one step on."""
        z, dc, slopes, signals = self.z[:, t], self.dc, self.slopes, self.signals
        np.subtract(1, z[:, :3], out=slopes[:, :3])
        slopes[:, :3] *= z[:, :3]
        np.multiply(z[:, 3], z[:, 3], out=slopes[:, 3])
        np.subtract(1, slopes[:, 3], out=slopes[:, 3])
        np.multiply(z[:, 3], dc, out=signals[:, 0])
        np.multiply(self.c[:, t], dc, out=signals[:, 1])
        np.multiply(self.tanh_c[:, t], dh, out=signals[:, 2])
        np.multiply(z[:, 0], dc, out=signals[:, 3])
        np.multiply(signals, slopes, out=da)
        dc *= z[:, 1]


class GRUPass:
    """The GRU with the blocks r, z and n (for W: m), reset after the product as PyTorch has it."""

    def __init__(self, layout: Layout, shape: tuple[int, int, int], activation: str, dtype: type) -> None:
        M, T, B = shape
        H, self.T = layout.H, T
        self.h, self.dh = room(dtype, M, T + 1, B, H), room(dtype, M, T, B, H)
        self.gates, self.m = room(dtype, M, T, 3, B, H), room(dtype, M, T, B, H)
        self.du, self.dv = room(dtype, M, T, B, 3 * H), room(dtype, M, T, B, 3 * H)
        self.three, self.one = room(dtype, M, 3, B, H), room(dtype, M, B, H)
        self.squash = squash(self.three.size, dtype)
        self.folds = folded(3, 2, self.squash, dtype)

    def forward(self, parts: Views, feed: Feed) -> None:
        """r, z, m, n and h_1..h_T."""
        v, bias = self.three, parts["m"][:, None]
        for t in range(self.T):
            a, m, h = self.gates[:, t], self.m[:, t], self.h[:, t + 1]
            feed(t, a)
            np.matmul(self.h[:, t, None], parts["W"], out=v)
            np.add(v[:, 2], bias, out=m)
            a[:, :2] += v[:, :2]
            self.squash.blocks(a[:, :2], 2)
            n = a[:, 2]
            np.multiply(a[:, 0], m, out=self.one)
            n += self.one
            self.squash.tanh(n, n)
            np.subtract(self.h[:, t], n, out=h)
            h *= a[:, 1]
            h += n

    def backward(self, W_T: Floats, carry: Carry) -> tuple[Floats, Floats]:
        """∂E/∂(a_r, a_z, a_n) for U and b, and ∂E/∂(a_r, a_z, m) for W, for every step."""
        H, goes_on = self.one.shape[-1], False
        through, straight = self.one, np.zeros_like(self.one)
        du, dv = by_block(self.du, H), by_block(self.dv, H)
        for t in reversed(range(self.T)):
            dh = self.dh[:, t]
            if goes_on:
                np.matmul(self.dv[:, t + 1], W_T, out=through)
                dh += through
                dh += straight
            goes_on = carry(t, (dh,))
            np.multiply(dh, self.gates[:, t, 1], out=straight)
            self._to_gates(t, dh, du[:, t], dv[:, t])
        return self.du, self.dv

    def _to_gates(self, t: int, dh: Floats, du: Floats, dv: Floats) -> None:
        """The gradients of the blocks of U into du, of those of W into dv, (M, 3, B, H) each."""
        slopes, (r, z, n) = self.three, (self.gates[:, t, k] for k in range(3))
        dr, dz, dn = (slopes[:, k] for k in range(3))
        np.subtract(1, self.gates[:, t, :2], out=slopes[:, :2])
        np.multiply(dz, dh, out=self.one)  # (1 − z) dh
        dz *= z
        dz *= dh
        np.subtract(self.h[:, t], n, out=dn)
        dz *= dn  # (h_{t-1} − n) z (1 − z) dh
        np.multiply(n, n, out=dn)
        np.subtract(1, dn, out=dn)
        dn *= self.one
        dr *= r
        dr *= dn
        dr *= self.m[:, t]
        du[:] = slopes
        dv[:, :2] = slopes[:, :2]
        np.multiply(dn, r, out=dv[:, 2])


PASSES: dict[str, Callable[[Layout, tuple[int, int, int], str, type], Pass]] = {
    "rnn": RNNPass, "lstm": LSTMPass, "gru": GRUPass,
}  # fmt: skip
