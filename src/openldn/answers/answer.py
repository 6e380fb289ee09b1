"""What every answer carries: where it comes from, and what it is not."""

from openldn.notation import Provenance, provenance, versions

__all__ = ["POPULATION_NOTE", "Provenance", "provenance", "versions"]

POPULATION_NOTE = (
    "Information about populations, for research; not advice on anybody's dose. "
    "Naltrexone and opioids must not meet: milligrams can bring on withdrawal."
)
