"""Is the engine fit to be relied on, here and now? A report as HTML and JSON, both or neither."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openldn import __version__
from openldn.answers.answer import Provenance, provenance
from openldn.notation import check_folder, json_text, write_whole

if TYPE_CHECKING:
    from openldn.proof.qualify import Qualification

NAMES = ("qualification.html", "qualification.json")


@dataclass(frozen=True)
class QualificationAnswer:
    """A qualification with the day on which it was made."""

    made: "Qualification"
    day: str
    provenance: Provenance = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """The document of `ldn qualify --json`."""
        return {"day": self.day, **self.made.as_json(), "provenance": self.provenance.as_json()}


def write_qualification(
    folder: Path, *, quick: bool = False, progress: Callable[[float], None] = lambda share: None
) -> QualificationAnswer:
    """Run everything and write NAMES to `folder`, both or neither.

    quick: fewer tables, scenarios and persons.
    Raises OutputError when the folder cannot be written; that is tried before anything is run.
    """
    from openldn.proof.qualify import problem_sources, qualify, shipped_files
    from openldn.proof.qualify.page import page

    check_folder(folder)
    made = qualify(quick=quick, progress=progress)
    question = {"quick": quick, "out": str(folder)}
    answer = QualificationAnswer(
        made, datetime.now(UTC).date().isoformat(),
        provenance("qualify", question, files=shipped_files(), sources=problem_sources()),
    )  # fmt: skip
    document = "".join(json_text(answer.as_json()))
    html = page(made, day=answer.day, version=__version__)
    write_whole({folder / NAMES[0]: html.encode(), folder / NAMES[1]: document.encode()}, making=folder)
    return answer
