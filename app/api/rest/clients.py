"""Which programs have access to the label. They are made by OAuth's registration, and changed by people."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.api.models import ApiClient
from app.api.policies import client_to_read
from app.api.rest.conventions import Answer, Call, Resource, Section, View
from app.api.rest.conventions.schemas import Id, Moment
from app.identity.policies import Visitor, require
from app.kernel.collation import as_sorted

SECTION = Section("Programs", "Which programs have access to the label, and what each of them may do.")


class ProgramView(View):
    """A program that is let in; `member_id` is who it is where it acts by itself. Secrets are never shown."""

    id: Id
    member_id: Id
    name: str
    auth_method: Literal["none", "secret", "private_key_jwt"]
    grant_types: list[str]
    redirect_uris: list[str]
    scopes: list[str]
    imprints: list[str]
    artists: list[str]
    needs_dpop: bool
    needs_par: bool
    created_at: Moment
    created_by: Id | None
    used_at: Moment | None


def _let_in(visitor: Visitor) -> ColumnElement[bool]:
    require(visitor, "api.clients")
    return ApiClient.revoked_at.is_(None)


PROGRAMS = Resource(
    name="clients",
    view=ProgramView,
    model=ApiClient,
    visible=_let_in,
    sorts={"name": as_sorted(ApiClient.name), "created_at": ApiClient.created_at},
    version=None,
)


@SECTION.listing("/clients", PROGRAMS, scope="clients:read")
def list_clients(call: Call, session: Session) -> Answer:
    """List programs. Those that are let in."""
    return PROGRAMS.page(call, session)


@SECTION.get("/clients/{client_id}", scope="clients:read", resource=PROGRAMS)
def read_client(call: Call, session: Session) -> Answer:
    """Read a program. What it may do, and when it was here."""
    return PROGRAMS.one(call, session, client_to_read(session, call.visitor, call.id("client_id")).id)
