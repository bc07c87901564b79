"""The pages of sales reports and royalties."""

from __future__ import annotations

from app.kernel.sentences import sentence
from app.kernel.web import shell
from app.kernel.web.shell import Action, Place
from app.royalties.pages import explain, reports, suspense, whatif

shell.add(
    Place(
        sentence("Sales reports"),
        "/portal/royalties/reports",
        "file",
        group="business",
        order=40,
        keys="g e",
        permission="royalties.run",
    ),
    Place(
        sentence("Unmatched sales"),
        "/portal/royalties/suspense",
        "circle-question-mark",
        group="business",
        order=42,
        permission="royalties.run",
    ),
    Action(sentence("Bring in a sales report"), "/portal/royalties/reports#new", "upload", permission="royalties.run"),
)

handlers = [*reports.handlers, *suspense.handlers, *explain.handlers, *whatif.handlers]
