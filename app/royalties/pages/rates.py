"""Exchange rates by which sales are converted: noted by hand, each with its day and source."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody

from app.identity.pages import visitor_of
from app.identity.pages.door import again
from app.identity.policies import Visitor, allows
from app.kernel import activity
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.money import currencies, parse_decimal
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.royalties.errors import RateUnusable
from app.royalties.pages.periods import ROYALTIES, teller_of
from app.royalties.policies import require_all
from app.royalties.queries import runs as queries
from app.royalties.schemas import NewRate
from app.royalties.service import rates

RATES = f"{ROYALTIES}/rates"
SHOWN = 200
LONGEST_SOURCE = 100


@get(RATES, sync_to_thread=True)
def list_rates(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the exchange rates that are noted."""
    visitor = visitor_of(request)
    require_all(visitor, "royalties.view")
    return page("royalties/rates.html", realm_of(request), problem=None, typed=NewRate(), **_shown(request, visitor))


def _shown(request: Request[Any, Any, Any], visitor: Visitor) -> dict[str, Any]:
    with tenant_read(tenant_of(request)) as session:
        rows = list(session.scalars(queries.exchange_rates().limit(SHOWN)))
    return {
        "here": RATES,
        "rows": rows,
        "currencies": sorted(currencies()),
        "teller": teller_of(realm_of(request)),
        "may_run": allows(visitor, "royalties.run"),
    }


@post(RATES, sync_to_thread=True)
def keep_rate(request: Request[Any, Any, Any], data: URLEncodedBody[NewRate]) -> Response[Any]:
    """Note a rate, in place of what was noted for the day before."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "royalties.run")
    source = data.source.strip()[:LONGEST_SOURCE] or visitor.member.name
    try:
        on, rate = _day(data.on), parse_decimal(data.rate.strip())
        with tenant_work(tenant) as session:
            rates.keep_rate(
                session, visitor.member.id, base=data.base, quote=data.quote, on=on, rate=rate, source=source
            )
            after = {"base": data.base, "quote": data.quote, "on": data.on, "rate": str(rate), "source": source}
            activity.record(session, visitor.actor, "rate.kept", subject_type="exchange_rate", after=after)
    except Invalid as refusal:
        return again(request, "royalties/rates.html", refusal, typed=data, **_shown(request, visitor))
    return flash.done(RATES, tenant, sentence("The exchange rate was noted."))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RateUnusable from None


handlers = [list_rates, keep_rate]
