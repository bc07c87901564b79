"""Imprints: the tree that releases hang on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.models import Invitation, Member
from app.identity.policies import Visitor
from app.kernel import activity, ids
from app.kernel.sentences import Said, sentence
from app.roster.errors import ImprintCircular, ImprintUnknown, ImprintUsed, PrefixUnusable
from app.roster.models import Imprint
from app.roster.policies import require_whole
from app.roster.rules import name_key
from app.roster.schemas import ImprintForm
from app.roster.service.artists import clean_name, free_key

ISRC_PREFIX = re.compile(r"[A-Z]{2}[A-Z0-9]{3}")
UPC_PREFIX = re.compile(r"[0-9]{6,11}")


def add_imprint(session: Session, visitor: Visitor, said: ImprintForm) -> Imprint:
    """Make an imprint, at the top or below another."""
    require_whole(visitor)
    name, row_id = clean_name(said.name), ids.new_id()
    imprint = Imprint(id=row_id, key=free_key(session, Imprint, name, row_id), version=1, **_values(said, name))
    imprint.lie_under(_parent(session, said.parent))
    session.add(imprint)
    session.flush()
    _tell(session, visitor, "imprint.added", imprint, after={"name": name})
    return imprint


def change_imprint(session: Session, visitor: Visitor, imprint: Imprint, said: ImprintForm) -> None:
    """Give an imprint new values and another place in the tree."""
    wanted = _values(said, clean_name(said.name))
    before = {field: getattr(imprint, field) for field in wanted}
    for field, value in wanted.items():
        setattr(imprint, field, value)
    _move(session, imprint, _parent(session, said.parent))
    imprint.version += 1
    changed = {field for field, value in wanted.items() if before[field] != value} - {"name_key"}
    told = {"before": {f: before[f] for f in changed}, "after": {f: wanted[f] for f in changed}}
    _tell(session, visitor, "imprint.changed", imprint, **told)


Referring = Callable[[Session, UUID], list[tuple[str, int]]]
_referring: list[Referring] = []


def imprint_refers(count: Referring) -> Referring:
    """Register what refers to an imprint elsewhere: sentences (msgids) with a number each."""
    if count not in _referring:
        _referring.append(count)
    return count


def _of_roster(session: Session, imprint: Imprint) -> list[tuple[str, int]]:
    """What lies under an imprint, and who is narrowed to it: without it they would stay narrowed to nothing."""
    counted = {
        sentence("Imprints"): select(func.count()).where(Imprint.parent_id == imprint.id),
        sentence("People"): select(func.count()).where(Member.imprints.contains([imprint.key])),
        sentence("Invited"): select(func.count()).where(
            Invitation.imprints.contains([imprint.key]),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        ),
    }
    return [(what, session.scalar(query) or 0) for what, query in counted.items()]


def remove_imprint(session: Session, visitor: Visitor, imprint: Imprint) -> None:
    """Take an imprint away to which nothing belongs; refused with what does."""
    elsewhere = [told for count in _referring for told in count(session, imprint.id)]
    for what, count in (*elsewhere, *_of_roster(session, imprint)):
        if count:
            raise ImprintUsed(what=Said(what), count=count)
    session.delete(imprint)
    session.flush()
    _tell(session, visitor, "imprint.removed", imprint, before={"name": imprint.name, "key": imprint.key})


def _move(session: Session, imprint: Imprint, parent: Imprint | None) -> None:
    if (parent.id if parent else None) == imprint.parent_id:
        return
    below = session.scalar(select(func.count()).where(Imprint.parent_id == imprint.id)) or 0
    if below or parent is imprint:
        raise ImprintCircular(fields={"parent": ImprintCircular.message})
    imprint.lie_under(parent)


def _parent(session: Session, text: str) -> Imprint | None:
    known = ids.parse_uuid(text) if text else None
    found = session.get(Imprint, known) if known else None
    if text and found is None:
        raise ImprintUnknown
    return found


def _values(said: ImprintForm, name: str) -> dict[str, Any]:
    isrc, upc = re.sub(r"[\s-]", "", said.isrc_prefix).upper(), re.sub(r"[\s-]", "", said.upc_prefix)
    for field, prefix, form in (("isrc_prefix", isrc, ISRC_PREFIX), ("upc_prefix", upc, UPC_PREFIX)):
        if prefix and not form.fullmatch(prefix):
            raise PrefixUnusable(fields={field: PrefixUnusable.message})
    owners = {"p_owner": said.p_owner.strip() or None, "c_owner": said.c_owner.strip() or None}
    return {"name": name, "name_key": name_key(name), "isrc_prefix": isrc or None, "upc_prefix": upc or None, **owners}


def tree(session: Session, visible: Any) -> list[Imprint]:
    """Imprints in the order of a tree: each before what lies below it."""
    found = list(session.scalars(visible))
    below: dict[UUID | None, list[Imprint]] = {}
    known = {imprint.id for imprint in found}
    for imprint in found:
        below.setdefault(imprint.parent_id if imprint.parent_id in known else None, []).append(imprint)

    def walked(parent: UUID | None) -> list[Imprint]:
        return [row for imprint in below.get(parent, []) for row in (imprint, *walked(imprint.id))]

    return walked(None)


def _tell(session: Session, visitor: Visitor, action: str, imprint: Imprint, **told: Any) -> None:
    activity.record(session, visitor.actor, action, subject_type="imprint", subject_id=imprint.id, **told)
