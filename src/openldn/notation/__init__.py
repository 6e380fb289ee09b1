"""The words that every room speaks: quantities and units, sources, estimates, records and errors.

Knows nothing of the other rooms. The error tree is drawn in `errors`, the units stand in `units`,
the one registry of references in `sources.toml`.
"""

from openldn.notation.columns import columns_of
from openldn.notation.documents import parse_json, parse_toml
from openldn.notation.errors import (
    DataError,
    InputError,
    ModelTextError,
    OpenLDNError,
    OutputError,
    QuantityError,
    RegimenError,
    SolveError,
    UnknownName,
    suggestion,
)
from openldn.notation.estimate import Estimate, decimals, effect_figure, number, p_words, significant
from openldn.notation.fact import READINGS, Fact, read_facts
from openldn.notation.given import numbers_given, text_given, texts_given, whole_given
from openldn.notation.limits import Limit, limits
from openldn.notation.provenance import Provenance, provenance, versions
from openldn.notation.quantity import Quantity, parse_number, parse_quantity
from openldn.notation.reading import read_regular, read_stream, text_of
from openldn.notation.records import (
    Fingerprint,
    Record,
    TomlFile,
    fingerprint,
    package_name,
    read_toml,
    toml_file,
)
from openldn.notation.shown import csv_cell, json_text, printable, shown
from openldn.notation.sources import (
    Source,
    csl_json,
    is_doi,
    read_sources,
    source,
    sources,
    sources_fingerprint,
)
from openldn.notation.units import ONE, Unit, convert, parse_unit, unit_over
from openldn.notation.writing import check_file, check_folder, same_file, write_whole

__all__ = [
    "ONE",
    "READINGS",
    "DataError",
    "Estimate",
    "Fact",
    "Fingerprint",
    "InputError",
    "Limit",
    "ModelTextError",
    "OpenLDNError",
    "OutputError",
    "Provenance",
    "Quantity",
    "QuantityError",
    "Record",
    "RegimenError",
    "SolveError",
    "Source",
    "TomlFile",
    "Unit",
    "UnknownName",
    "check_file",
    "check_folder",
    "columns_of",
    "convert",
    "csl_json",
    "csv_cell",
    "decimals",
    "effect_figure",
    "fingerprint",
    "is_doi",
    "json_text",
    "limits",
    "number",
    "numbers_given",
    "p_words",
    "package_name",
    "parse_json",
    "parse_number",
    "parse_quantity",
    "parse_toml",
    "parse_unit",
    "printable",
    "provenance",
    "read_facts",
    "read_regular",
    "read_sources",
    "read_stream",
    "read_toml",
    "same_file",
    "shown",
    "significant",
    "source",
    "sources",
    "sources_fingerprint",
    "suggestion",
    "text_given",
    "text_of",
    "texts_given",
    "toml_file",
    "unit_over",
    "versions",
    "whole_given",
    "write_whole",
]
