"""Sales that nobody could match, and the page on which a person does."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from app.catalog.policies import recording_to_read, release_to_read
from app.identity.pages import visitor_of
from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.strict import query
from app.royalties.pages.reports import micros
from app.royalties.policies import require_all
from app.royalties.rules.refusals import MatchUnusable
from app.royalties.service import suspense

SUSPENSE = "/portal/royalties/suspense"
MATCHES = f"{SUSPENSE}/matches"
SHOWN = 50
LONGEST = 200


class Match(msgspec.Struct, forbid_unknown_fields=True):
    """Some unmatched assets and what they are."""

    asset: list[int] | int = []
    recording: str = ""
    release: str = ""


class Unmatch(msgspec.Struct, forbid_unknown_fields=True):
    """Something that was matched."""

    asset: int


@get(SUSPENSE, sync_to_thread=True)
def show(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what waits, those with the largest amounts first."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "royalties.view")
    wanted, at = _asked(request)
    with tenant_work(tenant) as session:  # likeness is asked with a threshold of the transaction's own
        found = suspense.waiting(session, wanted, limit=SHOWN + 1, offset=(at - 1) * SHOWN)
        proposed = suspense.proposals(session, found[:SHOWN])
        sums = suspense.summed(session, wanted)
    return page(
        "royalties/suspense.html",
        realm_of(request),
        here=SUSPENSE,
        rows=found[:SHOWN],
        more=len(found) > SHOWN,
        at=at,
        q=wanted,
        proposed=proposed,
        sums=sums,
        now=clock.now(),
        micros=micros,
        may_run="royalties.run" in visitor.permissions,
    )


def _asked(request: Request[Any, Any, Any]) -> tuple[str, int]:
    """What is searched for, and which page of it is wanted, from 1."""
    asked = query(request, "q", "page")
    number = asked.get("page", "1")
    at = max(int(number), 1) if number.isdecimal() and len(number) < len(str(SHOWN)) * 3 else 1
    return asked.get("q", "").strip()[:LONGEST], at


@post(MATCHES, sync_to_thread=True)
def match(request: Request[Any, Any, Any], data: URLEncodedBody[Match]) -> Redirect:
    """Say what some of it is."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "royalties.run")
    assets = data.asset if isinstance(data.asset, list) else [data.asset]
    if not assets or not (data.recording or data.release):
        raise MatchUnusable
    with tenant_work(tenant) as session:
        if data.recording:
            recording = recording_to_read(session, visitor, parse_uuid(data.recording))
            suspense.assign(session, visitor.actor, assets, recording_id=recording.id)
        else:
            release = release_to_read(session, visitor, parse_uuid(data.release))
            suspense.assign(session, visitor.actor, assets, release_id=release.id)
    return flash.done(
        SUSPENSE, tenant, sentence("The sales are matched, and so is whatever says the same from now on.")
    )


@get(MATCHES, sync_to_thread=True)
def show_matches(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what was matched by hand, the newest first."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "royalties.view")
    wanted, at = _asked(request)
    with tenant_read(tenant) as session:
        found = session.execute(suspense.by_hand(wanted).limit(SHOWN + 1).offset((at - 1) * SHOWN)).all()
    shown: dict[str, Any] = {"rows": found[:SHOWN], "more": len(found) > SHOWN, "at": at, "q": wanted}
    may_run = "royalties.run" in visitor.permissions
    return page("royalties/matches.html", realm_of(request), here=MATCHES, may_run=may_run, **shown)


@post(f"{MATCHES}/removal", sync_to_thread=True)
def unmatch(request: Request[Any, Any, Any], data: URLEncodedBody[Unmatch]) -> Redirect:
    """Take something off what it was matched to by hand."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "royalties.run")
    with tenant_work(tenant) as session:
        suspense.unassign(session, visitor.actor, data.asset)
    said = sentence("These sales wait again, with all that was matched because of them.")
    return flash.done(MATCHES, tenant, said)


handlers = [show, match, show_matches, unmatch]
