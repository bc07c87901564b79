"""What the shop records, in words."""

from __future__ import annotations

from sqlalchemy import case, select

from app.kernel.activity.meanings import tell
from app.kernel.activity.subjects import is_about
from app.kernel.sentences import sentence
from app.storefront.models import Discount, Order, Product, StockLocation, Variant
from app.storefront.policies import may_see_store

is_about("order", Order.id, may_see_store, href="/portal/store/orders/{}", name=Order.number)
is_about("product", Product.id, may_see_store, href="/portal/store/products/{}", name=Product.title)
_PRODUCT = select(Product.title).where(Product.id == Variant.product_id).scalar_subquery()
_VARIANT = case((Variant.title == "", _PRODUCT), else_=_PRODUCT + " · " + Variant.title)
is_about("variant", Variant.id, may_see_store, href="/portal/store/stock/{}", name=_VARIANT)
is_about("stock_location", StockLocation.id, may_see_store, href="/portal/store/stock", name=StockLocation.name)
is_about("discount", Discount.id, may_see_store, href="/portal/store/discounts", name=Discount.name)

tell("shop.opened", sentence("The shop was opened"))
tell("shop.closed", sentence("The shop was closed"))
tell("tax_registration.set", sentence("The shop collects tax somewhere"))
tell("tax_registration.ended", sentence("The shop stopped collecting tax somewhere"))
tell("tax_rate.set", sentence("A tax rate was set"))
tell("tax_rate.dropped", sentence("A tax rate that the label had set was dropped"))
tell("stock_location.added", sentence("A place for stock was added"))
tell("market.created", sentence("A market was added"))
tell("market.changed", sentence("A market was changed"))
tell("market.removed", sentence("A market was removed"))
tell("product.created", sentence("A product was added"))
tell("product.changed", sentence("A product was changed"))
tell("product.published", sentence("A product was put on sale"))
tell("product.archived", sentence("A product was taken off sale"))
tell("stock.moved", sentence("Stock was changed"))
tell("stock.low", sentence("Only few are left of something"), hears="store.edit", asks=True)
tell("discount.created", sentence("A discount was made"))
tell("discount.ended", sentence("A discount was ended"))
tell("download_codes.made", sentence("Download codes were made"))
tell("order.placed", sentence("An order was placed"))
tell("order.cancelled", sentence("An order was cancelled"))

tell("order.paid", sentence("An order was paid"), hears="store.view")
tell("order.paid_in_vain", sentence("A payment came that nobody waited for, and goes back"), hears="store.view")
tell("order.refund_asked", sentence("A refund was asked for"))
tell("order.refunded", sentence("Money of an order was given back"), hears="store.view")
tell("order.refund_failed", sentence("Money of an order could not be given back"), hears="store.edit", asks=True)
tell("order.disputed", sentence("A buyer's bank wants a payment back"), hears="store.edit", asks=True)
tell("order.dispute_won", sentence("A dispute about a payment was won"), hears="store.view")
tell("order.dispute_lost", sentence("A dispute about a payment was lost"), hears="store.edit")
tell(
    "gateway_difference.found",
    sentence("The payment service's list and the books differ"),
    hears="store.edit",
    asks=True,
)
tell("gateway_difference.resolved", sentence("A difference with the payment service was settled"))
tell("store.sales_reported", sentence("The shop's sales were reported"), hears="store.view")

tell("membership.late", sentence("A membership could not be charged"), hears="store.view")
tell("membership.ended", sentence("A membership ended"), hears="store.view")

tell("shop.changed", sentence("Settings of the shop were changed"))
tell("order.packed", sentence("A parcel was packed"))
tell("order.shipped", sentence("A parcel was sent"))
tell("order.delivered", sentence("A parcel arrived, or music opened on its day"))
tell("order.came_back", sentence("A parcel came back"), hears="store.view")
tell("order.divided", sentence("A parcel was divided in two"))
tell("product.pictured", sentence("A product's picture was changed"))
tell("store.exported", sentence("A list of the shop was exported"))
tell("store_page.created", sentence("A page of the shop was begun"))
tell("store_page.changed", sentence("A page of the shop was changed"))
tell("store_page.pictured", sentence("A page of the shop got another picture"))
tell("store_page.published", sentence("A page of the shop was published"))
tell("store_page.taken_back", sentence("A page of the shop was taken back"))
tell("store_page.removed", sentence("A page of the shop was removed"))
tell("store_menu.changed", sentence("A menu of the shop was changed"))
tell("store_front.changed", sentence("The shop's front page was changed"))

tell("printer.connected", sentence("The shop was connected to Printful"))
tell("printer.disconnected", sentence("The shop was parted from Printful"))
tell("printer.refused", sentence("Printful does not accept the shop's token any more"), hears="store.edit", asks=True)
tell("order.print_asked", sentence("Printful was asked to make what was ordered"))
tell("order.print_failed", sentence("Printful does not make something that was ordered"), hears="store.edit", asks=True)
tell("order.print_cancelled", sentence("Printful cancelled something that was ordered"), hears="store.edit", asks=True)
