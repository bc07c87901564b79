"""What each term says in words, as the templates of contracts put it together."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from babel.core import Locale

from app.contracts.rules.deals import Deal
from app.contracts.rules.spelling import Speller
from app.contracts.rules.terms import Base, Channel, Clause, Escalation, Reduction, Share, When
from app.kernel.money import WHOLE_PPM
from app.kernel.sentences import sentence

CHANNEL_SENTENCES = {
    "stream": "streams",
    "download": "downloads",
    "physical": "physical records",
    "ugc": "user-generated content",
    "sync": "synchronisation",
    "merch": "merchandise",
    "neighbouring": "neighbouring rights",
}
BASE_SENTENCES = {
    "net_source": "the net receipts at source",
    "net_receipt": "the net receipts of the Label",
    "ppd": "the published price to dealers",
    "retail": "the retail price without tax",
    "priced": "%(base)s (%(amount)s where none is reported)",
    "per_unit": "a fixed amount of %(amount)s for each unit",
    "portion": "%(portion)s of %(base)s",
    "max": "the higher of %(one)s and %(other)s",
    "min": "the lower of %(one)s and %(other)s",
}
DEDUCTION_SENTENCES = {
    "tax": "taxes (%(rate)s)",
    "distribution_fee": "distribution fee (%(rate)s)",
    "packaging": "packaging (%(rate)s)",
    "free_goods": "free goods (%(rate)s)",
    "breakage": "breakage (%(rate)s)",
    "new_technology": "new technology (%(rate)s)",
}
REDUCTION_SENTENCES = {
    "foreign": "For sales abroad, %(factor)s of this rate is paid.",
    "mid_price": "For mid-price sales, %(factor)s of this rate is paid.",
    "budget": "For budget sales, %(factor)s of this rate is paid.",
    "club": "For sales through clubs, %(factor)s of this rate is paid.",
    "px": "For sales to armed forces, %(factor)s of this rate is paid.",
    "tv_campaign": "For sales during a television campaign, %(factor)s of this rate is paid.",
}
STEP_SENTENCES = {
    "units": "Above %(above)s units, %(rate)s is paid.",
    "gross": "Above gross receipts of %(above)s, %(rate)s is paid.",
    "net": "Above net receipts of %(above)s, %(rate)s is paid.",
    "recoupment": "Once the Label has covered %(above)s of its costs, %(rate)s is paid.",
    "marginal": "The higher rate is for what lies above the step.",
    "slab": "Once a step is passed, the higher rate is for everything from the first sale on.",
    "release": "Steps are counted for each release by itself.",
}
WHEN_SENTENCES = {
    "territories": "Only in: %(list)s.",
    "except_territories": "Not in: %(list)s.",
    "channels": "Only for: %(list)s.",
    "configurations": "Only for these configurations: %(list)s.",
    "price_bands": "Only for these price bands: %(list)s.",
    "commercial_models": "Only for these commercial models: %(list)s.",
    "sources": "Only for sales through: %(list)s.",
    "sold_from": "Only for sales from %(day)s on.",
    "sold_until": "Only for sales until %(day)s.",
}
SUBJECT_SENTENCES = {
    "label": "all recordings that the Label exploits for the Contracting Party",
    "imprint": "all recordings on the imprint %(name)s",
    "artist": "all recordings of %(name)s",
    "release": "the release “%(name)s” (%(code)s)",
    "track": "the track “%(name)s” (%(code)s)",
    "recording": "the recording “%(name)s” (%(code)s)",
    "territory": "%(subject)s, in %(territory)s",
}
_LINE = sentence("%(rate)s of %(base)s.")
_DEDUCTED = sentence("Before that are deducted, in this order and each from what is left: %(list)s.")
_ALONE = sentence("This reduction takes the place of all others.")
_PLACES = {
    "half_up": sentence("The royalty of one unit is rounded to %(places)s decimal places."),
    "down": sentence("The royalty of one unit is rounded down to %(places)s decimal places."),
}
_WHOLE_UNITS = sentence(
    "What deductions and reductions leave of the units in a line of a sales report is rounded down to whole units."
)
_MINUTES = (
    sentence(
        "Songs of more than five minutes are paid at the statutory rate for each minute that has begun; "
        "of the Contracting Party's songs these have so many minutes: %(minutes)s."
    ),
    sentence(
        "Songs of more than five minutes are paid at the statutory rate for each minute that has begun; "
        "of the songs of others these have so many minutes: %(minutes)s."
    ),
)
_SHARE = sentence("%(payee)s receives %(share)s.")
_SHARE_OF = sentence("%(payee)s receives %(share)s of what falls to %(other)s.")
_UNCODED = "—"


class Phrases:
    """The terms of one deal, sentence by sentence, in one language."""

    def __init__(self, speller: Speller, deal: Deal) -> None:
        self._spell, self._deal = speller, deal
        self._places: dict[str, str] = dict(Locale.parse(speller.locale).territories)

    def subjects(self) -> Iterator[str]:
        """What the contract is about."""
        say = self._spell.say
        for subject in self._deal.subjects:
            named = say(SUBJECT_SENTENCES[subject.level], name=subject.name, code=subject.code or _UNCODED)
            where = {"subject": named, "territory": self.place(subject.territory)}
            yield say(SUBJECT_SENTENCES["territory"], **where) if subject.territory else named

    def place(self, code: str) -> str:
        """A country by its name."""
        return self._places.get(code, code)

    def rate(self, clause: Clause) -> str:
        """How much of what a clause pays."""
        return self._spell.say(_LINE, rate=self._spell.percent(clause.rate), base=self.base(clause.base))

    def details(self, clause: Clause) -> Iterator[str]:
        """When a clause applies, what is deducted before it, how its rate falls and grows."""
        say, percent = self._spell.say, self._spell.percent
        yield from self.when(clause.when)
        if clause.deductions:
            taken = [say(DEDUCTION_SENTENCES[each.kind], rate=percent(each.rate)) for each in clause.deductions]
            yield say(_DEDUCTED, list=self._spell.listed(taken))
        for reduction in clause.reductions:
            yield self._reduced(reduction)
        if clause.escalation:
            yield from self._steps(clause.escalation)
        if clause.unit_places is not None:
            yield say(_PLACES[clause.rounding], places=clause.unit_places)
        if clause.whole_units:
            yield say(_WHOLE_UNITS)

    def base(self, base: Base) -> str:
        """What a rate is of."""
        one = self._base(base)
        if base.either is None or base.other is None:
            return one
        return self._spell.say(BASE_SENTENCES[base.either], one=one, other=self._base(base.other))

    def when(self, when: When) -> Iterator[str]:
        """The sales that something is about; nothing where it is about all."""
        for name, words in (
            ("territories", [self.place(code) for code in when.territories]),
            ("except_territories", [self.place(code) for code in when.except_territories]),
            ("channels", [self.channel(channel) for channel in when.channels]),
            ("configurations", when.configurations),
            ("price_bands", when.price_bands),
            ("commercial_models", when.commercial_models),
            ("sources", when.sources),
        ):
            if words:
                yield self._spell.say(WHEN_SENTENCES[name], list=self._spell.listed(words))
        for name, on in (("sold_from", when.sold_from), ("sold_until", when.sold_until)):
            if on:
                yield self._spell.say(WHEN_SENTENCES[name], day=self._spell.day(on))

    def channel(self, channel: Channel) -> str:
        """A kind of sale."""
        return self._spell.say(CHANNEL_SENTENCES[channel])

    def channels(self, channels: tuple[Channel, ...]) -> str:
        """Several kinds of sale."""
        return self._spell.listed(self.channel(channel) for channel in channels)

    def minutes(self) -> Iterator[str]:
        """Which songs are so long that the statutory rate is paid by the minute; nothing where there are none."""
        controlled, number = self._deal.terms.controlled, self._spell.number
        if controlled is None:
            return
        for words, minutes in zip(_MINUTES, (controlled.controlled_minutes, controlled.outside_minutes), strict=True):
            if minutes:
                yield self._spell.say(words, minutes=self._spell.listed(number(Decimal(each)) for each in minutes))

    def share(self, share: Share) -> str:
        """What one payee receives."""
        payees = self._deal.payees
        part = self._spell.percent(Decimal(share.share_ppm) / WHOLE_PPM)
        who = {"payee": payees.get(share.payee, _UNCODED), "share": part}
        if share.of is None:
            return self._spell.say(_SHARE, **who)
        return self._spell.say(_SHARE_OF, other=payees.get(share.of, _UNCODED), **who)

    def parts(self, parts: tuple[Decimal, ...]) -> str:
        """Several parts, one after the other."""
        return self._spell.listed(self._spell.percent(part) for part in parts)

    def titles(self, *named: object) -> str:
        """Contracts by their titles."""
        titles = {str(key): title for key, title in self._deal.titles.items()}
        return self._spell.listed(f"“{titles.get(str(each), str(each))}”" for each in named)

    def _base(self, base: Base) -> str:
        say = self._spell.say
        amount = self._spell.money(base.amount) if base.amount is not None else None
        named = say(BASE_SENTENCES[base.kind], **({"amount": amount} if base.kind == "per_unit" else {}))
        if amount is not None and base.kind in ("ppd", "retail"):
            named = say(BASE_SENTENCES["priced"], base=named, amount=amount)
        if base.portion != 1:
            named = say(BASE_SENTENCES["portion"], portion=self._spell.percent(base.portion), base=named)
        return named

    def _reduced(self, reduction: Reduction) -> str:
        factor = self._spell.percent(reduction.factor)
        told = [self._spell.say(REDUCTION_SENTENCES[reduction.kind], factor=factor), *self.when(reduction.when)]
        return " ".join(told if reduction.stacks else [*told, self._spell.say(_ALONE)])

    def _steps(self, escalation: Escalation) -> Iterator[str]:
        written = {"units": self._spell.number, "recoupment": self._spell.percent}.get(escalation.by, self._spell.money)
        for step in escalation.steps:
            above, rate = written(step.above), self._spell.percent(step.rate)
            yield self._spell.say(STEP_SENTENCES[escalation.by], above=above, rate=rate)
        yield self._spell.say(STEP_SENTENCES[escalation.mode])
        if escalation.per == "release":
            yield self._spell.say(STEP_SENTENCES["release"])
