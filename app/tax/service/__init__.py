"""The use cases of tax; payouts ask here what is withheld and who is held."""

from __future__ import annotations

from app.tax.rules.withholding import Withholding
from app.tax.service.rating import blocked, withholding

__all__ = ["Withholding", "blocked", "withholding"]
