"""A population as its own process, for its memory: `python crowd.py PERSONS CHUNK`.

Prints JSON: the largest memory that the process has held in MB (null where the system does not say), before the population
and after it, the seconds it took, and the SHA-256 of its summaries.
"""

import hashlib
import json
import sys
import time

import numpy as np

from openldn.engine import ev
from openldn.pharmacology import model
from openldn.population import simulate_population

OUTPUTS = ("C_N", "occ_mu_brain", "BE")


def crowd(persons: int, chunk: int) -> dict[str, object]:
    """Three outputs at 25 times over a day."""
    one = _solve(4, 4)  # what is compiled and loaded on first use
    before, start = peak_mb(), time.perf_counter()
    found = _solve(persons, chunk)
    seconds = time.perf_counter() - start
    del one
    return {"before_mb": before, "peak_mb": peak_mb(), "seconds": seconds, "sha256": found}


def peak_mb() -> float | None:
    """The most that this process has held. Linux says it for the process itself; others for what it came from, too."""
    try:
        with open("/proc/self/status", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2**20 if sys.platform == "darwin" else most / 1024


def _solve(persons: int, chunk: int) -> str:
    doses, times = ev("4.5 mg", cmt="oral"), np.arange(0.0, 25)
    s = simulate_population(model(), doses, times, OUTPUTS, persons, 1, chunk=chunk)
    rows = [row for name in OUTPUTS for row in (s.mean(name), s.sd(name), s.quantile(name, 0.9))]
    return hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(crowd(int(sys.argv[1]), int(sys.argv[2]))) + "\n")
