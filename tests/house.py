"""The house's own rules, read from the code."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.unused import unused

if TYPE_CHECKING:
    from migrations.compiled import LabelRevision

CODE = ("app", "tenants", "themes", "admin", "migrations", "benchmarks")
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
SLICE_FILES = {
    "__init__.py", "models.py", "rules.py", "policies.py", "service.py", "queries.py", "schemas.py", "pages.py",
    "api.py", "tasks.py", "activity.py", "errors.py", "opening.py",
}  # fmt: skip
SLICES = ("app/identity", "app/brand", "app/portal", "admin")
MAY_COMMIT = ("app/kernel/db/",)
MAY_PRINT = ("app/main/", "benchmarks/")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")
REGISTRY = re.compile(r"--(extra-)?index-url|\"resolved\": *\"http|files\.pythonhosted|registry\.npmjs")
_MIGRATION_DANGERS = (
    (re.compile(r"CREATE TYPE .* AS ENUM", re.IGNORECASE), "makes an enum; take text and a CHECK"),
    (re.compile(r"\bINHERITS\b", re.IGNORECASE), "uses table inheritance"),
)


def _files(root: Path, *folders: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            if "node_modules" in path.parts:
                continue  # other people's
            yield path.relative_to(root).as_posix(), path.read_text()


def broken_rules(root: Path) -> list[str]:
    """Every broken rule, a sentence each."""
    problems = []
    for name, text in _files(root, *CODE, "tests"):
        problems += _size(name, text)
        if name != "tests/house.py" and UNFINISHED.search(text):
            problems.append(f"{name}: unfinished work stands in the code")
    for name, text in _files(root, *CODE):
        problems += _calls(name, text)
    for folder in SLICES:
        names = {path.name for path in (root / folder).glob("*.py")}
        problems += [f"{folder}/{extra}: a slice has no file of this name" for extra in sorted(names - SLICE_FILES)]
    for lock in root.glob("requirements*.txt"):
        if REGISTRY.search(lock.read_text()):
            problems.append(f"{lock.name}: names a package registry")
    return problems + unused(root)


def _size(name: str, text: str) -> list[str]:
    problems = []
    if text.count("\n") > LONGEST_FILE:
        problems.append(f"{name}: longer than {LONGEST_FILE} lines")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not name.startswith(("tests/", "migrations/")):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                problems.append(f"{name}:{node.lineno}: {node.name} is longer than {LONGEST_FUNCTION} lines")
    return problems


def _calls(name: str, text: str) -> list[str]:
    problems = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            if not name.startswith(MAY_COMMIT):
                problems.append(f"{name}:{node.lineno}: only app/kernel/db commits")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            if not name.startswith(MAY_PRINT):
                problems.append(f"{name}:{node.lineno}: only the command line prints")
    return problems


def broken_translations(root: Path) -> list[str]:
    """What is missing, fuzzy or superfluous in any language."""
    from app.kernel.web.languages import LANGUAGES, SOURCE, problems
    from tests.sentences import sentences

    wanted = sentences(root)
    return [problem for language in LANGUAGES if language != SOURCE for problem in problems(language, wanted)]


BEFORE_FIRST_RELEASE = "l0006"
"""Up to here no label has rows that a lock could keep waiting."""

ANSWERED = (
    "prefer-robust-stmts",  # a revision is one transaction, with its stamp
    "require-lock-timeout",  # the runner sets it
    "require-statement-timeout",
    "prefer-bigint-over-int",  # small counts are small
    "prefer-bigint-over-smallint",
)
KNOWN = {("l0001", "prefer-identity")}
"""Mended by a later revision."""


def _locks(revision: LabelRevision) -> list[str]:
    """What a linter of migrations says of one revision."""
    command = [
        str(Path(sys.executable).parent / "squawk"),
        "--reporter=json",
        "--assume-in-transaction",
        "--pg-version=15",
    ]
    command += [f"--exclude={','.join(ANSWERED)}"]
    done = subprocess.run(command, input=revision.sql, capture_output=True, text=True, check=False)
    found = {(said["rule_name"], said["message"].partition(".")[0]) for said in json.loads(done.stdout or "[]")}
    if revision.id <= BEFORE_FIRST_RELEASE:
        found = {said for said in found if said[0] == "prefer-identity"}
    return [f"{revision.id}: {rule}: {what}" for rule, what in sorted(found) if (revision.id, rule) not in KNOWN]


_ADDED = re.compile(r"ALTER TABLE (\w+) ADD COLUMN (\w+)|CREATE TABLE (\w+)")


def _not_served() -> list[str]:
    """What the code reads and labels lack that it would serve: every question about such a table would fail there."""
    from app.kernel.db.models import LabelModel
    from app.main.composition import load_slices
    from migrations.compiled import label_history
    from tenants.fleet import is_served

    load_slices()
    tables = LabelModel.metadata.tables
    problems = []
    for revision in label_history():
        if revision.previous is None or not is_served(revision.previous):
            continue
        for altered, column, made in _ADDED.findall(revision.sql):
            if made in tables or (altered in tables and column in tables[altered].columns):
                name = made or f"{altered}.{column}"
                problems.append(f"{revision.id}: the code reads {name}, so it serves no label from before: SERVES_FROM")
    return problems


def broken_migrations(root: Path) -> list[str]:
    """Revisions that would lock, drift or not move, and rendered files that are stale."""
    from migrations.compiled import label_head, label_history
    from tenants.fleet.fingerprint import head_fingerprint

    problems = []
    before = [revision.previous for revision in label_history()]
    problems += [
        f"{each}: two revisions follow it" for each in sorted({p for p in before if p and before.count(p) > 1})
    ]
    for revision in label_history():
        problems += _locks(revision)
        for pattern, why in _MIGRATION_DANGERS:
            if pattern.search(revision.sql):
                problems.append(f"{revision.id}: {why}")
        if "shared." in revision.sql.replace("shared.wake_live()", ""):
            problems.append(f"{revision.id}: reaches across the wall")
        if revision.phase not in ("expand", "backfill", "contract"):
            problems.append(f"{revision.id}: names no phase")
    texts = [path.read_text() for path in sorted((root / "migrations/label/versions").glob("l*.py"))]
    followed = Counter(
        found[1] for text in texts if (found := re.search(r'^down_revision = "(\w+)"', text, re.MULTILINE))
    )
    problems += [
        f"{one}: is followed by {many} revisions; put them in one line" for one, many in followed.items() if many > 1
    ]
    problems += _not_served()
    if head_fingerprint().revision != label_head():
        problems.append("migrations/label/head.json is stale: run `boptone migrate --render`")
    return problems
