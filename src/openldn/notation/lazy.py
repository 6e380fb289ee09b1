"""Names of a package whose files are read when a name is first asked for."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def lazily(package: str, files: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """What a package has as its `__getattr__`: `files` has the names that each of its files gives."""
    file_of = {name: file for file, names in files.items() for name in names}

    def find(name: str) -> Any:
        if name not in file_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(f"{package}.{file_of[name]}"), name)
        setattr(sys.modules[package], name, found)
        return found

    return find
