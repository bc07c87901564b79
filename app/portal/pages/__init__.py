"""The pages of the portal that belong to no other slice."""

from __future__ import annotations

from app.portal.pages import activity, export, files, frame, home, hosts, inbox, label, sandbox

handlers = [
    *home.handlers,
    *inbox.handlers,
    *files.handlers,
    *activity.handlers,
    *hosts.handlers,
    *label.handlers,
    *export.handlers,
    *sandbox.handlers,
]
__all__ = ["frame", "handlers"]
