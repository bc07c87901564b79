"""Discounts: made, ended, looked up by a code, and counted exactly however many use them at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, any_, cast, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.money import WHOLE_PPM, is_currency
from app.storefront.models import Discount, Order
from app.storefront.rules.refusals import CodeUnusable, DiscountUnusable
from app.storefront.rules.rounding import is_whole_minor

KINDS: Final = ("percent", "amount", "buy_x", "free_shipping")
MOST_BUY: Final = 100
_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{1,38}[A-Z0-9]")


class NewDiscount(msgspec.Struct, kw_only=True):
    """A discount as it is wanted; the fields are those of `Discount`."""

    name: str
    kind: str
    code: str | None = None
    value: int = 0
    currency: str | None = None
    buy: int | None = None
    get: int | None = None
    product_ids: list[UUID] = []
    market_ids: list[UUID] = []
    least_micros: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    most_uses: int | None = None
    once_each: bool = False
    stacks: bool = False


def normal_code(code: str) -> str:
    """A code as it is kept: capitals, without spaces around."""
    return code.strip().upper()


def running(now: datetime) -> list[ColumnElement[bool]]:
    """The conditions under which a discount counts at a moment."""
    return [
        Discount.ended_at.is_(None),
        or_(Discount.starts_at.is_(None), Discount.starts_at <= now),
        or_(Discount.ends_at.is_(None), Discount.ends_at > now),
        or_(Discount.most_uses.is_(None), Discount.used < Discount.most_uses),
    ]


def offered(session: Session, codes: Sequence[str], *, market_id: UUID) -> list[Discount]:
    """The discounts that count now in a market: by themselves, and by these codes."""
    here = or_(func.cardinality(Discount.market_ids) == 0, any_(Discount.market_ids) == market_id)
    mine = or_(Discount.code.is_(None), Discount.code.in_(codes))
    query = select(Discount).where(*running(clock.now()), here, mine)
    return list(session.scalars(query.order_by(Discount.id)))


def usable(session: Session, code: str, *, market_id: UUID) -> Discount:
    """The discount that counts now for a code in a market, or a refusal that says why there is none."""
    code = normal_code(code)
    found = session.scalar(select(Discount).where(Discount.code == code))
    if found is None or (found.market_ids and market_id not in found.market_ids):
        raise CodeUnusable(code=code[:40])
    now = clock.now()
    if found.starts_at is not None and found.starts_at > now:
        raise CodeUnusable(code=code)
    if found.ended_at is not None or (found.ends_at is not None and found.ends_at <= now):
        raise CodeUnusable(CodeUnusable.OVER, code=code)
    if found.most_uses is not None and found.used >= found.most_uses:
        raise CodeUnusable(CodeUnusable.USED_UP, code=code)
    return found


def count_uses(session: Session, discount_ids: Collection[UUID], order: Order) -> None:
    """Count one use of each by an order; `CodeUnusable` where one is used up, over, or was used by the buyer before.

    The row stays locked until the order is there, so that of two at once the second one sees the first.
    """
    for key in sorted(discount_ids):
        changed = session.execute(
            update(Discount)
            .where(Discount.id == key, *running(clock.now()))
            .values(used=Discount.used + 1)
            .returning(Discount.code, Discount.name, Discount.once_each)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        if changed is None:
            discount = session.get_one(Discount, key)
            raise CodeUnusable(CodeUnusable.USED_UP, code=discount.code or discount.name)
        if changed.once_each and _has_used(session, key, order):
            raise CodeUnusable(CodeUnusable.ONCE, code=changed.code or changed.name)


def _has_used(session: Session, discount_id: UUID, order: Order) -> bool:
    named = Order.discounts.op("@>")(cast([{"id": str(discount_id)}], JSONB))
    others = Order.id != order.id
    used = exists().where(Order.email == order.email, others, Order.state != "cancelled", named)
    return bool(session.scalar(select(used)))


def uncount_uses(session: Session, order: Order) -> None:
    """Give back the uses of an order that came to nothing."""
    for key in sorted(UUID(each["id"]) for each in order.discounts):
        session.execute(
            update(Discount)
            .where(Discount.id == key, Discount.used > 0)
            .values(used=Discount.used - 1)
            .execution_options(synchronize_session=False)
        )


def create(session: Session, actor: Actor, wish: NewDiscount) -> Discount:
    """Make a discount; from its start on it counts."""
    _check(wish)
    values = msgspec.structs.asdict(wish) | {"code": normal_code(wish.code) if wish.code else None}
    discount = Discount(id=ids.new_id(), **values, created_by=actor.id, created_at=clock.now())
    try:
        with session.begin_nested():
            session.add(discount)
    except IntegrityError:
        raise DiscountUnusable(fields={"code": DiscountUnusable.KNOWN}) from None
    told = {"name": wish.name, "kind": wish.kind, "code": discount.code, "value": wish.value}
    activity.record(session, actor, "discount.created", subject_type="discount", subject_id=discount.id, after=told)
    return discount


def end(session: Session, actor: Actor, discount: Discount) -> None:
    """Let a discount count no more; ended twice is ended."""
    if discount.ended_at is not None:
        return
    discount.ended_at = clock.now()
    session.flush()
    before = {"name": discount.name, "code": discount.code, "used": discount.used}
    activity.record(session, actor, "discount.ended", subject_type="discount", subject_id=discount.id, before=before)


def _check(wish: NewDiscount) -> None:
    wrong: dict[str, str] = {}
    if not wish.name.strip():
        wrong["name"] = DiscountUnusable.NAME
    if wish.code is not None and not _CODE.fullmatch(normal_code(wish.code)):
        wrong["code"] = DiscountUnusable.CODE
    if wish.kind not in KINDS or not _is_worth(wish):
        wrong["value"] = DiscountUnusable.BUY if wish.kind == "buy_x" else DiscountUnusable.VALUE
    if (wish.kind == "amount") != (wish.currency is not None and is_currency(wish.currency)):
        wrong["currency"] = DiscountUnusable.CURRENCY
    if wish.starts_at and wish.ends_at and wish.ends_at <= wish.starts_at:
        wrong["ends_at"] = DiscountUnusable.DATES
    if wish.most_uses is not None and wish.most_uses < 1:
        wrong["most_uses"] = DiscountUnusable.VALUE
    if wrong:
        raise DiscountUnusable(fields=wrong)


def _is_worth(wish: NewDiscount) -> bool:
    if (wish.kind == "buy_x") != (wish.buy is not None and wish.get is not None):
        return False
    if wish.kind == "percent":
        return 1 <= wish.value <= WHOLE_PPM
    if wish.kind == "amount":
        is_known = wish.currency is not None and is_currency(wish.currency)
        return wish.value > 0 and (not is_known or is_whole_minor(wish.value, str(wish.currency)))
    return wish.kind != "buy_x" or (1 <= (wish.buy or 0) <= MOST_BUY and 1 <= (wish.get or 0) <= MOST_BUY)
