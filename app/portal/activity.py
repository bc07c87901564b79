"""What the label itself records, in words."""

from __future__ import annotations

from app.brand import activity as brand
from app.kernel.activity import Activity
from app.kernel.activity.meanings import Back, WayBack, tell
from app.kernel.sentences import sentence
from app.kernel.web.cells import tag_of


def _old_name(address: str) -> Back:
    """The form that gives a row its old name back, as long as it still has the new one."""

    def back(row: Activity) -> WayBack:
        before, after = (row.before or {})["name"], (row.after or {})["name"]
        return WayBack(address.format(row.subject_id), {"name": before, "match": tag_of(after)})

    return back


tell("label.opened", sentence("The label was opened"))
tell("label.renamed", sentence("The label was renamed"), hears="label.settings")
tell("label.suspended", sentence("The label was suspended"), hears="label.settings")
tell("label.artist_share_changed", sentence("The share of the artist side was changed"), hears="label.settings")
tell("label.resumed", sentence("The label is active again"), hears="label.settings")
tell("label.closing", sentence("The label is being closed"), hears="label.settings")
tell("label.imported", sentence("An archive was imported"), hears="label.settings")
tell("label.restored", sentence("The label was brought back to an earlier state"), hears="label.settings")
tell("label.export_asked", sentence("An export of everything was asked for"), hears="label.export")
tell("label.export_ready", sentence("An export of everything is ready"), hears="label.export")
tell("label.sandbox_asked", sentence("A sandbox was asked for"), hears="label.export")
tell("label.sandbox_ready", sentence("A sandbox was made as a copy of a label"))
tell("label.sandbox_removed", sentence("The sandbox was removed"), hears="label.export")
tell("label.clock_moved", sentence("The clock of the sandbox was moved on"))
tell("label.exported", sentence("Everything was exported"), hears="label.export")
tell("label.changed", sentence("The label's settings were changed"), hears="label.settings")
tell("label.plan_changed", sentence("The plan was changed"), hears="label.settings")
tell("file.stored", sentence("A file was added"), routine=True)
tell("file.renamed", sentence("A file was renamed"), back=_old_name("/portal/files/{}/name"))
tell(
    "file.removed",
    sentence("A file was removed"),
    hears="files.view",
    back=lambda row: WayBack(f"/portal/files/{row.subject_id}/return"),
)
tell("file.brought_back", sentence("A file was brought back"))
for action, said in brand.SENTENCES.items():
    tell(action, said, hears="brand.view" if action in brand.NEWS else None)
tell("activity.exported", sentence("The activity log was exported"), hears="activity.export")
tell("host.bound", sentence("What a web address shows was changed"), hears="hosts.edit")
tell("host.claimed", sentence("A web address was claimed"))
tell("host.proven", sentence("A web address went live"), hears="hosts.edit")
tell("host.removed", sentence("A web address was removed"), hears="hosts.edit")
tell("host.made_primary", sentence("The primary web address was changed"), hears="hosts.edit")
