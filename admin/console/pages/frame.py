"""The frame of the console."""

from __future__ import annotations

from typing import Any

from admin.console import service
from admin.models import Operator
from app.kernel import cache
from app.kernel.db import platform_read
from app.kernel.sentences import sentence
from app.kernel.web import shell
from app.kernel.web.pages import frame
from app.kernel.web.realm import Realm
from app.kernel.web.shell import Action, Place
from tenants.lifecycle.errors import STATE_SENTENCES

FRESH = 10
"""Seconds after which a label learns of an incident, or of its end."""

shell.add(
    Place(sentence("Labels"), "/admin", "building", order=10, keys="g l", surface="console"),
    Place(sentence("Fleet"), "/admin/fleet", "layers", order=20, keys="g f", surface="console"),
    Place(sentence("Tasks"), "/admin/tasks", "workflow", order=30, keys="g t", surface="console"),
    Place(sentence("Incidents"), "/admin/incidents", "triangle-alert", order=40, keys="g i", surface="console"),
    Place(sentence("Mail"), "/admin/mail", "mail", order=50, keys="g m", surface="console"),
    Place(sentence("Operators"), "/admin/operators", "users", order=60, keys="g o", surface="console"),
    Place(sentence("Security"), "/admin/security", "key-round", group="settings", order=90, surface="console"),
    Action(sentence("Open a label"), "/admin/labels/new", "plus", keys="c", surface="console"),
)


@frame
def console_frame(realm: Realm) -> dict[str, Any]:
    """Navigation and palette for the operator of this request; nothing where nobody is signed in."""
    operator: Operator | None = realm.facts.get("operator")
    if operator is None:
        return {}
    nobody = frozenset[str]()
    places = shell.places("console", nobody)
    around = {
        "home": "/admin",
        "groups": (("", tuple(place for place in places if place.group != "settings")),),
        "all_places": tuple(places),
        "hidden_places": tuple(place for place in places if place.group == "settings"),
        "actions": tuple(shell.actions("console", nobody)),
        "mine": [place for place in places if place.group == "settings"],
        "me": {"name": operator.email.partition("@")[0], "role": operator.email, "sign_out": "/admin/sign-out"},
        "news_href": None,
        "news": 0,
        "notable": [],
        "sentences": "",
        "feed": None,
        "search": "/admin/search",
        "undo": None,
        "suspended": False,
    }
    return {"shell": around, "state_names": STATE_SENTENCES}


@frame
def incidents_frame(realm: Realm) -> dict[str, Any]:
    """What a label's people are told of troubles."""
    if realm.tenant is None or realm.facts.get("visitor") is None:
        return {"incidents": []}
    cell = realm.tenant.cell

    def read() -> list[tuple[str, str]]:
        with platform_read() as session:
            return [(incident.level, incident.sentence) for incident in service.open_incidents(session, cell)]

    return {"incidents": cache.shared().get_or_make(f"incidents:{cell}", list[tuple[str, str]], read, seconds=FRESH)}
