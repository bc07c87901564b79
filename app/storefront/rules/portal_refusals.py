"""Why something that a label's people want of their shop is not done."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.sentences import sentence


class FulfilmentUnknown(NotFound):
    """No such parcel of this order, or not one that the visitor may see."""

    message = "This parcel could not be found."


class FulfilmentPast(Conflict):
    """A parcel is not where this step begins."""

    message = "This parcel is past that already. Look at the order again."


class OrderNotPaid(Conflict):
    """Nothing is sent of an order that is not paid, or that is over."""

    message = "Only a paid order is sent."


class PartUnusable(Invalid):
    """Not a part of what is in a parcel."""

    message = "Choose how many of each go into this parcel: at least one thing, and no more than there are."


class TrackingUnusable(Invalid):
    """Not a tracking number."""

    message = "A tracking number has 4 to 40 letters and digits. You may leave it empty."

    def __init__(self) -> None:
        super().__init__(fields={"tracking": self.message})


class CarrierUnknown(Invalid):
    """Nobody carries parcels under this name here."""

    message = "Choose who carries the parcel, or write their name."

    def __init__(self) -> None:
        super().__init__(fields={"carrier": self.message})


class NothingChosen(Invalid):
    """Nothing of a list was chosen."""

    message = "Choose something in the list first."


class TooManyChosen(Invalid):
    """More was chosen than fits on paper at once."""

    message = "Choose at most %(most)s orders at once."


class TextUnknown(NotFound):
    """No such page of the shop."""

    message = "This page could not be found."


class TextUnusable(Invalid):
    """A page that cannot be kept as it is; `field` is where."""

    message = "This page cannot be kept as it is."
    TITLE = sentence("Write a title of at most 200 characters.")
    SLUG = sentence("Small letters, digits and hyphens, such as about-us.")
    TAKEN = sentence("Another page has this address already.")
    BODY = sentence("This text is too long. Shorten it to 100,000 characters.")
    LANGUAGE = sentence("Choose one of your label's languages.")
    KIND = sentence("Choose what kind of page it is.")
    DAY = sentence("This is not a day.")

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said, fields={field: said})


class MenuUnusable(Invalid):
    """A menu that leads nowhere somewhere."""

    message = "Each entry of a menu leads to a place of the shop, to one of its pages, or to an https address."
    NAME = sentence("Each entry of a menu needs a name of at most 60 characters.")
    MANY = sentence("A menu has at most %(most)s entries.")


class SectionsUnusable(Invalid):
    """A front page of parts that there are not."""

    message = "These sections cannot be used. Reload the page and try again."


class DifferenceUnknown(NotFound):
    """There is no such difference with the payment service, or it is settled."""

    message = "This difference could not be found, or is settled already."


class NoteMissing(Invalid):
    """A difference is settled by a sentence that says what came of it."""

    message = "Say in a few words what came of it."


class SentUnusable(Invalid):
    """A form that is not as the page gave it."""

    message = "This form is not complete. Reload the page and try again."


class NumberUnusable(Invalid):
    """Not a number, or not one of this kind."""

    message = "“%(text)s” cannot be read here. Write a number."

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text=text[:40], fields={field: self.message % {"text": text[:40]}})


class CountsUnusable(Invalid):
    """Counts that were pasted and cannot be read."""

    message = "Line %(line)s cannot be used: “%(text)s”. Write an SKU and a count, such as TEE-M, 12."
    UNKNOWN = sentence("Line %(line)s: there is no SKU “%(text)s” here.")
    TWICE = sentence("Line %(line)s: “%(text)s” stands here twice.")
    EMPTY = sentence("Paste lines with an SKU and a count, or choose a CSV file.")
    MANY = sentence("At most %(most)s lines at once.")


class CustomerUnknown(NotFound):
    """Nobody ever ordered or signed up here under this mail address."""

    message = "Nobody is known here under this mail address."


class ShopMissing(NotFound):
    """The label has no shop yet."""

    message = "There is no shop yet. Open it first."


class PictureUnusable(Invalid):
    """Not a picture that can be shown."""

    message = "This picture cannot be used."
    MISSING = sentence("Choose a picture first.")
    SMALL = sentence("This picture is too small. Its shorter side needs %(least)s pixels.")


class TaxEntryUnknown(NotFound):
    """No such registration or rate of the label's own."""

    message = "This entry could not be found."
