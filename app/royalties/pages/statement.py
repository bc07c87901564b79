"""One statement: from the opening to the closing balance, line by line, and as a picture."""

from __future__ import annotations

from typing import Any, Literal, get_args

from litestar import Request, Response, get
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.identity.pages import visitor_of
from app.identity.policies import Visitor
from app.kernel.db import tenant_read
from app.kernel.ids import parse_uuid
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.lists.errors import FilterUnusable
from app.royalties.models import Statement
from app.royalties.pages.periods import ROYALTIES, teller_of
from app.royalties.pages.run import page_number
from app.royalties.policies import sees_all_money, statement_to_read
from app.royalties.queries import runs as queries
from app.royalties.service import documents, lines
from app.royalties.service.telling import BY_SENTENCES, STATE_SENTENCES, TONES, Teller

STATEMENT = f"{ROYALTIES}/statements/{{statement_id:str}}"
SHOWN = 50
LONGEST_SEARCH = 100
By = Literal["store", "territory", "month"]


@get(STATEMENT, sync_to_thread=True)
def show(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[str]:
    """Show what a payee is told of a contract for a period."""
    visitor, realm = visitor_of(request), realm_of(request)
    teller = teller_of(realm)
    with tenant_read(tenant_of(request)) as session:
        statement = statement_to_read(session, visitor, parse_uuid(statement_id))
        shown = {**heading(session, visitor, statement), **_lines(request, session, statement, teller)}
        entries = queries.entries(session, statement)
        earlier = queries.periods_of(session, [each.facts["of"] for each in entries if "of" in each.facts])
        questions = queries.questions(session, statement)
        shown["limits"] = teller.limits(documents.limits(session, statement))
    steps = [(teller.entry(each, statement.currency, earlier), each.amount_micros) for each in entries]
    return page("royalties/statement.html", realm, steps=steps, questions=questions, teller=teller, **shown)


def heading(session: Session, visitor: Visitor, statement: Statement) -> dict[str, Any]:
    """What stands over a statement and over each of its lines."""
    run, period, contract, payee = queries.around(session, statement)
    return {
        "here": ROYALTIES,
        "address": f"{ROYALTIES}/statements/{statement.id}",
        "statement": statement,
        "run": run,
        "period": period,
        "contract": contract,
        "payee": payee,
        "states": STATE_SENTENCES,
        "tones": TONES,
        "sees_run": sees_all_money(visitor),
    }


def _lines(request: Request[Any, Any, Any], session: Session, statement: Statement, teller: Teller) -> dict[str, Any]:
    at, wanted, by = page_number(request), request.query_params.get("q", "").strip(), way_of(request)
    if len(wanted) > LONGEST_SEARCH:
        raise FilterUnusable
    found = lines.largest(session, statement, skip=(at - 1) * SHOWN, limit=SHOWN + 1, wanted=wanted)
    return {
        "at": at,
        "wanted": wanted,
        "by": by,
        "ways": BY_SENTENCES,
        "lines": found[:SHOWN],
        "more": len(found) > SHOWN,
        "bars": teller.bars(lines.sums(session, statement, by), by),
    }


def way_of(request: Request[Any, Any, Any]) -> By:
    """By what the picture divides what was earned."""
    for way in get_args(By):
        if request.query_params.get("by", "store") == way:
            found: By = way
            return found
    raise FilterUnusable


handlers = [show]
