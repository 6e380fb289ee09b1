"""A model in a form that other tools read, written whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openldn.answers import switches
from openldn.answers.answer import Provenance, provenance
from openldn.answers.basis import basis_of
from openldn.answers.model_files import named_model
from openldn.answers.request import DAY_LIMIT
from openldn.engine import parse_regimen, schedule
from openldn.engine.events import nothing
from openldn.engine.sbml import to_sbml
from openldn.notation import InputError, UnknownName, check_file, write_whole


@dataclass(frozen=True)
class ExportAnswer:
    """What was written where, and what is in it."""

    model: str
    file: Path
    states: int
    parameters: int
    assignments: int
    doses: int
    provenance: Provenance

    def as_json(self) -> dict[str, Any]:
        """One document."""
        return {
            "model": self.model,
            "format": "SBML Level 3 Version 2",
            "file": self.file.as_posix(),
            "states": self.states,
            "parameters": self.parameters,
            "assignments": self.assignments,
            "doses": self.doses,
            "provenance": self.provenance.as_json(),
        }


def export_sbml(
    model: str,
    file: Path,
    *,
    regimen: str | None = None,
    route: str = "oral",
    days: int = 28,
    without: Sequence[str] = (),
    using: Sequence[str] = (),
    setting: Sequence[str] = (),
) -> ExportAnswer:
    """Write a model of ours, of a scale, or of a file as SBML, with the doses of a regimen if there is one.

    without, using, setting: switches and numbers other than the model's own, as for a dose. Raises
    InputError for a request that cannot be met, DataError for a model at fault, OutputError for the file.
    """
    if not 1 <= days <= DAY_LIMIT:
        raise InputError(f"days is {days}: ask for 1 to {DAY_LIMIT:,}")
    check_file(file)
    found = named_model(model)
    check_file(file, reads=found.places)
    m = found.model
    changed = switches.settings(m, without, using) | switches.changed_numbers(m, setting)
    if regimen and route not in m.doses:
        raise UnknownName("route", route, m.doses)
    plan = schedule(parse_regimen(regimen), route, days * 24.0) if regimen else nothing()
    text = to_sbml(m, plan, changed)
    write_whole({file: text.encode()})
    question = {
        "model": model, "regimen": regimen, "route": route, "days": days, "without": list(without),
        "using": list(using), "setting": list(setting),
    }  # fmt: skip
    outputs = [e.name for e in (*m.states, *m.assignments)]
    basis = basis_of(m, outputs, m.routes())
    record = provenance(
        "export", question, files=found.files, sources=basis.sources, provisional=basis.provisional,
        assumed=basis.assumed,
    )  # fmt: skip
    return ExportAnswer(
        m.name, file, len(m.states), len(m.parameters), len(m.assignments), plan.dose_times().size, record
    )
