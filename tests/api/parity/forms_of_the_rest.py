"""Forms about the label, its look and its shop: what is called otherwise there than in the operations."""

from collections.abc import Mapping

from app.brand.schemas import ThemeForm
from app.storefront.pages.portal.front import GROUPS
from tests.api.parity.forms import BODY, MATCH, Alone, Said

PICTURE: Said = {"file": BODY}
ENDS: Mapping[str, Said] = {"/views/{}/name": {"match": MATCH}}
"""Ends of addresses that mean the same wherever they stand."""

SCRIPTS = ("type.Arab", "type.Hans", "type.Jpan", "type.Kore")
LOOK: Said = {
    name: "inputs.type.scripts" if name in SCRIPTS else f"inputs.{name}"
    for name in ThemeForm.__struct_encode_fields__
    if "." in name
}
FRONT: Said = {
    **{name: f"inputs.{name}" for names in GROUPS.values() for name in names},
    "match": MATCH, "language": Alone.LANGUAGE, "on": Alone.ROWS, "key": "sections.kind", "count": "sections.count",
    "title": "sections.titles", "body": "sections.bodies",
}  # fmt: skip
RATES: Said = {
    "rate_name": "items.name", "called": "items.names", "price": "items.price_micros",
    "free_from": "items.free_from_micros", "most_grams": "items.most_grams", "days_from": "items.days_from",
    "days_until": "items.days_until", "rate_countries": "items.countries", "language": Alone.LANGUAGE,
}  # fmt: skip
TAX, RATE = ("scheme", "number"), ("name", "rate", "rate_country", "rate_region", "tax_class")
PARCEL: Said = dict.fromkeys(("carrier", "name", "tracking"), Alone.NEIGHBOUR)

TABLES: Mapping[str, Said] = {
    "/portal/files": PICTURE,
    "/portal/files/removals": {"id": "file_id"},
    "/portal/files/{}/name": {"match": MATCH},
    "/portal/inbox/readings": {"archive": "is_archived"},
    "/portal/settings/api/webhooks": {"match": Alone.NEW},
    "/portal/settings/api/webhooks/{}": {"match": MATCH},
    "/portal/settings/brand/drafts": {"base": "version_id"},
    "/portal/settings/brand/drafts/{}": LOOK,
    "/portal/settings/brand/fonts": {**PICTURE, "draft": "version_id"},
    "/portal/settings/brand/logos": {**PICTURE, "draft": "version_id"},
    "/portal/settings/hosts/check": {"surface": Alone.NEIGHBOUR},
    "/portal/settings/hosts/primary": {"surface": Alone.NEIGHBOUR},
    "/portal/settings/hosts/removal": {"surface": Alone.NEIGHBOUR},
    "/portal/settings/hosts/{}/surface": {"match": MATCH},
    "/portal/settings/sandbox/clock": {"days": "seconds"},
    "/portal/settings/team/{}/role": {"match": MATCH},
    "/portal/settings/words": {"q": Alone.WAY_BACK},
    "/portal/settings/words/removal": {"q": Alone.WAY_BACK},
    "/portal/store/discounts": {"amount": "value", "percent": "value"},
    "/portal/store/markets/taxes": dict.fromkeys(RATE, Alone.NEIGHBOUR),
    "/portal/store/markets/taxes/rates": {
        "rate_country": "country", "rate_region": "region", **dict.fromkeys(TAX, Alone.NEIGHBOUR),
    },
    "/portal/store/markets/{}": {"called.{}": "names", "match": MATCH},
    "/portal/store/markets/shop": {"match": MATCH},
    "/portal/store/markets/{}/rates": RATES,
    "/portal/store/orders/papers": {"id": "order_ids", "kind": Alone.CHOICE},
    "/portal/store/orders/{}/parcels/{}/parts": {
        "line": "lines.line_id", "quantity": "lines.quantity", **PARCEL,
    },
    "/portal/store/orders/{}/refund": {
        "line": "lines.line_id", "quantity": "lines.quantity", "amount": "lines.amount_micros",
        "restock": "is_restocked", "words": "reason",
    },
    "/portal/store/pages/front": FRONT,
    "/portal/store/pages/front/publication": FRONT,
    "/portal/store/pages/menus": {
        "menu": Alone.CHOICE, "entry": "entries.id", "name": "entries.name", "target": "entries.target",
    },
    "/portal/store/pages/{}": {"look": Alone.LOOK, "match": MATCH},
    "/portal/store/pages/{}/picture": PICTURE,
    "/portal/store/previews/{}": {
        "recording": "items.recording_id", "start": "items.start_ms", "length": "items.length_ms",
    },
    "/portal/store/products": {"price": "variants.price_micros", "part": "parts.variant_id"},
    "/portal/store/products/state": {"id": "product_id", "state": Alone.CHOICE},
    "/portal/store/products/{}": {
        "at.{}": "variants.prices.price_micros", "at.{}.{}": "variants.prices.market_id, variants.prices.price_micros",
        "variant": "variants.id", "variant_title": "variants.title", "options": "variants.options",
        "sku": "variants.sku", "barcode": "variants.barcode", "grams": "variants.grams",
        "price": "variants.price_micros", "was": "variants.was_micros", "cost": "variants.cost_micros",
        "part": "parts.variant_id", "part_quantity": "parts.quantity", "named": "is_named_price",
        "title_here": "titles", "language": Alone.LANGUAGE, "match": MATCH,
    },
    "/portal/store/products/{}/picture": PICTURE,
    "/portal/store/stock/counts": {"file": "counts"},
}  # fmt: skip
