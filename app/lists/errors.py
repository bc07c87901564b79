"""Why a list cannot be shown as asked, or a view of it not be kept."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class ViewUnknown(NotFound):
    """The member has no such saved view, and nobody shares one."""

    message = "This saved view could not be found."


class ViewUnnamed(Invalid):
    """A saved view needs a name."""

    message = "Give the view a name of at most 60 characters."


class TooManyViews(Conflict):
    """Somebody has saved as many views as one may."""

    message = "There are %(most)s saved views already. Remove one first."


class FilterUnusable(Invalid):
    """A filter of a list is not one that can be asked for."""

    message = "This filter cannot be used. Remove it and choose again."
