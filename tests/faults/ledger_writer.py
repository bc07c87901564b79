"""A long walk of postings, reversals and conversions as plain numbers, and the process that writes it into the books.

The walk knows nothing of the ledger: it is what the books are compared with. The writer is killed where it stands; the
next one begins some batches before the last that was told to be done, so that every fact may come twice.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from app.kernel import db
from app.kernel.actor import Actor
from app.ledger import service
from app.ledger.rules import Account, Conversion, Entry, Kind, posting_id
from app.ledger.service import sealing
from app.main import composition
from tenants.registry.queries import fresh_tenant
from tests.ledger.books import DAY

BATCHES, IN_ONE, SEALED_EVERY, AGAIN = 160, 630, 50, 2
ACCOUNTS = 60
"""In euros; each has one in dollars beside it."""

RATE = Decimal("1.25")


class Step(NamedTuple):
    """One operation: `what` is post, reverse (of the step `of`) or convert; accounts are numbers."""

    what: str
    number: int
    debit: int = 0
    credit: int = 0
    micros: int = 0
    of: int = 0


def walk(seed: int) -> Iterator[list[Step]]:
    """The batches of a walk; a fact is taken back at most once, and in a later batch than its own."""
    dice = random.Random(seed)
    standing: list[int] = []
    number = 0
    for _ in range(BATCHES):
        batch, new = [], []
        for _ in range(IN_ONE):
            number += 1
            chance = dice.random()
            debit, credit = dice.sample(range(ACCOUNTS), 2)
            if chance < 0.1 and standing:
                batch.append(Step("reverse", number, of=standing.pop(dice.randrange(len(standing)))))
            elif chance < 0.15:
                batch.append(Step("convert", number, debit, credit, dice.randint(1, 10**6) * 4))
            else:
                batch.append(Step("post", number, debit, credit, dice.randint(1, 10**9)))
                new.append(number)
        standing += new
        yield batch


def model(seed: int) -> tuple[Counter[str], int]:
    """What every account holds after a walk, debits less credits, and how many postings there are."""
    held: Counter[str] = Counter()
    posted: dict[int, Step] = {}
    count = 0
    for step in (step for batch in walk(seed) for step in batch):
        if step.what == "convert":  # euros go to their position, dollars come out of theirs
            dollars = step.micros * 5 // 4
            held[f"EUR {step.credit}"] -= step.micros
            held["EUR position"] += step.micros
            held["USD position"] -= dollars
            held[f"USD {step.debit}"] += dollars
            count += 2
            continue
        sign, moved = (-1, posted[step.of]) if step.what == "reverse" else (1, step)
        posted[step.number] = step
        held[f"EUR {moved.debit}"] += sign * moved.micros
        held[f"EUR {moved.credit}"] -= sign * moved.micros
        count += 1
    return held, count


def account(number: int, currency: str = "EUR") -> Account:
    return Account(Kind.CLEARING if number % 2 else Kind.PAYABLE, UUID(int=number + 1), currency)


def write(tenant_id: str, seed: int, progress: Path) -> None:
    """Write a walk, from a little before where somebody else was stopped."""
    tenant = fresh_tenant(tenant_id)
    actor = Actor.system(tenant)
    done = len(progress.read_text().split()) if progress.exists() else 0
    with progress.open("a") as told:
        for place, batch in enumerate(walk(seed)):
            if place < done - AGAIN:
                continue
            with db.tenant_work(tenant) as session:
                service.post(session, actor, [_entry(step) for step in batch if step.what == "post"])
                service.convert(session, actor, [_conversion(step) for step in batch if step.what == "convert"])
                back = [posting_id(f"walk:{step.of}") for step in batch if step.what == "reverse"]
                service.reverse(session, actor, back, on=DAY, reason="Taken back")
            if place % SEALED_EVERY == SEALED_EVERY - 1:
                with db.tenant_work(tenant) as session:
                    sealing.seal(session, actor)
            if place >= done:
                told.write(f"{place}\n")
                told.flush()


def _entry(step: Step) -> Entry:
    return Entry(f"walk:{step.number}", account(step.debit), account(step.credit), step.micros, DAY, "Walk")


def _conversion(step: Step) -> Conversion:
    debit, credit = account(step.debit, "USD"), account(step.credit)
    return Conversion(f"walk:{step.number}", debit, credit, step.micros, "EUR", RATE, DAY, "Walk")


if __name__ == "__main__":
    with composition.connected("test"):
        write(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
