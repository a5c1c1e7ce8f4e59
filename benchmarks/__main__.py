"""`python -m benchmarks` measures the engine; `interface`, `beats`, `sessions` the pages; `soak` memory."""

import os
import sys

# Before NumPy is loaded: one thread each, so that CPU seconds compare like with like.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else "engine"
    if what == "engine":
        from benchmarks.engine import main
    elif what == "interface":
        from benchmarks.interface import main
    elif what == "beats":
        from benchmarks.beats import main
    elif what == "soak":
        from benchmarks.soak import main
    elif what == "sessions":
        from benchmarks.crowd import main
    else:
        sys.exit(f"benchmarks: choose engine, interface, beats, sessions or soak; got {what!r}")
    main(sys.argv[2:])
