"""The REST interface of a label, `/api/v1`: everything that the portal can do, for programs.

A resource is a file here. It declares what is shown and taken, and calls the doors and services that the portal's
pages call, with `call.visitor` and `call.actor`:

1. A `View` says what is answered, a `Body` or `Patch` what is taken (unknown fields are refused; values have limits).
   The first docstring sentence of each becomes its description in the document.
2. A `Resource` says how rows become views: `visible` (the policy's condition), `columns` that are no column of the
   model, `parts` read once for a whole page, `expansions`, `filters`, `sorts` (never null; give them a `coalesce`),
   `hidden` fields that lists leave out. `version` names the column that counts changes; None where there is none: then
   the content is the ETag, and changes ask for no If-Match.
3. A `Section` is a chapter of the reference; its decorators declare operations: `listing`, `get`, `post`, `patch`,
   `put`, `delete`, `upload`, and `apart` for a POST whose work is not one transaction. The function's name is the
   operation's id, its docstring "Summary. Description.". It is given the call, a session in the label's transaction
   (read-only for GET) and the body, and gives an `Answer`: mostly `RESOURCE.page(call, session)` or
   `RESOURCE.one(call, session, row_id)` behind a door. Flush before `one` if a service did not.
4. `RESOURCE.require_unchanged(call, row)` in changes declared with `matches=True` (all `patch` are).
5. The module is named in `_FILES` below.

Tokens, scopes, limits, idempotency keys, entity tags, problems, versions, cursors, the OpenAPI document, the reference,
the typed client, and the tests that try every operation follow from the declaration.
"""

from __future__ import annotations

from importlib import import_module

from litestar.handlers import HTTPRouteHandler

_FILES = (
    "published", "search",
    "artists", "acting", "imprints", "releases", "tracks", "readiness", "recordings", "works", "contributors",
    "parties", "contracts", "contract_batches", "what_if", "explaining", "deals", "signatures", "splits",
    "payees", "payee_accounts", "payouts", "payout_runs", "payout_bank", "holds",
    "products", "orders", "order_papers", "stock", "shop", "markets", "store_taxes", "selling", "previews",
    "shop_front", "pictures", "download_codes", "printer", "differences",
    "people", "label", "label_exports", "clients", "brand", "brand_assets", "words",
    "sales_reports", "suspense", "royalty_runs", "statements", "statement_papers", "ledger", "tax",
    "tax_papers", "money_settings",
    "uploads", "upload_workbooks", "files", "views",
    "bulk", "exports", "events", "webhooks", "clock",
)  # fmt: skip
"""Chapters of the reference in their order."""


def load() -> None:
    """Declare every operation."""
    for name in _FILES:
        import_module(f"{__name__}.{name}")


def handlers() -> list[HTTPRouteHandler]:
    """The routes of every operation."""
    load()
    from app.api.rest.conventions.routes import handlers as made
    from app.api.rest.published import explain_problem

    return [*made(), explain_problem]
