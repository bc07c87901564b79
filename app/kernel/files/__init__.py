"""Files of a label: content-addressed objects under its own prefix, rows that give them names, links that end."""

from __future__ import annotations

from app.kernel.files.disk import on_disk, put_file
from app.kernel.files.models import StoredFile
from app.kernel.files.service import (
    FileInUse,
    FileTooLarge,
    FileUnknown,
    bring_back,
    file_to_read,
    forget_removed,
    keep_derived,
    note_object,
    remove,
    remove_orphans,
    rename,
    store_stream,
    url,
    verify_link,
)
from app.kernel.files.store import (
    delete_archive,
    erase_label,
    object_hashes,
    put_archive,
    put_object,
    read_ahead,
    read_archive,
    read_object,
)

__all__ = [
    "FileInUse",
    "FileTooLarge",
    "FileUnknown",
    "StoredFile",
    "bring_back",
    "delete_archive",
    "erase_label",
    "file_to_read",
    "forget_removed",
    "keep_derived",
    "note_object",
    "object_hashes",
    "on_disk",
    "put_archive",
    "put_file",
    "put_object",
    "read_ahead",
    "read_archive",
    "read_object",
    "remove",
    "remove_orphans",
    "rename",
    "store_stream",
    "url",
    "verify_link",
]
