"""Lists of a brand's versions and files."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Select, func, select

from app.brand.models import BrandAsset, ThemeVersion
from app.kernel.files import StoredFile

LOGOS = ("wordmark", "mark", "on_dark", "mono")
SHOWN = 50


def live() -> Select[ThemeVersion]:
    """The version everybody sees."""
    return select(ThemeVersion).where(ThemeVersion.state == "live")


def latest_draft() -> Select[ThemeVersion]:
    """The newest draft that can be changed."""
    return (
        select(ThemeVersion)
        .where(ThemeVersion.state == "draft", ThemeVersion.publish_at.is_(None))
        .order_by(ThemeVersion.number.desc())
        .limit(1)
    )


def scheduled() -> Select[ThemeVersion]:
    """The versions that wait for their time, the next one first."""
    return select(ThemeVersion).where(ThemeVersion.publish_at.is_not(None)).order_by(ThemeVersion.publish_at)


def next_scheduled() -> Select[ThemeVersion]:
    """The version that is published next."""
    return scheduled().limit(1)


def history() -> Select[ThemeVersion]:
    """The versions, newest first."""
    return select(ThemeVersion).order_by(ThemeVersion.number.desc()).limit(SHOWN)


def next_number() -> Select[int]:
    """The number that the next version gets."""
    return select(func.coalesce(func.max(ThemeVersion.number), 0) + 1)


def before(version: ThemeVersion) -> Select[ThemeVersion]:
    """What was shown before this version, and is therefore gone back to."""
    return (
        select(ThemeVersion)
        .where(ThemeVersion.state == "retired", ThemeVersion.number < version.number)
        .order_by(ThemeVersion.number.desc())
        .limit(1)
    )


def stylesheet_of(sha256: str) -> Select[str]:
    """The stylesheet with this name."""
    return select(ThemeVersion.css).where(ThemeVersion.sha256 == sha256).limit(1)


def assets(kinds: Iterable[str]) -> Select[BrandAsset]:
    """The label's files of these kinds, newest first."""
    return (
        select(BrandAsset).where(BrandAsset.kind.in_(list(kinds))).order_by(BrandAsset.created_at.desc()).limit(SHOWN)
    )


def assets_named(ids: Iterable[UUID]) -> Select[BrandAsset]:
    """The files with these ids, as far as the label has them."""
    return select(BrandAsset).where(BrandAsset.id.in_(list(ids)))


def card(key: str) -> Select[BrandAsset, StoredFile]:
    """What was drawn and kept under a key, with its object."""
    return (
        select(BrandAsset, StoredFile)
        .join(StoredFile, StoredFile.id == BrandAsset.file_id)
        .where(BrandAsset.key == key)
    )
