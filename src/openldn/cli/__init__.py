"""The command line: options in, an Answer out, no arithmetic.

`main` is the entry point; each command is a module that imports what it needs when it runs.
"""

from openldn.cli.main import cli, main

__all__ = ["cli", "main"]
