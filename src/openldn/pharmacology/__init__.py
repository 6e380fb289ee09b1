"""Naltrexone: one file of equations per block, beside its table of numbers. Knows no trial.

Blocks stand in `*.model`, their numbers in `*.toml` of the same name, what was measured in `facts/`.
"""

from openldn.pharmacology.drug import Scan, block, block_names, entries, facts, fingerprints, model, pet_scans

__all__ = ["Scan", "block", "block_names", "entries", "facts", "fingerprints", "model", "pet_scans"]
