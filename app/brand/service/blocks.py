"""A label's own blocks on its pages: rendered once per theme and language, only where its plan includes them."""

from __future__ import annotations

from typing import Any

import msgspec

from app.brand.errors import BlockRefused
from app.brand.rules import blocks
from app.brand.service.live import LiveTheme
from app.kernel import cache, observe
from app.kernel.tenant import Tenant
from tenants import billing
from themes.engine import Inputs

KEPT_SECONDS = 3600

log = observe.log("blocks")


def block_html(tenant: Tenant, theme: LiveTheme, slot: str, language: str) -> str:
    """What stands in a slot ("footer"), cleaned; nothing where the plan has no blocks or the block fails."""
    source = theme.blocks.get(slot, "")
    if not source.strip() or not billing.has(tenant, "liquid_blocks"):
        return ""
    values = _values(tenant, theme.legal_name, language)
    key = f"brand.block:{theme.sha}:{slot}:{language}:{tenant.name}"
    return cache.of(tenant).get_or_make(key, str, lambda: _rendered(source, values, slot), seconds=KEPT_SECONDS)


def check_blocks(tenant: Tenant, inputs: Inputs) -> dict[str, type[BlockRefused]]:
    """Why blocks cannot be shown, slot by slot, tried in each of the label's languages."""
    found: dict[str, type[BlockRefused]] = {}
    for slot, source in msgspec.structs.asdict(inputs.blocks).items():
        for language in tenant.languages if source.strip() else ():
            try:
                blocks.render(source, _values(tenant, inputs.identity.legal_name, language))
            except BlockRefused as refused:
                found[slot] = type(refused)
                break
    return found


def _rendered(source: str, values: dict[str, Any], slot: str) -> str:
    """A page without a block is better than no page; the checks before publishing told of it."""
    try:
        return blocks.render(source, values)
    except BlockRefused as refused:
        log.warning("block.missing", slot=slot, reason=type(refused).__name__)
        return ""


def _values(tenant: Tenant, legal_name: str, language: str) -> dict[str, Any]:
    """What a block may say: nothing here is a secret, since everybody may read the page it stands on."""
    label = {"name": tenant.name, "legal_name": legal_name or tenant.name, "languages": list(tenant.languages)}
    return {"label": label, "language": language}
