"""What a contract would have earned its payees, with past sales or invented ones; nothing is posted."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.contracts.models import Contract
from app.contracts.pages.contract import spelling
from app.contracts.pages.editor import CONTRACT
from app.contracts.pages.listing import CONTRACTS, today_of
from app.contracts.pages.sent import DAY, NUMBER, Reader
from app.contracts.policies import contract_to_read
from app.contracts.queries.lists import payee_names
from app.contracts.rules.terms import CHANNELS
from app.identity.pages import visitor_of
from app.identity.policies import allows, require
from app.kernel.db import tenant_read
from app.kernel.ids import parse_uuid
from app.kernel.money import to_micros
from app.kernel.sentences import sentence
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of
from app.royalties.rules.imagining import Sold, imagine
from app.royalties.rules.positions import Charge
from app.royalties.service import imagining

MONTHS = 12
STEPS = {
    "charge": sentence("Advances and costs"),
    "costs_first": sentence("Costs that come back first"),
    "mechanical_excess": sentence("Songs above the cap"),
    "mechanicals": sentence("Mechanicals"),
    "reserve_held": sentence("Held in reserve"),
    "guarantee": sentence("Minimum guarantee"),
    "apart": sentence("Still to be earned back"),
    "withholding": sentence("Tax withheld"),
    "gross_up": sentence("Tax paid by the label"),
}
FEW_MONTHS = sentence("Choose between 1 and 120 months.")


@get(f"{CONTRACT}/what-if", sync_to_thread=True)
def what_if(request: Request[Any, Any, Any], contract_id: FromPath[str]) -> Response[str]:
    """Show what each payee would have had of sales, and when costs would have been earned back."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    typed: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        typed.setdefault(name, []).append(value[:200])
    today = today_of(tenant)
    read = Reader(typed or _blank(today), realm.language)
    with tenant_read(tenant) as session:
        contract = contract_to_read(session, visitor, parse_uuid(contract_id))
        terms = imagining.terms_of(session, contract)
        facts: dict[str, Any] = {"contract": contract, "terms": terms, "payees": payee_names(session, terms)}
        outcome, lacking = None, 0
        if typed:
            if read.one("of") == "past":
                require(visitor, "royalties.view")
            sold, lacking = _sold(session, contract, terms.currency, read, today)
            costs = [*imagining.charges(session, contract.id), *_advance(read)]
            outcome = imagine(terms, sold, costs) if not read.problems else None
    facts |= {
        "sees_sales": allows(visitor, "royalties.view"),
        "outcome": outcome,
        "lacking": lacking,
        "steps": STEPS,
        "one": read.one,
        "several": read.several,
    }
    facts["problems"] = {name: told(realm, problem) for name, problem in read.problems.items()}
    status = 422 if facts["problems"] else 200
    facts |= spelling(realm, terms.currency)
    return page("contracts/what_if.html", realm, here=CONTRACTS, status=status, **facts)


def _blank(today: date) -> dict[str, Any]:
    first = today.replace(year=today.year - 1, day=1)
    rows = {"row": ["1"], "r1_channel": "stream", "r1_units": "100000", "r1_net": "0.003"}
    return {"of": "invented", "months": str(MONTHS), "from": first.isoformat(), "until": today.isoformat(), **rows}


def _sold(session: Session, contract: Contract, currency: str, read: Reader, today: date) -> tuple[list[Sold], int]:
    if read.one("of") != "past":
        return _invented(read, today), 0
    first, last = read.day("from"), read.day("until")
    for name, day in (("from", first), ("until", last)):
        if day is None:
            read.problems.setdefault(name, DAY)
    if first is None or last is None:
        return [], 0
    return imagining.past_sales(session, contract, currency, first, last)


def _invented(read: Reader, today: date) -> list[Sold]:
    """The same sales every month, from this one on."""
    months = read.whole("months", FEW_MONTHS, MONTHS) or 0
    if not 1 <= months <= imagining.MOST_MONTHS:
        read.problems.setdefault("months", FEW_MONTHS)
        return []
    sales = []
    for place in read.several("row"):
        at = f"r{place}_"
        units, net, price = (read.number(f"{at}{name}") for name in ("units", "net", "price"))
        if units is None or net is None:
            read.problems.setdefault(f"{at}units" if units is None else f"{at}net", NUMBER)
            continue
        channel = read.one(f"{at}channel")
        place_code = read.one(f"{at}territory").upper() or None
        known = channel if channel in CHANNELS else CHANNELS[0]
        sales.append(imagining.Invented(known, place_code, units, net, price))
    return imagining.invented(sales, today, months)


def _advance(read: Reader) -> list[Charge]:
    amount = read.number("advance")
    if not amount or read.problems or amount < 0:
        return []
    return [imagining.an_advance(to_micros(amount))]


handlers = [what_if]
