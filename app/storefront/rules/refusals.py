"""Why the shop does not sell."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.sentences import sentence


class MembershipNeedsFan(Conflict):
    """A guest wants to be a member."""

    message = "A membership needs an account: sign in first, then you are back here."


class ProductUnknown(NotFound):
    """The label has no such product, or the asker may not know of it."""

    message = "This product could not be found."


class OrderUnknown(NotFound):
    """The label has no such order, or the asker may not know of it."""

    message = "This order could not be found."


class MarketUnknown(NotFound):
    """The label has no such market."""

    message = "This market could not be found."


class DiscountUnknown(NotFound):
    """The label has no such discount."""

    message = "This discount could not be found."


class LocationUnknown(NotFound):
    """Nothing of the label lies there."""

    message = "This stock location could not be found."


class BasketGone(NotFound):
    """The basket was ordered or forgotten, or the line is in another one."""

    message = "This is not in your basket any more."


class MarketClosed(Conflict):
    """The label does not sell there just now."""

    message = "The shop is not open for orders here just now. Your basket is kept."


class CountryElsewhere(Conflict):
    """Another market sells to this country."""

    message = "Prices for this country are others. Choose the country again to see them."


class PriceChanged(Conflict):
    """What was shown is not what it costs now; `total_micros` of `currency` is."""

    message = "The price changed while you were here: it is %(total)s now. Nothing was ordered; look at it once more."

    def __init__(self, total_micros: int, currency: str, total: str) -> None:
        self.total_micros, self.currency = total_micros, currency
        super().__init__(total=total)


class SoldOut(Conflict):
    """Somebody else was quicker."""

    message = "“%(title)s” is sold out. Nothing was ordered; take it out of the basket to go on."


class OnlySoMany(Conflict):
    """There are some, and fewer than wanted."""

    message = "Of “%(title)s” only %(count)s are left. Nothing was ordered; change how many you want."


class NotSoldHere(Conflict):
    """Archived, not on sale yet, or not for this country."""

    message = "“%(title)s” is not sold in your country. Nothing was ordered; take it out of the basket to go on."


class PriceGone(Conflict):
    """There is no price for it there any more, or a lower one was named than is asked now."""

    message = "“%(title)s” has no price here any more, or another one. Take it out of the basket and put it in again."


class BasketEmpty(Invalid):
    """Nothing to order."""

    message = "There is nothing in the basket."


class BasketFull(Invalid):
    """More than a basket holds."""

    message = "A basket holds at most %(count)s different things."


class QuantityUnusable(Invalid):
    """No number of things."""

    message = "Choose a number from 1 to %(most)s."


class NamedPriceUnusable(Invalid):
    """Less than the least, or absurdly much."""

    message = "Name a price from %(least)s on."


class PriceUnreadable(Invalid):
    """What somebody typed is no price."""

    message = "“%(text)s” is no price. Write a number such as 7.50."


class GiftUnaddressed(Invalid):
    """A gift for nobody who can be reached."""

    message = "Write the mail address of whoever gets the gift."


class GiftDayUnusable(Invalid):
    """A gift for a day that is over, too far away, or none."""

    message = "Choose a day from today on, within a year."


class CodeUnusable(Invalid):
    """A code that makes nothing cheaper."""

    message = "The code “%(code)s” is not valid."
    USED_UP = sentence("The code “%(code)s” has been used up.")
    ONCE = sentence("The code “%(code)s” can be used once, and you have used it.")
    OVER = sentence("The code “%(code)s” is not valid any more.")
    TOO_MANY = sentence("A basket takes at most %(most)s codes.")


class DetailsIncomplete(Invalid):
    """Something is missing without which it cannot be ordered; `fields` says what."""

    message = "Something is missing. Fill in what is marked."
    EMAIL = sentence("Write the mail address to which the order is confirmed.")
    NAME = sentence("Write a name.")
    STREET = sentence("Write street and number.")
    CITY = sentence("Write the town.")
    POSTCODE = sentence("Write the postcode.")
    COUNTRY = sentence("The address is in another country than the order.")
    REGION = sentence("Choose the state or province.")
    WAY = sentence("Choose how it is sent.")


class NotSentThere(Invalid):
    """No way of sending leads there."""

    message = "Nothing is sent to this country. Choose another one, or take what needs sending out of the basket."


class OrderUnfit(Conflict):
    """What is asked for does not follow from where the order stands."""

    message = "This cannot be done with the order as it stands. Reload the page to see where it stands."


class ProductChanged(Conflict):
    """Somebody else changed it."""

    message = "This was changed in the meantime. Reload the page, then change it again."


class ProductUnusable(Invalid):
    """A product that cannot be sold as it is."""

    message = "The product cannot be kept like this."
    TITLE = sentence("Give it a title.")
    KIND = sentence("Choose what kind of product it is.")
    TAX = sentence("Choose how it is taxed.")
    VARIANTS = sentence("Give it at least one variant with a price.")
    MUSIC = sentence("Choose the release or the recording that is sold.")
    PARTS = sentence("Choose what is in the bundle: at least one variant of another product that is no bundle.")
    INTERVAL = sentence("Choose how often the membership is paid.")
    SLUG = sentence("An address is made of small letters, digits and hyphens.")
    PRICE = sentence("A price is a whole number of the currency's smallest unit, and not negative.")
    SKU = sentence("This number is given to another variant already.")
    MOST = sentence("More of it were sold than this edition would have.")


class StockUnusable(Invalid):
    """Fewer than nothing, or fewer than are spoken for."""

    message = "So many cannot be taken away: %(count)s are not set aside for orders."


class MarketUnusable(Invalid):
    """A market that cannot be kept as it is."""

    message = "The market cannot be kept like this."
    KEY = sentence("Give it a short name that no other market has: 2 to 20 small letters, digits and hyphens.")
    NAME = sentence("Give it a name.")
    LONG = sentence("A name has up to 100 characters.")
    CURRENCY = sentence("Choose a currency.")
    COUNTRY = sentence("Choose countries that no other market has.")
    ROUNDING = sentence("Choose how prices are rounded and how taxes are shown.")
    REST = sentence("One market has every country that no other names.")
    LANGUAGE = sentence("Choose languages that the shop speaks.")
    METHOD = sentence("Choose ways to pay that there are in this currency, or none for all of them.")


class ShippingUnusable(Invalid):
    """A way or a place of sending that is none."""

    message = "Give each way of sending a name, a price that is not negative, and days of which the first comes first."
    PLACE = sentence("Give the place a name that no other has, and a country.")


class TaxUnusable(Invalid):
    """A registration or a rate that is none."""

    message = "Taxes cannot be kept like this."
    PLACE = sentence("Choose the country, and for a state's own tax the state or province.")
    RATE = sentence("Give the tax a name, and a rate of at most half the price.")


class DiscountUnusable(Invalid):
    """A discount that makes nothing cheaper."""

    message = "The discount cannot be kept like this."
    NAME = sentence("Give it a name.")
    CODE = sentence("A code is made of 3 to 40 letters, digits and hyphens.")
    KNOWN = sentence("This code exists already.")
    VALUE = sentence("Say how much cheaper it gets.")
    CURRENCY = sentence("Choose a currency.")
    BUY = sentence("Say how many are bought and how many of them are free.")
    DATES = sentence("It ends before it starts.")


class CodesUnusable(Invalid):
    """Download codes for something that cannot be downloaded, or absurdly many."""

    message = "Codes can be made for digital products, from 1 to %(most)s at once."
