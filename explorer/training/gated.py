"""The passes of the two gated cells; the buffers' layout and the protocol stand in `passes`."""

from collections.abc import Callable

import numpy as np

from explorer.training.layout import Floats, Layout, Views
from explorer.training.passes import Carry, Feed, Pass, RNNPass, folded, room


class LSTMPass:
    """The LSTM with i, f, o and the candidate g side by side; gradients overwrite the gates."""

    def __init__(self, layout: Layout, shape: tuple[int, int, int], activation: str, dtype: type) -> None:
        M, T, B = shape
        H = self.H = layout.H
        self.T = T
        self.h, self.c = room(dtype, M, T + 1, B, H), room(dtype, M, T + 1, B, H)
        self.dh, self.tanh_c = room(dtype, M, T, B, H), room(dtype, M, T, B, H)
        self.z = room(dtype, M, T, B, 4 * H)
        self.one, self.two, self.dc = (room(dtype, M, B, H) for _ in range(3))
        self.four = room(dtype, M, B, 4 * H)
        self.halves = folded(4 * H, 3 * H, dtype)

    def forward(self, parts: Views, feed: Feed) -> None:
        """All gates, c_1..c_T and h_1..h_T."""
        H, one, u = self.H, self.one, self.four
        for t in range(self.T):
            z, c = self.z[:, t], self.c[:, t + 1]
            np.matmul(self.h[:, t], parts["W"], out=z)
            feed(t, u)
            z += u
            np.tanh(z, out=z)
            sigmoids = z[..., : 3 * H]
            sigmoids *= 0.5
            sigmoids += 0.5
            np.multiply(z[..., H : 2 * H], self.c[:, t], out=c)
            np.multiply(z[..., :H], z[..., 3 * H :], out=one)
            c += one
            np.tanh(c, out=self.tanh_c[:, t])
            np.multiply(z[..., 2 * H : 3 * H], self.tanh_c[:, t], out=self.h[:, t + 1])

    def backward(self, W_T: Floats, carry: Carry) -> tuple[Floats, Floats]:
        """∂E/∂a_t of all gates for every step."""
        dc, one = self.dc, self.one
        dc[:] = 0
        goes_on = False
        for t in reversed(range(self.T)):
            dh = self.dh[:, t]
            if goes_on:
                np.matmul(self.z[:, t + 1], W_T, out=one)
                dh += one
            goes_on = carry(t, (dh, dc))
            self._to_cell(t, dh)
            self._to_gates(t, dh)
            if not goes_on:
                dc[:] = 0
        return self.z, self.z

    def _to_cell(self, t: int, dh: Floats) -> None:
        """dc += dh o (1 − tanh²(c))."""
        tanh_c, shown = self.tanh_c[:, t], self.two
        np.multiply(tanh_c, tanh_c, out=shown)
        np.subtract(1, shown, out=shown)
        shown *= self.z[:, t, :, 2 * self.H : 3 * self.H]
        shown *= dh
        self.dc += shown

    def _to_gates(self, t: int, dh: Floats) -> None:
        """The gates' gradients in the gates' place, and dc one step on."""
        H, z, dc, slope = self.H, self.z[:, t], self.dc, self.four
        i, f, o, g = (z[..., k * H : (k + 1) * H] for k in range(4))
        sigmoids, dg = slope[..., : 3 * H], slope[..., 3 * H :]
        np.subtract(1, z[..., : 3 * H], out=sigmoids)
        sigmoids *= z[..., : 3 * H]
        np.multiply(g, g, out=dg)
        np.subtract(1, dg, out=dg)
        dg *= i
        dg *= dc
        np.multiply(g, dc, out=i)
        np.multiply(self.c[:, t], dc, out=g)
        dc *= f
        np.multiply(g, sigmoids[..., H : 2 * H], out=f)
        i *= sigmoids[..., :H]
        np.multiply(self.tanh_c[:, t], dh, out=o)
        o *= sigmoids[..., 2 * H :]
        g[:] = dg


class GRUPass:
    """The GRU with r, z and n (for W: m) side by side, reset after the product as PyTorch has it."""

    def __init__(self, layout: Layout, shape: tuple[int, int, int], activation: str, dtype: type) -> None:
        M, T, B = shape
        H = self.H = layout.H
        self.T = T
        self.h, self.dh = room(dtype, M, T + 1, B, H), room(dtype, M, T, B, H)
        self.gates = room(dtype, M, T, B, 3 * H)  # r, z, n; after backward dr, dz, dn
        self.m = room(dtype, M, T, B, H)
        self.three, self.dv = room(dtype, M, B, 3 * H), room(dtype, M, T, B, 3 * H)
        self.one, self.two = room(dtype, M, B, H), room(dtype, M, B, H)
        self.halves = folded(3 * H, 2 * H, dtype)

    def forward(self, parts: Views, feed: Feed) -> None:
        """r, z, m, n and h_1..h_T."""
        H, v = self.H, self.three
        bias = parts["m"][:, None]
        for t in range(self.T):
            a, m = self.gates[:, t], self.m[:, t]
            feed(t, a)
            np.matmul(self.h[:, t], parts["W"], out=v)
            np.add(v[..., 2 * H :], bias, out=m)
            gates, n = a[..., : 2 * H], a[..., 2 * H :]
            gates += v[..., : 2 * H]
            np.tanh(gates, out=gates)
            gates *= 0.5
            gates += 0.5
            np.multiply(a[..., :H], m, out=self.one)
            n += self.one
            np.tanh(n, out=n)
            h = self.h[:, t + 1]
            np.subtract(self.h[:, t], n, out=h)
            h *= a[..., H : 2 * H]
            h += n

    def backward(self, W_T: Floats, carry: Carry) -> tuple[Floats, Floats]:
        """∂E/∂(a_r, a_z, a_n) for U and b, and ∂E/∂(a_r, a_z, m) for W, for every step."""
        H, goes_on = self.H, False
        through, straight = self.two, np.zeros_like(self.one)
        for t in reversed(range(self.T)):
            dh = self.dh[:, t]
            if goes_on:
                np.matmul(self.dv[:, t + 1], W_T, out=through)
                dh += through
                dh += straight
            goes_on = carry(t, (dh,))
            np.multiply(dh, self.gates[:, t, :, H : 2 * H], out=straight)
            self._to_gates(t, dh)
        return self.gates, self.dv

    def _to_gates(self, t: int, dh: Floats) -> None:
        """The gates' gradients in the gates' place, and those of W's blocks in dv."""
        H, slope, dv = self.H, self.two, self.dv[:, t]
        r, z, n = (self.gates[:, t, :, k * H : (k + 1) * H] for k in range(3))
        dr, dz, dm = (dv[..., k * H : (k + 1) * H] for k in range(3))
        np.subtract(self.h[:, t], n, out=dz)  # (h_{t-1} - n) z (1 - z) dh
        dz *= dh
        dz *= z
        np.subtract(1, z, out=slope)
        dz *= slope
        np.multiply(n, n, out=n)
        np.subtract(1, n, out=n)
        n *= slope
        n *= dh  # now ∂E/∂a_n
        np.multiply(n, r, out=dm)
        np.subtract(1, r, out=slope)
        slope *= r
        np.multiply(n, self.m[:, t], out=dr)
        dr *= slope
        r[:], z[:] = dr, dz


PASSES: dict[str, Callable[[Layout, tuple[int, int, int], str, type], Pass]] = {
    "rnn": RNNPass, "lstm": LSTMPass, "gru": GRUPass,
}  # fmt: skip
