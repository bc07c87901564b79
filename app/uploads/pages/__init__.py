"""The pages of bulk upload."""

from __future__ import annotations

from app.kernel.sentences import sentence
from app.kernel.web import shell
from app.kernel.web.shell import Action, Place
from app.uploads.pages import batch, batches, corrections, files

shell.add(
    Place(
        sentence("Uploads"),
        "/portal/uploads",
        "folder-up",
        group="catalogue",
        order=30,
        keys="g u",
        permission="uploads.create",
    ),
    Action(sentence("Upload a catalogue"), "/portal/uploads#new", "folder-up", permission="uploads.create"),
)

handlers = [*batches.handlers, *batch.handlers, *corrections.handlers, *files.handlers]
