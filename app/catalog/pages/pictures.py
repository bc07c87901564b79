"""Artwork as pages show it: small copies in two formats, behind links that end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.kernel import files
from app.kernel.tenant import Tenant

SHOWN_FOR = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Picture:
    """Addresses of a picture: what an old browser takes, and per type a set of sizes."""

    src: str
    sources: tuple[tuple[str, str], ...]


def picture(tenant: Tenant, artwork: Mapping[str, Any] | None, *, most: int = 1_280) -> Picture | None:
    """The small copies of a picture up to a size in pixels; None while there are none."""
    copies = (artwork or {}).get("thumbnails") or {}
    sizes = sorted(int(size) for size in copies)
    fitting = [size for size in sizes if size <= most] or sizes[:1]
    links = {
        (size, kind): files.url(tenant, UUID(file_id), lasts=SHOWN_FOR)
        for size in fitting
        for kind, file_id in copies[str(size)].items()
    }
    if not links:
        return None
    sources = tuple(
        (f"image/{kind}", ", ".join(f"{links[size, kind]} {size}w" for size in fitting if (size, kind) in links))
        for kind in ("avif", "webp")
    )
    return Picture(links.get((fitting[-1], "webp")) or next(iter(links.values())), sources)
