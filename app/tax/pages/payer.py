"""Settings → Tax details: where the label pays tax, and as whom the tax office knows it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import URLEncodedBody

from app.identity.pages import visitor_of
from app.identity.pages.door import again
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.rules.countries import country_names
from app.tax.pages.places import PROVED, SETTINGS, AnyRequest, teller
from app.tax.policies import may_prepare, require_all
from app.tax.rules.tables import us_table
from app.tax.rules.withholding import regime_of
from app.tax.schemas import PayerForm
from app.tax.service import payer as service


@get(SETTINGS, sync_to_thread=True)
def show(request: AnyRequest) -> Response[Any]:
    """Show the label as the tax office knows it."""
    require_all(visitor_of(request), "payouts.view")
    return page("tax/settings.html", realm_of(request), problem=None, problems={}, **_shown(request, {}))


def _shown(request: AnyRequest, typed: dict[str, str]) -> dict[str, Any]:
    with tenant_read(tenant_of(request)) as session:
        payer = service.payer_of(session)
    kept = {name: getattr(payer, name) or "" for name in service.TEXTS}
    kept |= {"country": (payer.country or "") if payer.is_said else "", "match": str(payer.version), "tin": ""}
    return {
        "here": SETTINGS,
        "payer": payer,
        "regime": regime_of(payer.country),
        "typed": kept | typed,
        "countries": country_names(realm_of(request).language),
        "table": us_table(),
        "teller": teller(request),
        "may_change": may_prepare(visitor_of(request)),
    }


@post(SETTINGS, sync_to_thread=True, opt=PROVED)
def change(request: AnyRequest, data: URLEncodedBody[PayerForm]) -> Response[Any]:
    """Say who the label is to the tax office."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    require_all(visitor, "payouts.view")
    require_all(visitor, "payouts.prepare")
    typed = {name: getattr(data, name) for name in (*service.TEXTS, "country", "tin")}
    try:
        with tenant_work(tenant) as session:
            service.change(session, visitor, typed, match=data.match)
    except (Invalid, Conflict) as refusal:
        fields = getattr(refusal, "fields", {})
        problems = {name: told(realm, text) for name, text in fields.items()}
        kept = {name: text[: service.LONGEST] for name, text in typed.items() if name != "tin"}
        return again(request, "tax/settings.html", refusal, problems=problems, **_shown(request, kept))
    return flash.done(SETTINGS, tenant, sentence("The tax details were changed."))


handlers = [show, change]
