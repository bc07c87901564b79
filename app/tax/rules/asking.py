"""Walking through an interview: what is asked next, whether an answer can be used, and what is signed in the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from app.kernel.sentences import sentence
from app.roster.rules.countries import COUNTRIES
from app.tax.errors import AnswersForeign, StepUnknown
from app.tax.rules import tins
from app.tax.rules.interviews import STEPS, Answers, Condition, Field, Step
from app.tax.rules.kinds import FormKind, form_for
from app.tax.rules.tables import us_table

Problems = dict[str, str]
SENTENCES: Final = {
    "needed": sentence("This is needed."),
    "choose": sentence("Choose one of these."),
    "long": sentence("This is too long."),
    "signs": sentence("This holds signs that cannot be written on a form."),
    "country": sentence("Choose a country from the list."),
    "day": sentence("Write a day in the past, from 1900 on."),
    "abroad": sentence("Whoever is resident in the United States fills in W-9: change the answer on the first page."),
    "us_tin": sentence("This is no number of this kind: compare it with the letter it was given to you in."),
    "own_kind": sentence("A person has an SSN or an ITIN; only a sole proprietor may give an EIN as well."),
    "ftin": sentence("This is no tax number of this country: a digit may be missing or wrong."),
    "no_tin": sentence("Give the number, or say that there is none."),
    "treaty_tin": sentence("A treaty can be claimed only with a tax number of that country or of the United States."),
    "state": sentence("Write the two letters of the state, such as NY."),
    "zip": sentence("Write five digits, or nine as 12345-6789."),
    "giin": sentence("This is no GIIN: it looks like 98Q96B.00000.LE.250."),
    "flow_through": sentence(
        "A partnership or such a trust fills in W-8IMY, which is not asked for here. Send it to the label on paper."
    ),
}
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffd]")
_AWAY: Final = "-"
_STATE, _ZIP = re.compile(r"[A-Z]{2}"), re.compile(r"[0-9]{5}(-[0-9]{4})?")


def form_of(answers: Answers) -> FormKind | None:
    """The form that follows from the first page; None as long as it is not answered."""
    if answers.get("entity") not in ("person", "company") or answers.get("us_person") not in ("yes", "no"):
        return None
    return form_for(is_us=answers["us_person"] == "yes", is_company=answers["entity"] == "company")


def known(answers: Answers, on: date) -> dict[str, str]:
    """The answers, and what follows from them: the form, and whether there is a treaty to claim."""
    form = form_of(answers)
    treaty = us_table().treaty_on(answers.get("residence", ""), on)
    return {**answers, "form": form or "", "treaty_open": "yes" if treaty else "no"}


def steps_for(answers: Answers, on: date) -> list[Step]:
    """The pages that somebody with these answers is led through."""
    facts = known(answers, on)
    return [step for step in STEPS if _holds(step.when, facts)]


def fields_for(step: Step, answers: Answers, on: date) -> list[Field]:
    """The questions of a page, as far as they are for somebody with these answers."""
    facts = known(answers, on)
    return [each for each in step.fields if _holds(each.when, facts)]


def step_named(name: str, answers: Answers, on: date) -> Step:
    """A page by its name, if somebody with these answers is led to it."""
    found = next((step for step in steps_for(answers, on) if step.name == name), None)
    if found is None:
        raise StepUnknown
    return found


def next_step(answers: Answers, on: date, *, after: str | None = None) -> Step | None:
    """The first page with something unanswered, or the one after this; None where everything is answered."""
    steps = steps_for(answers, on)
    if after is not None:
        names = [step.name for step in steps]
        later = steps[names.index(after) + 1 :] if after in names else steps
        if later:
            return later[0]
    return next((step for step in steps if check(step, answers, on)), None)


def take(step: Step, answers: Answers, typed: Answers, on: date) -> tuple[dict[str, str], Problems]:
    """The answers with those of one page taken in, and what stands against them, a sentence for each field.

    A secret that is left empty stays as it was, and a dash takes it away; what this page does not ask is refused.
    """
    if foreign := set(typed) - {each.name for each in step.fields}:
        raise AnswersForeign(fields=dict.fromkeys(sorted(name[:40] for name in foreign)[:10], SENTENCES["choose"]))
    taken: dict[str, str] = dict(answers)
    for each in step.fields:
        said = _tidy(each, typed.get(each.name, ""))
        if each.kind == "secret" and said == _AWAY and not each.is_needed:
            taken[each.name] = ""
        elif each.kind != "secret" or said:
            taken[each.name] = said
    problems = check(step, taken, on)
    return {**taken, **_kept(step, taken, on)} if not problems else taken, problems


def check(step: Step, answers: Answers, on: date) -> Problems:
    """What stands against the answers of one page."""
    problems: Problems = {}
    for each in fields_for(step, answers, on):
        if (problem := _against(each, answers.get(each.name, ""), on)) is not None:
            problems[each.name] = SENTENCES[problem]
    if problems:
        return problems
    together = _TOGETHER.get(step.name)
    return {name: SENTENCES[problem] for name, problem in together(answers)} if together else {}


def whole(answers: Answers, on: date) -> dict[str, str]:
    """The answers that are signed: those to what was asked, and nothing that an earlier way left behind."""
    asked = [each.name for step in steps_for(answers, on) for each in fields_for(step, answers, on)]
    return {name: answers[name] for name in asked if answers.get(name)}


def is_writable(text: str) -> bool:
    """Whether a text of one line holds nothing but signs that can be written on a form."""
    return not (_UNWRITABLE.search(text) or re.search(r"[\t\n\r]", text))


def _holds(conditions: tuple[Condition, ...], facts: Answers) -> bool:
    return all(facts.get(name, "") in values for name, values in conditions)


def _tidy(each: Field, typed: str) -> str:
    text = typed.strip()
    if each.kind == "area":
        return text.replace("\r\n", "\n")
    if each.kind == "tick":
        return "1" if text else ""
    return re.sub(r" +", " ", text)


def _against(each: Field, said: str, on: date) -> str | None:
    """The key of the sentence against one answer."""
    if not said:
        return "needed" if each.is_needed else None
    if len(said) > each.longest:
        return "long"
    if _UNWRITABLE.search(said) or (each.kind != "area" and not is_writable(said)):
        return "signs"
    checks: dict[str, Callable[[], str | None]] = {
        "choice": lambda: None if said in each.choices else "choose",
        "country": lambda: None if said in COUNTRIES else "country",
        "date": lambda: None if _is_past(said, on) else "day",
    }
    return checks[each.kind]() if each.kind in checks else None


def _is_past(text: str, on: date) -> bool:
    try:
        return date(1900, 1, 1) <= date.fromisoformat(text) < on
    except ValueError:
        return False


def _w9_address(answers: Answers) -> Iterator[tuple[str, str]]:
    if not _STATE.fullmatch(answers["state"].upper()):
        yield "state", "state"
    if not _ZIP.fullmatch(answers["zip"]):
        yield "zip", "zip"


def _w9_tin(answers: Answers) -> Iterator[tuple[str, str]]:
    is_single = answers.get("class", "individual") == "individual"
    if not is_single and answers["tin_kind"] != "ein":
        yield "tin_kind", "own_kind"
    elif tins.us_tin(answers["tin_kind"], answers["tin"]) is None:
        yield "tin", "us_tin"


def _tins(answers: Answers) -> Iterator[tuple[str, str]]:
    is_company = answers.get("entity") == "company"
    number, us_number = answers.get("ftin", ""), answers.get("us_tin", "")
    if number and tins.foreign_tin(answers.get("residence", ""), number, is_company=is_company) is None:
        yield "ftin", "ftin"
    if us_number and tins.any_us_tin(us_number) is None:
        yield "us_tin", "us_tin"
    if not (number or us_number or answers.get("ftin_none")):
        yield "ftin", "no_tin"


def _treaty(answers: Answers) -> Iterator[tuple[str, str]]:
    if answers["treaty"] == "yes" and not (answers.get("ftin") or answers.get("us_tin")):
        yield "treaty", "treaty_tin"


def _residence(answers: Answers) -> Iterator[tuple[str, str]]:
    if answers["residence"] == "US":
        yield "residence", "abroad"


def _organization(answers: Answers) -> Iterator[tuple[str, str]]:
    if answers["chapter3"] == "flow_through":
        yield "chapter3", "flow_through"


def _chapter4(answers: Answers) -> Iterator[tuple[str, str]]:
    if answers.get("giin") and tins.giin(answers["giin"]) is None:
        yield "giin", "giin"


_TOGETHER: Final[dict[str, Callable[[Answers], Iterator[tuple[str, str]]]]] = {
    "w9_address": _w9_address,
    "w9_tin": _w9_tin,
    "w8bene_name": _organization,
    "residence": _residence,
    "chapter4": _chapter4,
    "tins": _tins,
    "treaty": _treaty,
}


def _kept(step: Step, answers: Answers, on: date) -> dict[str, str]:
    """Numbers and codes of a page as they are kept: without separators, in capitals."""
    asked = {each.name for each in fields_for(step, answers, on)}
    is_company = answers.get("entity") == "company"
    spelled: dict[str, Callable[[str], str | None]] = {
        "tin": lambda text: tins.us_tin(answers["tin_kind"], text),
        "us_tin": tins.any_us_tin,
        "ftin": lambda text: tins.foreign_tin(answers.get("residence", ""), text, is_company=is_company),
        "giin": tins.giin,
        "state": str.upper,
    }
    said = {name: spelled[name](answers[name]) for name in spelled if name in asked and answers.get(name)}
    return {name: text for name, text in said.items() if text is not None}
