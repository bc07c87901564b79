"""The pages of the console."""

from __future__ import annotations

from admin.console.pages import books, fleet, frame, labels, operators, platform

handlers = [*labels.handlers, *books.handlers, *fleet.handlers, *platform.handlers, *operators.handlers]
__all__ = ["frame", "handlers"]
