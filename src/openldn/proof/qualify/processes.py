"""Fresh processes of this Python, to measure what only a fresh one shows."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openldn
from openldn.notation import SolveError

_LIMIT_S = 600


@dataclass(frozen=True)
class FirstResults:
    """Seconds of the clock from starting a process to its end, with an empty cache and with the one that it left."""

    cold_s: float
    cached_s: float
    cold: str
    cached: str
    kept: int


@lru_cache(maxsize=1)
def first_results() -> FirstResults:
    """A process with an empty cache of kernels, and another after it. Raises SolveError when one does not run."""
    with TemporaryDirectory(prefix="openldn-qualify-") as folder:
        seconds, results = [], []
        for _ in range(2):
            start = time.perf_counter()
            results.append(_run("first_result.py", {"OPENLDN_CACHE": folder}).strip())
            seconds.append(time.perf_counter() - start)
        kept = len(list(Path(folder).glob("*.kernel")))
    return FirstResults(seconds[0], seconds[1], results[0], results[1], kept)


def crowd(persons: int, chunk: int) -> dict[str, Any]:
    """What `crowd` prints in a process of its own. Raises SolveError when it does not run."""
    found = json.loads(_run("crowd.py", {}, str(persons), str(chunk)))
    assert isinstance(found, dict)
    return found


def _run(script: str, environment: dict[str, str], *arguments: str) -> str:
    ours = str(Path(openldn.__file__).parent.parent)
    path = os.pathsep.join([ours, *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        ran = subprocess.run(  # noqa: S603 - this Python, a script of ours, numbers
            [sys.executable, "-P", str(Path(__file__).with_name(script)), *arguments], capture_output=True, text=True, check=True,
            timeout=_LIMIT_S, env={**os.environ, "PYTHONPATH": path, **environment},
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise SolveError(f"{script} ended with {error.returncode}: {error.stderr.strip()[-300:]}") from None
    except subprocess.TimeoutExpired:
        raise SolveError(f"{script} was not done after {_LIMIT_S} s") from None
    return ran.stdout
