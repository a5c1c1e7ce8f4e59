"""The engine's kernels against the usual ways of computing the same numbers."""

import argparse
import platform
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.timing import Timed, dgemm_peak, fitted_exponents, interleaved
from explorer.arrays import Array
from explorer.blocks import log_block_maps
from explorer.errors import log_sizes, sweep
from explorer.experiment import Experiment
from explorer.lstm_steps import LSTMSteps
from explorer.pairs import log_frobenius_map
from explorer.run import Run, run
from explorer.spectral import log_spectral_map

SIZES = [(50, 16), (100, 32), (100, 64), (200, 64), (500, 64), (1000, 128)]
LOOP_LIMIT = 1.1e10  # T² H³ beyond which autograd's backward loop would take minutes
PATIENCE = 2e10  # T² H³ beyond which peers' decompositions and joint products would take minutes
BATCHED = 4e7  # T² H beyond which one batch of all losses fills gigabytes
SMALLEST = np.log(1e-140)  # below it the squares in a plain norm vanish, and peers report zero or noise


def network(T: int, H: int, cell: str = "rnn") -> Run:
    """A tanh network or an LSTM of the size asked for."""
    return run(Experiment(cell=cell, steps=T, hidden_size=H))


def agree(rivals: list[Timed], tolerance: float) -> None:
    """Raises AssertionError unless every result equals the first to `tolerance` in ln of the norm.

    Pairs below SMALLEST are left out: no peer has a number for them. How many there are is printed.
    """
    for key, ours in as_maps(rivals[0].result).items():
        known, alive = ours > SMALLEST, np.isfinite(ours)
        for rival in rivals[1:]:
            theirs = as_maps(rival.result)[key]
            error = np.max(np.abs(ours[known] - theirs[known]), initial=0.0)
            assert error <= tolerance, f"{rival.name} differs by {error:.1e}"
        lost = 1.0 - np.count_nonzero(known) / np.count_nonzero(alive)
        if lost > 0:
            print(f"\n({max(lost, 0.01):.0%} of the pairs {key} vanish in a plain float64 norm)", end="")


def as_maps(result: Any) -> dict[str, Array]:
    """A result as {block: map}."""
    return result if isinstance(result, dict) else {"": result}


def report(title: str, T: int, H: int, rivals: list[Timed]) -> None:
    """One line per rival: milliseconds and how many times ours."""
    print(f"\n{title}, T = {T}, H = {H}")
    for rival in rivals:
        ratio = rival.seconds / rivals[0].seconds
        print(f"  {rival.name:<46}{1000 * rival.seconds:>12.1f} ms{ratio:>10.1f} x", flush=True)


def frobenius(T: int, H: int, repeats: int) -> list[Timed]:
    """Forward pass, Jacobians and the map of all pairs."""
    e = Experiment(steps=T, hidden_size=H)
    known = run(e)
    J = known.chain.take(slice(None))
    W, u = known.weights.W["a"], known.sequence.x @ known.weights.U["a"].T
    rivals: dict[str, Callable[[], Any]] = {
        "this engine (forward, Jacobians, map)": lambda: log_frobenius_map(run(e).chain).log_norm,
        "NumPy double loop": lambda: peers.double_loop(J),
    }
    if peers.HAS_TORCH:
        rivals["PyTorch, expert batched"] = lambda: peers.torch_map(J)
        rivals["torch.func jacrev + vmap, batched"] = lambda: peers.torch_func(W, u)
        if T * T * H * H * H <= LOOP_LIMIT:
            rivals["PyTorch, backward per step and unit"] = lambda: peers.torch_backward_loop(W, u)
    if peers.HAS_JAX and T * H * H <= 2e6:
        rivals["JAX, compiled scan (compilation not timed)"] = peers.jax_map(J)
    timed = interleaved(rivals, repeats)
    agree(timed, 1e-9)
    report("All pairs, Frobenius", T, H, timed)
    return timed


def spectral(T: int, H: int, repeats: int) -> list[Timed]:
    """The largest singular value of every product."""
    chain = network(T, H).chain
    J = chain.take(slice(None))
    rivals: dict[str, Callable[[], Any]] = {"this engine": lambda: log_spectral_map(chain).log_norm}
    if T * T * H**3 <= PATIENCE:
        rivals["NumPy, batched SVD"] = lambda: peers.double_loop_spectral(J)
        if peers.HAS_TORCH:
            rivals["PyTorch, expert batched SVD"] = lambda: peers.torch_map(J, 2)
    timed = interleaved(rivals, repeats)
    agree(timed, 1e-7)
    report("All pairs, spectral norm", T, H, timed)
    return timed


def blocks(T: int, H: int, repeats: int) -> list[Timed]:
    """The LSTM's four block maps."""
    lstm = network(T, H, "lstm")
    steps, J = LSTMSteps.of(lstm.weights, lstm.trace), lstm.chain.take(slice(None))
    rivals: dict[str, Callable[[], Any]] = {
        "this engine, structured": lambda: {b: m.log_norm for b, m in log_block_maps(steps).items()},
    }
    if T * T * H**3 <= PATIENCE:
        rivals["NumPy double loop over joint products"] = lambda: peers.double_loop_blocks(J, H)
        if peers.HAS_TORCH:
            rivals["PyTorch, expert batched joint products"] = lambda: peers.torch_blocks(J, H)
    timed = interleaved(rivals, repeats)
    agree(timed, 1e-9)
    report("LSTM, four block maps", T, H, timed)
    return timed


def error_signals(T: int, H: int, repeats: int) -> list[Timed]:
    """Every ∂E_t/∂h_k of a tanh network."""
    known = network(T, H)
    u, J = known.sequence.x @ known.weights.U["a"].T, known.chain.take(slice(None))
    direct, given = known.loss.direct(), (known.weights.W["a"], u, known.readout.V, known.sequence.targets)

    def ours() -> Array:
        out = np.full((T + 1, T + 1), -np.inf)
        for now in sweep(known.cell, known.weights, known.trace, direct):
            out[max(now.k, 1) :, now.k] = log_sizes(now.signals["h"], now.exponent)
        return out

    rivals: dict[str, Callable[[], Any]] = {
        "this engine": ours,
        "NumPy double loop": lambda: peers.double_loop_errors(J, direct),
    }
    if peers.HAS_TORCH:
        rivals["PyTorch, one backward pass per loss"] = lambda: peers.torch_error_sweep(*given)
        if T * T * H <= BATCHED:
            rivals["PyTorch, all losses in one batch"] = lambda: peers.torch_error_batched(*given)
    timed = interleaved(rivals, repeats)
    agree(timed, 1e-9)
    report("All error signals", T, H, timed)
    return timed


def counted_operations(T: int, H: int) -> float:
    """Operations of the divide and conquer: 2H³ a product, H³ a Gram matrix, 2H² a pair."""
    total, s = 0.0, 1
    while s < T + 1:
        for m in range(s - 1, T, 2 * s):
            right = min(s, T - m)
            total += (right + s - 2) * 2 * H**3 + (right + s - 1) * H**3 + right * s * 2 * H * H
        s *= 2
    return total


def peak_memory(T: int, H: int) -> float:
    """MiB that the map of a run takes at most, its result included, as NumPy reports them."""
    chain = network(T, H).chain
    tracemalloc.start()
    log_frobenius_map(chain)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def long_run(T: int, H: int) -> None:
    """A very long run on an evenly spaced sample."""
    e = Experiment(steps=T, hidden_size=H)
    chain = run(e).chain
    timed = interleaved({"": lambda: log_frobenius_map(chain, every=e.every)}, 3)[0]
    shape = timed.result.log_norm.shape
    print(f"\nT = {T:,}, H = {H} on {shape[0]:,} x {shape[1]:,} sampled pairs: {timed.seconds:.2f} s")


def main(arguments: list[str]) -> None:
    """Print every comparison."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks engine")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="leave out T = 500 and T = 1,000")
    options = parser.parse_args(arguments)
    sizes = [size for size in SIZES if size[0] <= 200 or not options.quick]
    peak = dgemm_peak()
    print(
        f"{platform.machine()}, NumPy {np.__version__}, one thread, CPU seconds, medians of {options.repeats}"
    )
    print(f"float64 matrix multiplication in this process: {peak / 1e9:.1f} billion operations per second")
    maps = []
    for T, H in sizes:
        maps.append(frobenius(T, H, options.repeats))
        share = counted_operations(T, H) / maps[-1][0].seconds / peak
        print(f"  {share:.0%} of that peak (counted operations), {peak_memory(T, H):.0f} MiB peak memory")
    for rank, name in enumerate(("ours", "the double loop")):
        p, q = fitted_exponents(sizes, [timed[rank].seconds for timed in maps])
        print(f"\n{name} grows as T^{p:.2f} H^{q:.2f} over these sizes", end="")
    print()
    for T, H in sizes:
        for compared in (error_signals, blocks, spectral):
            compared(T, H, options.repeats)
    long_run(10_000, 16)
    long_run(10_000, 64)
