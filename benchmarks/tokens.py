"""What it costs to know who is behind a request of a program: a token seen first, and one that is remembered.

Counted is the thread's own time: waiting for a machine that does something else is no part of verifying.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from joserfc import jwt
from joserfc.jwk import ECKey

from app.api.models import ApiClient
from app.api.rules import tokens
from app.api.rules.scopes import SCOPES, without_people
from app.api.service import issuing, keys
from app.api.service.callers import known_token
from app.api.service.clients import Wish, make_as
from app.api.service.places import resource_of
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.kernel.web.page_cache import pages
from app.settings import Settings
from benchmarks.harness import Figures, Work, absolute, against
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label

BATCH, ROUNDS = 500, 21
MOST_MICROSECONDS = 100.0


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:  # noqa: ARG001 every benchmark is given them
    """Verify one token again and again: its signature alone, with everything remembered, and with all rows read."""
    wish = OpenLabel(slug="tokens", name="Tokens", owner_email="owner@tokens.test", request_key="bench:tokens")
    tenant = open_label(wish)
    token = _token(tenant)
    held = keys.key_set(tenant)
    theirs = ECKey.import_key(dict(held.public[0]))

    def ours() -> None:
        tokens.claims_of(token, held.verifiers)

    def library() -> None:
        jwt.decode(token, theirs, algorithms=["ES256"])

    first, second = _each(ours), _each(library)
    note = "ES256 over P-256, claims read; the reference is joserfc on the same token, claims unchecked"
    figures = {"tokens.signature_against_library": against(first, second, bar=1.0, unit="us", note=note)}
    figures["tokens.verified"] = absolute(
        first, bar=MOST_MICROSECONDS, unit="us", note="signature, issuer's key and claims of a token seen first"
    )
    pages.hear(tenant.cell)  # as in a web process that hears of every activity
    figures["tokens.remembered"] = absolute(
        _each(lambda: known_token(tenant, token)), bar=MOST_MICROSECONDS, unit="us", note="who is behind it, remembered"
    )

    def anew() -> None:
        pages.happened(tenant.id)
        known_token(tenant, token)

    note = "the same after something happened at the label: signature, program and member are read again"
    figures["tokens.after_news"] = absolute(_each(anew, 20), unit="us", note=note)
    signer = keys.signer_of(tenant)
    claims = tokens.claims_of(token, held.verifiers)
    figures["tokens.signed"] = absolute(_each(lambda: signer.signed(claims)), unit="us", note="one token made")
    pages.go_deaf(tenant.cell)
    return figures


def _each(work: Work, times: int = BATCH) -> list[float]:
    """The thread's seconds for one piece of work, in each of the rounds."""
    taken = []
    for _ in range(ROUNDS + 1):
        started = time.thread_time()
        for _ in range(times):
            work()
        taken.append((time.thread_time() - started) / times)
    return taken[1:]


def _token(tenant: Tenant) -> str:
    wish = Wish(name="Bench", scopes=without_people(SCOPES))
    with tenant_work(tenant) as session:
        client_id = make_as(session, tenant, Actor.system(tenant), wish, made_by=None).client.id
    keys.signer_of(tenant)
    with tenant_work(tenant) as session:
        client = session.get_one(ApiClient, client_id)
        return str(issuing.for_itself(tenant, client, "", resource_of(tenant), None)["access_token"])
