"""What somebody certifies who signs a form, in the words of the IRS; only the consent is in the reader's language."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any, Final

from app.kernel.sentences import sentence
from app.tax.rules.interviews import Answers
from app.tax.rules.tables import DATA

CONSENT: Final = sentence(
    "I have read what stands above and sign it by typing my name, which shall bind me like my signature by hand. I "
    "agree that this form is signed, kept and sent electronically."
)
_BACKUP_ITEM: Final = 2


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads((DATA / "certifications.toml").read_text())


def certified(form: str, answers: Answers) -> list[str]:
    """The paragraphs that somebody with these answers certifies."""
    texts, paragraphs = _texts(), list(_texts()[form])
    if form == "w9" and answers.get("backup") == "yes":
        del paragraphs[_BACKUP_ITEM]
    status = answers.get("chapter4", "") if form == "w8bene" else ""
    if status in texts["status"]:
        paragraphs.append(texts["status"][status])
    if status == "passive_nffe":
        paragraphs.append(texts["owners"]["yes" if answers.get("owners") == "yes" else "no"])
    return paragraphs
