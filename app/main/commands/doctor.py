"""`boptone doctor`: health."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from app.main import composition
from app.main.commands.output import answer, as_json

if TYPE_CHECKING:
    from app.settings import Settings
    from tenants.fleet.doctor import Finding


@click.command("doctor")
@as_json
def command(json: bool) -> None:
    """Compare every label, role, schema and ledger with what it should be; exit code 1 where something differs."""
    from tenants.fleet.doctor import examine

    with composition.connected("doctor") as settings:
        findings = examine(settings) + books(settings)
    lines = [f"{found.cell}{f' {found.label}' if found.label else ''}: {found.problem}" for found in findings]
    answer(findings, "\n".join(lines) or "Everything is as it should be.", json=json)
    sys.exit(1 if findings else 0)


def books(settings: Settings) -> list[Finding]:
    """What is wrong with the books and statements of the labels that can be read, and with what seals their end."""
    from app.kernel.activity.tasks import check
    from app.kernel.db import platform_read, tenant_read
    from app.ledger.service.auditing import problems
    from app.royalties.service import examining
    from tenants.fleet.doctor import ABSENT, Finding
    from tenants.fleet.revisions import is_served
    from tenants.registry.queries import as_tenant, labels

    with platform_read() as session:
        known = [as_tenant(row) for row in labels(session) if row.state not in ABSENT]
    findings = []
    for tenant in known:
        if tenant.cell in settings.owner_urls and is_served(tenant.revision):
            with tenant_read(tenant) as session:
                wrong = problems(session) + examining.problems(session)
            wrong += [] if check(tenant) else ["the chain of activity is broken"]
            findings += [Finding(tenant.cell, tenant.slug or tenant.id, problem) for problem in wrong]
    return findings
