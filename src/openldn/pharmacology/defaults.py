"""Why each switch and choice of the model stands as it does unless somebody changes it."""

from dataclasses import dataclass
from functools import lru_cache

from openldn.notation import DataError, read_toml, suggestion
from openldn.pharmacology.drug import ROOM, facts, model

_FILE = ROOM / "switches" / "defaults.toml"


@dataclass(frozen=True)
class Default:
    """A switch ("on", "off") or a choice (its first option) with the reason and the facts behind it.

    shows: outputs that tell what the mechanism does once somebody turns it on.
    """

    name: str
    value: str
    why: str
    facts: tuple[str, ...]
    shows: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def defaults() -> dict[str, Default]:
    """Every switch and choice by name. Raises DataError for one without a reason, or a reason without one."""
    m = model()
    inner = {f"{name}_{option}" for name, options in m.choices.items() for option in options}
    values = {
        name: "on" if getattr(line.expression, "value", 0.0) == 1.0 else "off"
        for name, line in m.switches.items()
        if name not in inner
    }
    values |= {name: options[0] for name, options in m.choices.items()}
    outputs = [e.name for e in (*m.states, *m.assignments)]
    found: dict[str, Default] = {}
    for name, record in read_toml(_FILE).tables():
        if name not in values:
            raise record.error(f'"{name}" is no switch of the model; {suggestion(name, values)}')
        found[name] = Default(
            name, values[name], record.text("why"), record.texts("facts"), record.texts("shows", ())
        )
        for output in found[name].shows:
            if output not in outputs:
                raise record.error(f'output "{output}" is not known; {suggestion(output, outputs)}', "shows")
        for fact in found[name].facts:
            if fact not in facts():
                raise record.error(f'fact "{fact}" is not known', "facts")
        record.done()
    for name in values:
        if name not in found:
            raise DataError(
                f'switch "{name}" has no reason for its default: give it a table [{name}]',
                file=read_toml(_FILE).name,
                field=name,
            )
    return found
