"""The operator's own realm: its door, an operator's security, and acting in a label with leave."""

from __future__ import annotations

from typing import Any

from admin.pages import door, proof, security, support
from admin.pages.door import OperatorSignedOut, fresh_operator_of, operator_of, session_of
from admin.pages.proof import lead_to_proof

__all__ = ["OperatorSignedOut", "fresh_operator_of", "handlers", "lead_to_proof", "operator_of", "session_of"]

handlers: list[Any] = [handler for part in (door, proof, security, support) for handler in part.handlers]
