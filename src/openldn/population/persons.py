"""How many persons may be asked for at once; the persons themselves are the engine's (`engine.persons`)."""

from openldn.engine.persons import check_persons as check_drawable
from openldn.engine.persons import draw, uniforms, with_typical
from openldn.notation import InputError, Limit

__all__ = ["PERSON_LIMIT", "check_persons", "draw", "uniforms", "with_typical"]

PERSON_LIMIT = Limit(20_000, "persons", "of a question about doses")


def check_persons(persons: int, seed: int) -> None:
    """Raise InputError for a number of persons or a seed that cannot be drawn with, or more than PERSON_LIMIT."""
    if not 1 <= persons <= PERSON_LIMIT:
        raise InputError(f"{persons} persons: ask for 1 to {PERSON_LIMIT:,}")
    check_drawable(persons, seed)
