"""What the shop records, in words."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.sentences import sentence

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
