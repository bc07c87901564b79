"""What there is to do for an artist."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.artist.policies import ANSWERED
from app.artist.queries import deals
from app.artist.queries import news as queries
from app.artist.rules.tasks import APP, Task
from app.artist.service import getting_paid
from app.identity.models import NewsState
from app.identity.policies import Visitor
from app.kernel.activity import Activity
from app.kernel.tenant import Tenant
from app.royalties.models import Statement
from app.royalties.queries.runs import around
from app.royalties.service import lines

MOST = 20


def tasks(session: Session, tenant: Tenant, visitor: Visitor) -> list[Task]:
    """What waits for the visitor: money that came back or cannot go out, signatures, shares, answers not read yet."""
    signing = [
        Task("sign", contract.title, f"{APP}/contracts/{contract.id}#sign", version.expires_at)
        for contract, version, _ in session.execute(deals.waits_for(visitor).limit(MOST))
    ]
    sharing = [
        Task("split", recording.title, f"{APP}/splits/{recording.id}")
        for _, _, recording in session.execute(deals.waiting_shares(visitor).limit(MOST))
    ]
    return [*getting_paid.tasks(session, tenant, visitor), *signing, *sharing, *_answers(session, visitor)]


def _answers(session: Session, visitor: Visitor) -> list[Task]:
    unread = queries.news(visitor).where(Activity.action.in_(ANSWERED), NewsState.read_at.is_(None))
    found = []
    for row, _ in session.execute(unread.limit(MOST)):
        statement = session.get(Statement, row.subject_id)
        number = (row.after or {}).get("line")
        if statement is not None and isinstance(number, int):
            line = lines.line(session, statement, number)
            title = line.title if line is not None and line.title else around(session, statement)[2].title
            found.append(Task("answer", title, f"{APP}/news/{row.id}"))
    return found
