"""The archive: every redacted batch as Parquet, in S3 or a directory, to be read anew and replayed."""

from a11i_storage.archive.archive import Archive, open_archive
from a11i_storage.archive.layout import Partition, Selection
from a11i_storage.archive.marks import is_of, replay_mark
from a11i_storage.archive.plan import Piece, Plan
from a11i_storage.archive.settings import ArchiveSettings

__all__ = [
    "Archive",
    "ArchiveSettings",
    "Partition",
    "Piece",
    "Plan",
    "Selection",
    "is_of",
    "open_archive",
    "replay_mark",
]
