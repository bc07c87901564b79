"""Every kind of event that programs can hear of: one table, from which schemas, filters and pages are made."""

from __future__ import annotations

from typing import Final

from app.api.rules.events import EventType, Kind
from app.identity.rules.permissions import Permission

_CATALOG: Permission = "catalog.view"
_CONTRACTS: Permission = "contracts.view"
_ROYALTIES: Permission = "royalties.view"
_PAYOUTS: Permission = "payouts.view"
_STORE: Permission = "store.view"

_CLIENTS: Permission = "api.clients"
_ENDPOINT: Final = "webhook_endpoint"

_MADE: dict[str, Kind] = {"kind": "text", "format": "text"}
_NAMED: dict[str, Kind] = {"name": "text"}
_TITLED: dict[str, Kind] = {"title": "text"}
_PAYOUT: dict[str, Kind] = {
    "number": "count", "state": "text", "speed": "text", "currency": "text", "gross_micros": "micros",
    "sent_micros": "micros", "payee_id": "id",
}  # fmt: skip
_PERIOD: dict[str, Kind] = {"starts_on": "day", "ends_on": "day"}
_RUN: dict[str, Kind] = {"number": "count", "state": "text"}
_ORDER: dict[str, Kind] = {"number": "text"}
_AMOUNT: dict[str, Kind] = {"number": "text", "amount": "text"}
_PARCEL: dict[str, Kind] = {"parcel": "count", "state": "text"}
_HOLD: dict[str, Kind] = {"currency": "text", "amount_micros": "micros", "payee_id": "id", "ends_at": "day"}
_BATCH: dict[str, Kind] = {"name": "text"}


def _type(
    name: str,
    sentence: str,
    about: str,
    permission: Permission,
    facts: dict[str, Kind] | None = None,
    *,
    changes: bool = False,
    action: str = "",
) -> EventType:
    return EventType(name, sentence, about, permission, facts or {}, changes, action)


TESTED: Final = "webhook.tested"
"""What an endpoint is sent to try it; nobody else hears of it."""

_CATALOGUE_TYPES = (
    _type("release.created", "A release was created.", "release", _CATALOG, {"title": "text", "artist": "text"}),
    _type("release.changed", "A release was changed.", "release", _CATALOG, changes=True),
    _type("release.taken_back", "A release was taken back.", "release", _CATALOG, _TITLED),
    _type("recording.created", "A recording was created.", "recording", _CATALOG, {"title": "text", "isrc": "text"}),
    _type("recording.changed", "A recording was changed.", "recording", _CATALOG, changes=True),
    _type("work.created", "A work was created.", "work", _CATALOG, {"title": "text", "iswc": "text"}),
    _type("work.changed", "A work was changed.", "work", _CATALOG, changes=True),
    _type("code.issued", "Codes were issued for a release.", "release", _CATALOG),
    _type("contributor.changed", "A contributor was changed.", "contributor", _CATALOG, changes=True),
    _type("contributor.merged", "Two contributors became one.", "contributor", _CATALOG),
    _type("artist.added", "An act joined the roster.", "artist", _CATALOG, {"name": "text", "key": "text"}),
    _type("artist.changed", "An act was changed.", "artist", _CATALOG, changes=True),
    _type("artist.leaving", "An act will leave the roster.", "artist", _CATALOG, _NAMED | {"leaves_on": "day"}),
    _type("artist.left", "An act left the roster.", "artist", _CATALOG, _NAMED),
    _type("imprint.added", "An imprint was added.", "imprint", _CATALOG, _NAMED),
    _type("imprint.changed", "An imprint was changed.", "imprint", _CATALOG, changes=True),
    _type("imprint.removed", "An imprint was removed.", "imprint", _CATALOG),
    _type("batch.opened", "A bulk upload came in.", "batch", _CATALOG, _BATCH),
    _type("batch.checked", "A bulk upload was checked.", "batch", _CATALOG, _BATCH),
    _type("batch.applied", "A bulk upload was applied.", "batch", _CATALOG, _BATCH),
    _type("batch.undone", "A bulk upload was taken back.", "batch", _CATALOG, _BATCH),
    _type("batch.stopped", "A bulk upload could not be read.", "batch", _CATALOG, _BATCH),
)

_BUSINESS_TYPES = (
    _type("contract.drafted", "A contract was drafted.", "contract", _CONTRACTS, {"number": "text", "kind": "text"}),
    _type("contract.changed", "A contract was changed.", "contract", _CONTRACTS, changes=True),
    _type("contract.amended", "A new version of a contract was begun.", "contract", _CONTRACTS, {"version": "count"}),
    _type("contract.sent", "A contract was sent to be signed.", "contract", _CONTRACTS),
    _type("contract.viewed", "Somebody who is to sign opened a contract.", "contract", _CONTRACTS),
    _type("contract.signed", "One of the parties signed a contract.", "contract", _CONTRACTS),
    _type("contract.declined", "A contract was declined.", "contract", _CONTRACTS),
    _type("contract.expired", "A contract was not signed in time.", "contract", _CONTRACTS),
    _type("contract.withdrawn", "A contract was taken back before all had signed.", "contract", _CONTRACTS),
    _type("contract.sealed", "Everybody has signed a contract.", "contract", _CONTRACTS),
    _type("contract.activated", "A contract is in force.", "contract", _CONTRACTS, {"version": "count", "from": "day"}),
    _type("contract.ended", "A contract ended.", "contract", _CONTRACTS, {"ends_on": "day"}),
    _type("obligation.due", "Under a contract somebody must act soon.", "contract", _CONTRACTS),
    _type("split.proposed", "Shares in a recording were proposed.", "recording", _CONTRACTS),
    _type("split.confirmed", "A share in a recording was confirmed.", "recording", _CONTRACTS, {"share_ppm": "ppm"}),
    _type("split.contested", "A share in a recording is contested.", "recording", _CONTRACTS, {"share_ppm": "ppm"}),
    _type("sales_report.received", "A sales report came in.", "sales_report", _ROYALTIES, _NAMED),
    _type("sales_report.imported", "A sales report was imported.", "sales_report", _ROYALTIES, _NAMED),
    _type(
        "sales_report.held",
        "A sales report is held: its total is not the one stated.",
        "sales_report",
        _ROYALTIES,
        _NAMED,
    ),
    _type("sales_report.refused", "A sales report could not be read.", "sales_report", _ROYALTIES, _NAMED),
    _type("period.opened", "A royalty period was opened.", "period", _ROYALTIES, _PERIOD),
    _type("royalty_run.calculated", "Royalties were calculated.", "run", _ROYALTIES, _RUN, action="run.calculated"),
    _type("royalty_run.failed", "Royalties could not be calculated.", "run", _ROYALTIES, _RUN, action="run.failed"),
    _type("royalty_run.approved", "A royalty run was approved.", "run", _ROYALTIES, _RUN, action="run.approved"),
    _type(
        "statements.published", "Statements of a run were published.", "run", _ROYALTIES, _RUN, action="run.published"
    ),
    _type("statement.asked", "Somebody asks about a line of a statement.", "statement", _ROYALTIES),
    _type("payout.asked", "A payout was asked for.", "payout", _PAYOUTS, _PAYOUT),
    _type("payout.approved", "A payout was approved.", "payout", _PAYOUTS, _PAYOUT),
    _type("payout.rejected", "A payout was rejected.", "payout", _PAYOUTS, _PAYOUT),
    _type("payout.cancelled", "A payout was cancelled.", "payout", _PAYOUTS, _PAYOUT),
    _type("payout.sent", "A payout is on its way.", "payout", _PAYOUTS, _PAYOUT),
    _type("payout.paid", "A payout arrived.", "payout", _PAYOUTS, _PAYOUT),
    _type("payout.failed", "A payout did not arrive.", "payout", _PAYOUTS, _PAYOUT),
    _type("payout.returned", "A payout came back.", "payout", _PAYOUTS, _PAYOUT),
    _type("payout_run.submitted", "A payout run waits for approval.", "payout_run", _PAYOUTS, _RUN),
    _type("payout_run.approved", "A payout run was approved.", "payout_run", _PAYOUTS, _RUN),
    _type(
        "payout_method.added",
        "An account for payouts was added.",
        "payee",
        _PAYOUTS,
        {"method_id": "id", "currency": "text"},
    ),
    _type(
        "payout_method.removed",
        "An account for payouts was removed.",
        "payee",
        _PAYOUTS,
        {"method_id": "id", "currency": "text"},
    ),
    _type("payout_hold.opened", "A disputed amount is held back.", "payout_hold", _PAYOUTS, _HOLD),
    _type("payout_hold.released", "A held amount was let go of.", "payout_hold", _PAYOUTS, _HOLD),
    _type("payee.added", "A payee was added.", "payee", _PAYOUTS),
    _type("tax_form.signed", "A tax form was signed.", "party", _PAYOUTS, {"kind": "text"}),
)

_STORE_TYPES = (
    _type("product.created", "A product was added.", "product", _STORE, _TITLED),
    _type("product.changed", "A product was changed.", "product", _STORE, changes=True),
    _type("product.published", "A product was put on sale.", "product", _STORE, _TITLED | {"state": "text"}),
    _type("product.archived", "A product was taken off sale.", "product", _STORE, _TITLED | {"state": "text"}),
    _type(
        "stock.moved",
        "Stock was changed.",
        "variant",
        _STORE,
        {"quantity": "count", "on_hand": "count", "reason": "text"},
    ),
    _type("stock.low", "Only few are left of something.", "variant", _STORE, {"left": "count", "location": "id"}),
    _type(
        "order.placed", "An order was placed.", "order", _STORE, _ORDER | {"total_micros": "micros", "currency": "text"}
    ),
    _type("order.paid", "An order was paid.", "order", _STORE, _AMOUNT),
    _type("order.cancelled", "An order was cancelled.", "order", _STORE, _ORDER),
    _type("order.packed", "A parcel was packed.", "order", _STORE, _PARCEL),
    _type("order.shipped", "A parcel was sent.", "order", _STORE, _PARCEL),
    _type("order.delivered", "A parcel arrived, or music that was ordered early is out.", "order", _STORE, _PARCEL),
    _type("order.came_back", "A parcel came back.", "order", _STORE, _PARCEL),
    _type("order.refunded", "Money of an order was given back.", "order", _STORE, _AMOUNT),
    _type("order.refund_failed", "Money of an order could not be given back.", "order", _STORE, _AMOUNT),
    _type("order.disputed", "A buyer's bank wants a payment back.", "order", _STORE, _AMOUNT),
    _type("order.dispute_won", "A dispute about a payment was won.", "order", _STORE, _AMOUNT),
    _type("order.dispute_lost", "A dispute about a payment was lost.", "order", _STORE, _AMOUNT),
    _type("membership.late", "A membership could not be charged.", "membership", _STORE),
    _type("membership.ended", "A membership ended.", "membership", _STORE),
    _type("fan.joined", "A fan joined.", "fan", _STORE),
    _type("fan.erased", "A fan had their data erased.", "fan", _STORE),
)

_LABEL_TYPES = (
    _type("label.changed", "The label's settings were changed.", "label", "label.settings", changes=True),
    _type("label.export_ready", "An export of everything is ready.", "export", "label.export"),
    _type("theme.published", "The brand was published.", "theme", "brand.view", {"number": "count"}),
    _type("file.stored", "A file was added.", "file", "files.view", _NAMED),
    _type("file.removed", "A file was removed.", "file", "files.view", _NAMED),
    _type("member.joined", "Somebody joined the label's team.", "member", "team.view"),
    _type("member.disabled", "Somebody was disabled.", "member", "team.view"),
    _type("member.enabled", "Somebody was let in again.", "member", "team.view"),
    _type("member.role_changed", "Somebody's role was changed.", "member", "team.view"),
    _type("bulk_job.finished", "A bulk job came to its end.", "bulk_job", _CATALOG, {"state": "text"}),
    _type("data_export.ready", "An export of data is ready.", "data_export", _CATALOG, _MADE),
    _type("webhook_endpoint.disabled", "An endpoint was switched off.", _ENDPOINT, _CLIENTS, {"why": "text"}),
    _type(TESTED, "An endpoint is being tried.", _ENDPOINT, _CLIENTS),
)

TYPES: Final[dict[str, EventType]] = {
    each.name: each for each in (*_CATALOGUE_TYPES, *_BUSINESS_TYPES, *_STORE_TYPES, *_LABEL_TYPES)
}
BY_ACTION: Final[dict[str, EventType]] = {each.of: each for each in TYPES.values()}
RESOURCES: Final[tuple[str, ...]] = tuple(dict.fromkeys(name.partition(".")[0] for name in TYPES))
