"""What the catalogue does in the background; each task may be sent twice.

The services are imported by the work itself: the library that compares tables has threads of its own, which a worker
that imported it before it forks would not have in its children.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from app.kernel import jobs
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant

TIME_LIMIT = 600


@jobs.label_task("catalog.check", time_limit=TIME_LIMIT)
def check(session: Session, tenant: Tenant, *, releases: list[str]) -> None:
    """Let rules look at these releases, and at those that nobody has looked at."""
    from app.catalog.service import checking

    checking.check_changed(session, tenant, [UUID(one) for one in releases])


@jobs.label_task("catalog.fix", time_limit=TIME_LIMIT)
def fix(session: Session, tenant: Tenant, *, releases: list[str], actor: dict[str, Any]) -> None:
    """Put right what is safe of these releases, in the name of whoever asked for it."""
    from app.catalog.service import fixing

    who = msgspec.convert({**actor, "tenant": None}, Actor)
    fixing.fix_held(session, replace(who, tenant=tenant), tenant, [UUID(one) for one in releases])


@jobs.label_schedule("catalog.recheck", every="day", at="02:30", jitter_seconds=7_200)
@jobs.label_task("catalog.recheck", time_limit=TIME_LIMIT)
def recheck(session: Session, tenant: Tenant) -> None:
    """Let rules look again at what they have not looked at for long: the day is another, and rules may be."""
    from app.catalog.service import checking

    checking.check_old(session, tenant)


@jobs.label_task("catalog.thumbnails", queue="media", time_limit=TIME_LIMIT)
def make_thumbnails(session: Session, tenant: Tenant, *, release: str, file: str) -> None:
    """Make small copies of a release's artwork."""
    from app.catalog.service import artwork

    artwork.make_thumbnails(session, tenant, UUID(release), UUID(file))
