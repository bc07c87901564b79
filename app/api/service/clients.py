"""Programs: made, changed, given secrets, and let in no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.api.errors import NameUnusable, ScopesUnusable, TooManyClients, WishUnusable
from app.api.models import ApiClient, ClientSecret
from app.api.rules import wishes
from app.api.rules.scopes import joined, permissions_of_scopes, split, unknown
from app.api.rules.tokens import digest
from app.api.rules.wishes import BY_ITSELF
from app.identity.models import PROGRAM, Member
from app.identity.policies import Visitor, require_no_more
from app.identity.rules.scopes import Scope
from app.identity.service.notices import language_of
from app.identity.service.programs import take_in_hand
from app.kernel import activity, clock, egress, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant

MOST_CLIENTS = 200
LONGEST_NAME = 120
OVERLAP = timedelta(days=7)
"""So long the old secret opens as well after a new one was made."""


Reach = tuple[Sequence[str], Sequence[str]]
"""Keys of imprints and of artists; none of a kind means all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a new program is to be."""

    name: str
    scopes: frozenset[str]
    grant_types: tuple[str, ...] = (BY_ITSELF,)
    auth_method: str = "secret"
    redirect_uris: tuple[str, ...] = ()
    imprints: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    needs_dpop: bool = False
    needs_par: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A new program, and its secret, which is stored nowhere."""

    client: ApiClient
    secret: str | None = field(repr=False)


def make(session: Session, tenant: Tenant, visitor: Visitor, wish: Wish) -> Made:
    """Let a program in, with no more rights and reach than whoever makes it has."""
    require_no_more(visitor, permissions_of_scopes(wish.scopes), Scope.of(wish.imprints, wish.artists))
    return make_as(session, tenant, visitor.actor, wish, made_by=visitor.member.id)


def make_as(session: Session, tenant: Tenant, actor: Actor, wish: Wish, *, made_by: UUID | None) -> Made:
    """The same in the name of somebody who answers for what they give."""
    name = _checked(wish)
    unfit = wishes.problems(
        grant_types=wish.grant_types,
        auth_method=wish.auth_method,
        redirect_uris=wish.redirect_uris,
        jwks=wish.jwks,
        jwks_uri=wish.jwks_uri,
    )
    if unfit:
        raise WishUnusable(fields=unfit)
    if wish.jwks_uri is not None:
        egress.check_form(wish.jwks_uri)
    if live_count(session) >= MOST_CLIENTS:
        raise TooManyClients(most=MOST_CLIENTS)
    client = _added(session, tenant, name, wish, made_by)
    secret = give_secret(session, client) if wish.auth_method == "secret" else None
    after = client.facts
    activity.record(session, actor, "api.client_made", subject_type="api_client", subject_id=client.id, after=after)
    return Made(client, secret)


def _added(session: Session, tenant: Tenant, name: str, wish: Wish, made_by: UUID | None) -> ApiClient:
    client_id = ids.new_id()
    member = Member(
        id=ids.new_id(),
        kind=PROGRAM,
        role=PROGRAM,
        email=f"{client_id}@programs.invalid",
        name=name,
        language=language_of(tenant),
        permissions=sorted(permissions_of_scopes(wish.scopes)),
        imprints=list(wish.imprints),
        artists=list(wish.artists),
    )
    session.add(member)
    session.flush()
    client = ApiClient(
        id=client_id,
        member_id=member.id,
        name=name,
        auth_method=wish.auth_method,
        grant_types=list(wish.grant_types),
        redirect_uris=list(wish.redirect_uris),
        scopes=joined(wish.scopes).split(),
        imprints=list(wish.imprints),
        artists=list(wish.artists),
        jwks=wish.jwks,
        jwks_uri=wish.jwks_uri,
        needs_dpop=wish.needs_dpop,
        needs_par=wish.needs_par,
        created_at=clock.now(),
        created_by=made_by,
    )
    session.add(client)
    session.flush()
    if made_by is not None:
        take_in_hand(session, member.id, made_by)
    return client


def give_secret(session: Session, client: ApiClient) -> str:
    """A new secret of a client's, which is stored nowhere."""
    secret = ids.new_token()
    session.add(
        ClientSecret(
            id=ids.new_id(),
            client_id=client.id,
            secret_hash=digest(secret),
            ending=secret[-4:],
            created_at=clock.now(),
        )
    )
    session.flush()
    return secret


def rotate_secret(session: Session, actor: Actor, client: ApiClient) -> str:
    """Give a new secret; the one before opens for the overlap as well, and any older one not any more.

    Whoever is given it counts as the program where duties are apart.
    """
    now = clock.now()
    good = [held for held in secrets_of(session, client) if held.is_good(now)]
    for older in good[1:]:
        older.end(now)
    for newest in good[:1]:
        newest.end(now + OVERLAP)
    secret = give_secret(session, client)
    if actor.id is not None:
        take_in_hand(session, client.member_id, actor.id)
    activity.record(session, actor, "api.secret_rotated", subject_type="api_client", subject_id=client.id)
    return secret


def end_old_secrets(session: Session, actor: Actor, client: ApiClient) -> None:
    """Let only the newest secret open from now on."""
    for older in secrets_of(session, client)[1:]:
        older.end(clock.now())
    activity.record(session, actor, "api.secret_ended", subject_type="api_client", subject_id=client.id)


def secrets_of(session: Session, client: ApiClient) -> list[ClientSecret]:
    """A client's secrets, the newest first."""
    query = select(ClientSecret).where(ClientSecret.client_id == client.id)
    return list(session.scalars(query.order_by(ClientSecret.created_at.desc(), ClientSecret.id.desc())))


def change(
    session: Session,
    visitor: Visitor,
    client: ApiClient,
    *,
    name: str,
    scopes: frozenset[str],
    redirect_uris: tuple[str, ...],
    reach: Reach,
) -> None:
    """Let a program be and do something else from now on; tokens that are out already can do no more than this."""
    require_no_more(visitor, permissions_of_scopes(scopes), Scope.of(*reach))
    wish = Wish(name=name, scopes=scopes, redirect_uris=redirect_uris)
    name = _checked(wish)
    unfit = wishes.problems(
        grant_types=client.grant_types,
        auth_method=client.auth_method,
        redirect_uris=redirect_uris,
        jwks=client.jwks,
        jwks_uri=client.jwks_uri,
    )
    if unfit:
        raise WishUnusable(fields=unfit)
    before = client.facts
    client.name, client.scopes = name, joined(scopes).split()
    client.redirect_uris, client.imprints, client.artists = list(redirect_uris), list(reach[0]), list(reach[1])
    member = session.get_one(Member, client.member_id)
    member.name, member.permissions = name, sorted(permissions_of_scopes(scopes))
    member.imprints, member.artists = list(reach[0]), list(reach[1])
    if before == client.facts:
        return
    activity.record(
        session,
        visitor.actor,
        "api.client_changed",
        subject_type="api_client",
        subject_id=client.id,
        before=before,
        after=client.facts,
    )


def _checked(wish: Wish) -> str:
    """A program's name as it is kept, if name and scopes can be used."""
    name = " ".join(wish.name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise NameUnusable(most=LONGEST_NAME)
    if unknown(wish.scopes) or not wish.scopes:
        raise ScopesUnusable(fields={"scopes": ScopesUnusable.message})
    return name


def revoke(session: Session, actor: Actor, client: ApiClient) -> None:
    """Let a program in no more: its tokens open nothing from the next seconds on."""
    if client.revoked_at is not None:
        return
    client.revoke(clock.now())
    session.get_one(Member, client.member_id).disable(clock.now())
    activity.record(session, actor, "api.client_revoked", subject_type="api_client", subject_id=client.id)


def all_clients(session: Session) -> Sequence[ApiClient]:
    """The programs that are let in, by name."""
    query = select(ApiClient).where(ApiClient.revoked_at.is_(None))
    return session.scalars(query.order_by(func.lower(ApiClient.name), ApiClient.id)).all()


def live_count(session: Session) -> int:
    """How many programs are let in."""
    return session.scalar(select(func.count()).where(ApiClient.revoked_at.is_(None))) or 0


def scopes_from(text: str) -> frozenset[str]:
    """The scopes that a text names, or a refusal."""
    found = split(text)
    if unknown(found) or not found:
        raise ScopesUnusable(fields={"scopes": ScopesUnusable.message})
    return found
