"""A label in one file: exported, imported into an empty label, restored beside and swapped, cloned to a sandbox."""

from __future__ import annotations

from tenants.archive.exporting import export_label
from tenants.archive.importing import import_archive
from tenants.archive.restoring import clone_to_sandbox, restore_label

__all__ = ["clone_to_sandbox", "export_label", "import_archive", "restore_label"]
