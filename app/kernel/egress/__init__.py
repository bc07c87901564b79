"""Asking addresses that a label or its partners chose: the one way out, and never a way further in."""

from __future__ import annotations

from app.kernel.egress.addresses import AddressRefused
from app.kernel.egress.talk import MOST_BYTES, SECONDS, Answer, NoAnswer, check_form, fetch, get, post

__all__ = ["MOST_BYTES", "SECONDS", "AddressRefused", "Answer", "NoAnswer", "check_form", "fetch", "get", "post"]
