"""The brand on the web: what every page loads, and the settings where it is made."""

from __future__ import annotations

from app.brand.pages import looks, public, settings, uploads, words

handlers = [*public.handlers, *settings.handlers, *looks.handlers, *uploads.handlers, *words.handlers]
