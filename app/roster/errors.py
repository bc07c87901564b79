"""Why the roster refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class ArtistUnknown(NotFound):
    """The label has no such artist, or the asker may not know of them."""

    message = "This artist could not be found."


class ChangeUnknown(NotFound):
    """Nothing of the kind happened to these artists."""

    message = "This change could not be found."


class ArtistLeft(Conflict):
    """The artist is not of the roster any more."""

    message = "This artist has already left the roster."


class ImprintUnknown(NotFound):
    """The label has no such imprint, or the asker may not know of it."""

    message = "This imprint could not be found."


class ImprintTooDeep(Invalid):
    """Imprints lie at most three deep."""

    message = "Imprints can lie three deep at most. Choose an imprint higher up."


class GrantOver(NotFound):
    """What an artist allowed is over, or was taken up already."""

    message = "This access is over or was taken up already. Ask the artist for a new one."


class GrantUnknown(NotFound):
    """There is no such access, or the asker may not know of it."""

    message = "This access could not be found. It may have ended."


class GrantThere(Conflict):
    """Somebody may act for the artist already."""

    message = "This person may act for the artist already. End that access before you give another one."


class GrantElsewhere(Conflict):
    """The link was sent to somebody else."""

    message = "This link was sent to another mail address. Sign in as the person whom it was sent to."


class RightsUnusable(Invalid):
    """A manager is given some of the three rights."""

    message = "Choose what the manager may do."


class NotAnAddress(Invalid):
    """The text is no mail address."""

    message = "Write one mail address."


class DayPast(Invalid):
    """Access cannot end before it begins."""

    message = "Choose a day to come."


class NameMissing(Invalid):
    """An artist or imprint needs a name."""

    message = "Give a name of at most 200 characters."


class EntryUnusable(Invalid):
    """A line is not a word, a colon and a value."""

    message = "Write one entry a line, as “de: Name”."


class CodeUnusable(Invalid):
    """A code is mistyped: its check character does not fit."""

    message = "This code has a mistake in it. Compare it with the original."


class PartyUnknown(NotFound):
    """The label has no such legal person, or the asker may not know of it."""

    message = "This legal person could not be found."


class PayeeUnknown(NotFound):
    """The legal person is paid nowhere like this."""

    message = "This payee could not be found."


class PartyUnusable(Invalid):
    """Something about a legal person cannot be as it is."""


class PartyUsed(Conflict):
    """Something refers to the legal person."""

    message = "This legal person stays while something refers to it. %(what)s: %(count)s"


class CountryUnusable(Invalid):
    """The country is none."""

    message = "Choose a country from the list."


class CurrencyUnusable(Invalid):
    """The currency is none."""

    message = "Choose a currency from the list."


class PictureUnset(NotFound):
    """The artist is shown without a picture."""

    message = "This artist has no picture."


class PictureMissing(Invalid):
    """There is no file in the form."""

    message = "Choose a picture."


class PictureUnusable(Invalid):
    """The file is no picture that can be shown."""

    message = "This is not a picture in JPEG, PNG, WebP, TIFF or AVIF."


class PictureTooSmall(Invalid):
    """A picture with too few pixels looks blurred."""

    message = "This picture is too small. It needs %(least)s pixels on its shorter side."


class PictureTooLarge(Invalid):
    """The file is longer than a picture needs to be."""

    message = "This picture is too large. It may have %(megabytes)s MB."


class PageUnusable(Invalid):
    """Something on an artist's page cannot be as it is."""


class PrefixUnusable(Invalid):
    """A prefix is not one that codes can be issued from."""

    message = "An ISRC prefix has two letters and three letters or digits, a UPC prefix 6 to 11 digits."


class ImprintCircular(Invalid):
    """An imprint cannot lie under itself, or move while others lie under it."""

    message = "An imprint cannot lie under itself, and one with imprints below it stays where it is."


class ImprintUsed(Conflict):
    """Something came out on the imprint, lies under it, or is narrowed to it."""

    message = "This imprint stays while something belongs to it. %(what)s: %(count)s"


class SpanUnusable(Invalid):
    """When somebody played in a band cannot be read, or ends before it begins."""

    message = "Write since when and until when as 2019, 2019-05 or 2019-05-31, the earlier first."


class DayUnusable(Invalid):
    """The day cannot be read."""

    message = "Choose a day."


class StatusUnusable(Invalid):
    """The status is not one to choose."""

    message = "An artist is active or paused. To let one go, name the day on the artist's page."


class ContributorUnknown(NotFound):
    """The label credits nobody like this, or the asker may not know of them."""

    message = "This contributor could not be found."


class ContributorUnusable(Invalid):
    """Something about a contributor cannot be as it is."""


class ContributorSame(Invalid):
    """Nobody is merged with themselves."""

    message = "Choose another contributor than this one."


class ContributorsDiffer(Conflict):
    """Two contributors say of themselves that they are two: each has a code or an artist of their own."""

    message = "These two are not the same: each has a different entry under %(what)s. Correct one of them first."


class SharesTwice(Conflict):
    """Both have a share of their own in one work, and nobody can say which of them holds."""

    message = "Both have a share of their own in “%(work)s”. Say there first which part is theirs."


class MergerOver(Conflict):
    """What a merger moved is not as it left it, or there is none."""

    message = "This cannot be taken back any more: what was moved has changed since."
