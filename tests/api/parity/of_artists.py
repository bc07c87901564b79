"""The artists' own app: the same operations, by a program that an artist lends what is theirs."""

from tests.api.parity import Rows, Why

ROWS: dict[str, Rows] = {
    "/artist": {
        "GET": Why.SCREEN,
        "GET /manifest.webmanifest": Why.BROWSER,
        "GET /sw.js": Why.BROWSER,
        "GET /offline": Why.BROWSER,
        "GET /me": Why.WAY_IN,
        "POST /me": Why.WAY_IN,
        "GET /releases": "list_releases",
        "GET /releases/{}": "read_release list_release_tracks",
        "GET /news": Why.PARTY,
        "GET /news/{}": Why.SCREEN,
        "POST /news/all": Why.PARTY,
        "GET /team": "list_artist_grants",
        "POST /team/{}/grants": "offer_artist_grant",
        "POST /team/{}/grants/{}/removal": "end_artist_grant",
    },
    "/artist/contracts": {
        "GET": Why.PARTY,
        "GET /{}": Why.PARTY,
        "GET /{}/changes": Why.PARTY,
        "POST /{}/proposal": Why.IN_PERSON,
    },
    "/artist/splits": {
        "GET": Why.PARTY,
        "GET /{}": Why.PARTY,
        "POST /sheets/{}/payees/{}/confirmation": Why.IN_PERSON,
        "POST /sheets/{}/payees/{}/contest": Why.IN_PERSON,
    },
    "/artist/statements": {
        "GET": "list_statements",
        "GET /{}": "read_statement list_statement_lines",
        "GET /{}/lines/{}": "open_statement_line list_statement_line_rows",
        "GET /{}/lines/{}/rows/{}/{}": "read_statement_line_row",
        "POST /{}/lines/{}/notes": "write_statement_note",
    },
    "/artist/money": {
        "GET": "list_payees list_payouts",
        "GET /{}": "read_payee read_balances",
        "GET /{}/accounts": "read_payee",
        "POST /{}/accounts": "add_account",
        "POST /{}/accounts/{}/removal": "remove_account",
        "POST /{}/shares": "share_accounts",
        "POST /{}/schedule": "schedule_payouts",
        "GET /{}/quote": "quote_payout",
        "POST /{}/payouts": "ask_for_payout",
        "GET /{}/processor": Why.IN_PERSON,
        "GET /payouts/{}": "read_payout",
        "GET /payouts/{}/receipt": "fetch_receipt",
        "POST /payouts/{}/cancellation": "cancel_payout",
    },
    "/artist/money/{}/tax": {
        "GET": "read_taxed_payee",
        "GET /forms/{}/paper": "fetch_tax_form",
        "GET /interview": Why.IN_PERSON,
        "GET /interview/{}": Why.IN_PERSON,
        "POST /interview/{}": Why.IN_PERSON,
        "GET /signature": Why.IN_PERSON,
    },
}
