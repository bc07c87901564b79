"""One page on which everything of a release, a recording or a work is edited: saved together, or shown why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from babel import Locale
from litestar import Request, Response
from sqlalchemy.orm import Session

from app.catalog.errors import CodeTaken, FieldsUnusable
from app.catalog.pages import sent
from app.catalog.pages.sent import Line, Rows, Sent
from app.catalog.rules import fields, parts, roles
from app.catalog.rules.parts import Unusable
from app.catalog.rules.vocabulary import GENRES, LANGUAGES
from app.catalog.service import editing
from app.catalog.service.editing import Row
from app.catalog.service.parts import PARTS
from app.identity.pages import visitor_of
from app.identity.policies import Visitor
from app.kernel.activity.changes import first_change
from app.kernel.collation import sort_key
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.models import Imprint
from app.roster.policies import visible_imprints

Door = Callable[[Session, Visitor, UUID | None], Any]


@dataclass(frozen=True, slots=True)
class Form:
    """How a kind of row is edited: where it stands, its doors, its parts, and what is said when it is done."""

    kind: str
    template: str
    address: str
    to_edit: Door
    to_change: Door
    parts: Mapping[str, Rows]
    done: str

    @property
    def fields(self) -> Mapping[str, fields.Field]:
        """What is typed into single fields."""
        return editing.FIELDS[self.kind]


def show(request: Request[Any, Any, Any], form: Form, row_id: str) -> Response[str]:
    """Show the form as the row is."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        row = form.to_edit(session, visitor, parse_uuid(row_id))
        return _page(request, session, form, row, {})


def save(request: Request[Any, Any, Any], form: Form, row_id: str, data: Sent) -> Response[Any]:
    """Change a row that is still as its editor saw it; whoever was slower sees both."""
    data = sent.with_named_roles(data, partial(told, realm_of(request)))
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(row_id)
    try:
        with tenant_work(tenant) as session:
            row = form.to_change(session, visitor, known)
            if sent.one(data, "match") != str(row.version):
                return _page(request, session, form, row, data, status=412)
            _change(session, visitor, form, row, data)
            first = first_change(session, [row.id])
    except (FieldsUnusable, CodeTaken, Invalid) as refusal:
        code = editing.CODES[form.kind]
        problems = refusal.fields if isinstance(refusal, Invalid) else {code: sentence("This code is taken.")}
        with tenant_read(tenant) as session:
            row = form.to_edit(session, visitor, known)
            return _page(request, session, form, row, data, status=422, problems=problems)
    address = f"{form.address}/{known}"
    return flash.done(address, tenant, form.done, undo=f"{address}/restorations/{first}" if first else None)


def _change(session: Session, visitor: Visitor, form: Form, row: Row, data: Sent) -> None:
    typed = {name: sent.one(data, name) for name in form.fields if name in data}
    wanted = {}
    for name in _included(form, data):
        held = PARTS[form.kind][name].read(session, row)
        wanted[name] = sent.meant(session, visitor, name, form.parts[name], data, held)
    editing.change(session, visitor.actor, row, typed, wanted)


def _included(form: Form, data: Sent) -> list[str]:
    """Parts that a form says it holds: one without rows sends nothing else."""
    said = sent.one(data, "parts").split()
    return [name for name in form.parts if name in said]


def _page(
    request: Request[Any, Any, Any],
    session: Session,
    form: Form,
    row: Any,
    data: Sent,
    *,
    status: int = 200,
    problems: Mapping[str, str] | None = None,
) -> Response[str]:
    visitor, realm = visitor_of(request), realm_of(request)
    current = {name: fields.shown(name, getattr(row, name)) for name in form.fields}
    typed = current | {name: sent.one(data, name) for name in form.fields if name in data}
    now = {name: form.parts[name].shown(session, PARTS[form.kind][name].read(session, row)) for name in form.parts}
    rows = now | {name: _typed_lines(form.parts[name], data) for name in _included(form, data)}
    is_behind = status == 412
    shown: dict[str, Any] = {
        "row": row,
        "form": form,
        "typed": typed,
        "rows": rows,
        "behind": {name: current[name] for name in current if typed[name] != current[name]} if is_behind else {},
        "behind_rows": {name: now[name] for name in now if rows[name] != now[name]} if is_behind else {},
        "problems": problems or {},
        "choices": fields.CHOICE_SENTENCES,
        "titles": fields.FIELD_SENTENCES,
        "artist_roles": roles.ARTIST_ROLES,
        "roles": roles.ROLE_SENTENCES,
        "credit_roles": roles.CREDIT_ROLES,
        "writer_roles": roles.WRITER_ROLES,
        "scripts": scripts(realm.language),
        "languages": languages(realm.language),
        "genres": GENRES,
        "tracks": PARTS["release"]["tracks"].read(session, row) if form.kind == "release" else [],
        "imprints": list(session.scalars(visible_imprints(visitor))) if form.kind == "release" else [],
        "imprint_name": session.get_one(Imprint, row.imprint_id).name if form.kind == "release" else "",
        "may_add": visitor.scope.is_whole,
    }
    return page(form.template, realm, here=form.address, status=status, **shown)


def _typed_lines(rows: Rows, data: Sent) -> list[Line]:
    try:
        return sent.lines(data, rows.names)
    except Unusable:
        return []


@lru_cache(maxsize=50)
def languages(language: str) -> list[tuple[str, str]]:
    """Languages as a reader calls them, by name."""
    names = Locale.parse(language.replace("-", "_")).languages
    known = ((key, names[key]) for key in LANGUAGES if key in names)
    return sorted(known, key=lambda pair: sort_key(pair[1], language))


@lru_cache(maxsize=50)
def scripts(language: str) -> list[tuple[str, str]]:
    """Scripts as a reader calls them."""
    names = Locale.parse(language.replace("-", "_")).scripts
    return [(key, names.get(key, key)) for key in parts.SCRIPTS]
