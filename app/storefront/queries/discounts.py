"""Discounts that run or are over, and batches of download codes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Executable, Select, func, not_, or_, select

from app.storefront.models import Discount, DownloadCode, Product

MOST = 500


def discounts(now: datetime, *, is_over: bool) -> Select[Discount]:
    """Discounts that count now or later, or those that do not any more; the newest first."""
    over = or_(
        Discount.ended_at.is_not(None),
        func.coalesce(Discount.ends_at <= now, False),
        func.coalesce(Discount.used >= Discount.most_uses, False),
    )
    query = select(Discount).where(over if is_over else not_(over))
    return query.order_by(Discount.created_at.desc(), Discount.id).limit(MOST)


def batches() -> Executable:
    """Batches of codes with how many there are and how many were used, the newest first."""
    made = func.max(DownloadCode.made_at)
    return (
        select(
            DownloadCode.product_id,
            Product.title,
            DownloadCode.batch,
            made.label("made_at"),
            func.count().label("count"),
            func.count(DownloadCode.used_at).label("used"),
        )
        .join(Product, Product.id == DownloadCode.product_id)
        .group_by(DownloadCode.product_id, Product.title, DownloadCode.batch)
        .order_by(made.desc(), DownloadCode.batch)
        .limit(MOST)
    )
