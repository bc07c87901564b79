"""Files of a label: content-addressed objects under its own prefix, rows that give them names, links that end."""

from __future__ import annotations

from app.kernel.files.models import StoredFile
from app.kernel.files.service import (
    FileTooLarge,
    FileUnknown,
    file_to_read,
    remove_orphans,
    store_stream,
    url,
    verify_link,
)
from app.kernel.files.store import copy_objects, erase_label, object_hashes, put_object, read_object

__all__ = [
    "FileTooLarge",
    "FileUnknown",
    "StoredFile",
    "copy_objects",
    "erase_label",
    "file_to_read",
    "object_hashes",
    "put_object",
    "read_object",
    "remove_orphans",
    "store_stream",
    "url",
    "verify_link",
]
