"""What is recorded of views, in words."""

from __future__ import annotations

from app.kernel.activity import Activity
from app.kernel.activity.meanings import WayBack, tell
from app.kernel.sentences import sentence
from app.kernel.web.cells import tag_of

addresses: dict[str, str] = {}
"""Where each list stands; its pages say so."""


def _old_name(row: Activity) -> WayBack:
    """The form that gives a view its old name back, as long as it still has the new one."""
    before, after = row.before or {}, row.after or {}
    place = addresses[after["listing"]]
    return WayBack(f"{place}/views/{row.subject_id}/name", {"name": before["name"], "match": tag_of(after["name"])})


def _again(row: Activity) -> WayBack:
    before = row.before or {}
    shared = {"shared": "1"} if before.get("shared") else {}
    return WayBack(
        f"{addresses[before['listing']]}/views", {"name": before["name"], "query": before["query"], **shared}
    )


tell("view.saved", sentence("A view was saved"))
tell("view.renamed", sentence("A saved view was renamed"), back=_old_name)
tell("view.removed", sentence("A saved view was removed"), back=_again)
