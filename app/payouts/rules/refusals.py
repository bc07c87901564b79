"""Why a bank account, a schedule or a bank's file is not taken."""

from __future__ import annotations

from typing import ClassVar

from app.kernel.errors import Invalid
from app.kernel.sentences import sentence


class AccountRefused(Invalid):
    """Something of a bank account cannot be right; `field` is where the person typed it."""

    message = "This bank account cannot be used as it is."
    field: ClassVar[str] = "number"

    def __init__(self, message: str | None = None, *, field: str = "", **values: object) -> None:
        said = message or self.message
        super().__init__(said, fields={field or self.field: said % values if values else said}, **values)


class SchemeUnknown(AccountRefused):
    """There is no such way of naming an account."""

    message = "Choose how the account is named: by IBAN, by US routing number or by UK sort code."
    field = "scheme"


class HolderUnusable(AccountRefused):
    """No name that a bank would take."""

    message = "Write the holder’s name as the bank knows it, with 2 to 70 characters."
    field = "holder"
    UNREADABLE = sentence("This name holds characters that cannot be printed. Type it anew.")
    NOT_LATIN = sentence("Write the holder’s name in Latin letters, as the bank writes it.")


class IbanUnreadable(AccountRefused):
    """Not the form of an IBAN."""

    message = "An IBAN begins with two letters for the country and two digits, such as DE89."


class IbanCountryUnknown(AccountRefused):
    """No such country, or one whose accounts have no IBAN."""

    message = "No country whose accounts have an IBAN is called “%(country)s”."


class IbanLengthWrong(AccountRefused):
    """Characters are missing, or there are too many."""

    message = "This IBAN has %(length)s characters; in its country it has %(wanted)s."


class IbanWrong(AccountRefused):
    """Its check digits do not follow from the rest."""

    message = "This IBAN cannot be right: a character is wrong, or two are swapped."


class BicWrong(AccountRefused):
    """Not the form of a BIC."""

    message = "A BIC has 8 or 11 letters and digits, such as DEUTDEFF. You may leave it empty."
    field = "routing"


class BicElsewhere(AccountRefused):
    """The bank is in another country than the account."""

    message = "This BIC is of a bank in %(country)s, the account is in %(account_country)s."
    field = "routing"


class RoutingNumberWrong(AccountRefused):
    """No bank of the United States has this number."""

    message = "This is not a routing number. It has nine digits and stands on your cheques or in your bank’s app."
    field = "routing"


class UsAccountWrong(AccountRefused):
    """No account of the United States has this number."""

    message = "A US account number has 4 to 17 digits."


class AccountKindMissing(AccountRefused):
    """Checking or savings was not said."""

    message = "Say whether this is a checking or a savings account."
    field = "kind"


class SortCodeWrong(AccountRefused):
    """No bank of the United Kingdom has this code."""

    message = "A sort code has six digits, such as 20-00-00."
    field = "routing"


class SortCodeDiffers(AccountRefused):
    """An IBAN was typed, and another sort code beside it."""

    message = "The sort code is not the one inside this IBAN."
    field = "routing"


class UkAccountWrong(AccountRefused):
    """No account of the United Kingdom has this number."""

    message = "A UK account number has eight digits. Put a zero in front of one of seven."


class ScheduleUnusable(Invalid):
    """No such rhythm of payouts."""

    message = "Choose when payouts are made: when asked for, every day, every week or every month."
    WEEKDAY = sentence("Choose the day of the week.")
    MONTH_DAY = sentence("Choose the day of the month, 1 to 31.")


class BankFileRefused(Invalid):
    """No file can be made of these payouts."""

    message = "No bank file can be made of these payouts."
    EMPTY = sentence("There is no payout to make a bank file of.")
    TOO_LARGE = sentence("These payouts are too much for one bank file. Make several runs of them.")


class OwnAccountUnusable(BankFileRefused):
    """The label's own account does not suit the kind of file."""

    message = "Your own bank account is not fit for this kind of file. Look at the settings of your bank."


class OrderRefused(BankFileRefused):
    """One payout does not fit into the file, so there is no file at all."""

    message = "Payout %(payout)s cannot stand in this bank file."
    TWICE = sentence("Payout %(payout)s stands in this file twice.")
    AMOUNT = sentence("Payout %(payout)s: this amount cannot be moved by this kind of file.")
    CURRENCY = sentence("Payout %(payout)s is in %(currency)s, which this kind of file does not carry.")
    ACCOUNT = sentence("Payout %(payout)s: the payee’s bank account cannot stand in this kind of file.")
    HOLDER = sentence("Payout %(payout)s: the holder’s name cannot be written in the letters that banks take.")
    INSTANT = sentence("Payout %(payout)s was promised at once, which this kind of file cannot do.")


class BankReportRefused(Invalid):
    """What a bank sent back cannot be read."""

    message = (
        "This file of the bank cannot be read. Send it again as the bank gave it: pain.002, camt.053, camt.054 or ACH "
        "returns."
    )
    TOO_LARGE = sentence("This file of the bank is too large.")
    UNSAFE = sentence("This file declares things that no bank declares. It was not read.")
    AMOUNT = sentence("“%(value)s” in this file of the bank is not an amount.")
