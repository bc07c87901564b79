"""The sheet that stands for how something was divided before a restatement."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from app.royalties.rules.positions import PartOf
from app.royalties.service.restating import divided_as

CONTRACT, ADA, BEN = UUID(int=1), UUID(int=2), UUID(int=3)
HALF = Decimal("0.5")


def test_the_same_shares_of_which_one_was_held_are_another_division():
    free = [PartOf(ADA, HALF), PartOf(BEN, HALF)]
    contested = [PartOf(ADA, HALF, HALF), PartOf(BEN, HALF)]
    assert divided_as(CONTRACT, free) != divided_as(CONTRACT, contested)
    again = [PartOf(BEN, HALF, Decimal("0.000")), PartOf(ADA, HALF, Decimal("0.500"))]
    assert divided_as(CONTRACT, again) == divided_as(CONTRACT, contested)
