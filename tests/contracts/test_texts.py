"""A contract's text says what its terms say: every kind, every language, and always the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.contracts.rules import redline, wording
from app.contracts.rules.deals import Advance, Deal, Subject
from app.contracts.rules.terms import (
    CHANNELS,
    DEDUCTIONS,
    KINDS,
    Base,
    Clause,
    Controlled,
    Deduction,
    Escalation,
    Guarantee,
    Reduction,
    Reserve,
    Share,
    Step,
    Terms,
    Trigger,
    When,
    Withholding,
    digest,
)
from app.kernel.web.languages import LANGUAGES

ADA, BEN, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
D = Decimal
FULL = Terms(
    currency="EUR",
    clauses=(
        Clause(
            id="main",
            rate=D("0.155"),
            when=When(territories=("DE", "AT"), channels=("stream", "download"), sold_from=date(2026, 2, 1)),
            deductions=tuple(Deduction(kind=kind, rate=D("0.05")) for kind in DEDUCTIONS),
            reductions=(
                Reduction(kind="budget", factor=D("0.5"), stacks=False),
                Reduction(kind="foreign", factor=D("0.75")),
            ),
            escalation=Escalation(by="units", steps=(Step(above=D(100_000), rate=D("0.2")),), per="release"),
            unit_places=4,
        ),
        Clause(
            id="unit", rate=D(1), base=Base(kind="per_unit", amount=D("0.02")), when=When(except_territories=("US",))
        ),
        Clause(
            id="either",
            rate=D("0.1"),
            when=When(channels=("physical",), configurations=("cd",), price_bands=("mid",), sources=("Shop",)),
            base=Base(kind="ppd", portion=D("0.9"), amount=D("9.5"), either="max", other=Base(kind="retail")),
        ),
    ),
    shares=(Share(payee=ADA, share_ppm=750_000), Share(payee=BEN, share_ppm=100_000, of=ADA)),
    recoups="all_receipts",
    reserve=Reserve(rate=D("0.2"), release=(D("0.5"), D("0.5")), cap=D(5_000)),
    guarantee=Guarantee(amount=D(1_000), is_recoupable=True),
    controlled=Controlled(statutory=D("0.124"), controlled_songs=10),
    trigger=Trigger(contract=OTHER),
    withholding=Withholding(rate=D("0.15")),
    most_favoured=(OTHER,),
    minimum=D(50),
)


def deal(terms=FULL, **changed):
    usual = {
        "number": "2026-0001", "title": "Nocturnes", "kind": "royalty", "label": "Canary", "party": "Ada Artist",
        "country": "", "starts_on": date(2026, 1, 1), "ends_on": date(2030, 12, 31),
        "subjects": (Subject("artist", "Ada"), Subject("recording", "Night", "DEAB12600001", "DE")),
        "advances": (Advance("Advance", D(5_000), D("0.8")),), "pays_back": (str(OTHER),),
        "payees": {ADA: "Ada Artist", BEN: "Ben Manager"}, "titles": {OTHER: "First album"},
        "terms": terms, "terms_hash": digest(terms),
    }  # fmt: skip
    return Deal(**usual | changed)


def test_terms_that_were_signed_hash_to_what_they_did():
    """Whatever terms may say since then: what was signed is proved by this number."""
    assert digest(FULL) == "bc9881a7f618cf5211633312bf6fc8cdd6818b14a1ca065e989865278eb1b54e"


def test_the_text_says_how_units_are_rounded_which_rate_counts_and_what_is_never_recouped():
    main = msgspec.structs.replace(FULL.clauses[0], rounding="down", whole_units=True)
    said = {"clauses": (main,), "recoups": "own_share", "rate_day": "receipt", "non_recoupable": ("neighbouring",)}
    for pays_back, words in (("nothing", "songs is never used to recoup"), ("all", "open under other contracts")):
        songs = msgspec.structs.replace(FULL.controlled, pays_back=pays_back)
        text = wording.write(deal(msgspec.structs.replace(FULL, controlled=songs, **said)), "en")
        for each in (
            words,
            "The royalty of one unit is rounded down to 4 decimal places.",
            "is rounded down to whole units.",
            "converted at the exchange rate of the day on which it receives it",
            "never used to recoup: neighbouring rights.",
        ):
            assert each in text
    songs = Controlled(controlled_songs=2, outside_songs=1, controlled_minutes=(6, 8), outside_minutes=(12,))
    text = wording.write(deal(msgspec.structs.replace(FULL, controlled=songs, due_days=60, objection_years=2)), "en")
    for each in (
        "the Contracting Party's songs these have so many minutes: 6 and 8.",
        "the songs of others these have so many minutes: 12.",
        "within 60 days of that",
        "years after it was sent: 2.",
    ):
        assert each in text


def test_the_text_says_in_words_what_the_terms_say():
    text = wording.write(deal(), "en")
    for said in (
        "made between Canary (the “Label”) and Ada Artist",
        "the recording “Night” (DEAB12600001), in Germany",
        "starts on January 1, 2026 and ends on December 31, 2030",
        "- 15.5% of the net receipts of the Label.",
        "  - Only in: Germany and Austria.",
        "  - Only for: streams and downloads.",
        "  - Only for sales from February 1, 2026 on.",
        "taxes (5%), distribution fee (5%), packaging (5%), free goods (5%), breakage (5%), and new technology (5%).",
        "For budget sales, 50% of this rate is paid. This reduction takes the place of all others.",
        "Above 100,000 units, 20% is paid.",
        "Steps are counted for each release by itself.",
        "rounded to 4 decimal places",
        "- 100% of a fixed amount of €0.02 for each unit.",
        "  - Not in: United States.",
        "the higher of 90% of the published price to dealers (€9.50 where none is reported) and the retail price",
        "Ada Artist receives 75%.",
        "Ben Manager receives 10% of what falls to Ada Artist.",
        "due once “First album” has earned its costs back",
        "at least €1,000.00 for each year",
        "75% of the statutory mechanical rate of €0.124",
        "out of all receipts before these are shared",
        "Advance: €5,000.00, of which 80% is recoupable",
        "open under “First album”",
        "hold back 20% of these sales for returns: physical records.",
        "in parts of 50% and 50%",
        "At most €5,000.00 is held back.",
        "after the end of every half-year",
        "Amounts below €50.00",
        "Withholding tax of 15% is deducted",
        digest(FULL),
    ):
        assert said in text, said


@pytest.mark.parametrize(
    ("on", "said"),
    [(None, "downloads on the last day of each accounting period."), (date(2024, 5, 1), "downloads of May 1, 2024.")],
)
def test_the_rate_of_songs_is_what_the_law_says_where_no_amount_is_agreed(on, said):
    controlled = Controlled(statutory_on=on, controlled_songs=10)
    text = wording.write(deal(terms=msgspec.structs.replace(FULL, controlled=controlled)), "en")
    assert said in text
    assert "pays 75% of this rate, and for at most 10 songs" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_written_in_every_language(kind, language):
    text = wording.write(deal(kind=kind), language)
    assert "%(" not in text
    assert text == wording.write(deal(kind=kind), language)
    assert len([block for block in wording.blocks(text) if block.kind == "heading"]) == 10
    if language != "en":
        english = set(wording.write(deal(kind=kind), "en").splitlines())
        same = [line for line in text.splitlines() if line in english and len(line) > 40]
        assert not same, same


def test_a_country_has_words_of_its_own_where_its_law_asks_for_them():
    assert "sections 32 and 32a" in wording.write(deal(country="DE"), "en")
    assert "17 U.S.C. § 101" in wording.write(deal(kind="work_for_hire", country="US"), "en")
    assert "17 U.S.C." not in wording.write(deal(kind="work_for_hire", country="FR"), "en")


@settings(deadline=None)  # the first text of a process waits for its templates and catalogues
@given(st.text(max_size=60))
def test_a_name_cannot_be_taken_for_markup_or_a_placeholder(name):
    text = wording.write(deal(party=name, title=name, label=name), "en")
    plain = wording.write(deal(party="x", title="x", label="x"), "en")
    kinds = [block.kind for block in wording.blocks(text)]
    assert kinds == [block.kind for block in wording.blocks(plain)]


@settings(deadline=None)
@given(st.decimals(min_value=0, max_value=1, places=6), st.sampled_from(CHANNELS))
def test_other_terms_are_another_text(rate, channel):
    def text(rate):
        terms = Terms(
            currency="EUR", clauses=(Clause(id="a", rate=rate, when=When(channels=(channel,))),), shares=FULL.shares
        )
        return wording.write(deal(terms, terms_hash="-"), "en")

    assert (text(rate) == text(D("0.25"))) == (rate == D("0.25"))


@given(st.text("ab \n", max_size=80), st.text("ab \n", max_size=80))
def test_a_redline_holds_both_texts_whole(before, after):
    pieces = redline.words(before, after)
    assert "".join(piece.text for piece in pieces if piece.change != "ins") == before
    assert "".join(piece.text for piece in pieces if piece.change != "del") == after


def test_a_redline_marks_single_words():
    pieces = redline.words("The rate is 50 %.\nThe end.\n", "The rate is 60 %.\nThe end.\n")
    assert [piece for piece in pieces if piece.change != "same"] == [("del", "50"), ("ins", "60")]
