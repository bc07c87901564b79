"""Imprints: the names that releases come out on, with the ranges their codes are issued from."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import UNSET, Answer, Body, Call, Patch, Resource, Section, UnsetType, View, said
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Code, Id, Moment, Name, Text
from app.identity.policies import require_somewhere
from app.kernel.collation import as_sorted
from app.roster.errors import ImprintUnknown
from app.roster.models import Imprint
from app.roster.policies import imprint_to_change, may_see_imprint, require_whole
from app.roster.queries.search import as_searched
from app.roster.schemas import ImprintForm
from app.roster.service import imprints

SECTION = Section("Imprints", "The names that releases come out on, at most three deep.")
IsrcPrefix = Annotated[Code, Meta(examples=["DEA01"])]
UpcPrefix = Annotated[Code, Meta(examples=["4006381"])]


class ImprintView(View):
    """A name that releases come out on. `key` names it in scopes and never changes."""

    id: Id
    key: Annotated[str, Meta(examples=["blue-hour"])]
    name: Annotated[str, Meta(examples=["Blue Hour"])]
    parent_id: Id | None
    p_owner: str | None
    c_owner: str | None
    isrc_prefix: str | None
    upc_prefix: str | None
    created_at: Moment


class ImprintChange(Patch, frozen=True):
    """What is to be otherwise about an imprint."""

    name: Name | UnsetType = UNSET
    parent_id: Id | UnsetType | None = UNSET
    p_owner: Text | UnsetType | None = UNSET
    c_owner: Text | UnsetType | None = UNSET
    isrc_prefix: IsrcPrefix | UnsetType | None = UNSET
    upc_prefix: UpcPrefix | UnsetType | None = UNSET


class NewImprint(Body, frozen=True):
    """A new imprint, at the top or below another."""

    name: Name
    parent_id: Id | None = None
    p_owner: Text | None = None
    c_owner: Text | None = None
    isrc_prefix: IsrcPrefix | None = None
    upc_prefix: UpcPrefix | None = None


IMPRINTS = Resource(
    name="imprints",
    view=ImprintView,
    model=Imprint,
    visible=may_see_imprint,
    filters={
        "q": by.named(as_searched(Imprint.name), "Part of a name, as people type it."),
        "key": by.text(Imprint.key, "The imprint with this key.", "blue-hour"),
        "parent_id": by.ident(Imprint.parent_id, "Imprints right below this one."),
    },
    sorts={"name": as_sorted(Imprint.name)},
)


@SECTION.listing("/imprints", IMPRINTS, scope="catalog:read")
def list_imprints(call: Call, session: Session) -> Answer:
    """List imprints."""
    return IMPRINTS.page(call, session)


@SECTION.post("/imprints", scope="catalog:write", takes=NewImprint, resource=IMPRINTS)
def add_imprint(call: Call, session: Session, body: NewImprint) -> Answer:
    """Add an imprint. Its key is made of its name."""
    require_whole(call.visitor)
    typed = {name: str(getattr(body, name) or "") for name in _FIELDS}
    imprint = imprints.add_imprint(session, call.visitor, _form(session, call, body.name, body.parent_id, typed))
    return IMPRINTS.one(call, session, imprint.id, status=201, at=f"/api/v1/imprints/{imprint.id}")


_FIELDS = ("p_owner", "c_owner", "isrc_prefix", "upc_prefix")


def _form(session: Session, call: Call, name: str, parent_id: Any, typed: dict[str, str]) -> ImprintForm:
    """What the form of an imprint says; a parent that the client does not see is not found."""
    if parent_id is not None:
        imprint_to_change(session, call.visitor, parent_id)
    return ImprintForm(name=name, parent=str(parent_id or ""), **typed)


@SECTION.get("/imprints/{imprint_id}", scope="catalog:read", resource=IMPRINTS)
def read_imprint(call: Call, session: Session) -> Answer:
    """Read an imprint."""
    require_somewhere(call.visitor, "catalog.view")
    found = IMPRINTS.shown(session, call.visitor, [known] if (known := call.id("imprint_id")) else [])
    if known is None or known not in found:
        raise ImprintUnknown
    return IMPRINTS.one(call, session, known)


@SECTION.patch("/imprints/{imprint_id}", scope="catalog:write", takes=ImprintChange, resource=IMPRINTS)
def change_imprint(call: Call, session: Session, body: ImprintChange) -> Answer:
    """Change an imprint. Only what is sent becomes otherwise; it moves in the tree while nothing lies below it."""
    imprint = imprint_to_change(session, call.visitor, call.id("imprint_id"))
    IMPRINTS.require_unchanged(call, imprint)
    changes = said(body)
    typed = {name: str(changes.get(name, getattr(imprint, name)) or "") for name in _FIELDS}
    parent_id = changes.get("parent_id", imprint.parent_id)
    form = _form(session, call, str(changes.get("name", imprint.name)), parent_id, typed)
    imprints.change_imprint(session, call.visitor, imprint, form)
    session.flush()
    return IMPRINTS.one(call, session, imprint.id)


@SECTION.delete("/imprints/{imprint_id}", scope="catalog:write", matches=True)
def remove_imprint(call: Call, session: Session) -> Answer:
    """Remove an imprint. Refused while anything belongs to it."""
    imprint = imprint_to_change(session, call.visitor, call.id("imprint_id"))
    require_whole(call.visitor)
    IMPRINTS.require_unchanged(call, imprint)
    imprints.remove_imprint(session, call.visitor, imprint)
    return Answer()
