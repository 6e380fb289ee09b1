"""On what and when a measurement was made: a speed without its machine says nothing."""

import datetime
import os
import platform
from dataclasses import dataclass
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Machine:
    """`processor` as the system names it; `date` in the machine's own time zone."""

    processor: str
    cores: int
    python: str
    date: str


def this_machine() -> Machine:
    """The machine this runs on, today."""
    today = datetime.datetime.now().astimezone().date().isoformat()
    return Machine(_processor(), os.cpu_count() or 1, platform.python_version(), today)


def _processor() -> str:
    try:
        for line in _CPUINFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except (OSError, UnicodeDecodeError):
        pass
    return platform.processor() or platform.machine()
