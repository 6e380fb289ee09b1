"""The cases that once did harm, made by code: most are too large to keep as files."""

from ..case import Case
from .files import files, places, toml
from .front import front
from .sizes import models, numbers, records, studies
from .texts import long, words

__all__ = ["corpus"]


def corpus() -> list[Case]:
    """All of them, each name once."""
    return [
        *long(),
        *files(),
        *toml(),
        *numbers(),
        *studies(),
        *records(),
        *models(),
        *words(),
        *places(),
        *front(),
    ]
