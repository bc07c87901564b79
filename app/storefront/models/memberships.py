"""What a membership opens, and what was charged for it again."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel
from app.storefront.models.markets import MOMENT


class Membership(LabelModel):
    """A fan who pays again and again, and what that opens: everything that comes out until it ends.

    `renews_on` is the first day that is not paid for; `ends_on` the first on which nobody is a member any more.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'late', 'ended')", name="state"),
        CheckConstraint("anchor_day BETWEEN 1 AND 31", name="anchor_day"),
        Index("uq_memberships_fan", "fan_id", "product_id", unique=True, postgresql_where=text("state <> 'ended'")),
        Index("ix_memberships_renews_on", "renews_on", postgresql_where=text("state <> 'ended'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    fan_id: Mapped[UUID] = mapped_column(ForeignKey("fans.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    first_order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    state: Mapped[str] = mapped_column(Text, server_default="active")
    gateway: Mapped[str] = mapped_column(Text, server_default="")
    reference: Mapped[str] = mapped_column(Text, server_default="")
    """Under which the gateway knows how to charge again."""

    renews_on: Mapped[date] = mapped_column(Date)
    anchor_day: Mapped[int] = mapped_column(SmallInteger, server_default="31")
    """The day of the month on which it began: short months do not move it."""

    price_micros: Mapped[int | None] = mapped_column(BigInteger)
    """What the fan agreed to pay for a period, in `currency`; more is charged only after it was announced."""

    currency: Mapped[str | None] = mapped_column(Text)
    announced_micros: Mapped[int | None] = mapped_column(BigInteger)
    announced_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    started_at: Mapped[datetime] = mapped_column(MOMENT)


class MembershipRenewal(LabelModel):
    """The order for one more period of a membership; there is one for each, and it is tried again until `tries` end.

    `tries_on` is when it is tried next; None once it is paid, or not tried any more.
    """

    __tablename__ = "membership_renewals"
    __table_args__ = (
        CheckConstraint("tries BETWEEN 0 AND 4", name="tries"),
        Index("uq_membership_renewals_order_id", "order_id", unique=True),
        Index("ix_membership_renewals_tries_on", "tries_on", postgresql_where=text("tries_on IS NOT NULL")),
    )

    membership_id: Mapped[UUID] = mapped_column(ForeignKey("memberships.id"), primary_key=True)
    period_on: Mapped[date] = mapped_column(Date, primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    tries_on: Mapped[date | None] = mapped_column(Date)
    placed_at: Mapped[datetime] = mapped_column(MOMENT)
