"""Tax in words, for a reader of any language: why something is withheld, what stands on a form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_percent

from app.kernel.sentences import sentence
from app.tax.models import TaxForm
from app.tax.rules import tins
from app.tax.rules.interviews import SECRETS, STEPS, Field
from app.tax.rules.withholding import WHY_SENTENCES, Withholding

Say = Callable[..., str]
STATE_SENTENCES: Final = {
    "missing": sentence("No form"),
    "valid": sentence("In force"),
    "ending": sentence("Ends soon"),
    "ended": sentence("Ended"),
    "superseded": sentence("Replaced"),
}
TONES: Final = {"missing": "warning", "valid": "success", "ending": "warning", "ended": "danger", "superseded": ""}
CASE_SENTENCES: Final = {
    "open": sentence("To be decided"),
    "cleared": sentence("Cleared"),
    "confirmed": sentence("Confirmed"),
}
CASE_TONES: Final = {"open": "warning", "cleared": "success", "confirmed": "danger"}
FIELDS: Final[dict[str, tuple[Field, ...]]] = {
    name: tuple(each for step in STEPS for each in step.fields if each.name == name)
    for name in {each.name for step in STEPS for each in step.fields}
}
_SOON_DAYS: Final = 60
_PPM: Final = 1_000_000


class Teller:
    """Says tax matters in one language, and writes numbers and days as they are in `locale`."""

    def __init__(self, language: str, say: Say, locale: str = "") -> None:
        self._locale, self._say = locale or language.replace("-", "_"), say

    def percent(self, ppm: int) -> str:
        """A rate."""
        found: str = format_percent(ppm / _PPM, format="#,##0.####%", locale=self._locale)
        return found

    def day(self, day: date) -> str:
        """A day."""
        found: str = format_date(day, "long", locale=self._locale)
        return found

    def country(self, code: str) -> str:
        """A country's name."""
        return str(Locale.parse(self._locale).territories.get(code, code))

    def why(self, withheld: Withholding) -> str:
        """Why so much is withheld."""
        facts = {name: self._fact(name, value) for name, value in withheld.facts.items()}
        return self._say(WHY_SENTENCES[withheld.why], rate=self.percent(withheld.rate_ppm), **facts)

    def _fact(self, name: str, value: str) -> str:
        if name in ("country", "payer_country"):
            return self.country(value)
        return self.day(date.fromisoformat(value)) if name == "day" else value

    def value(self, field: Field, said: str, *, is_masked: bool = True) -> str:
        """An answer as somebody reads it; numbers in part unless they may be seen whole."""
        if field.name in SECRETS:
            return tins.masked(said) if is_masked else said
        if field.kind == "choice":
            return self._say(field.choices[said]) if said in field.choices else said
        if field.kind == "country":
            return self.country(said)
        if field.kind == "date":
            return self.day(date.fromisoformat(said))
        return "✓" if field.kind == "tick" else said

    def label(self, field: Field) -> str:
        """What a question is called."""
        return self._say(field.label)


def state_of(form: TaxForm | None, today: date) -> str:
    """Where a form stands: one of `STATE_SENTENCES`."""
    if form is None:
        return "missing"
    if form.superseded_at is not None:
        return "superseded"
    if form.valid_until is None:
        return "valid"
    left = (form.valid_until - today).days
    return "ended" if left < 0 else "ending" if left <= _SOON_DAYS else "valid"
