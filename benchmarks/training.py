"""One update of a character-level network beside PyTorch on the CPU; `python -m benchmarks training`.

Vocabulary 65, H = 128, T = 100, batch 32: forward pass, backpropagation through time, clipping by norm and
the step of SGD, one thread. Losses and gradients are compared before times are.
"""

import argparse
import platform

import numpy as np

from benchmarks import peers
from benchmarks.timing import interleaved
from explorer.training.settings import Training
from explorer.training.text import read
from explorer.training.trainer import Trainer

VOCABULARY, GOALS = 65, {"rnn float32": 2.0, "rnn float64": 1.8, "lstm float64": 1.4, "lstm float32": 0.95}


def trainer(cell: str, precision: str) -> Trainer:
    """A run on a text of 65 different characters."""
    rng = np.random.default_rng(0)
    corpus = read("".join(chr(48 + i) for i in rng.integers(0, VOCABULARY, 20_000)))
    settings = Training(
        task="text", corpus="own", cell=cell, precision=precision, hidden_size=128, steps=100, batch=32,
        optimiser="sgd", learning_rate=0.1, initialiser="pytorch",
    )  # fmt: skip
    return Trainer(settings, corpus=corpus)


class Peer:
    """The same network, batch and update by torch.nn."""

    def __init__(self, ours: Trainer, row: np.ndarray) -> None:
        """Takes over the parameters of a row."""
        import torch

        torch.set_num_threads(1)
        self.torch, (w, out) = torch, ours.layout.unpack(row)
        kind = {"rnn": "RNN", "lstm": "LSTM"}[ours.training.cell]
        self.order = {"RNN": "a", "LSTM": "ifgo"}[kind]
        dtype = getattr(torch, ours.training.precision)
        self.layer = getattr(torch.nn, kind)(ours.layout.X, ours.layout.H, dtype=dtype)
        self.readout = torch.nn.Linear(ours.layout.H, ours.layout.K, dtype=dtype)
        with torch.no_grad():
            self.layer.weight_ih_l0.copy_(torch.tensor(np.concatenate([w.U[k] for k in self.order])))
            self.layer.weight_hh_l0.copy_(torch.tensor(np.concatenate([w.W[k] for k in self.order])))
            self.layer.bias_ih_l0.copy_(torch.tensor(np.concatenate([w.b[k] for k in self.order])))
            self.layer.bias_hh_l0.zero_()
            self.readout.weight.copy_(torch.tensor(out.V))
            self.readout.bias.copy_(torch.tensor(out.c))
        self.parameters = [*self.layer.parameters(), *self.readout.parameters()]
        self.optimiser = torch.optim.SGD(self.parameters, lr=0.1)
        batch = ours.batch(1)
        self.x = torch.nn.functional.one_hot(torch.tensor(batch.x[0]), ours.layout.X).to(dtype)
        self.y = torch.tensor(batch.targets[0].reshape(-1))

    def gradient(self) -> float:
        """Forward and backward; returns the loss."""
        self.optimiser.zero_grad(set_to_none=True)
        h, _ = self.layer(self.x)
        o = self.readout(h).reshape(len(self.y), -1)
        loss = self.torch.nn.functional.cross_entropy(o, self.y)
        loss.backward()
        return float(loss.detach())

    def step(self) -> float:
        """One update."""
        loss = self.gradient()
        self.torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        return loss


def compared(ours: Trainer, peer: Peer) -> float:
    """The relative difference of both gradients of W; raises AssertionError where they disagree."""
    found = ours.gradient(ours.start(), 1)
    loss = peer.gradient()
    H = ours.layout.H
    theirs = peer.layer.weight_hh_l0.grad.numpy().reshape(len(peer.order), H, H)
    gradient, _ = ours.layout.unpack(found.rows[0])
    mine = np.stack([gradient.W[k] for k in peer.order])
    apart = float(np.max(np.abs(mine - theirs)) / np.max(np.abs(theirs)))
    tolerance = 1e-10 if ours.training.precision == "float64" else 1e-3
    assert abs(found.loss[0] / loss - 1) < tolerance, f"losses {found.loss[0]} and {loss}"
    assert apart < tolerance, f"gradients differ by {apart:.1e}"
    return apart


def measure(cell: str, precision: str, repeats: int) -> None:
    """One line: both times and their ratio."""
    ours = trainer(cell, precision)
    state, batch = ours.start(), ours.batch(1)
    ours.batch = lambda number: batch  # data are not what is measured
    rivals = {"this engine": lambda: ours.step(state)}
    said = ""
    if peers.HAS_TORCH:
        peer = Peer(ours, state.rows[0])
        said = f", gradients agree to {compared(ours, peer):.0e}"
        rivals["PyTorch"] = peer.step
    timed = interleaved(rivals, repeats)
    line = "".join(f"  {rival.name} {1000 * rival.seconds:.1f} ms" for rival in timed)
    if len(timed) > 1:
        ratio = timed[1].seconds / timed[0].seconds
        line += f"  {ratio:.2f} times as fast (goal {GOALS[f'{cell} {precision}']:g}){said}"
    print(f"{cell:<5}{precision:<8}{line}")


def main(arguments: list[str]) -> None:
    """Print every comparison."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks training")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args(arguments)
    print(f"One update, vocabulary {VOCABULARY}, H = 128, T = 100, batch 32, one thread, CPU seconds")
    print(f"{platform.machine()}, NumPy {np.__version__}, median of {options.repeats}")
    for cell in ("rnn", "lstm"):
        for precision in ("float32", "float64"):
            measure(cell, precision, options.repeats)
