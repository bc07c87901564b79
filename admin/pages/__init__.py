"""The operator's own realm: its door, an operator's security, and acting in a label with leave."""

from __future__ import annotations

from typing import Any

from admin.pages import door, security, support
from admin.pages.door import OperatorSignedOut, operator_of

__all__ = ["OperatorSignedOut", "handlers", "operator_of"]

handlers: list[Any] = [handler for part in (door, security, support) for handler in part.handlers]
