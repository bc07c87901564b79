"""Terms as they stand in the fields of the editor: the way back of what a form sends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.contracts.models import Contract
from app.contracts.rules.numbers import shown_number, shown_percent
from app.contracts.rules.terms import Base, Clause, Controlled, Escalation, Terms, When

Fields = dict[str, Any]


def blank(*, language: str, currency: str, today: date) -> Fields:
    """The fields of a contract that is only begun."""
    first: Fields = {"clause": ["1"], "c1_base": "net_receipt", "share": ["1"], "h1_percent": "100", "scope": ["1"]}
    plan: Fields = {"release_part": ["1"], "p1_part": "100", "reserve_channels": ["physical"], "reserve_counts": "1"}
    return {"language": language, "currency": currency, "starts_on": today.isoformat(), **first, **plan}


def of_contract(
    contract: Contract, terms: Terms, scopes: Sequence[tuple[str, UUID, str, str]], language: str
) -> Fields:
    """The fields of a contract as it stands."""
    fields: Fields = {
        "title": contract.title,
        "kind": contract.kind,
        "party": str(contract.party_id),
        "language": contract.language,
        "starts_on": contract.starts_on.isoformat(),
        "ends_on": contract.ends_on.isoformat() if contract.ends_on else "",
    }
    return fields | _scopes(scopes) | of_terms(terms, language)


def _scopes(scopes: Sequence[tuple[str, UUID, str, str]]) -> Fields:
    subjects: dict[str, list[str]] = {}
    for level, subject_id, _, territory in scopes:
        subjects.setdefault(f"{level}:{subject_id}", []).append(territory)
    fields: Fields = {"scope": []}
    for place, (subject, territories) in enumerate(subjects.items(), 1):
        codes = ", ".join(filter(None, territories))
        if subject.startswith("label:"):
            fields |= {"everything": "1", "everything_territories": codes}
        else:
            fields["scope"].append(str(place))
            fields |= {f"s{place}_subject": subject, f"s{place}_territories": codes}
    return fields


def of_terms(terms: Terms, language: str) -> Fields:
    """The fields of terms."""
    fields: Fields = {
        "currency": terms.currency,
        "cadence": terms.cadence,
        "recoups": terms.recoups,
        "rate_day": terms.rate_day,
        "due_days": "" if terms.due_days is None else str(terms.due_days),
        "objection_years": "" if terms.objection_years is None else str(terms.objection_years),
        "non_recoupable": list(terms.non_recoupable),
        "minimum": shown_number(terms.minimum or None, language),
        "may_exceed_whole": "1" if terms.may_exceed_whole else "",
        "most_favoured": ", ".join(map(str, terms.most_favoured)),
        "clause": [str(place) for place, _ in enumerate(terms.clauses, 1)],
        "share": [str(place) for place, _ in enumerate(terms.shares, 1)],
    }
    for place, clause in enumerate(terms.clauses, 1):
        fields |= {f"c{place}_{name}": value for name, value in _clause(clause, language).items()}
    for place, share in enumerate(terms.shares, 1):
        fields |= {
            f"h{place}_payee": str(share.payee),
            f"h{place}_percent": shown_percent(Decimal(share.share_ppm).scaleb(-6), language),
            f"h{place}_of": str(share.of or ""),
        }
    return fields | _reserve(terms, language) | _others(terms, language)


def _clause(clause: Clause, language: str) -> Fields:
    fields: Fields = {
        "name": clause.id,
        "rate": shown_percent(clause.rate, language),
        "places": "" if clause.unit_places is None else str(clause.unit_places),
        "rounding": clause.rounding,
        "whole_units": "1" if clause.whole_units else "",
        "either": clause.base.either or "",
        "reduction": [str(place) for place, _ in enumerate(clause.reductions, 1)],
        **_when(clause.when),
        **_base(clause.base, "base", language),
        **(_base(clause.base.other, "other", language) if clause.base.other else {}),
        **{f"deduct_{each.kind}": shown_percent(each.rate, language) for each in clause.deductions},
        **(_escalation(clause.escalation, language) if clause.escalation else {}),
    }
    for place, reduction in enumerate(clause.reductions, 1):
        own = {"kind": reduction.kind, "factor": shown_percent(reduction.factor, language)}
        own |= {"stacks": "yes" if reduction.stacks else "no", **_when(reduction.when)}
        fields |= {f"r{place}_{name}": value for name, value in own.items()}
    return fields


def _when(when: When) -> Fields:
    return {
        "territories": ", ".join(when.territories),
        "except": ", ".join(when.except_territories),
        "channels": list(when.channels),
        "configurations": ", ".join(when.configurations),
        "bands": ", ".join(when.price_bands),
        "models": ", ".join(when.commercial_models),
        "sources": ", ".join(when.sources),
        "from": when.sold_from.isoformat() if when.sold_from else "",
        "until": when.sold_until.isoformat() if when.sold_until else "",
    }


def _base(base: Base, name: str, language: str) -> Fields:
    return {
        name: base.kind,
        f"{name}_portion": shown_percent(base.portion, language),
        f"{name}_amount": shown_number(base.amount, language),
    }


def _escalation(escalation: Escalation, language: str) -> Fields:
    fields: Fields = {"escalation": escalation.by, "mode": escalation.mode, "per": escalation.per, "step": []}
    for place, step in enumerate(escalation.steps, 1):
        fields["step"].append(str(place))
        fields[f"t{place}_above"] = shown_number(step.above, language)
        fields[f"t{place}_rate"] = shown_percent(step.rate, language)
    return fields


def _reserve(terms: Terms, language: str) -> Fields:
    reserve = terms.reserve
    if reserve is None:
        return {"release_part": ["1"], "p1_part": "100", "reserve_channels": ["physical"], "reserve_counts": "1"}
    fields: Fields = {
        "reserve_rate": shown_percent(reserve.rate, language),
        "reserve_channels": list(reserve.channels),
        "reserve_counts": "1" if reserve.counts_held else "",
        "reserve_cap": shown_number(reserve.cap, language),
        "release_part": [str(place) for place, _ in enumerate(reserve.release, 1)],
    }
    return fields | {f"p{place}_part": shown_percent(part, language) for place, part in enumerate(reserve.release, 1)}


def _rate_of(controlled: Controlled) -> str:
    if controlled.statutory is not None:
        return "own"
    return "us_day" if controlled.statutory_on else "us"


def _others(terms: Terms, language: str) -> Fields:
    fields: Fields = {}
    if guarantee := terms.guarantee:
        fields |= {
            "guarantee_amount": shown_number(guarantee.amount, language),
            "guarantee_per": guarantee.per,
            "guarantee_recoupable": "1" if guarantee.is_recoupable else "",
        }
    if controlled := terms.controlled:
        fields |= {
            "controlled_rate": _rate_of(controlled),
            "controlled_statutory": shown_number(controlled.statutory, language),
            "controlled_day": controlled.statutory_on.isoformat() if controlled.statutory_on else "",
            "controlled_portion": shown_percent(controlled.portion, language),
            "controlled_cap": str(controlled.cap_songs),
            "controlled_songs": str(controlled.controlled_songs),
            "controlled_outside": str(controlled.outside_songs),
            "controlled_minutes": ", ".join(map(str, controlled.controlled_minutes)),
            "controlled_outside_minutes": ", ".join(map(str, controlled.outside_minutes)),
            "controlled_pays_back": controlled.pays_back,
        }
    if trigger := terms.trigger:
        fields |= {
            "trigger": str(trigger.contract),
            "trigger_at": trigger.at,
            "trigger_retroactive": "1" if trigger.is_retroactive else "",
        }
    if withholding := terms.withholding:
        fields |= {
            "withholding_rate": shown_percent(withholding.rate, language),
            "withholding_gross_up": "1" if withholding.gross_up else "",
        }
    return fields
