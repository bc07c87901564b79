"""The pages of royalties."""

from __future__ import annotations

from app.royalties.pages import explain

handlers = [*explain.handlers]
__all__ = ["handlers"]
