"""The last steps of accounts: contracts that pay each other back, tax on what becomes due, and what can be paid."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from app.contracts.rules.terms import Controlled, Terms, Withholding
from app.kernel.money import exact
from app.royalties.rules.dividing import micros_of
from app.royalties.rules.positions import Position

Told = tuple[int, int, int]
"""Of a statement: the opening balance, the mechanicals that came to it, and the closing balance, in micros."""


def close(terms: Terms, position: Position, withheld_micros: int = 0) -> None:
    """The last steps: what is still to be earned back, tax on what becomes due, and what can be paid.

    `withheld_micros` of tax were kept back before.
    """
    _stand_apart(terms, position)
    if terms.withholding and terms.withholding.rate:
        _withhold(terms.withholding, position, withheld_micros)
    position.kept_micros = max(0, min(position.kept_micros, position.balance_micros))
    position.payable_micros = payable_of(terms, position.balance_micros)


def keeps(terms: Terms) -> bool:
    """Whether something under a contract is paid whatever is still to be earned back."""
    return bool(terms.non_recoupable or (terms.controlled and terms.controlled.pays_back == "nothing"))


def _stand_apart(terms: Terms, position: Position) -> None:
    """Where something is paid all the same, what is still to be earned back stands beside the balance, not in it."""
    open_micros = max(0, -position.free_micros) if keeps(terms) else 0
    position.enter("apart", open_micros - position.apart_micros, {"open_micros": open_micros})
    position.apart_micros = open_micros


def payable_of(terms: Terms, balance_micros: int) -> int:
    """What can be paid of a balance: all, unless that is less than the contract pays at least."""
    return balance_micros if balance_micros > 0 and balance_micros >= micros_of(terms.minimum) else 0


def _withhold(withholding: Withholding, position: Position, withheld_micros: int) -> None:
    """Keep tax back of what becomes due; give it back of what was due, was not paid yet and is due no more.

    The balance before is after tax, unless the label pays the tax on top.
    """
    rate, is_on_top = withholding.rate, withholding.gross_up
    opening = max(0, position.opening_micros)
    due = max(0, position.balance_micros) - opening
    with exact():
        if due > 0 or is_on_top:
            tax = Decimal(due) * rate / (1 - rate if is_on_top else 1)
        else:
            gone = Decimal(max(0, position.opening_micros - position.balance_micros))
            tax = -min(gone * rate, Decimal(opening) * rate / (1 - rate))
        micros = micros_of(max(tax, Decimal(-withheld_micros)).scaleb(-6))
    facts = {"rate": str(rate), "of_micros": due}
    if is_on_top:
        position.enter("gross_up", micros, facts)
    position.enter("withholding", -micros, facts)


def songs_in(told: Iterable[Told], opening_micros: int) -> int:
    """Mechanicals that are still in a balance: whatever else left it, they are what is left of it last.

    `told` are a payee's statements under a contract in the order in which they were published.
    """
    left = 0
    for opening, songs, closing in told:
        left = max(0, min(max(0, min(left, opening)) + songs, closing))
    return max(0, min(left, opening_micros))


def cross(
    payer: Position, debtor: Position, controlled: Controlled | None, *, payer_title: str, debtor_title: str
) -> None:
    """Let what is due under one contract pay back what is open under another; mechanicals where the payer's says so."""
    may_songs = controlled is not None and controlled.pays_back != "own"  # what pays nothing back is kept as it is
    songs = 0 if may_songs else max(0, payer.songs_micros + payer.songs_now_micros)
    micros = min(payer.free_micros - songs, -debtor.free_micros)
    if micros > 0:
        payer.enter("crossed_out", -micros, {"contract": debtor_title})
        debtor.enter("crossed_in", micros, {"contract": payer_title})
