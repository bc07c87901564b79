"""Why royalties refuse."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class RateMissing(Invalid):
    """A currency that cannot be converted."""

    message = "Exchange rates are missing for %(pairs)s up to %(day)s. Add them, then calculate again."


class RateUnusable(Invalid):
    """An exchange rate that is none."""

    message = "An exchange rate needs two different currency codes and a number above zero."


class PeriodUnknown(NotFound):
    """The label has no such period, or the asker may not know of it."""

    message = "This period could not be found."


class PeriodOverlaps(Conflict):
    """Two periods with common days."""

    message = "The period overlaps with one that is there. Periods follow each other without common days."


class PeriodUnusable(Invalid):
    """A period that ends before it starts."""

    message = "The period ends before it starts."


class PeriodClosed(Conflict):
    """What is closed stays as it is."""

    message = "This period is closed. What came later goes into the next one, or restate it."


class RunUnderway(Conflict):
    """Two runs of one period at once."""

    message = "This period is being calculated already. Wait for that run, or discard it."


class RunUnknown(NotFound):
    """The label has no such run, or the asker may not know of it."""

    message = "This run could not be found."


class RunUnfit(Conflict):
    """What is asked for does not follow from where the run stands."""

    message = "This cannot be done with the run as it stands. Reload the page to see where it stands."


class RunOutdated(Conflict):
    """A run that rests on what another run or a payment changed since."""

    message = (
        "Since this run was calculated, another one was published or money moved that it rests on. "
        "Discard it and calculate the period anew."
    )


class AnomaliesOpen(Conflict):
    """Something unusual that nobody looked at."""

    message = "%(count)s unusual findings are not signed off yet."


class SecondPersonNeeded(Conflict):
    """Large runs are approved by somebody else than who calculated them."""

    message = "A run of this size is approved by somebody else than the person who calculated it."


class SecondPersonMissing(Conflict):
    """Large runs are approved by somebody else, and there is nobody."""

    message = (
        "A run of this size is approved by somebody else than the person who calculated it, and nobody else here may. "
        "Invite a second person who may calculate royalties."
    )


class StatementUnknown(NotFound):
    """There is no such statement, or the asker may not know of it."""

    message = "This statement could not be found."


class RestatementTooLate(Conflict):
    """A period that later statements rest on."""

    message = "Later statements rest on this period. What changed goes into the next one."


class NothingToRestate(Conflict):
    """A period that nobody was told of."""

    message = "This period was not published yet, so there is nothing to restate."


class LineUnknown(NotFound):
    """A statement has no line of this number."""

    message = "This line could not be found."


class QuestionEmpty(Invalid):
    """A question or an answer that says nothing, or far too much."""

    message = "Write something, in at most %(most)s characters."


class QuestionFull(Conflict):
    """More was said about a line than a thread holds."""

    message = "Enough was written about this line. Go on by mail or by telephone."
