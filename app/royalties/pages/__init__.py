"""The pages of royalties."""

from __future__ import annotations

from app.royalties.pages import explain, whatif

handlers = [*explain.handlers, *whatif.handlers]
__all__ = ["handlers"]
