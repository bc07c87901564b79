"""Signing: on a phone, without an account, by a link and a code; and everything that must not be possible."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import func, select, text

from app.contracts.models import Contract, ContractSigner, ContractVersion
from app.contracts.rules.terms import digest
from app.contracts.service import drafting
from app.contracts.service.sending import NewSigner
from app.kernel import clock, db
from app.kernel.activity.models import Activity
from app.kernel.actor import Actor
from tests.contracts.room import LINKS, PHONE
from tests.factories.money import terms

ADA = NewSigner(name="Ada Artist", email="ada@artist.test", language="de")
BEN = NewSigner(name="Ben Manager", email="ben@artist.test", role="Manager")
HOUSE = NewSigner(name="The label", side="label")


def test_somebody_without_an_account_reads_signs_and_gets_the_sealed_contract(room):
    room.send(ADA)
    assert room.state() == "sent"
    phone, link = room.phone(), room.link()
    page = phone.get(link)
    assert page.status_code == 200
    assert 'lang="de"' in page.text
    assert "Nocturnes" in page.text
    assert page.headers["referrer-policy"] == "same-origin"
    assert room.state() == "viewed"
    signed = room.sign()
    assert signed.status_code == 200, signed.text
    evidence = room.signer().evidence
    assert evidence["name"] == "Ada Artist"
    assert evidence["agent"] == PHONE
    assert evidence["address"].startswith("2001:db8::")
    assert evidence["code_sent_to"] == "ada@artist.test"
    assert evidence["text_sha256"] == room.version().body_hash
    assert evidence["terms_sha256"] == digest(room.version().read())
    assert len(evidence["consent"]) > 40
    assert "done" in room.work() or room.state() == "active"
    assert room.state() == "active"
    assert room.version().signed_at is not None
    copy = room.mails()[0]
    assert "/files/" in copy.text
    path = "/files/" + copy.text.partition("/files/")[2].split()[0]
    assert room.phone().get(path).content.startswith(b"%PDF")


def test_the_paper_of_a_link_opens(room):
    room.send()
    phone, link = room.phone(), room.link()
    paper = "/files/" + phone.get(link).text.partition('href="/files/')[2].partition('"')[0]
    assert phone.get(paper).content.startswith(b"%PDF")


def test_opening_is_recorded_once(room):
    room.send()
    phone, link = room.phone(), room.link()
    phone.get(link)
    phone.get(link)
    with db.tenant_read(room.tenant) as session:
        seen = select(func.count()).select_from(Activity).where(Activity.action == "contract.viewed")
        assert session.scalar(seen) == 1


def test_a_link_that_was_altered_leads_nowhere(room):
    room.send()
    link = room.link()
    other = link[:-1] + ("0" if link[-1] != "0" else "1")
    assert room.phone().get(other).status_code == 404
    assert room.phone().get(f"{LINKS}/{quote('☃')}").status_code == 404
    assert room.phone().post(f"{other}/code").status_code == 404


def test_a_link_of_one_label_leads_nowhere_at_another(room, rival):
    room.send()
    link = room.link()
    there = room.phone(rival)
    assert there.get(link).status_code == 404
    assert there.post(link, data={"name": "A", "code": "1", "seen": "x", "agrees": "1"}).status_code == 404
    assert room.state() == "sent"


def test_the_database_holds_no_link(room):
    room.send()
    token = room.link().rpartition("/")[2]
    with db.tenant_read(room.tenant) as session:
        row = session.execute(text("SELECT to_jsonb(s)::text FROM contract_signers s")).scalar_one()
    assert token not in row


def test_nobody_signs_twice(room):
    room.send(ADA, BEN)
    link = room.link()
    assert room.sign().status_code == 200
    phone = room.phone()
    assert phone.get(link).status_code == 409
    assert phone.post(f"{link}/code").status_code == 409
    assert phone.post(link, data={"name": "A", "code": "1", "seen": "x", "agrees": "1"}).status_code == 409
    assert phone.post(f"{link}/refusal", data={"words": "no"}).status_code == 409


def test_a_code_is_good_for_ten_minutes_and_five_tries(room):
    room.send()
    phone, link = room.phone(), room.link()
    code, seen = room.code(phone, link), room.seen(phone, link)
    wrong = "000000" if code != "000000" else "111111"
    form = {"name": "Ada", "seen": seen, "agrees": "1"}
    for _ in range(5):
        assert phone.post(link, data=form | {"code": wrong}).status_code == 422
    assert phone.post(link, data=form | {"code": code}).status_code == 422
    with clock.frozen_at(clock.now() + timedelta(minutes=1)):
        code = room.code(phone, link)
        with clock.frozen_at(clock.now() + timedelta(minutes=11)):
            assert phone.post(link, data=form | {"code": code}).status_code == 422
    assert room.signer().state != "signed"
    with clock.frozen_at(clock.now() + timedelta(minutes=30)):
        assert phone.post(link, data=form | {"code": room.code(phone, link)}).status_code == 200


def test_guesses_at_once_count_one_by_one(room):
    room.send()
    phone, link = room.phone(), room.link()
    code, seen = room.code(phone, link), room.seen(phone, link)
    wrong = "000000" if code != "000000" else "111111"
    form = {"name": "Ada", "seen": seen, "agrees": "1", "code": wrong}
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: room.phone().post(link, data=form).status_code, range(12)))
    assert set(statuses) <= {422, 429, 503}
    assert room.signer().code_tries <= 5
    assert phone.post(link, data=form | {"code": code}).status_code == 422 or room.signer().code_tries < 5


def test_a_second_code_takes_half_a_minute_and_voids_the_first(room):
    room.send()
    phone, link = room.phone(), room.link()
    first = room.code(phone, link)
    assert phone.post(f"{link}/code").status_code == 409
    with clock.frozen_at(clock.now() + timedelta(minutes=1)):
        second, seen = room.code(phone, link), room.seen(phone, link)
        if first != second:
            form = {"name": "Ada", "seen": seen, "agrees": "1", "code": first}
            assert phone.post(link, data=form).status_code == 422


@pytest.mark.parametrize("changed", [{"name": "  "}, {"agrees": ""}])
def test_without_a_name_or_consent_nothing_is_signed(room, changed):
    room.send()
    assert room.sign(**changed).status_code == 422
    assert room.signer().state == "viewed"


def test_a_text_that_is_not_the_one_that_was_read_is_not_signed(room):
    room.send()
    assert room.sign(seen="0" * 64).status_code == 409
    assert room.signer().state == "viewed"


@pytest.mark.parametrize("column", ["body", "terms", "both"])
def test_what_was_changed_in_the_database_is_not_signed(room, column):
    room.send()
    other = terms(room.payee, currency="EUR")
    with db.tenant_work(room.tenant) as session:
        version = drafting.latest(session, room.contract.id)
        if column in ("body", "both"):
            version.body = version.body.replace("50", "40")
        if column == "both":  # and the hashes that stand beside them
            import hashlib

            version.body_hash = hashlib.sha256(version.body.encode()).hexdigest()
        if column in ("terms", "both"):
            from app.contracts.rules.terms import packed

            version.terms, version.terms_hash = packed(other).decode(), digest(other)
    assert room.sign().status_code == 409
    assert room.signer().state == "viewed"


def test_terms_that_were_sent_are_changed_no_more(room):
    room.send()
    with db.tenant_work(room.tenant) as session, pytest.raises(Exception, match="as it stands"):
        contract = session.get_one(Contract, room.contract.id)
        drafting.set_terms(session, Actor.system(room.tenant), contract, terms(room.payee, currency="EUR"))


def test_whoever_signs_later_waits(room):
    room.send(ADA, BEN, in_order=True)
    assert not room.mails("ben@artist.test")
    assert room.sign().status_code == 200
    assert room.sign("ben@artist.test", name="Ben").status_code == 200
    room.work()
    assert room.state() == "active"


def test_out_of_order_nobody_signs(room):
    room.send(ADA, BEN, in_order=True)
    from app.contracts.service.notices import token_of

    link = f"{LINKS}/{token_of(room.tenant, room.signer('ben@artist.test'))}"
    phone = room.phone()
    assert "Somebody else signs" in phone.get(link).text
    assert phone.post(f"{link}/code").status_code == 409
    form = {"name": "Ben", "code": "123456", "seen": room.signer("ben@artist.test").digest, "agrees": "1"}
    assert phone.post(link, data=form).status_code in (409, 422)
    assert room.signer("ben@artist.test").state == "waiting"


def test_after_its_day_nothing_is_signed(room):
    room.send(days=2)
    phone, link = room.phone(), room.link()
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        assert phone.get(link).status_code == 409
        assert phone.post(f"{link}/code").status_code == 409


def test_whoever_declines_says_why_and_nobody_signs_after(room):
    room.send(ADA, BEN)
    ada, ben = room.link(), room.link("ben@artist.test")
    phone = room.phone()
    assert phone.post(f"{ada}/refusal", data={"words": "  "}).status_code == 422
    assert phone.post(f"{ada}/refusal", data={"words": "The rate is too low."}).status_code == 200
    assert room.state() == "declined"
    assert phone.get(ben).status_code == 409
    assert room.signer().reason == "The rate is too low."
    told = room.mails("ben@artist.test")[0]
    assert "not open" in told.subject


def test_a_proposal_begins_a_further_version_and_its_redline(room):
    room.send(ADA)
    old = room.link()
    assert room.phone().post(f"{old}/proposal", data={"words": "Sixty, please."}).status_code == 200
    assert room.state() == "negotiating"
    assert (room.version().number, room.version(1).closed_as) == (2, "countered")
    assert room.phone().get(old).status_code == 409
    from decimal import Decimal

    from app.contracts.rules.terms import Clause

    with db.tenant_work(room.tenant) as session:
        contract = session.get_one(Contract, room.contract.id)
        better = terms(room.payee, Clause(id="all", rate=Decimal("0.6")))
        drafting.set_terms(session, Actor.system(room.tenant), contract, better)
    owner = room.member()
    here = f"/portal/contracts/{room.contract.id}"
    page = owner.get(f"{here}/signatures")
    assert page.status_code == 200, page.text
    assert "Sixty, please." in page.text
    redline = owner.get(f"{here}/versions/2").text
    assert "<del>50</del>" in redline
    assert "<ins>60</ins>" in redline
    assert "Clause “all” · Rate" in redline
    room.send(ADA)
    assert room.link() != old
    assert room.sign().status_code == 200
    room.work()
    assert room.state() == "active"


def test_the_label_signs_in_the_portal_by_somebody_who_did_not_write_it(room):
    owner = room.member()
    here = f"/portal/contracts/{room.contract.id}"
    form = {
        "name": ["Ada Artist", "The label"], "email": ["ada@artist.test", ""], "side": ["party", "label"],
        "role": ["", ""], "language": ["en", "en"], "days": "14",
    }  # fmt: skip
    answer = owner.post(f"{here}/signatures", data=form)
    assert answer.status_code == 303, answer.text
    with db.tenant_read(room.tenant) as session:
        seen = session.scalar(select(ContractSigner.digest).where(ContractSigner.side == "label"))
    mine = {"name": "Ada Canary", "seen": seen, "agrees": "1"}
    assert owner.post(f"{here}/signature", data=mine).status_code == 403
    assert room.member("admin").post(f"{here}/signature", data=mine).status_code == 403
    second = room.member()
    assert "Sign for the label" in second.get(f"{here}/signatures").text
    assert second.post(f"{here}/signature", data=mine).status_code == 303
    assert second.post(f"{here}/signature", data=mine).status_code == 409
    assert room.sign().status_code == 200
    room.work()
    assert room.state() == "active"


def test_a_proof_that_is_old_does_not_sign_for_the_label(room):
    room.send(ADA, HOUSE)
    owner, here = room.member(), f"/portal/contracts/{room.contract.id}"
    with clock.frozen_at(clock.now() + timedelta(minutes=30)):
        answer = owner.post(f"{here}/signature", data={"name": "A", "seen": "x", "agrees": "1"})
        assert answer.status_code in (303, 403)
    with db.tenant_read(room.tenant) as session:
        assert session.scalar(select(ContractSigner.state).where(ContractSigner.side == "label")) == "asked"


def test_two_who_sign_at_once_sign_once_each_and_it_is_sealed_once(room):
    room.send(ADA, BEN)
    both = []
    for email, name in (("ada@artist.test", "Ada"), ("ben@artist.test", "Ben")):
        phone, link = room.phone(), room.link(email)
        code = room.code(phone, link, email)
        form = {"name": name, "code": code, "seen": room.seen(phone, link), "agrees": "1"}
        both += [(phone, link, form), (room.phone(), link, form)]
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda each: each[0].post(each[1], data=each[2]).status_code, both))
    assert sorted(statuses[:2]) in ([200, 409], [200, 422])
    assert sorted(statuses[2:]) in ([200, 409], [200, 422])
    with db.platform_read() as session:
        asked = text("SELECT count(*) FROM shared.outbox WHERE task = 'contracts.seal' AND label = :label")
        assert session.execute(asked, {"label": room.tenant.id}).scalar_one() == 1
    room.work()
    with db.tenant_read(room.tenant) as session:
        sealed = select(func.count()).select_from(Activity).where(Activity.action == "contract.sealed")
        assert session.scalar(sealed) == 1
        assert session.scalar(select(ContractVersion.signed_at)) is not None


def test_a_contract_taken_back_is_signed_no_more_and_can_be_sent_again(room):
    room.send(ADA)
    link, owner = room.link(), room.member()
    assert owner.post(f"/portal/contracts/{room.contract.id}/signatures/removal").status_code == 303
    assert room.state() == "negotiating"
    assert room.phone().get(link).status_code == 409
    room.send(ADA)
    assert room.sign().status_code == 200


def test_nobody_without_the_permission_sends_or_sees(room, rival, client_as):
    here = f"/portal/contracts/{room.contract.id}/signatures"
    assert room.member("marketing").get(here).status_code in (403, 404)
    assert room.member("read_only").post(f"{here}/removal").status_code == 403
    assert client_as(rival).get(here).status_code == 404


@pytest.mark.parametrize(
    "signers",
    [
        (HOUSE,),
        (NewSigner(name="", email="a@b.test"),),
        (NewSigner(name="A", email="nowhere"),),
        (ADA, ADA),
        tuple(NewSigner(name="A", email=f"a{n}@b.test") for n in range(21)),
    ],
)
def test_a_contract_goes_to_nobody_or_somebody_unreachable_never(room, signers):
    with pytest.raises(Exception, match="Name everybody"):
        room.send(*signers)
    assert room.state() == "draft"
