"""Which commands there are, and what becomes of an error.

Exit 0: done, documented misfits included. 1: a check fell short, or something broke. 2: the request or
a file is at fault; one message on stderr says what, and no traceback unless --debug.
"""

import contextlib
import errno
import os
import re
import sys
from importlib import import_module
from typing import NoReturn

import click

from openldn import __version__
from openldn.cli.console import echo, plain_streams
from openldn.notation import text_given
from openldn.notation.errors import OpenLDNError, SolveError, suggestion
from openldn.notation.shown import shown

_LONGEST = 1000  # signs of a message that is not ours

# What a full or lost disk says. Files are written by `write_whole`, which tells of them itself: what is left is stdout.
_LOST = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_COMMANDS = {
    "review": "Build the living review: index.html and review.json.",
    "dose": "What a regimen does in the body.",
    "check": "Hold the model against its quantitative checks, one line each.",
    "claims": "The article's claims with verdicts, or one of them in full.",
    "bench": "The engine against its peers, the same work in one run.",
    "qualify": "Is the engine fit to be relied on, on this machine? A report.",
    "evidence": "Studies of a condition, with arm-level results.",
    "meta": "Pool the studies of a CSV file.",
    "export": "A model for other tools, as SBML.",
    "simulate": "Any model, a table of events in, a table of outputs out.",
}


class _Lazy(click.Group):
    """A group that imports a command only when it is called or asked for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command = getattr(import_module(f"openldn.cli.{name}"), "command")  # noqa: B009 - a module has no type
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            raise click.UsageError(
                f'command "{shown(args[0])}" is not known; {suggestion(args[0], _COMMANDS)}'
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Information about populations, for research: never advice on anybody's dose. Every command "
    "takes --json and --debug.",
)
@click.version_option(__version__, prog_name="openldn")
def cli() -> None:
    """OpenLDN: an executable account of low-dose naltrexone."""


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for name in ("stdout", "stderr"):  # closed by the caller: what is said goes nowhere
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - until the end
    plain_streams()
    debug = "--debug" in arguments
    arguments = arguments or ["--help"]
    try:
        for word in arguments:
            text_given(word, "an argument", "4.5mg")
        code = cli.main(args=_negative_doses(arguments), prog_name="ldn", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()  # Python's own end would lose what cannot be written, and say so in words of its own
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        _leave("stopped", 130)
    except click.ClickException as error:
        _leave(_usage(error), 2)
    except KeyboardInterrupt:
        _leave("stopped", 130)
    except BrokenPipeError:
        _drop_stdout()
        sys.exit(0)
    except OpenLDNError as error:
        if debug:
            raise
        _leave(str(error), 1 if isinstance(error, SolveError) else 2)
    except MemoryError:
        if debug:
            raise
        _leave(
            "this machine has too little memory for what was asked; ask for fewer persons, times or outputs",
            2,
        )
    except RecursionError:
        if debug:
            raise
        _leave("what was given is nested too deeply to be read; make it flatter", 2)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _LOST:
            _drop_stdout()
            _leave(
                f"cannot write the answer: {error.strerror}; what was printed is not whole: send it elsewhere",
                2,
            )
        if debug:
            raise
        told = f"{type(error).__name__}: {shown(error, _LONGEST)}"
        _leave(f"something broke inside OpenLDN: {told}; run again with --debug", 1)


def _usage(error: click.ClickException) -> str:
    message = shown(" ".join(error.format_message().split()), _LONGEST)
    command = getattr(getattr(error, "ctx", None), "command_path", "ldn")
    return f"{message.rstrip('.')}; see {command} --help"


def _negative_doses(arguments: list[str]) -> list[str]:
    """`ldn dose -3mg` means a negative dose, which is refused as such, and not an option `-3`."""
    return [
        "−" + word[1:] if re.match(r"-[\d.]", word) and not before.startswith("--") else word
        for before, word in zip(["", *arguments], arguments, strict=False)
    ]


def _drop_stdout() -> None:
    """What is still to be written goes nowhere, so that the end of the process cannot fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _leave(message: str, code: int) -> NoReturn:
    with contextlib.suppress(OSError):  # a full disk behind stderr: the exit code is all that is left
        echo(f"ldn: {message}", err=True)
    sys.exit(code)
