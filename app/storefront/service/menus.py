"""Where the shop's head and foot lead, in an order of the label's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.kernel import activity, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.storefront.models import MenuEntry
from app.storefront.rules import texts as rules
from app.storefront.rules.portal_refusals import MenuUnusable, TextUnusable


class Wish(NamedTuple):
    """An entry as it was typed in one language; `id` where it was there before."""

    name: str
    target: str
    id: UUID | None = None


def entries(session: Session, menu: str) -> list[MenuEntry]:
    """The entries of a menu in order."""
    query = select(MenuEntry).where(MenuEntry.menu == menu)
    return list(session.scalars(query.order_by(MenuEntry.position, MenuEntry.id)))


def arrange(
    session: Session, tenant: Tenant, actor: Actor, menu: str, language: str, wishes: Sequence[Wish]
) -> list[MenuEntry]:
    """Let a menu lead where it was typed, in that order; names in other languages stay with their entries."""
    if menu not in rules.MENUS or language not in tenant.languages:
        raise TextUnusable("language", TextUnusable.LANGUAGE)
    if len(wishes) > rules.MOST_ENTRIES:
        raise MenuUnusable(MenuUnusable.MANY, most=rules.MOST_ENTRIES)
    before = entries(session, menu)
    held = {entry.id: entry.names for entry in before}
    made = [_entry(menu, place, language, wish, held) for place, wish in enumerate(wishes)]
    told = [_told(entry) for entry in before]
    session.execute(delete(MenuEntry).where(MenuEntry.menu == menu))
    session.expire_all()
    session.add_all(made)
    session.flush()
    if told != (after := [_told(entry) for entry in made]):
        change: dict[str, Any] = {"before": {menu: told}, "after": {menu: after}}
        activity.record(session, actor, "store_menu.changed", subject_type="store_settings", **change)
    return made


def _entry(menu: str, place: int, language: str, wish: Wish, held: dict[UUID, dict[str, str]]) -> MenuEntry:
    name, target = " ".join(wish.name.split()), wish.target.strip()
    names = {**(held.get(wish.id, {}) if wish.id else {}), language: name}
    names = {key: said for key, said in names.items() if said}
    kind = rules.target_kind(target)
    if not kind:
        raise MenuUnusable
    if len(name) > rules.LONGEST_NAME or (kind == "address" and not names):
        raise MenuUnusable(MenuUnusable.NAME)
    return MenuEntry(id=ids.new_id(), menu=menu, names=names, target=target, position=place)


def _told(entry: MenuEntry) -> dict[str, str]:
    return {"name": next(iter(entry.names.values()), entry.target)}
