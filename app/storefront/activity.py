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

tell("order.paid", sentence("An order was paid"), hears="store.view")
tell("order.paid_in_vain", sentence("A payment came that nobody waited for, and goes back"), hears="store.view")
tell("order.refund_asked", sentence("A refund was asked for"))
tell("order.refunded", sentence("Money of an order was given back"), hears="store.view")
tell("order.refund_failed", sentence("Money of an order could not be given back"), hears="store.edit")
tell("order.disputed", sentence("A buyer's bank wants a payment back"), hears="store.edit")
tell("order.dispute_won", sentence("A dispute about a payment was won"), hears="store.view")
tell("order.dispute_lost", sentence("A dispute about a payment was lost"), hears="store.edit")
tell("gateway_difference.found", sentence("The payment service's list and the books differ"), hears="store.edit")
tell("gateway_difference.resolved", sentence("A difference with the payment service was settled"))
tell("store.sales_reported", sentence("The shop's sales were reported"), hears="store.view")
