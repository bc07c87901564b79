"""Screening: lists brought in, payees compared with them, and cases that somebody decides."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, Text, cast, delete, exists, func, literal_column, or_, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel import activity, clock, ids, jobs
from app.kernel.actor import Actor
from app.kernel.db.copying import copy_rows
from app.kernel.db.models import table_of
from app.roster.models import Party, Payee
from app.tax.errors import CaseReasonMissing, ListUnnamed, ListUnusable
from app.tax.models import SanctionsCase, SanctionsList, SanctionsName, SanctionsScreened
from app.tax.rules.asking import is_writable
from app.tax.rules.names import Hit, compared, words

MOST_NAMES: Final = 200_000
LARGEST_FILE: Final = 40_000_000
LONGEST_NAME, LONGEST_CELL = 100, 300
SHORTEST_REASON, LONGEST_REASON = 10, 2_000
_PPM: Final = 1_000_000
_FACTS: Final = ("country", "born_on", "source")


_NOTE: Final = text(
    "INSERT INTO sanctions_screened (payee_id, said, lists, at) "
    "SELECT t.id, t.said, :lists, :at FROM unnest(cast(:ids AS uuid[]), cast(:said AS text[])) t(id, said) "
    "ON CONFLICT (payee_id) DO UPDATE SET said = excluded.said, lists = excluded.lists, at = excluded.at"
)


class Listed(NamedTuple):
    """A name of a list in use."""

    list_id: UUID
    entry: int
    name: str
    country: str
    born_on: str
    source: str
    list_name: str


def receive(session: Session, actor: Actor, raw: bytes, *, name: str) -> SanctionsList:
    """Bring a list in, in place of the one of the same name, and have every payee compared with it."""
    called = " ".join(name.split())
    if not 1 <= len(called) <= LONGEST_NAME or not is_writable(called):
        raise ListUnnamed
    rows = list(_read(raw))
    if not 1 <= len(rows) <= MOST_NAMES:
        raise ListUnusable(most=MOST_NAMES)
    lock = func.pg_advisory_xact_lock(func.hashtextextended(func.current_schema() + " sanctions lists", 0))
    session.execute(select(lock))
    now = clock.now()
    former = select(SanctionsList).where(SanctionsList.name == called, SanctionsList.retired_at.is_(None))
    if (before := session.scalar(former.with_for_update())) is not None:
        before.retired_at = now
        session.execute(delete(SanctionsName).where(SanctionsName.list_id == before.id))
        session.flush()
    added = SanctionsList(
        id=ids.new_id(), name=called, sha256=hashlib.sha256(raw).hexdigest(), names=len(rows), created_by=actor.id,
        created_at=now,
    )  # fmt: skip
    session.add(added)
    session.flush()
    _copy(session, added.id, rows)
    after = {"name": called, "names": len(rows), "sha256": added.sha256}
    activity.record(
        session, actor, "sanctions_list.added", subject_type="sanctions_list", subject_id=added.id, after=after
    )
    jobs.ask(session, "tax.screen", {}, key=f"screen:{added.id}")
    return added


def _copy(session: Session, list_id: UUID, rows: list[dict[str, Any]]) -> None:
    out, columns = io.StringIO(), ["number", "entry", "name", *_FACTS]
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows([list_id, *(row[column] for column in columns)] for row in rows)
    copy_rows(session, table_of(SanctionsName), ["list_id", *columns], out.getvalue().encode())


def _read(raw: bytes) -> Iterator[dict[str, Any]]:
    """The names of a file, each alias on its own; `ListUnusable` for what is no such table."""
    try:
        reader = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        heads = {head.strip().lower(): head for head in reader.fieldnames or () if head}
        if "name" not in heads or len(raw) > LARGEST_FILE:
            raise ListUnusable(most=MOST_NAMES)
        number = 0
        for entry, row in enumerate(reader):
            cells = {name: _cell(row.get(head)) for name, head in heads.items()}
            facts = {
                "entry": entry, "country": cells.get("country", ""), "born_on": cells.get("birth_date", ""),
                "source": cells.get("source", ""),
            }  # fmt: skip
            for called in dict.fromkeys([cells["name"], *map(str.strip, cells.get("aliases", "").split(";"))]):
                if words(called):
                    yield {"number": number, "name": called, **facts}
                    number += 1
    except (UnicodeDecodeError, csv.Error):
        raise ListUnusable(most=MOST_NAMES) from None


def _cell(text: object) -> str:
    return " ".join(text.replace("\0", "").split())[:LONGEST_CELL] if isinstance(text, str) else ""


def due_payees() -> Select[UUID]:
    """The payees who were not compared with the lists under the name they have now; none where there are no lists."""
    current = SanctionsList.retired_at.is_(None)
    ids_said = func.string_agg(
        cast(SanctionsList.id, Text), aggregate_order_by(literal_column("','"), SanctionsList.id)
    )
    lists = select(func.md5(ids_said)).where(current).scalar_subquery()
    return (
        select(Payee.id)
        .join(Party, Party.id == Payee.party_id)
        .outerjoin(SanctionsScreened, SanctionsScreened.payee_id == Payee.id)
        .where(exists().where(current))
        .where(
            or_(
                SanctionsScreened.payee_id.is_(None),
                SanctionsScreened.said != _said(),
                SanctionsScreened.lists != lists,
            )
        )
    )


def _said() -> Any:
    return Party.legal_name + "\n" + Payee.name


def screen_due(session: Session, actor: Actor) -> int:
    """Compare all payees who are due with all lists in one go; how many cases were opened."""
    query = select(Payee.id, Payee.party_id, Party.legal_name, Payee.name)
    due = session.execute(query.join(Party, Party.id == Payee.party_id).where(Payee.id.in_(due_payees()))).all()
    if not due:
        return 0
    listed = _listed(session)
    ours = list(dict.fromkeys((party, name) for _, party, *names in due for name in names))
    from app.tax.rules.likeness import hits  # its tables have threads, which a worker that forks must not have yet

    found = hits([name for _, name in ours], [each.name for each in listed])
    opened = _open(session, actor, _best(found, ours, listed))
    lists = ",".join(sorted({str(each.list_id) for each in listed}))
    _note(session, [(payee, f"{legal}\n{name}") for payee, _, legal, name in due], lists)
    return opened


def _listed(session: Session) -> list[Listed]:
    columns: list[Any] = [getattr(SanctionsName, name) for name in Listed._fields[:-1]]
    query = select(*columns, SanctionsList.name).join(SanctionsList, SanctionsList.id == SanctionsName.list_id)
    query = query.where(SanctionsList.retired_at.is_(None)).order_by(SanctionsName.list_id, SanctionsName.number)
    return [Listed._make(row) for row in session.execute(query)]


def _best(found: Iterable[Hit], ours: list[tuple[UUID, str]], listed: list[Listed]) -> list[dict[str, Any]]:
    """One case for a legal person and an entry of a list: that of the names that are most alike."""
    best: dict[tuple[UUID, UUID, int], Hit] = {}
    for hit in found:
        row = listed[hit.theirs]
        key = ours[hit.ours][0], row.list_id, row.entry
        if key not in best or best[key].likeness < hit.likeness:
            best[key] = hit
    cases: dict[tuple[UUID, str], dict[str, Any]] = {}
    for (party_id, _, _), hit in best.items():
        row, name = listed[hit.theirs], ours[hit.ours][1]
        pair = f"{compared(name)}|{compared(row.name)}"
        cases.setdefault((party_id, pair), {
            "id": ids.new_id(), "party_id": party_id, "pair": pair, "name": name, "listed_name": row.name,
            "list_name": row.list_name, "facts": {fact: getattr(row, fact) for fact in _FACTS if getattr(row, fact)},
            "score_ppm": round(hit.likeness * _PPM), "state": "open", "opened_at": clock.now(),
        })  # fmt: skip
    return list(cases.values())


def _open(session: Session, actor: Actor, cases: list[dict[str, Any]]) -> int:
    """Open what is no case yet; a pair of names that was decided stays decided."""
    if not cases:
        return 0
    statement = insert(SanctionsCase).on_conflict_do_nothing(index_elements=["party_id", "pair"])
    opened = session.execute(statement.returning(SanctionsCase.party_id, SanctionsCase.list_name), cases).all()
    told = [(str(party_id), None, {"list": list_name}) for party_id, list_name in opened]
    activity.record_many(session, actor, "sanctions_case.opened", subject_type="party", told=told)
    return len(opened)


def _note(session: Session, said: list[tuple[UUID, str]], lists: str) -> None:
    """Who was compared under which name; one statement for all."""
    values = {
        "ids": [payee_id for payee_id, _ in said],
        "said": [text_said for _, text_said in said],
        "lists": hashlib.md5(lists.encode(), usedforsecurity=False).hexdigest(),
        "at": clock.now(),
    }
    session.execute(_NOTE, values)


def decide(session: Session, visitor: Visitor, case: SanctionsCase, *, state: str, reason: str) -> None:
    """Clear a case or confirm it, with a reason; who may, says the door."""
    words_said = reason.strip()
    if not SHORTEST_REASON <= len(words_said) <= LONGEST_REASON or "\0" in words_said:
        raise CaseReasonMissing(fields={"reason": CaseReasonMissing.message})
    case.decide(state, by=visitor.member.id, at=clock.now(), reason=words_said)
    session.flush()
    after = {"case": str(case.id), "reason": words_said}
    activity.record(
        session, visitor.actor, f"sanctions_case.{state}", subject_type="party", subject_id=case.party_id, after=after
    )


def retire(session: Session, actor: Actor, list_id: UUID) -> None:
    """Take a list out of use; cases that came of it stay."""
    session.execute(update(SanctionsList).where(SanctionsList.id == list_id).values(retired_at=clock.now()))
    session.execute(delete(SanctionsName).where(SanctionsName.list_id == list_id))
    activity.record(session, actor, "sanctions_list.retired", subject_type="sanctions_list", subject_id=list_id)
