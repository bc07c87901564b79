"""Lists that programs take along as files: which columns, in which order, and which rows whoever asks may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, func, select, true, tuple_

from app.catalog.models import Recording, Release, Track
from app.catalog.policies import may_see_recording, may_see_release
from app.contracts.models import Contract
from app.identity.errors import OutOfScope
from app.identity.policies import Visitor, require_somewhere
from app.identity.rules.permissions import Permission
from app.roster.models import Imprint, Payee
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, SalesAsset, SalesContext, SalesLine, SalesReport, Statement
from app.storefront.models import Market, Order

Form = Literal["text", "int", "flag", "moment", "day", "list", "exact"]
"""What a column holds; what is `exact` is a decimal of any length, as text."""


@dataclass(frozen=True)
class Listing:
    """One list: `keys` put its rows in an order without ties, in which it goes on after any of them."""

    permission: Permission
    model: Any
    keys: tuple[Any, ...]
    columns: Mapping[str, tuple[Any, Form]]
    join: Callable[[Select[Any]], Select[Any]] = lambda query: query
    visible: Callable[[Visitor], ColumnElement[bool]] | None = None
    since: Any = None
    of: Mapping[str, Any] = field(default_factory=dict)
    """Ids by which it can be narrowed."""

    def require(self, visitor: Visitor) -> None:
        """Refuse who may not see any of it; what is no list of parts is of the whole label."""
        require_somewhere(visitor, self.permission)
        if self.visible is None and not visitor.scope.is_whole:
            raise OutOfScope

    def page(self, visitor: Visitor, filters: Mapping[str, Any], after: list[Any] | None, limit: int) -> Select[Any]:
        """The rows after a place: their columns, and their keys behind them."""
        shown = [expression.label(name) for name, (expression, _) in self.columns.items()]
        query: Select[Any] = select(*shown, *(key.label(f"_key{n}") for n, key in enumerate(self.keys)))
        query = self.join(query.select_from(self.model))
        query = query.where(self.visible(visitor) if self.visible else true())
        for name, value in filters.items():
            query = query.where(self.since >= value if name == "since" else self.of[name] == value)
        if after is not None:
            query = query.where(tuple_(*self.keys) > tuple_(*after))
        return query.order_by(*self.keys).limit(limit)


def _own(model: Any, **forms: Form) -> dict[str, tuple[Any, Form]]:
    return {name: (getattr(model, name), form) for name, form in forms.items()}


_RELEASE = _own(
    Release, id="text", title="text", version_title="text", edition="text", artist_line="text", kind="text",
    imprint_id="text", catalog_number="text", upc="text", grid="text", language="text", genre="text", subgenre="text",
    styles="list", parental="text", ai_use="text", p_year="int", p_owner="text", c_year="int", c_owner="text",
    original_release_date="text", release_date="text", preorder_date="text", territories="list",
    excluded_territories="list", format="text", country="text", created_at="moment", updated_at="moment",
)  # fmt: skip
_TRACK = _own(
    Track, id="text", release_id="text", recording_id="text", disc="int", number="int", position="text",
    is_preorder_only="flag", is_instant_grat="flag", created_at="moment", updated_at="moment",
)  # fmt: skip
_RECORDING = _own(
    Recording, id="text", isrc="text", title="text", version_title="text", artist_line="text", duration_ms="int",
    language="text", lyrics_language="text", is_instrumental="flag", parental="text", ai_use="text", genre="text",
    p_year="int", p_owner="text", created_at="moment", updated_at="moment",
)  # fmt: skip
_LINE: dict[str, tuple[Any, Form]] = {
    "report_id": (SalesLine.report_id, "text"),
    "row": (SalesLine.row, "int"),
    "source": (SalesContext.source, "text"),
    **_own(
        SalesContext, store="text", channel="text", commercial_model="text", configuration="text", price_band="text",
        territory="text", currency="text", sold_from="day", sold_until="day", adjustment="text",
    ),
    **_own(
        SalesAsset, isrc="text", upc="text", catalog_number="text", store_id="text", title="text", artist="text",
        recording_id="text", release_id="text", match="text",
    ),
    **_own(
        SalesLine, quantity="exact", net="exact", gross="exact", unit_price="exact", retail_price="exact",
        fees="exact", tax="exact", mechanical="exact", fx_rate="exact",
    ),
}  # fmt: skip
_STATEMENT: dict[str, tuple[Any, Form]] = {
    **_own(Statement, id="text", run_id="text", contract_id="text", payee_id="text"),
    "run_number": (RoyaltyRun.number, "int"),
    "run_state": (RoyaltyRun.state, "text"),
    "is_trial": (RoyaltyRun.is_trial, "flag"),
    "period_starts_on": (RoyaltyPeriod.starts_on, "day"),
    "period_ends_on": (RoyaltyPeriod.ends_on, "day"),
    "contract_number": (Contract.number, "text"),
    "payee": (Payee.name, "text"),
    **_own(
        Statement, currency="text", opening_micros="int", earned_micros="int", closing_micros="int",
        payable_micros="int", reserve_micros="int",
    ),
}  # fmt: skip
_ORDER: dict[str, tuple[Any, Form]] = {
    **_own(Order, id="text", number="int", state="text"),
    "market": (Market.key, "text"),
    **_own(
        Order, language="text", country="text", region="text", currency="text", items_micros="int",
        discount_micros="int", shipping_micros="int", tax_micros="int", shipping_tax_micros="int",
        tax_included="flag", total_micros="int", refunded_micros="int", placed_at="moment", paid_at="moment",
        ended_at="moment",
    ),
}  # fmt: skip

LISTS: Final[dict[str, Listing]] = {
    "releases": Listing(
        "catalog.view",
        Release,
        (Release.id,),
        _RELEASE | {"imprint": (Imprint.name, "text")},
        join=lambda query: query.join(Imprint, Imprint.id == Release.imprint_id),
        visible=may_see_release,
        since=Release.updated_at,
        of={"imprint_id": Release.imprint_id},
    ),
    "tracks": Listing(
        "catalog.view",
        Track,
        (Track.id,),
        _TRACK
        | {
            "title": (func.coalesce(Track.title, Recording.title), "text"),
            "isrc": (Recording.isrc, "text"),
            "upc": (Release.upc, "text"),
        },
        join=lambda query: query.join(Recording, Recording.id == Track.recording_id).join(
            Release, Release.id == Track.release_id
        ),
        visible=may_see_release,
        since=Track.updated_at,
        of={"release_id": Track.release_id},
    ),
    "recordings": Listing(
        "catalog.view",
        Recording,
        (Recording.id,),
        _RECORDING,
        visible=may_see_recording,
        since=Recording.updated_at,
    ),
    "sales_lines": Listing(
        "royalties.view",
        SalesLine,
        (SalesLine.report_id, SalesLine.row),
        _LINE,
        join=lambda query: (
            query.join(SalesAsset, SalesAsset.id == SalesLine.asset_id)
            .join(SalesContext, SalesContext.id == SalesLine.context_id)
            .where(SalesLine.report_id.in_(select(SalesReport.id).where(SalesReport.state == "imported")))
        ),
        of={"report_id": SalesLine.report_id},
    ),
    "statements": Listing(
        "royalties.view",
        Statement,
        (Statement.id,),
        _STATEMENT,
        join=lambda query: (
            query.join(RoyaltyRun, RoyaltyRun.id == Statement.run_id)
            .join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
            .join(Contract, Contract.id == Statement.contract_id)
            .join(Payee, Payee.id == Statement.payee_id)
        ),
        of={"run_id": Statement.run_id, "payee_id": Statement.payee_id},
    ),
    "orders": Listing(
        "store.view",
        Order,
        (Order.id,),
        _ORDER,
        join=lambda query: query.join(Market, Market.id == Order.market_id),
        since=Order.placed_at,
        of={"market_id": Order.market_id},
    ),
}
"""Of an order no name, address or mail is among them: those are read one by one."""
