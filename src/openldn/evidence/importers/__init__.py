"""What users have (ClinicalTrials.gov, PubMed, RIS) becomes provisional study files and references.

Nothing that is imported is believed: what a format does not say stays out, what was guessed is named,
and the lint that judges our own files judges these.
"""

from openldn.evidence.importers.duplicates import Duplicate
from openldn.evidence.importers.importing import (
    Imported,
    ImportedRecord,
    import_drafts,
    import_file,
    import_upload,
    read_drafts,
    write_import,
)
from openldn.evidence.importers.reading import FORMATS, Upload, read_upload, upload_of
from openldn.evidence.importers.writing import source_text, study_text

__all__ = [
    "FORMATS",
    "Duplicate",
    "Imported",
    "ImportedRecord",
    "Upload",
    "import_drafts",
    "import_file",
    "import_upload",
    "read_drafts",
    "read_upload",
    "source_text",
    "study_text",
    "upload_of",
    "write_import",
]
