"""The first result of a process, as its own process: `python first_result.py`.

Prints the SHA-256 of the numbers: two kernels that compute the same bits print the same.
"""

import hashlib
import sys

import numpy as np

from openldn.engine import ev, simulate
from openldn.pharmacology import model
from openldn.population import draw

OUTPUTS = ("C_N", "occ_mu_brain", "BE")


def first_result() -> str:
    """The SHA-256 of three outputs of eight persons over two doses."""
    doses, times = ev("4.5 mg", cmt="oral", ii=24, addl=1), np.arange(0.0, 49, 2)
    found = simulate(model(), doses, times, OUTPUTS, draw(model(), 8, 1))
    return hashlib.sha256(np.ascontiguousarray(found.values).tobytes()).hexdigest()


if __name__ == "__main__":
    sys.stdout.write(first_result() + "\n")
