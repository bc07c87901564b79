"""What the storefront calls: grants, playlists, renditions and packages."""

from __future__ import annotations

from app.streaming.service.asking import ask_missing, ask_renditions
from app.streaming.service.choosing import choose_preview, excerpts_of
from app.streaming.service.granting import Grant, grants, has_renditions, opened, stream_url
from app.streaming.service.packaging import ask_package, package_url
from app.streaming.service.playing import master_playlist, media_playlist, plain_url

__all__ = [
    "Grant",
    "ask_missing",
    "ask_package",
    "ask_renditions",
    "choose_preview",
    "excerpts_of",
    "grants",
    "has_renditions",
    "master_playlist",
    "media_playlist",
    "opened",
    "package_url",
    "plain_url",
    "stream_url",
]
