"""Every sentence a person may read, found in templates, scripts and code; and the catalogues, brought up to date.

`python -m tests.sentences` adds what is missing, untranslated, and takes away what nobody says any more.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
CODE = ("app", "tenants", "admin", "themes")
TOLD_TO_OPERATORS = ("app/main/", "app/settings")

Msgid = str | tuple[str, str]


def sentences(root: Path = ROOT) -> set[Msgid]:
    """Every msgid in use; one with a plural is a pair."""
    found: set[Msgid] = set()
    for template in (root / "themes").rglob("templates/**/*.html"):
        with template.open("rb") as source:
            found |= set(_extracted("jinja2.ext:babel_extract", source, {"_": None, "_n": (1, 2)}))
    for template in (root / "app").rglob("texts/*.jinja"):
        with template.open("rb") as source:
            found |= set(_extracted("jinja2.ext:babel_extract", source, {"_": None}))
    for script in (root / "themes" / "base" / "src").rglob("*.ts"):
        with script.open("rb") as source:
            found |= set(_extracted("javascript", source, {"word": None}))
    for folder in CODE:
        for path in (root / folder).rglob("*.py"):
            if not path.relative_to(root).as_posix().startswith(TOLD_TO_OPERATORS):
                with path.open("rb") as source:
                    found |= set(_extracted("python", source, {"sentence": None}))
                found |= _of_code(ast.parse(path.read_text()))
    return found - {""}


def _extracted(method: str, source: object, keywords: dict) -> Iterator[Msgid]:
    for _, message, _, _ in extract(method, source, keywords):
        yield message if isinstance(message, str) else (message[0], message[1])


def _of_code(tree: ast.Module) -> set[str]:
    """Sentences that stand where the house puts them: a refusal's message, a table of sentences, a field's problem."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found |= {_text(part.value) for part in node.body if _name(part) == "message"}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            if _name(node).endswith("SENTENCES") and isinstance(node.value, ast.Dict):
                found |= {_text(value) for value in node.value.values}
            elif _name(node) in ("SUBJECT", "TEXT") or (isinstance(node, ast.Assign) and _is_field(node.targets[0])):
                found.add(_text(node.value))
    return found


def _is_field(target: ast.expr) -> bool:
    return isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id == "fields"


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _name(node: ast.stmt) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return target.id if isinstance(target, ast.Name) else ""


def update(language: str, wanted: set[Msgid]) -> tuple[int, int]:
    """Bring one catalogue up to date; give back how many sentences wait for a translation and how many were dropped."""
    locale = language.replace("-", "_")
    path = ROOT / "locales" / locale / "LC_MESSAGES" / "boptone.po"
    known = Catalog(locale=locale)
    if path.exists():
        with path.open("rb") as source:
            known = read_po(source, locale=locale)
    fresh = Catalog(locale=locale, project="portal", header_comment="", charset="utf-8", fuzzy=False)
    dropped = sum(1 for message in known if message.id and _key(message.id) not in wanted)
    for msgid in sorted(wanted, key=str):
        old = known.get(msgid if isinstance(msgid, str) else msgid[0])
        fresh.add(msgid, string=old.string if old is not None and _key(old.id) == msgid else "")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        write_po(target, fresh, width=0, sort_output=True, omit_header=False, no_location=True)
    waiting = sum(1 for message in fresh if message.id and not _said(message.string))
    return waiting, dropped


def _said(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _key(msgid: object) -> Msgid:
    return msgid if isinstance(msgid, str) else (msgid[0], msgid[1])  # type: ignore[index]


def main() -> None:
    from app.kernel.web.languages import LANGUAGES, SOURCE

    wanted = sentences()
    for language in sys.argv[1:] or [name for name in LANGUAGES if name != SOURCE]:
        waiting, dropped = update(language, wanted)
        print(f"{language}: {len(wanted)} sentences, {waiting} wait for a translation, {dropped} dropped")


if __name__ == "__main__":
    main()
