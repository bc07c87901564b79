"""Why a label cannot be opened as asked."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, Unavailable


class SlugTaken(Conflict):
    """Another label has, or once had, this slug; slugs are never given out twice."""

    message = "The name “%(slug)s” is taken. Choose another one."


class SlugReserved(Invalid):
    """The slug is one of the platform's own words."""

    message = "The name “%(slug)s” is reserved. Choose another one."


class SlugMalformed(Invalid):
    """The slug cannot be part of a host name."""

    message = "A label's short name has 3 to 40 letters a to z, digits and single hyphens, and starts with a letter."


class RequestKeyReused(Conflict):
    """The same request key came with other details."""

    message = "This request was already made with other details. Use a new request key."


class CellUnknown(Invalid):
    """No cell of this name is set up."""

    message = "There is no cell called %(cell)s."


class NoSpare(Unavailable):
    """No schema is kept ready in the cell, and whoever asked may build none."""

    message = "No schema is ready for another label right now. Try again in a moment."


class CellFull(Unavailable):
    """The cell holds as many labels as one login role can serve well."""

    message = "No room is left for another label here. Ask the operator to add a cell."
    retry_after = 3600
