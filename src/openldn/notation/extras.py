"""Libraries that not everybody has installed: imported when they are needed, with a way out when missing."""

from importlib import import_module
from typing import Any

from openldn.notation.errors import InputError


def needed(module: str, extra: str) -> Any:
    """The module. Raises InputError that names the extra with which it is installed."""
    try:
        return import_module(module)
    except ImportError:
        package = {"libsbml": "python-libsbml", "vl_convert": "vl-convert-python"}.get(module, module)
        raise InputError(f'this needs {package}; install the extra: pip install "openldn[{extra}]"') from None
