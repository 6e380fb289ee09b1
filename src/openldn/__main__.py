"""`python -m openldn` is `ldn`."""

from openldn.cli import main

main()
