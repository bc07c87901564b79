"""What the shop records, in words."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.sentences import sentence

tell("shop.opened", sentence("The shop was set up"))
tell("market.created", sentence("A market was added"))
tell("market.changed", sentence("A market was changed"))
tell("market.removed", sentence("A market was removed"))
tell("product.created", sentence("A product was added"))
tell("product.changed", sentence("A product was changed"))
tell("product.published", sentence("A product was put on sale"))
tell("product.archived", sentence("A product was taken off sale"))
tell("stock.moved", sentence("Stock was changed"))
tell("stock.low", sentence("Only few are left of something"), hears="store.edit")
tell("discount.created", sentence("A discount was made"))
tell("discount.ended", sentence("A discount was ended"))
tell("download_codes.made", sentence("Download codes were made"))
tell("order.placed", sentence("An order was placed"))
tell("order.cancelled", sentence("An order was cancelled"))
