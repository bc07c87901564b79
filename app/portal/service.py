"""What the portal's people did with their news, and what they can take back."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.identity.service import news
from app.kernel import clock
from app.kernel.activity.meanings import WayBack, meanings, undoable
from app.kernel.sentences import sentence
from app.portal import queries

UNDONE_WITHIN = timedelta(hours=1)


mark_news = news.mark_own
mark_all_read = news.mark_all_read
bring_back = news.bring_back


def last_deed(session: Session, visitor: Visitor) -> tuple[str, WayBack] | None:
    """What the visitor did last that can be taken back, as a msgid, and the form that does it."""
    since = clock.now() - UNDONE_WITHIN
    deed = session.scalar(queries.last_undoable(visitor.member, undoable(), since=since))
    away = session.scalar(queries.last_put_away(visitor.member, since=since))
    if away is not None and away.archived_at is not None and (deed is None or away.archived_at > deed.at):
        return sentence("News was put away"), WayBack(f"/portal/inbox/{away.activity_id}/return")
    meaning = meanings().get(deed.action) if deed else None
    if deed is None or meaning is None or meaning.back is None:
        return None
    return meaning.sentence, meaning.back(deed)
