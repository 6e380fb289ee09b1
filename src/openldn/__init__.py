"""OpenLDN: models in a small text language, solved for many persons; evidence, put together; and naltrexone.

    import openldn as ldn

A model
    ldn.model(source, table=None)       one of ours or of the library by name, a file, or the text itself
    ldn.Model                           .set(CL="5 L/h", rebound=0), .vary({"CL": 0.3}), .simulate(events, …)
    ldn.ev(amt, ii=, addl=, …)          events in NONMEM's words; a + b, a.then(b)
    ldn.events(source)                  the same from words, a CSV, a data frame or records
    ldn.Events                          what both give
    ldn.Run                             what a simulation gives: .table(), .summary(), .nca(), .plot(), .write()

Studies of anybody's
    ldn.pool(table, measure, …)         a meta-analysis of a data frame, a dict of columns or a CSV

Low-dose naltrexone
    ldn.dose(regimen, …)                what a regimen does in the body
    ldn.claims(), ldn.claim(id)         what is said of it, with verdicts
    ldn.studies(condition), ldn.study(id)    what was studied, as printed
    ldn.evidence(condition)             what the trials say together, and how surely
    ldn.check()                         the model held against what was measured
    ldn.review(out)                     all of it as a page

Errors
    ldn.OpenLDNError                    catches every one that is raised on purpose
    InputError                          change the request; of it QuantityError, UnknownName, RegimenError, OutputError
    DataError                           mend the file; of it ModelTextError
    SolveError                          look at the person

`help(ldn.dose)`, and so on, has the contract of each with an example. A name is read when it is first asked for.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openldn.answers.doses import dose
    from openldn.answers.front import check, claim, claims, evidence, review, studies, study
    from openldn.answers.model_files import model
    from openldn.engine import Events, Model, Run, ev, events
    from openldn.meta import pool
    from openldn.notation import (
        DataError,
        InputError,
        ModelTextError,
        OpenLDNError,
        OutputError,
        QuantityError,
        RegimenError,
        SolveError,
        UnknownName,
    )

__version__ = "0.1.0"

__all__ = [
    "DataError",
    "Events",
    "InputError",
    "Model",
    "ModelTextError",
    "OpenLDNError",
    "OutputError",
    "QuantityError",
    "RegimenError",
    "Run",
    "SolveError",
    "UnknownName",
    "__version__",
    "check",
    "claim",
    "claims",
    "dose",
    "ev",
    "events",
    "evidence",
    "model",
    "pool",
    "review",
    "studies",
    "study",
]

_FILES = {
    "answers.doses": ("dose",),
    "answers.front": ("check", "claim", "claims", "review", "studies", "study"),
    "answers.model_files": ("model",),
    "engine": ("Events", "Model", "Run", "ev", "events"),
    "meta": ("pool",),
    "notation.errors": (
        "DataError",
        "InputError",
        "ModelTextError",
        "OpenLDNError",
        "OutputError",
        "QuantityError",
        "RegimenError",
        "SolveError",
        "UnknownName",
    ),
}
_ROOMS = ("evidence",)  # rooms that have the name of a question


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    from openldn.notation.lazy import lazily

    return lazily(__name__, _FILES)(name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})


class _Room(ModuleType):
    # A room that can also be asked the question of its name. The question's contract is what help() is to show.
    __doc__ = property(lambda self: self._question().__doc__)
    __signature__ = property(lambda self: _signature(self._question()))

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._question()(*arguments, **options)

    def _question(self) -> Any:
        from openldn.answers import front

        return getattr(front, self.__name__.rpartition(".")[2])


class _FrontDoor(ModuleType):
    """This package. Importing a room binds its name here, and a question of that name has to stay one."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _ROOMS and isinstance(value, ModuleType):
            value.__class__ = _Room
        super().__setattr__(name, value)


def _signature(question: Any) -> Any:
    from inspect import signature

    return signature(question)


sys.modules[__name__].__class__ = _FrontDoor
