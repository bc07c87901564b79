"""The label's own texts that are published."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from app.storefront.models import StorePage


def text(kind: str, slug: str) -> Select[StorePage]:
    """One of them."""
    return select(StorePage).where(StorePage.kind == kind, StorePage.slug == slug, _is_out())


def posts() -> Select[StorePage]:
    """The journal, newest first."""
    return (
        select(StorePage)
        .where(StorePage.kind == "post", _is_out())
        .order_by(StorePage.published_at.desc(), StorePage.id)
    )


def count_posts() -> Select[int]:
    """How many posts there are."""
    return select(func.count()).select_from(StorePage).where(StorePage.kind == "post", _is_out())


def _is_out() -> Any:
    return StorePage.published_at <= func.now()
