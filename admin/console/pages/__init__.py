"""The pages of the console."""

from __future__ import annotations

from admin.console.pages import fleet, frame, labels, operators, platform

handlers = [*labels.handlers, *fleet.handlers, *platform.handlers, *operators.handlers]
__all__ = ["frame", "handlers"]
