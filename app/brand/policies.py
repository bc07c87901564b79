"""Who may look after the brand, and the doors to its versions and files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.brand.errors import AssetUnknown, ThemeUnknown
from app.brand.models import BrandAsset, ThemeVersion
from app.kernel.files.belonging import belongs

belongs(BrandAsset.file_id)  # logos and fonts stand in the brand's settings


def check_may_view(visitor: Any) -> None:
    """Refuse a member who may not see how the brand is made."""
    _require(visitor, "brand.view")


def check_may_edit(visitor: Any) -> None:
    """Refuse a member who may not change the brand."""
    _require(visitor, "brand.edit")


def _require(visitor: Any, permission: Any) -> None:
    from app.identity.policies import require

    require(visitor, permission)


def version_to_read(session: Session, version_id: UUID | None, *, for_change: bool = False) -> ThemeVersion:
    """The door to a version; `for_change` holds it against others until the transaction ends."""
    query = select(ThemeVersion).where(ThemeVersion.id == version_id)
    found = session.scalar(query.with_for_update() if for_change else query) if version_id else None
    if found is None:
        raise ThemeUnknown
    return found


def asset_to_read(session: Session, asset_id: UUID | None) -> BrandAsset:
    """The door to a logo or a font."""
    found = session.get(BrandAsset, asset_id) if asset_id else None
    if found is None:
        raise AssetUnknown
    return found
