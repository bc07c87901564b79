"""The label's shop at the printer, and what of the label's shop is made there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel
from app.storefront.models.markets import MOMENT


class PrinterLink(LabelModel):
    """The one store at Printful that the label is connected to."""

    __tablename__ = "printer_links"
    __table_args__ = (
        CheckConstraint("id = 1", name="one"),
        CheckConstraint("state IN ('on', 'refused')", name="state"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    store_id: Mapped[str] = mapped_column(Text)
    store_name: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Its token, and the address at which it tells us news."""

    state: Mapped[str] = mapped_column(Text, server_default="on")
    """`refused`: it does not take the token any more."""

    connected_by: Mapped[UUID | None] = mapped_column()
    connected_at: Mapped[datetime] = mapped_column(MOMENT)
    sync_began_at: Mapped[datetime | None] = mapped_column(MOMENT)
    synced_at: Mapped[datetime | None] = mapped_column(MOMENT)
    products: Mapped[int] = mapped_column(Integer, server_default="0")
    """How many products the last whole look at its list found."""


class PrintedVariant(LabelModel):
    """Of which thing in the printer's catalogue a variant is made."""

    __tablename__ = "printed_variants"
    __table_args__ = (Index("ix_printed_variants_catalog_product", "catalog_product"),)

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True)
    catalog_product: Mapped[str] = mapped_column(Text)
    catalog_variant: Mapped[str] = mapped_column(Text)
    is_out: Mapped[bool] = mapped_column(server_default=text("false"))
    """It was taken off sale because the printer cannot make it now; what the label took off itself stays off."""

    seen_at: Mapped[datetime] = mapped_column(MOMENT)
