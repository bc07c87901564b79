"""Search: what fits what somebody types, of every kind that the token may read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Call, Section, View
from app.api.rest.conventions.schemas import Id
from app.catalog.queries import lists
from app.contracts.queries.lists import found_contracts
from app.identity.policies import allows_somewhere, require_somewhere
from app.kernel.web.strict import QueryUnusable
from app.roster.queries.search import forgive, found_artists

SECTION = Section("Search", "What fits a few letters: artists, releases, recordings, contracts.")
EACH = 10
_Q = {"type": "string", "minLength": 1, "maxLength": 100, "examples": ["night"],
      "description": "What somebody types: part of a name, without accents, with a slip of the finger."}  # fmt: skip


class Found(View):
    """Something that fits, and where it is read."""

    kind: Literal["artist", "release", "recording", "contract"]
    id: Id
    name: Annotated[str, Meta(examples=["Night Drive"])]
    remark: str
    url: Annotated[str, Meta(examples=["/api/v1/releases/01936f0e-7d2b-7c41-9a55-0c8f5ad8e1b2"])]


class FoundList(View):
    """What fits, the best of each kind first."""

    items: list[Found]


@SECTION.get("/search", scope="catalog:read", gives=FoundList, query={"q": _Q})
def search(call: Call, session: Session) -> Answer:
    """Search everything. Contracts are among it for tokens that may read them."""
    wanted = (call.only("q", needed=True) or "").strip()
    if not 1 <= len(wanted) <= 100:
        raise QueryUnusable(name="q")
    require_somewhere(call.visitor, "catalog.view")
    forgive(session)
    artists = session.execute(found_artists(call.visitor, wanted).limit(EACH)).all()
    releases = lists.found_releases(session, call.visitor, wanted, EACH)
    recordings = lists.found_recordings(session, call.visitor, wanted, EACH)
    found = [
        *(_shown("artist", row.id, row.name, "") for row in artists),
        *(_shown("release", row.id, row.title, row.artist_line) for row in releases),
        *(_shown("recording", row.id, row.title, row.artist_line) for row in recordings),
        *_contracts(call, session, wanted),
    ]
    return Answer({"items": found})


def _contracts(call: Call, session: Session, wanted: str) -> list[dict[str, Any]]:
    if "contracts:read" not in call.caller.scopes or not allows_somewhere(call.visitor, "contracts.view"):
        return []
    rows = found_contracts(session, call.visitor, wanted, EACH)
    return [_shown("contract", row.id, row.title, row.number) for row in rows]


def _shown(kind: str, row_id: Any, name: str, remark: str) -> dict[str, Any]:
    return {"kind": kind, "id": row_id, "name": name, "remark": remark or "", "url": f"/api/v1/{kind}s/{row_id}"}
