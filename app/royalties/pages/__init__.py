"""The pages of sales reports and royalties."""

from __future__ import annotations

from app.kernel.sentences import sentence
from app.kernel.web import shell
from app.kernel.web.shell import Action, Place
from app.royalties.pages import explain, exports, line, periods, rates, reports, run, statement, suspense, whatif
from app.royalties.queries import columns, figures

shell.add(
    Place(
        sentence("Royalties"),
        "/portal/royalties",
        "coins",
        group="business",
        order=30,
        keys="g y",
        permission="royalties.view",
    ),
    Place(
        sentence("Sales reports"),
        "/portal/royalties/reports",
        "file-spreadsheet",
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
    Action(sentence("Open a royalty period"), "/portal/royalties#open", "calendar", permission="royalties.run"),
    Action(sentence("Note an exchange rate"), "/portal/royalties/rates#add", "refresh-cw", permission="royalties.run"),
)

__all__ = ["columns", "figures", "handlers"]

handlers = [
    handler
    for part in (periods, rates, run, statement, line, exports, reports, suspense, explain, whatif)
    for handler in part.handlers
]
