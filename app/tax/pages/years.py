"""A year's figures for tax offices: a preview with numbers in part, and the files with full ones."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from app.identity.pages import visitor_of
from app.kernel.db import tenant_read, tenant_work
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.tables import table
from app.lists.errors import FilterUnusable
from app.tax.pages.places import PROVED, TAX, AnyRequest, teller
from app.tax.policies import may_prepare, require_all
from app.tax.rules.filing import LAYOUTS
from app.tax.rules.years import LEFT_SENTENCES
from app.tax.service import years
from app.tax.service.filling import today_of
from app.tax.service.payer import payer_of

YEAR = f"{TAX}/years/{{year:int}}"
FILE_NAMES = {"1099": "1099-MISC", "1042s": "1042-S", "dac7": "DAC7"}
SHOWN = 200


@get(YEAR, sync_to_thread=True)
def show(request: AnyRequest, year: FromPath[int]) -> Response[str]:
    """Show what each form would say, and what stands on none."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "payouts.view")
    years.check_year(tenant, year)
    with tenant_read(tenant) as session:
        found = years.year_end(session, year, years.payments_of(session, year))
        payer = payer_of(session)
    this_year = today_of(tenant).year
    shown: dict[str, Any] = {
        "here": f"{TAX}/years/{year}",
        "year": year,
        "before": year - 1 if year > years.FIRST_YEAR else None,
        "after": year + 1 if year < this_year else None,
        "is_over": year < this_year,
        "found": found,
        "payer": payer,
        "most": SHOWN,
        "left": LEFT_SENTENCES,
        "layouts": {key: (FILE_NAMES[key], columns) for key, columns in LAYOUTS.items()},
        "may_take": may_prepare(visitor),
        "teller": teller(request),
    }
    return page("tax/year.html", realm_of(request), **shown)


@post(f"{YEAR}/files", sync_to_thread=True, opt=PROVED)
def take(request: AnyRequest, year: FromPath[int], data: URLEncodedBody[dict[str, str]]) -> Response[bytes]:
    """Give a file for a tax office, with full numbers; who took it is recorded."""
    visitor, tenant, layout = visitor_of(request), tenant_of(request), data.get("layout", "")
    require_all(visitor, "payouts.view")
    require_all(visitor, "payouts.prepare")
    years.check_year(tenant, year)
    if layout not in LAYOUTS or set(data) != {"layout"}:
        raise FilterUnusable
    with tenant_work(tenant) as session:
        heads, rows = years.table(session, visitor.actor, year, layout, years.payments_of(session, year))
    answer = table(f"{tenant.slug}-{FILE_NAMES[layout]}-{year}", "csv", heads, rows)
    answer.headers["cache-control"] = "no-store"
    return answer


handlers = [show, take]
