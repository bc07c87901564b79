"""What is there, as a basket takes it off line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID


class Needs(NamedTuple):
    """What one of a variant takes: of which variants off the shelf, and of which products off their editions."""

    variants: Mapping[UUID, int]
    products: Mapping[UUID, int]


@dataclass
class Shelf:
    """How many are left; a variant without stock and a product without a limit never end, and are missing here."""

    needs: Mapping[UUID, Needs]
    stock: dict[UUID, int]
    editions: dict[UUID, int] = field(default_factory=dict)

    def left(self, variant_id: UUID) -> int | None:
        """How many of a variant can still be had; None: any number."""
        need = self.needs[variant_id]
        counts = [self.stock[key] // each for key, each in need.variants.items() if key in self.stock]
        counts += [self.editions[key] // each for key, each in need.products.items() if key in self.editions]
        return max(0, min(counts)) if counts else None

    def take(self, variant_id: UUID, quantity: int) -> int:
        """Take so many, or as many as there are, and say how many these were."""
        left = self.left(variant_id)
        taken = quantity if left is None else min(left, quantity)
        need = self.needs[variant_id]
        for counted, each in ((self.stock, need.variants), (self.editions, need.products)):
            for key, count in each.items():
                if key in counted:
                    counted[key] -= count * taken
        return taken
