"""`python -m benchmarks soak [reruns]`: whether memory stays flat while a visitor tries everything.

A real server and one websocket session whose address changes at every rerun: random cells, lengths, gains,
seeds, norms and chosen steps. After a warm-up, in which caches fill to their limits, the resident memory may
not grow by more than 20 MB.
"""

import asyncio
import random
from collections.abc import Iterator

from benchmarks.visitor import Visitor, resident, served

WARM_UP = 400
ALLOWED = 20.0  # megabytes


def settings(seed: int) -> Iterator[dict[str, object]]:
    """Random settings without end; sizes are those that the pages open with and below."""
    draw = random.Random(seed)
    while True:
        yield {
            "cell": draw.choice(["rnn", "lstm", "gru"]),
            "activation": draw.choice(["tanh", "sigmoid", "relu", "identity"]),
            "steps": draw.randint(1, 60),
            "hidden_size": draw.choice([1, 4, 8, 16, 32]),
            "gain": round(draw.uniform(0, 3), 2),
            "norm": draw.choice(["rms", "frobenius", "spectral"]),
            "target": draw.randint(0, 60),
            "source": draw.randint(0, 60),
            "seed": draw.randint(0, 9_999),
        }


async def soaked(port: int, pid: int, reruns: int, warm_up: int) -> tuple[list[float], int]:
    """Memory after the warm-up and after every tenth of the reruns, in MB, and how many of them failed."""
    visitor, failures, sizes = await Visitor.opened(port), 0, []
    for i, asked in zip(range(warm_up + reruns), settings(0), strict=False):
        failures += (await visitor.ask(**asked)).failed
        done = i + 1 - warm_up
        if done >= 0 and done % max(1, reruns // 10) == 0:
            sizes.append(resident(pid))
    await visitor.connection.close()
    return sizes, failures


def main(arguments: list[str]) -> None:
    """Print the memory over the reruns, and whether it stayed within what is allowed."""
    reruns = int(arguments[0]) if arguments else 2_000
    with served() as (port, pid):
        sizes, failures = asyncio.run(soaked(port, pid, reruns, WARM_UP))
    print(f"{reruns:,} reruns after {WARM_UP} to warm up; {failures} failed")
    print("resident memory in MB:", ", ".join(f"{size:.1f}" for size in sizes))
    growth = sizes[-1] - sizes[0]
    print(f"growth {growth:.1f} MB, allowed {ALLOWED:.0f} MB: {'kept' if growth <= ALLOWED else 'EXCEEDED'}")
