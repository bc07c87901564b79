"""A sandbox's people are its label's: they come in from there alone, and are there what they are at the label."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity.errors import LinkUsed, PeopleOfLabel
from app.identity.models import PROGRAM, CustomRole, Member
from app.identity.policies import Visitor
from app.identity.service import sessions, tickets
from app.identity.service.sessions import Came
from app.kernel import activity, clock, crypto, ids, jobs, trial
from app.kernel.actor import Actor
from app.kernel.db import platform_work, tenant_read, tenant_work
from app.kernel.tenant import READ_ONLY, Tenant
from tenants.archive import sandboxing
from tenants.archive.errors import SandboxMissing

TASK: Final = "identity.follow"
ACROSS: Final = "sandboxes.follow"
PURPOSE: Final = "sandbox-way-in"
METHOD: Final = "label"
WAY_IN_LIFE: Final = timedelta(minutes=2)

_TURN: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('following ' || current_schema(), 0))")

Step = Callable[[Session, Session], None]
_steps: list[Step] = []


def also(step: Step) -> Step:
    """Register what else of people's rights follows: told with a session of the label and one of its sandbox."""
    if step not in _steps:
        _steps.append(step)
    return step


def told(session: Session, tenant: Tenant) -> None:
    """Have the label's sandbox, if it has one, follow what was changed here as soon as that is kept."""
    if not tenant.is_sandbox:
        jobs.ask(session, TASK, {})


def ask_for(label: Tenant) -> None:
    """Have the sandbox of a label followed by who may go from one label to another: the platform."""
    if not label.is_sandbox and sandboxing.standing(label).tenant is not None:
        with platform_work() as session:
            jobs.ask(session, ACROSS, {"label": label.id})


def follow(label: Tenant, sandbox: Tenant) -> None:
    """Let everybody be in a sandbox what they are at its label, and nobody in whom the label does not let in.

    Whom the sandbox made itself, to try out a directory say, stays: they come in nowhere.
    """
    with tenant_work(sandbox, even=READ_ONLY) as here, _in_turn(here, label) as there:
        people = list(there.scalars(select(Member).where(Member.kind != PROGRAM)))
        roles = list(there.scalars(select(CustomRole)))
        _take_roles(here, roles)
        mine = {each.id: each for each in here.scalars(select(Member).with_for_update(of=Member))}
        actor = Actor.system(sandbox)
        for person in people:
            _take_person(here, actor, mine.get(person.id), person)
        for member_id in mine.keys() - {each.id for each in people}:  # as after the label was brought back
            if mine[member_id].of_label:
                _let_out(here, actor, mine[member_id])
        _leave_roles(here, {each.id for each in roles})
        for step in _steps:
            step(there, here)


@contextmanager
def _in_turn(here: Session, label: Tenant) -> Iterator[Session]:
    """The label as it is once nobody else follows it: who read before may not write after."""
    here.execute(_TURN)
    with tenant_read(label) as there:
        yield there


def check_own(tenant: Tenant, held: Member | CustomRole) -> None:
    """Refuse to change in a sandbox what somebody of its label, or a role of it, is."""
    if tenant.is_sandbox and held.of_label:
        raise PeopleOfLabel


def way_in(label: Tenant, visitor: Visitor) -> tuple[Tenant, str]:
    """The label's sandbox, and the token that lets a member of the label into it once."""
    sandbox = None if label.is_sandbox else sandboxing.standing(label).tenant
    if sandbox is None:
        raise SandboxMissing
    with trial.within(sandbox):  # it lasts by the sandbox's clock
        payload = [str(visitor.member.id), ids.new_token()]
        return sandbox, crypto.sign(PURPOSE, sandbox, payload, expires_in=WAY_IN_LIFE)


def come_in(session: Session, tenant: Tenant, token: str, came: Came) -> str:
    """Begin a member's session in a sandbox whom their label has sent."""
    member_id = UUID(crypto.verify(PURPOSE, tenant, token)[0])
    tickets.use_signed(session, METHOD, token, subject_id=member_id, life=WAY_IN_LIFE)
    member = session.get(Member, member_id)
    if member is None or member.disabled_at is not None or not member.of_label:
        raise LinkUsed
    actor, how = sessions.actor_of(tenant, member), {"method": came.method}
    activity.record(session, actor, "member.signed_in", subject_type="member", subject_id=member.id, after=how)
    return sessions.start(session, member, came)


def _take_roles(session: Session, roles: Iterable[CustomRole]) -> None:
    mine = {each.id: each for each in session.scalars(select(CustomRole).with_for_update())}
    for role in roles:
        for other in mine.values():
            if other.name == role.name and other.id != role.id:
                other.name = f"{other.name} {str(other.id)[-8:]}"
    session.flush()
    for role in roles:
        held = mine.get(role.id)
        if held is None:
            held = CustomRole(id=role.id, name=role.name, permissions=role.permissions, created_at=role.created_at)
            session.add(held)
        elif (held.name, held.permissions) != (role.name, role.permissions):
            _end_of_role(session, held)
            held.name, held.permissions = role.name, role.permissions
        held.of_label = True
    session.flush()


def _leave_roles(session: Session, held: Collection[UUID]) -> None:
    """Let go of roles that the label has no longer; one that somebody of the sandbox alone has becomes its own."""
    for role in session.scalars(select(CustomRole).where(CustomRole.of_label, CustomRole.id.not_in(held))).all():
        try:
            with session.begin_nested():
                session.execute(delete(CustomRole).where(CustomRole.id == role.id))
        except IntegrityError:
            role.of_label = False
    session.flush()


def _end_of_role(session: Session, role: CustomRole) -> None:
    for member_id in session.scalars(select(Member.id).where(Member.custom_role_id == role.id)):
        sessions.end_all(session, member_id)


def _take_person(session: Session, actor: Actor, member: Member | None, person: Member) -> None:
    _free_address(session, person)
    custom = session.get(CustomRole, person.custom_role_id) if person.custom_role_id else None
    if member is None:
        member = Member(id=person.id, email=person.email, name=person.name, language=person.language, of_label=True)
        _place(member, person, custom)
        member.disabled_at = person.disabled_at
        session.add(member)
        session.flush()
        return activity_of(session, actor, "member.joined", member)
    member.email, member.name, member.of_label = person.email, person.name, True
    if person.disabled_at is not None:
        return _let_out(session, actor, member)
    if member.disabled_at is not None:
        member.enable()
        activity_of(session, actor, "member.enabled", member)
    before = member.facts
    _place(member, person, custom)
    session.flush()
    if before != member.facts:
        sessions.end_all(session, member.id)
        activity_of(session, actor, "member.role_changed", member, before=before)
    return None


def activity_of(
    session: Session, actor: Actor, action: str, member: Member, *, before: dict[str, object] | None = None
) -> None:
    """Write down in the sandbox's own log what followed."""
    facts = {"subject_type": "member", "subject_id": member.id}
    activity.record(session, actor, action, before=before, after=member.facts, **facts)  # type: ignore[arg-type]


def _place(member: Member, person: Member, custom: CustomRole | None) -> None:
    member.take_role(person.role, custom, imprints=list(person.imprints), artists=list(person.artists))


def _let_out(session: Session, actor: Actor, member: Member) -> None:
    if member.disabled_at is None:
        member.disable(clock.now())
        sessions.end_all(session, member.id)
        activity_of(session, actor, "member.disabled", member)


def _free_address(session: Session, person: Member) -> None:
    """Give an address to whom it belongs at the label, whoever has it in the sandbox."""
    taken = select(Member).where(Member.email == person.email, Member.id != person.id)
    if (other := session.scalar(taken)) is not None:
        other.email = f"{other.id}@sandbox.invalid"
        session.flush()
