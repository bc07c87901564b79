"""Label revisions as plain SQL: Alembic renders each once, and the fleet replays the text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from threading import RLock
from typing import Literal

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory

from app.kernel.tenant import is_tenant_id
from migrations.label import PLACEHOLDER

HERE = Path(__file__).parent
Phase = Literal["expand", "backfill", "contract"]

_compiling = RLock()


@dataclass(frozen=True)
class LabelRevision:
    """One step of a label's tables: `sql` in one transaction, or statements that run `concurrently`, each alone."""

    id: str
    previous: str | None
    phase: Phase
    summary: str
    sql: str
    concurrently: tuple[str, ...] = ()

    def sql_for(self, tenant_id: str) -> str:
        """The revision's SQL for one label; the schema itself comes from the search path."""
        return for_label(self.sql, tenant_id)


def for_label(sql: str, tenant_id: str) -> str:
    """Put the label's id where compiled SQL has the placeholder."""
    if not is_tenant_id(tenant_id):
        raise ValueError("not a label id")
    return sql.replace(PLACEHOLDER, tenant_id)


def history(kind: Literal["shared", "label"]) -> ScriptDirectory:
    """The Alembic history of one kind of table."""
    config = Config()
    config.set_main_option("script_location", str(HERE / kind))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def compile_revision(script: Script) -> LabelRevision:
    """Render one revision module to SQL without a database."""
    out = StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": out})
    with Operations.context(context):
        script.module.upgrade()
    concurrently = tuple(getattr(script.module, "concurrently", ()))
    if concurrently and out.getvalue().strip():
        raise ValueError(f"{script.revision}: what runs concurrently needs a revision of its own")
    return LabelRevision(
        id=script.revision,
        previous=script.down_revision if isinstance(script.down_revision, str) else None,
        phase=script.module.phase,
        summary=script.doc.splitlines()[0],
        sql=out.getvalue(),
        concurrently=concurrently,
    )


def label_history() -> tuple[LabelRevision, ...]:
    """Every label revision from the first to head, compiled once per process.

    One thread at a time: what a revision calls `op` belongs to the whole process while it is being compiled.
    """
    with _compiling:
        return _compiled_history()


@cache
def _compiled_history() -> tuple[LabelRevision, ...]:
    scripts = list(history("label").walk_revisions())
    return tuple(compile_revision(script) for script in reversed(scripts))


def label_head() -> str:
    """The revision that a new label has."""
    return label_history()[-1].id


def head_script(*, through: str | None = None) -> str:
    """The static DDL of a whole label at head, or at an older revision, with the placeholder for its id."""
    history = label_history()
    last = [revision.id for revision in history].index(through) if through else len(history) - 1
    parts = [f"-- {revision.id}: {revision.summary}\n{revision.sql.strip()}\n" for revision in history[: last + 1]]
    parts += [f"{statement};\n" for revision in history[: last + 1] for statement in _plain(revision)]
    return "\n".join(parts)


def _plain(revision: LabelRevision) -> list[str]:
    """An empty schema needs no CONCURRENTLY, and a transaction allows none."""
    return [statement.replace(" CONCURRENTLY", "") for statement in revision.concurrently]


def script_hash(script: str) -> str:
    """The fingerprint of a script's text."""
    return hashlib.sha256(script.encode()).hexdigest()
