"""A language that nobody speaks: every sentence in brackets, accented and two fifths longer, its places untouched."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from tests.sentences import sentences
from tests.servers import ROOT

OPENS, CLOSES = "⟦", "⟧"
LANGUAGE = "de"
"""The pseudo-locale lies in the place of a language that a demo label offers, in a folder of the test's own."""

_PLACE = re.compile(r"(%\(\w+\)s|%%)")
_ACCENTED = str.maketrans("aceinosuyAEINOSUY", "áçéîñøšüýÅÉÎÑØŠÜÝ")


def spoken(sentence: str) -> str:
    """A sentence in the pseudo-locale."""
    parts = _PLACE.split(sentence)
    accented = "".join(part if _PLACE.fullmatch(part) else part.translate(_ACCENTED) for part in parts)
    longer = " ".join(["~" * 5] * max(1, round(len(sentence) * 0.4 / 6)))
    return f"{OPENS}{accented} {longer}{CLOSES}"


def folder_of_catalogues(root: Path) -> Path:
    """A folder of catalogues in which everything there is to say is said in the pseudo-locale."""
    catalogue = Catalog(locale=LANGUAGE, charset="utf-8")
    for msgid in sentences(ROOT):
        said = spoken(msgid) if isinstance(msgid, str) else tuple(spoken(form) for form in msgid)
        catalogue.add(msgid, said)
    file = root / LANGUAGE / "LC_MESSAGES" / "boptone.po"
    file.parent.mkdir(parents=True)
    with file.open("wb") as target:
        write_po(target, catalogue)
    return root


def environment(folder: Path) -> dict[str, str]:
    """The environment of a process that speaks from these catalogues: Python itself reads what it is told here first."""
    start = folder / "start"
    start.mkdir()
    told = [
        "from pathlib import Path",
        "from app.kernel.web import languages",
        f"languages.LOCALES = Path({str(folder)!r})",
    ]
    (start / "sitecustomize.py").write_text("\n".join(told))
    return {"PYTHONPATH": f"{start}:{ROOT}"}
