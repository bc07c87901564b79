"""Drafting, checking, publishing and going back; every step writes activity in its own transaction."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.brand import activity, queries
from app.brand.errors import (
    ChecksFailed,
    NothingToRollBack,
    PresetUnknown,
    ThemeInputRefused,
    ThemeNotDraft,
)
from app.brand.models import ThemeVersion
from app.brand.policies import version_to_read
from app.brand.rules.checks import Finding, Ground, findings, named_assets
from app.brand.rules.raster import Tones
from app.brand.service.blocks import check_blocks
from app.brand.service.live import forget_live
from app.brand.service.mails import mail_domains
from app.kernel import clock, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from tenants import billing
from themes.engine import InputRefused, Inputs, changes, modern, parse, presets, resolve
from themes.engine.inputs import Blocks, plain
from themes.engine.presets import USUAL

LONGEST_NOTE = 200

# Numbers are handed out and the live row changes hands one at a time; two who publish at once wait for each other.
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('brand.themes ' || current_schema(), 0))")


def take_turn(session: Session) -> None:
    """Wait until nobody else numbers or publishes versions, before any version is held; ends with the transaction."""
    session.execute(_TURN)


def start_draft(session: Session, actor: Actor, *, preset: str | None = None, base: UUID | None = None) -> ThemeVersion:
    """Begin a draft from a preset, from an earlier version, or from what is live."""
    take_turn(session)
    parent = version_to_read(session, base) if base else None if preset else session.scalar(queries.live())
    inputs, origin = (parent.said, parent.preset) if parent else _of_preset(preset or USUAL)
    resolved = resolve(inputs)
    version = ThemeVersion(
        id=ids.new_id(),
        number=session.scalar(queries.next_number()) or 1,
        parent=parent.number if parent else None,
        preset=origin,
        state="draft",
        inputs=plain(inputs),
        css=resolved.css,
        flat=resolved.flat,
        sha256=resolved.sha256,
        author_id=actor.id,
        note="",
        created_at=clock.now(),
    )
    session.add(version)
    session.flush()
    activity.about_theme(session, actor, "theme.drafted", version, after={"parent": version.parent, "preset": origin})
    return version


def working_draft(session: Session, actor: Actor) -> ThemeVersion:
    """The newest draft, held against others until the transaction ends; one from what is live where there is none."""
    take_turn(session)
    return session.scalar(queries.latest_draft().with_for_update()) or start_draft(session, actor)


def change_draft(
    session: Session, actor: Actor, version_id: UUID | None, said: dict[str, dict[str, Any]], *, note: str | None = None
) -> ThemeVersion:
    """Change some inputs of a draft, group by group; what is not named stays as it is."""
    version = version_to_read(session, version_id, for_change=True)
    old = version.said
    inputs = parsed(merged(modern(version.inputs), said))
    _check_blocks(actor, old, inputs)
    version.say(plain(inputs), resolve(inputs))
    if note is not None:
        version.note = note.strip()[:LONGEST_NOTE]
    changed = changes(old, inputs)
    if changed:
        activity.about_theme(
            session,
            actor,
            "theme.changed",
            version,
            before={change.field: change.old for change in changed},
            after={change.field: change.new for change in changed},
        )
    session.flush()
    return version


def discard_draft(session: Session, actor: Actor, version_id: UUID | None) -> None:
    """Throw a draft away."""
    version = version_to_read(session, version_id, for_change=True)
    version.check_changes()
    activity.about_theme(session, actor, "theme.discarded", version)
    session.delete(version)
    session.flush()


def check_draft(session: Session, tenant: Tenant, version: ThemeVersion) -> list[Finding]:
    """Everything that must hold before this version is shown, what stands in the way first."""
    inputs = version.said
    wanted = {asset for name in named_assets(inputs).values() if (asset := ids.parse_uuid(name)) is not None}
    found = list(session.scalars(queries.assets_named(wanted))) if wanted else []
    known = {str(asset.id): _tones(asset.facts) for asset in found if asset.kind in queries.LOGOS}
    fonts = frozenset(str(asset.id) for asset in found if asset.kind == "font")
    ground = Ground(
        logos=known,
        fonts=fonts,
        languages=frozenset(tenant.languages),
        domains=mail_domains(tenant),
        blocks=check_blocks(tenant, inputs),
    )
    return findings(inputs, ground)


def check_ready(session: Session, tenant: Tenant, version: ThemeVersion) -> None:
    """Refuse a draft that something stands in the way of."""
    if any(finding.blocks for finding in check_draft(session, tenant, version)):
        raise ChecksFailed


def publish(session: Session, actor: Actor, tenant: Tenant, version_id: UUID | None) -> ThemeVersion:
    """Show a draft to everybody, after every check; what was live is retired in the same moment."""
    take_turn(session)
    version = version_to_read(session, version_id, for_change=True)
    if version.state != "draft":
        raise ThemeNotDraft
    check_ready(session, tenant, version)
    before = _retire_live(session)
    version.publish(clock.now())
    session.flush()
    activity.about_theme(session, actor, "theme.published", version, before={"number": before})
    forget_live(session, tenant)
    return version


def roll_back(session: Session, actor: Actor, tenant: Tenant, version_id: UUID | None = None) -> ThemeVersion:
    """Show an earlier version again: the one named, or the one before; nothing is built anew."""
    take_turn(session)
    live = session.scalar(queries.live())
    if version_id is not None:
        target = version_to_read(session, version_id, for_change=True)
    else:
        found = session.scalar(queries.before(live)) if live else None
        if found is None:
            raise NothingToRollBack
        target = found
    if target.state != "retired":
        raise NothingToRollBack
    before = _retire_live(session)
    target.return_live()
    session.flush()
    activity.about_theme(session, actor, "theme.rolled_back", target, before={"number": before})
    forget_live(session, tenant)
    return target


def parsed(raw: dict[str, Any]) -> Inputs:
    """Inputs, or the refusal that names the one that cannot be used."""
    try:
        return parse(raw)
    except InputRefused as refused:
        raise ThemeInputRefused(fields={refused.field or "theme": refused.sentence}) from None


def _check_blocks(actor: Actor, old: Inputs, inputs: Inputs) -> None:
    """Take new blocks only where the plan includes them and they can be shown."""
    tenant = actor.tenant
    if tenant is None or inputs.blocks in (old.blocks, Blocks()):
        return
    billing.require(tenant, "liquid_blocks")
    if failing := check_blocks(tenant, inputs):
        raise ThemeInputRefused(fields={f"blocks.{slot}": why.message for slot, why in failing.items()})


def _retire_live(session: Session) -> int | None:
    live = session.scalar(queries.live().with_for_update())
    if live is None:
        return None
    live.retire()
    session.flush()  # the index allows one live row at any moment, within this transaction too
    return live.number


def _of_preset(key: str) -> tuple[Inputs, str]:
    preset = presets().get(key)
    if preset is None:
        raise PresetUnknown
    return preset.inputs, f"{preset.key}@{preset.version}"


def merged(old: dict[str, Any], said: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Inputs with others said in their place, group by group."""
    return {**old, **{group: {**old.get(group, {}), **values} for group, values in said.items()}}


def _tones(facts: dict[str, Any]) -> Tones:
    return Tones(facts.get("on_light"), facts.get("on_dark"))
