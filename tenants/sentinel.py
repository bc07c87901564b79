"""Tries to read across the wall, as a label would and as a stranger would, and cries when anything gives way."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.kernel import files, ids, observe
from app.kernel.crypto.signing import SignatureRefused
from app.kernel.db import current, platform_read, tenant_read
from app.kernel.files.service import FileUnknown
from app.kernel.observe import metrics
from app.kernel.tenant import Tenant, TenantState

PAIRS = 5
"""How many pairs of labels of each cell a round tries; the pairs change from round to round."""

PROBED = (TenantState.ACTIVE, TenantState.SUSPENDED)
PATIENCE_SECONDS = 5.0
FORBIDDEN = "42501"

log = observe.log("sentinel")

_REACHABLE = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(:schemas) AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND CASE c.relkind
  WHEN 'S' THEN has_sequence_privilege(c.oid, 'USAGE, SELECT, UPDATE')
  ELSE has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') END
ORDER BY 1
"""


def probe(tenants: Sequence[Tenant], dice: Random | None = None) -> list[str]:
    """Try the wall between some of these labels, in the database and over HTTP; each breach is a sentence."""
    dice = dice or Random()  # noqa: S311 it chooses whom to try, not a secret
    breaches: list[str] = []
    for cell in current().settings.owner_urls:
        here = [tenant for tenant in tenants if tenant.cell == cell and tenant.state in PROBED]
        chosen = dice.sample(here, min(PAIRS + 1, len(here)))
        breaches += _platform_reaches(cell, chosen)
        for label, rival in pairwise(chosen):
            breaches += _label_reaches(label, rival)
            breaches += _link_opens(label, rival)
            metrics.wall_probes.inc()
    metrics.wall_breaches.set(len(breaches))
    for breach in breaches:
        log.error("wall.breached", breach=breach)
    return breaches


def _label_reaches(label: Tenant, rival: Tenant) -> list[str]:
    """What of the rival's the label's own role could touch, by rights and by trying."""
    with tenant_read(label) as session:
        found = _reachable(session, [rival.id, "shared"], label.id)
    try:
        with tenant_read(label) as session:
            session.execute(text(f'SELECT * FROM "{rival.id}".activity LIMIT 1')).all()
    except ProgrammingError as refused:
        if getattr(refused.orig, "sqlstate", None) == FORBIDDEN:
            return found
        raise
    return [*found, f"{label.id} read {rival.id}.activity"]


def _platform_reaches(cell: str, tenants: Sequence[Tenant]) -> list[str]:
    with platform_read(cell) as session:
        return _reachable(session, [tenant.id for tenant in tenants], "the platform's role")


def _reachable(session: Session, schemas: list[str], who: str) -> list[str]:
    allowed = _ALLOWED if who.startswith("l_") else frozenset()
    return [
        f"{who} has rights on {name}"
        for name in session.scalars(text(_REACHABLE), {"schemas": schemas})
        if name not in allowed
    ]


_ALLOWED = frozenset({"shared.outbox"})
"""A label asks for work in the outbox, under a policy that shows it its own rows alone."""


def _link_opens(label: Tenant, rival: Tenant) -> list[str]:
    """Follow a signed link of the rival's on its own host, where it must be understood, and on the label's.

    The link names a file that nobody has: no content of a label is touched, and the two refusals differ.
    """
    path = files.url(rival, ids.new_id())
    understood, refused = _reason(rival, path), _reason(label, path)
    if understood is None or refused is None:
        return []  # the web does not answer; readiness tells that, and the database was tried
    if understood != FileUnknown.__name__:
        log.warning("sentinel.blind", host=rival.slug, reason=understood)
        return []
    return (
        []
        if refused == SignatureRefused.__name__
        else [f"a link of {rival.id} was understood on the host of {label.id}"]
    )


def _reason(tenant: Tenant, path: str) -> str | None:
    """Why the web of this machine refuses a path on a label's host; None when it does not answer."""
    settings = current().settings
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=PATIENCE_SECONDS)
    try:
        headers = {"host": f"{tenant.slug}.{settings.base_domain}", "accept": "application/json"}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body: Any = msgspec.json.decode(answer.read() or b"{}")
        return str(body.get("reason", answer.status))
    except (OSError, http.client.HTTPException, msgspec.DecodeError):
        return None
    finally:
        connection.close()
