"""How a request is declined that no slice had to look at."""

from __future__ import annotations

from app.kernel.errors import NotFound
from app.kernel.web.refusals import Malformed, NotAllowedHere


class AddressUnknown(NotFound):
    """No operation has this address."""

    message = "There is nothing at this address. The reference lists every address of the API."


class MethodUnknown(NotAllowedHere):
    """The address has operations, but none with this method."""

    message = "This address does not take this method. The Allow header lists those that it takes."


class FieldUnknown(Malformed):
    """A field was asked for that the answer does not have."""

    message = "“%(name)s” is no field of this answer."


class ExpansionUnknown(Malformed):
    """Something was to be expanded that cannot be."""

    message = "“%(name)s” cannot be expanded here."


class SortUnknown(Malformed):
    """The order is not one of those offered."""

    message = "“%(name)s” is no order of this list."


class VersionUnknown(Malformed):
    """The version of the interface that was asked for does not exist."""

    message = "There is no version of the API with this date."
