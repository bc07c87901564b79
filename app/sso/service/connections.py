"""Setting sign-in services up: whom to trust, as what people come in, and whether they must."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from app.identity.models import Member, MemberSession, SecurityPolicy
from app.identity.policies import Visitor, live_owner_ids
from app.identity.service import security, team
from app.identity.service.places import Place
from app.identity.service.sessions import BY_SERVICE
from app.kernel import activity, clock, crypto, egress, ids
from app.kernel.errors import Invalid
from app.kernel.tenant import Tenant
from app.sso.errors import (
    ConnectionNeeded,
    ConnectionNotProved,
    FormUnusable,
    GroupTaken,
    NoWayLeft,
    TooMany,
)
from app.sso.models import Connection, Link, RoleRule
from app.sso.policies import proved_domains, require_setter
from app.sso.rules import LONGEST_GROUP
from app.sso.rules.metadata import ServiceFacts
from app.sso.service.coming import rules_of

MOST_CONNECTIONS = 10
MOST_RULES = 200
LONGEST_NAME = 60
LONGEST_TEXT = 2_000
SECRET = "sso-client-secret"  # noqa: S105 the name of a place
MODES = ("nobody", "domains", "everybody")


@dataclass(frozen=True, slots=True)
class OidcFacts:
    """What is typed about an OpenID provider; an empty secret leaves the one that is kept."""

    issuer: str
    client_id: str
    client_secret: str


def connections(session: Session) -> list[Connection]:
    """Every connection of the label, oldest first."""
    return list(session.scalars(select(Connection).order_by(Connection.created_at, Connection.id)))


def live_connections(session: Session) -> list[Connection]:
    """The connections by which people come in."""
    return [each for each in connections(session) if each.is_live]


def add_oidc(session: Session, tenant: Tenant, visitor: Visitor, name: str, facts: OidcFacts) -> Connection:
    """Connect an OpenID provider; nobody comes in by it before somebody says so."""
    connection = _new(session, visitor, name, "oidc")
    _take_oidc(tenant, connection, facts)
    return _added(session, visitor, connection)


def add_saml(session: Session, visitor: Visitor, name: str, facts: ServiceFacts, *, metadata_url: str) -> Connection:
    """Connect a SAML service; nobody comes in by it before somebody says so."""
    connection = _new(session, visitor, name, "saml")
    _take_saml(connection, facts, metadata_url)
    return _added(session, visitor, connection)


def trust_oidc(session: Session, tenant: Tenant, visitor: Visitor, connection: Connection, facts: OidcFacts) -> None:
    """Say anew whom a connection trusts; it must be tried again before it can be required."""
    before = connection.facts
    _take_oidc(tenant, connection, facts)
    _trusted(session, visitor, connection, before)


def trust_saml(
    session: Session, visitor: Visitor, connection: Connection, facts: ServiceFacts, *, metadata_url: str
) -> None:
    """Take a service's new description: certificates come and go while people go on coming in."""
    before = connection.facts
    _take_saml(connection, facts, metadata_url)
    _trusted(session, visitor, connection, before)


def change(
    session: Session,
    visitor: Visitor,
    connection: Connection,
    place: Place,
    *,
    name: str,
    groups_claim: str,
    makes_members: bool,
    trusts_factor: bool,
) -> None:
    """Say how people come in by a connection; nobody hands out a role beyond their own."""
    team.check_may_give(visitor, place)
    if place.imprints or place.artists or not 0 < len(groups_claim.strip()) <= LONGEST_GROUP:
        raise FormUnusable
    before = connection.facts
    if (groups_claim.strip(), trusts_factor) != (connection.groups_claim, connection.trusts_factor):
        _narrow_vouching(visitor, connection)
    connection.name = _name(name)
    connection.groups_claim = groups_claim.strip()
    connection.default_role, connection.default_custom_role = place.role, place.custom
    connection.makes_members, connection.trusts_factor = makes_members, trusts_factor
    session.flush()
    _tell(session, visitor, "sso.connection_changed", connection, before)


def vouch(session: Session, visitor: Visitor, connection: Connection) -> None:
    """Stand for a connection as it is: it may let in whoever may no more than oneself."""
    before = connection.facts
    _vouch(visitor, connection)
    _tell(session, visitor, "sso.connection_changed", connection, before)


def set_live(session: Session, visitor: Visitor, connection: Connection, *, is_live: bool) -> None:
    """Let people in by a connection, or no more; sessions that it began end with it."""
    if not is_live:
        _check_not_needed(session, connection)
        session.execute(
            update(MemberSession)
            .where(MemberSession.method.startswith(BY_SERVICE), MemberSession.ended_at.is_(None))
            .where(MemberSession.member_id.in_(_linked_with(connection)), MemberSession.id != visitor.session_id)
            .values(ended_at=clock.now())
        )
    before = connection.facts
    connection.live_at = (connection.live_at or clock.now()) if is_live else None
    session.flush()
    _tell(session, visitor, "sso.connection_changed", connection, before)


def remove(session: Session, visitor: Visitor, connection: Connection) -> None:
    """Forget a connection with its domains, rules, links and directory."""
    set_live(session, visitor, connection, is_live=False)
    session.delete(connection)
    session.flush()
    _tell(session, visitor, "sso.connection_removed", connection, connection.facts)


def add_rule(session: Session, visitor: Visitor, connection: Connection, group: str, place: Place) -> RoleRule:
    """Let a group of the service mean a role here."""
    team.check_may_give(visitor, place)
    group = " ".join(group.split())
    held = rules_of(session, connection)
    if not 0 < len(group) <= LONGEST_GROUP:
        raise FormUnusable
    if len(held) >= MOST_RULES:
        raise TooMany(most=MOST_RULES)
    if any(each.group_name.casefold() == group.casefold() for each in held):
        raise GroupTaken
    rule = RoleRule(
        id=ids.new_id(),
        connection_id=connection.id,
        place=max((each.place for each in held), default=0) + 1,
        group_name=group,
        role=place.role,
        custom_role=place.custom,
        imprints=place.imprints,
        artists=place.artists,
    )
    session.add(rule)
    session.flush()
    after = {"group": group, "role": place.custom.name if place.custom else place.role}
    activity.record(
        session, visitor.actor, "sso.role_rule_added", subject_type="sso_role_rule", subject_id=rule.id, after=after
    )
    return rule


def remove_rule(session: Session, visitor: Visitor, rule: RoleRule) -> None:
    """Let a group mean nothing any more; who came in by it keeps their role until they come in again."""
    before = {"group": rule.group_name, "role": rule.custom_role.name if rule.custom_role else rule.role}
    session.delete(rule)
    activity.record(
        session, visitor.actor, "sso.role_rule_removed", subject_type="sso_role_rule", subject_id=rule.id, before=before
    )


def enforce(session: Session, visitor: Visitor, *, mode: str, free: Iterable[UUID]) -> None:
    """Say who must come in by a sign-in service: nobody, addresses of proved domains, or everybody.

    At least one owner may always come in another way. Whoever came in by another way than they now must signs in anew.
    """
    require_setter(visitor)
    if mode not in MODES:
        raise FormUnusable
    owners = live_owner_ids(session)
    chosen = sorted(owners & set(free))
    if mode != "nobody":
        _check_proved(session)
        if not chosen:
            raise NoWayLeft
    policy = security.policy_of(session)
    before = {"sso_only": policy.sso_only, "break_glass": [str(each) for each in policy.break_glass]}
    policy.sso_only, policy.break_glass = mode, chosen
    policy.sso_domains = sorted(proved_domains(session))
    session.add(policy)
    session.flush()
    _end_others(session, policy)
    after = {"sso_only": mode, "break_glass": [str(each) for each in chosen]}
    activity.record(session, visitor.actor, "sso.enforced", before=before, after=after)


def follow_domains(session: Session) -> None:
    """Let the label's policy name the domains that are proved at this moment."""
    policy = session.get(SecurityPolicy, 1, with_for_update=True)
    if policy is not None:
        policy.sso_domains = sorted(proved_domains(session))


def secret_of(tenant: Tenant, connection: Connection) -> str:
    """The secret by which we prove ourselves to a provider."""
    sealed = connection.client_secret
    return crypto.open_sealed(tenant, sealed, f"{SECRET}:{connection.id}").decode() if sealed else ""


def _new(session: Session, visitor: Visitor, name: str, kind: str) -> Connection:
    require_setter(visitor)
    if (session.scalar(select(func.count()).select_from(Connection)) or 0) >= MOST_CONNECTIONS:
        raise TooMany(most=MOST_CONNECTIONS)
    connection = Connection(
        id=ids.new_id(),
        name=_name(name),
        kind=kind,
        certificates=[],
        sso_url="",
        client_id="",
        default_role="read_only",
    )
    connection.created_at = clock.now()
    connection.makes_members = connection.trusts_factor = False
    return connection


def _added(session: Session, visitor: Visitor, connection: Connection) -> Connection:
    _vouch(visitor, connection)
    session.add(connection)
    session.flush()
    _tell(session, visitor, "sso.connection_added", connection, None)
    return connection


def _trusted(session: Session, visitor: Visitor, connection: Connection, before: dict[str, object]) -> None:
    _vouch(visitor, connection)
    connection.doubt()
    session.flush()
    _tell(session, visitor, "sso.connection_changed", connection, before)


def _vouch(visitor: Visitor, connection: Connection) -> None:
    connection.vouched = sorted(visitor.permissions)
    connection.vouched_by = visitor.member.id
    connection.vouches_for_owners = visitor.member.role == "owner" and visitor.acting is None


def _narrow_vouching(visitor: Visitor, connection: Connection) -> None:
    """Stand for a connection no further than whoever says what it is believed: where groups stand, what a factor is."""
    connection.vouched = sorted(connection.may & visitor.permissions)
    connection.vouches_for_owners &= visitor.member.role == "owner" and visitor.acting is None


def _take_oidc(tenant: Tenant, connection: Connection, facts: OidcFacts) -> None:
    issuer, client_id = facts.issuer.strip(), facts.client_id.strip()
    is_clean = "?" not in issuer and "#" not in issuer and len(issuer) <= LONGEST_TEXT
    if not is_clean or not 0 < len(client_id) <= LONGEST_TEXT or len(facts.client_secret) > LONGEST_TEXT:
        raise FormUnusable
    try:
        egress.check_form(issuer)
    except Invalid as refusal:
        raise FormUnusable(fields={"issuer": refusal.msgid}) from None
    if facts.client_secret:
        connection.client_secret = crypto.seal(tenant, facts.client_secret.encode(), f"{SECRET}:{connection.id}")
    elif issuer != connection.issuer or connection.client_secret is None:
        raise FormUnusable  # another provider is never told the secret that was meant for the one before
    connection.issuer, connection.client_id = issuer, client_id


def _take_saml(connection: Connection, facts: ServiceFacts, metadata_url: str) -> None:
    connection.issuer, connection.sso_url = facts.entity_id, facts.sso_url
    connection.certificates, connection.metadata_url = list(facts.certificates), metadata_url


def _check_proved(session: Session) -> None:
    """Only what an admin has tried, as it is now, can be required."""
    if not any(each.proved_at is not None for each in live_connections(session)):
        raise ConnectionNotProved


def _check_not_needed(session: Session, connection: Connection) -> None:
    policy = session.get(SecurityPolicy, 1, with_for_update=True)
    others = [each for each in live_connections(session) if each.id != connection.id]
    if connection.is_live and policy is not None and policy.sso_only != "nobody" and not others:
        raise ConnectionNeeded


def _end_others(session: Session, policy: SecurityPolicy) -> None:
    """End the sessions of those who came in by another way than they now must."""
    other = select(MemberSession, Member).join(Member, Member.id == MemberSession.member_id)
    running = session.execute(
        other.where(MemberSession.ended_at.is_(None), ~MemberSession.method.startswith(BY_SERVICE))
    )
    for held, member in running.all():
        if policy.asks_sso_of(member):
            held.end(clock.now())


def _linked_with(connection: Connection) -> Select[UUID]:
    return select(Link.member_id).where(Link.connection_id == connection.id)


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise FormUnusable
    return name


def _tell(
    session: Session, visitor: Visitor, action: str, connection: Connection, before: dict[str, object] | None
) -> None:
    after = None if action == "sso.connection_removed" else connection.facts
    about = {"before": before, "after": after}
    activity.record(session, visitor.actor, action, subject_type="sso_connection", subject_id=connection.id, **about)
