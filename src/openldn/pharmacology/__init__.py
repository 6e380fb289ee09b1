"""Naltrexone: one file of equations per block, beside its table of numbers. Knows no trial.

Blocks stand in `*.model`, their numbers in `*.toml` of the same name, what was measured in `facts/`.
"""

from openldn.pharmacology.drug import block, block_names, entries, facts, fingerprints, kept_to_scans, model
from openldn.pharmacology.observations import Measurable, Scan, measurables, pet_scans

__all__ = [
    "Measurable",
    "Scan",
    "block",
    "block_names",
    "entries",
    "facts",
    "fingerprints",
    "kept_to_scans",
    "measurables",
    "model",
    "pet_scans",
]
