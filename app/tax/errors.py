"""Why tax refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class PayeeHidden(NotFound):
    """The label has no such payee, or the asker may not know of it."""

    message = "This payee could not be found."


class FormUnknown(NotFound):
    """The payee has signed no such form."""

    message = "This tax form could not be found."


class StepUnknown(NotFound):
    """The interview has no such step, or not for this person."""

    message = "This question could not be found."


class CaseUnknown(NotFound):
    """There is no such case, or the asker may not know of it."""

    message = "This case could not be found."


class AnswersUnusable(Invalid):
    """Answers that cannot be used; each field says what to change."""

    message = "Some answers cannot be used. They are marked."


class AnswersForeign(Invalid):
    """Answers to what was not asked."""

    message = "This form holds answers to questions that were not asked. Reload the page and answer again."


class AnswersMissing(Conflict):
    """Something is not answered yet."""

    message = "Some questions are not answered yet. Answer them, then sign."


class AnswersChanged(Conflict):
    """What is to be signed is not what the signer saw, or was signed already."""

    message = "The answers have changed since you read them, or were signed already. Read them again, then sign."


class ConsentUngiven(Invalid):
    """Whoever signs says so."""

    message = "Tick the box to sign: without it the form does not count."


class NameUnsigned(Invalid):
    """Whoever signs types their name."""

    message = "Type your full name, in up to 200 characters."


class OwnFormsOnly(Invalid):
    """The label knows this payee as another kind of person."""

    message = "The label knows %(name)s as another kind of person. Ask the label to change that first."


class PayerUnusable(Invalid):
    """Details of the label that cannot be used; each field says what to change."""

    message = "Some values cannot be used. They are marked."


class YearUnknown(NotFound):
    """No year that anything could have been paid in."""

    message = "There is nothing to see of this year."


class ListUnusable(Invalid):
    """A file that is no list of names."""

    message = (
        "This file cannot be used: a CSV file in UTF-8 with a column “name” and at most %(most)s names is needed; "
        "“aliases”, “country”, “birth_date” and “source” may stand beside it."
    )


class ListUnnamed(Invalid):
    """A list has a name of its own."""

    message = "Give the list a name, in up to 100 characters."


class CaseDecided(Conflict):
    """Somebody decided already."""

    message = "This case was decided already."


class CaseReasonMissing(Invalid):
    """Whoever decides says why."""

    message = "Write why, in 10 to 2,000 characters: whoever checks later wants to know."


class InvitationOver(NotFound):
    """There is no such link, or it was used, or its days are over."""

    message = "This link is over, or its form is signed already. Ask the label for a new one."


class OwnPeopleThere(Conflict):
    """Somebody of the payee's can sign in and fill the form in there."""

    message = "This payee has somebody in the portal, who fills the form in there."


class AddressMissing(Conflict):
    """The legal person behind a payee has no mail address."""

    message = "The legal person has no mail address. Add it there first: the link goes to no other."


class AddressOfStaff(Conflict):
    """The address belongs to somebody who works here, and nobody signs for others."""

    message = "This is the address of a member of the label, and nobody fills a form in for somebody else."
