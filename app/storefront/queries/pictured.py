"""Which picture stands for a product: its own, else the cover of its release."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from app.catalog.models import Release, Track
from app.storefront.models import Product


def of_products(product_ids: Collection[UUID]) -> Select[UUID, Any]:
    """Products with the copies of their picture; of one recording it is the cover of the first release that has it."""
    release_of_track = (
        select(Track.release_id).where(Track.recording_id == Product.recording_id).order_by(Track.id).limit(1)
    ).scalar_subquery()
    return (
        select(Product.id, func.coalesce(Product.image, Release.artwork))
        .outerjoin(Release, Release.id == func.coalesce(Product.release_id, release_of_track))
        .where(Product.id.in_(set(product_ids)))
    )
