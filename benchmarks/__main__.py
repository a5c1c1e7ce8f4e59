"""`python -m benchmarks` measures the engine; with one of MEASURED behind it, that."""

import os
import sys
from importlib import import_module

# Before NumPy is loaded: one thread each, so that CPU seconds compare like with like.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

MEASURED = ("engine", "training", "interface", "beats", "sessions", "soak")

if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else "engine"
    if what not in MEASURED:
        sys.exit(f"benchmarks: choose one of {', '.join(MEASURED)}; got {what!r}")
    import_module(f"benchmarks.{what}").main(sys.argv[2:])
