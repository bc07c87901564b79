"""Forms about contracts, royalties and payouts: what is called otherwise there than in the operations."""

from collections.abc import Mapping

from app.contracts.rules.terms import DEDUCTIONS
from tests.api.parity.forms import BODY, KEY, MATCH, Alone, Said

WHEN: Said = {
    "territories": "territories", "except": "except_territories", "channels": "channels", "from": "sold_from",
    "until": "sold_until", "configurations": "configurations", "bands": "price_bands", "models": "commercial_models",
    "sources": "sources",
}  # fmt: skip
CLAUSE: Said = {
    "name": "id", "rate": "rate", "places": "unit_places", "rounding": "rounding", "whole_units": "whole_units",
    "base": "base.kind", "base_portion": "base.portion", "base_amount": "base.amount", "either": "base.either",
    "other": "base.other", "other_portion": "base.other", "other_amount": "base.other",
    **{f"deduct_{kind}": "deductions.kind, clauses.deductions.rate" for kind in DEDUCTIONS},
    "reduction": "reductions", "r{}_kind": "reductions.kind", "r{}_factor": "reductions.factor",
    "r{}_stacks": "reductions.stacks", **{f"r{{}}_{name}": f"reductions.when.{told}" for name, told in WHEN.items()},
    **{name: f"when.{told}" for name, told in WHEN.items()},
    "escalation": "escalation.by", "mode": "escalation.mode", "per": "escalation.per", "step": "escalation.steps",
    "t{}_above": "escalation.steps.above", "t{}_rate": "escalation.steps.rate",
}  # fmt: skip
SHARES: Said = {"h{}_payee": "payee", "h{}_percent": "share_ppm", "h{}_of": "of"}
TERMS: Said = {
    "currency": "currency", "cadence": "cadence", "recoups": "recoups", "minimum": "minimum", "rate_day": "rate_day", "non_recoupable": "non_recoupable",
    "may_exceed_whole": "may_exceed_whole", "most_favoured": "most_favoured", "clause": "clauses", "share": "shares",
    **{name: f"shares.{told}" for name, told in SHARES.items()},
    "reserve_rate": "reserve.rate", "reserve_channels": "reserve.channels", "reserve_counts": "reserve.counts_held",
    "reserve_cap": "reserve.cap", "release_part": "reserve.release", "p{}_part": "reserve.release",
    "guarantee_amount": "guarantee.amount", "guarantee_per": "guarantee.per",
    "guarantee_recoupable": "guarantee.is_recoupable",
    "controlled_statutory": "controlled.statutory", "controlled_day": "controlled.statutory_on",
    "controlled_portion": "controlled.portion", "controlled_cap": "controlled.cap_songs",
    "controlled_songs": "controlled.controlled_songs", "controlled_outside": "controlled.outside_songs",
    "due_days": "due_days", "objection_years": "objection_years",
    "controlled_minutes": "controlled.controlled_minutes",
    "controlled_outside_minutes": "controlled.outside_minutes",
    "controlled_pays_back": "controlled.pays_back", "trigger": "trigger.contract", "trigger_at": "trigger.at", "trigger_retroactive": "trigger.is_retroactive",
    "withholding_rate": "withholding.rate", "withholding_gross_up": "withholding.gross_up",
}  # fmt: skip
CONTRACT: Said = {
    **{name: f"terms.{told}" for name, told in TERMS.items()},
    **{f"c{{}}_{name}": f"terms.clauses.{told}".replace(", ", ", terms.") for name, told in CLAUSE.items()},
    "controlled_rate": Alone.CHOICE, "everything": "scopes.level", "everything_territories": "scopes.territory",
    "s{}_subject": "scopes.level, scopes.subject_id", "s{}_territories": "scopes.territory",
}  # fmt: skip
SCHEDULE: Said = {"day": "anchor", "weekday": "anchor"}
METHODS: Said = {"method": "shares.account_id", "share": "shares.share_ppm"}
ASKED: Said = {"key": KEY}
WORDS: Said = {"words": "text"}

TABLES: Mapping[str, Said] = {
    "/artist/money/{}/schedule": SCHEDULE,
    "/artist/money/{}/shares": METHODS,
    "/artist/money/{}/payouts": ASKED,
    "/portal/payees/{}/schedule": SCHEDULE,
    "/portal/payees/{}/shares": METHODS,
    "/portal/payees/{}/payouts": ASKED,
    "/portal/payouts/runs/{}/lines": {"line": "numbers"},
    "/portal/contracts": CONTRACT,
    "/portal/contracts/{}": {**CONTRACT, "match": MATCH, "kind": Alone.KEPT},
    "/portal/contracts/amendments": {
        "query": Alone.MANY, "sheet": "file_id", "field_{}": "rows.values", "value_{}": "rows.values",
    },
    "/portal/contracts/batches": {"sheet": "file_id"},
    "/portal/contracts/{}/comments": WORDS,
    "/portal/contracts/{}/signature/refusal": WORDS,
    "/portal/contracts/{}/signatures": {
        name: f"signers.{name}" for name in ("email", "language", "name", "role", "side")
    },
    "/portal/splits/{}": {
        "share": "shares", "h{}_payee": "shares.payee_id", "h{}_percent": "shares.share_ppm", "h{}_of": Alone.NEIGHBOUR,
    },
    "/portal/royalties/rates": {"on": "day", "quote": "counter"},
    "/portal/royalties/reports": {"report": f"{BODY}, file_id", "currency": "stated", "total": "stated"},
    "/portal/royalties/reports/{}/columns": {"column-{}": "meanings"},
    "/portal/royalties/runs/{}/sign-offs": {"finding": "number"},
    "/portal/royalties/suspense/matches": {"asset": "numbers"},
    "/portal/royalties/suspense/matches/removal": {"asset": "number"},
}  # fmt: skip
