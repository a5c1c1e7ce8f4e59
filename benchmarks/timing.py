"""Medians of CPU seconds, taken in turn so that a drifting machine touches all alike."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Timed:
    """One competitor's result and its times."""

    name: str
    result: Any
    seconds: float  # median CPU seconds


def interleaved(rivals: dict[str, Callable[[], Any]], repeats: int, patience: float = 20.0) -> list[Timed]:
    """Each rival once uncounted, then all of them in turn, `repeats` times.

    A rival whose uncounted call took longer than `patience` seconds is not called again: that one time
    stands.
    """
    results, first, times = {}, {}, {name: [] for name in rivals}
    for name, rival in rivals.items():
        begin = time.process_time()
        results[name] = rival()
        first[name] = time.process_time() - begin
    for _ in range(repeats):
        for name, rival in rivals.items():
            if first[name] > patience:
                continue
            begin = time.process_time()
            rival()
            times[name].append(time.process_time() - begin)
    return [Timed(n, results[n], float(np.median(times[n] or [first[n]]))) for n in rivals]


def dgemm_peak(n: int = 1024, repeats: int = 5) -> float:
    """The best float64 matrix multiplication of this process, in operations per CPU second."""
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((n, n)), rng.standard_normal((n, n))
    best = np.inf
    for _ in range(repeats):
        begin = time.process_time()
        A @ B
        best = min(best, time.process_time() - begin)
    return 2.0 * n**3 / best


def fitted_exponents(sizes: list[tuple[int, int]], seconds: list[float]) -> tuple[float, float]:
    """p and q of the least-squares fit seconds ~ T^p H^q."""
    logs = np.log(np.array(sizes, dtype=float))
    design = np.column_stack([logs, np.ones(len(sizes))])
    p, q, _ = np.linalg.lstsq(design, np.log(seconds), rcond=None)[0]
    return float(p), float(q)
