"""A contract's terms as data: the machine's face of the deal, from which its text is written, too.

Rates and factors are decimals (0.15 is 15 %), shares are parts per million, amounts are in the contract's currency.
"""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, get_args
from uuid import UUID

import msgspec

Kind = Literal[
    "royalty", "profit_share", "distribution", "licence", "three_sixty", "producer", "remix", "work_for_hire"
]
Level = Literal["label", "imprint", "artist", "release", "track", "recording"]
Channel = Literal["stream", "download", "physical", "ugc", "sync", "merch", "neighbouring"]
BaseKind = Literal["net_source", "net_receipt", "ppd", "retail", "per_unit"]
DeductionKind = Literal["tax", "distribution_fee", "packaging", "free_goods", "breakage", "new_technology"]
ReductionKind = Literal["foreign", "mid_price", "budget", "club", "px", "tv_campaign"]
Counter = Literal["units", "gross", "net", "recoupment"]
Cadence = Literal["monthly", "quarterly", "half_yearly"]
Rounding = Literal["half_up", "down"]
RateDay = Literal["period_end", "receipt"]
SongsPay = Literal["own", "nothing", "all"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
"""From the least to the most specific."""

CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)
DEDUCTIONS: Final[tuple[DeductionKind, ...]] = get_args(DeductionKind)
"""In the order in which they are taken off; each from what the one before left."""

DIMENSIONS: Final = (
    "territories", "channels", "configurations", "price_bands", "commercial_models", "sources", "dates",
)  # fmt: skip
"""What a condition may narrow; of two with as many, the one that narrows an earlier dimension is more specific."""

ONE: Final = Decimal(1)


class _Data(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Written the same way every time, so that its hash stands for it."""


class When(_Data, frozen=True):
    """The sales a clause is about; a dimension that names nothing is about all."""

    territories: tuple[str, ...] = ()
    except_territories: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    configurations: tuple[str, ...] = ()
    price_bands: tuple[str, ...] = ()
    commercial_models: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    sold_from: date | None = None
    sold_until: date | None = None
    """The last day, included."""


class Base(_Data, frozen=True):
    """What a rate is of: `portion` of it; `either` says to take the larger or smaller of this and `other`, per line."""

    kind: BaseKind = "net_receipt"
    portion: Decimal = ONE
    amount: Decimal | None = None
    """Per unit: the price itself for `per_unit`; the list price where a line of `ppd` or `retail` has none."""

    either: Literal["max", "min"] | None = None
    other: Base | None = None


class Deduction(_Data, frozen=True):
    """A part that is taken off before the rate."""

    kind: DeductionKind
    rate: Decimal


class Reduction(_Data, frozen=True):
    """A factor on the rate for some sales; one that does not stack takes the place of all others."""

    kind: ReductionKind
    factor: Decimal
    when: When = When()
    stacks: bool = True


class Step(_Data, frozen=True):
    """Above this count, in units or the contract's currency, the rate is this."""

    above: Decimal
    rate: Decimal


class Escalation(_Data, frozen=True):
    """A rate that grows: marginal for what lies above each step, or for everything once a step is passed (slab).

    Where a month's sales pass a step, all of them have the rate that they come to on average.

    Of recoupment, steps count the share of its costs that the label has covered out of its part: 1 is all of them.
    """

    by: Counter
    steps: tuple[Step, ...]
    mode: Literal["marginal", "slab"] = "marginal"
    per: Literal["contract", "release"] = "contract"


class Clause(_Data, frozen=True):
    """If a sale is like this, the royalty is that."""

    id: str
    rate: Decimal
    when: When = When()
    base: Base = Base()
    deductions: tuple[Deduction, ...] = ()
    reductions: tuple[Reduction, ...] = ()
    escalation: Escalation | None = None
    unit_places: int | None = None
    """Decimal places to which the royalty of one unit is rounded before it is multiplied."""

    rounding: Rounding = "half_up"
    """How the royalty of one unit is rounded."""

    whole_units: bool = False
    """Whether of what deductions and reductions leave of a row's units only whole ones count."""


class Share(_Data, frozen=True):
    """What a payee gets, in parts per million of the whole, or of another payee's share."""

    payee: UUID
    share_ppm: int
    of: UUID | None = None


class Reserve(_Data, frozen=True):
    """A part of positive sales that is held back for returns and let go in parts over the next periods."""

    rate: Decimal
    channels: tuple[Channel, ...] = ("physical",)
    release: tuple[Decimal, ...] = (ONE,)
    counts_held: bool = True
    """Whether what is held counts towards escalations at once (kept back after the calculation), or only when it is
    let go of (before it)."""

    cap: Decimal | None = None


class Guarantee(_Data, frozen=True):
    """What a payee gets at least; the shortfall may be recoupable from later earnings."""

    amount: Decimal
    per: Literal["period", "year", "life"] = "year"
    is_recoupable: bool = False


class Controlled(_Data, frozen=True):
    """Mechanicals per unit: songs the artist controls at a reduced rate, all songs under a cap, the rest charged."""

    statutory: Decimal | None = None
    """The full rate per song; None: what the law of the United States says, at the least."""

    statutory_on: date | None = None
    """The day whose rate of that law counts; None: the last day of each period."""

    portion: Decimal = Decimal("0.75")
    cap_songs: int = 10
    controlled_songs: int = 0
    outside_songs: int = 0
    controlled_minutes: tuple[int, ...] = ()
    """Of which of the artist's songs the statutory rate goes by the minute: how long each is, a begun minute whole."""

    outside_minutes: tuple[int, ...] = ()
    """The same of the songs of others."""

    pays_back: SongsPay = "own"
    """What mechanicals may earn back: what is open under this contract, nothing, or under others as well."""


class Trigger(_Data, frozen=True):
    """Paid only once another contract has earned its costs back, at its full rate or less ours."""

    contract: UUID
    at: Literal["combined", "net"] = "combined"
    is_retroactive: bool = True
    """Whether what was earned before is paid then, too."""


class Withholding(_Data, frozen=True):
    """Tax that is kept back for the payee's country, or paid on top by the label."""

    rate: Decimal
    gross_up: bool = False


class Terms(_Data, frozen=True):
    """Everything with a number in a deal."""

    currency: str
    clauses: tuple[Clause, ...]
    shares: tuple[Share, ...]
    cadence: Cadence = "half_yearly"
    recoups: Literal["own_share", "all_receipts"] = "own_share"
    """Whether costs come back out of what the artist earned, or out of everything before anybody earns."""

    non_recoupable: tuple[Channel, ...] = ()
    """Channels whose royalties are paid whatever is still to be earned back."""

    reserve: Reserve | None = None
    guarantee: Guarantee | None = None
    controlled: Controlled | None = None
    trigger: Trigger | None = None
    withholding: Withholding | None = None
    most_favoured: tuple[UUID, ...] = ()
    """Contracts whose better rate for the same clause counts here, too."""

    rate_day: RateDay = "period_end"
    """Whose day's exchange rate counts: of the period's last day, or of the day on which a report's money came."""

    due_days: int | None = None
    """Within how many days after a period its statements are sent and paid."""

    objection_years: int | None = None
    """For how long a statement may be objected to."""

    minimum: Decimal = Decimal(0)
    """Below it a balance waits for the next period."""

    may_exceed_whole: bool = False
    """Whether shares may add up to more than everything: participations beside a full deal."""


def packed(terms: Terms) -> bytes:
    """Terms as the bytes that are signed: the same terms are the same bytes."""
    return msgspec.json.encode(_bare(terms), order="deterministic")


def _bare(value: Any) -> Any:
    """A value without what every reader would take for granted, whoever wrote it down."""
    if isinstance(value, msgspec.Struct):
        said = {each.name: getattr(value, each.name) for each in msgspec.structs.fields(value)}
        usual = {each.name: each.default for each in msgspec.structs.fields(value)}
        return {name: _bare(own) for name, own in said.items() if own != usual[name]}
    return [_bare(each) for each in value] if isinstance(value, tuple) else value


def unpacked(raw: bytes | str) -> Terms:
    """Terms from their bytes."""
    return msgspec.json.decode(raw, type=Terms)


def digest(terms: Terms) -> str:
    """SHA-256 of the terms."""
    return hashlib.sha256(packed(terms)).hexdigest()
