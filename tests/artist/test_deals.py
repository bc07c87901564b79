"""Contracts read and signed in the app, shares confirmed and contested, news, and what one says of oneself."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.contracts.models import Contract, ContractSigner, SplitShare
from app.kernel import clock, db
from tests.artist.stage import APP, seen
from tests.factories.members import a_member
from tests.identity.post import work


def signing(client, address, **changed):
    form = {"name": "Ada Artist", "seen": seen(client, address), "agrees": "1"} | changed
    return client.post(f"{address}/signature", data=form)


def contract_at(stage, address):
    with db.tenant_read(stage.tenant) as session:
        return session.get_one(Contract, address.rpartition("/")[2])


def test_an_artist_reads_and_signs_in_the_app_and_the_contract_is_in_force(stage):
    member, ada = stage.person("ada")
    address = stage.to_sign(member)
    home = ada.get(APP).text
    assert "Sign “Nocturnes”" in home
    assert f'href="{address}#sign"' in home
    page = ada.get(address)
    assert "Who signs" in page.text
    assert contract_at(stage, address).state == "viewed"
    assert signing(ada, address, agrees="").status_code == 422
    assert signing(ada, address, name=" ").status_code == 422
    assert signing(ada, address, seen="0" * 64).status_code == 409
    answer = signing(ada, address)
    assert answer.status_code == 303, answer.text
    assert "You have signed" in ada.get(answer.headers["location"]).text
    assert signing_gone(ada, address)
    work()
    assert contract_at(stage, address).state == "active"
    assert "Sign “Nocturnes”" not in ada.get(APP).text
    with db.tenant_read(stage.tenant) as session:
        signer = session.query(ContractSigner).filter_by(email=member.email).one()
    evidence = signer.evidence
    assert evidence["member"] == str(member.id)
    assert evidence["email"] == member.email
    assert evidence["name"] == "Ada Artist"


def signing_gone(client, address):
    """Once is enough."""
    form = {"name": "Ada", "seen": "0" * 64, "agrees": "1"}
    return (
        client.post(f"{address}/signature", data=form).status_code == 409
        and "sign-title" not in client.get(address).text
    )


def test_who_did_not_prove_lately_who_they_are_is_asked_to_before_they_sign(stage):
    member, ada = stage.person("ada")
    address = stage.to_sign(member)
    form = {"name": "Ada Artist", "seen": seen(ada, address), "agrees": "1"}
    headers = {"accept": "text/html", "referer": f"https://{stage.tenant.slug}.localhost{address}"}
    with clock.frozen_at(clock.now() + timedelta(minutes=30)):
        answer = ada.post(f"{address}/signature", data=form, headers=headers)
    assert answer.headers["location"] == f"/portal/re-authenticate?next={address}"
    assert contract_at(stage, address).state == "viewed"


def test_nobody_signs_for_somebody_else(stage):
    member, ada = stage.person("ada")
    other, friend = stage.person("ada")
    address = stage.to_sign(member)
    page = friend.get(address)
    assert page.status_code == 200, "the artist reads it, whoever of their people they are"
    assert "sign-title" not in page.text
    assert "got a link by mail" in page.text
    form = {"name": other.name, "seen": seen(ada, address), "agrees": "1"}
    assert friend.post(f"{address}/signature", data=form).status_code == 409
    assert contract_at(stage, address).state == "viewed"


def test_whoever_signs_later_waits_for_their_turn(stage):
    (member, ada), first = stage.person("ada"), a_member(stage.tenant, role="artist", name="First")
    address = stage.to_sign(first, member, in_order=True)
    page = ada.get(address).text
    assert "Somebody else signs this contract first" in page
    assert "Sign “Nocturnes”" not in ada.get(APP).text


@pytest.mark.parametrize(
    ("part", "state", "said"), [("refusal", "declined", "declined"), ("proposal", "negotiating", "proposal")]
)
def test_a_contract_is_declined_or_answered_with_a_proposal(stage, part, state, said):
    member, ada = stage.person("ada")
    address = stage.to_sign(member)
    assert ada.post(f"{address}/{part}", data={"words": "  "}).status_code == 422
    answer = ada.post(f"{address}/{part}", data={"words": "Twelve months, not twenty-four."})
    assert answer.status_code == 303
    assert said in ada.get(answer.headers["location"]).text
    assert contract_at(stage, address).state == state
    assert ada.get(f"{address}/changes").status_code == 409, "nothing else was shown yet"


def test_a_further_version_shows_what_changed_word_by_word(stage):
    from app.contracts.service import sending
    from app.contracts.service.sending import NewSigner, Sending
    from app.kernel.actor import Actor

    member, ada = stage.person("ada")
    address = stage.to_sign(member)
    with db.tenant_work(stage.tenant) as session:
        actor, held = Actor.system(stage.tenant), session.get_one(Contract, address.rpartition("/")[2])
        sending.withdraw(session, stage.tenant, actor, held)
        held.title = "Nocturnes and more"
        signer = NewSigner(name=member.name, email=member.email, language="en")
        sending.send(session, stage.tenant, actor, held, Sending(signers=(signer,)))
    changes = ada.get(f"{address}/changes")
    assert changes.status_code == 200
    assert "What version 2 changed" in changes.text
    assert signing(ada, address).status_code == 303


def share_of(stage, payee):
    with db.tenant_read(stage.tenant) as session:
        return session.query(SplitShare).filter_by(payee_id=payee.id).one()


def test_a_share_is_confirmed_or_contested_with_a_reason(stage):
    _, ada = stage.person("ada")
    split, share = stage.split()
    assert f"Confirm your share in “{stage.recordings[0].title}”" in ada.get(APP).text
    assert "1 share waits for you" in ada.get(f"{APP}/contracts").text
    assert "Waits for you" in ada.get(f"{APP}/splits").text
    page = ada.get(split).text
    assert "60 %" in page
    assert "40 %" in page
    assert ada.post(f"{share}/contest", data={"note": "  "}).status_code == 422
    assert share_of(stage, stage.payees[0]).state == "waiting"
    assert ada.post(f"{share}/contest", data={"note": "It was half."}).headers["location"] == split
    assert (share_of(stage, stage.payees[0]).state, share_of(stage, stage.payees[0]).note) == (
        "contested",
        "It was half.",
    )
    assert ada.post(f"{share}/confirmation", data={}).headers["location"] == split
    assert share_of(stage, stage.payees[0]).state == "confirmed"
    assert "Confirm your share" not in ada.get(APP).text
    others = share.replace(str(stage.payees[0].id), str(stage.payees[1].id))
    assert ada.post(f"{others}/confirmation", data={}).status_code == 403
    assert share_of(stage, stage.payees[1]).state == "waiting"


def test_a_manager_follows_splits_and_answers_none(stage):
    _, manager = stage.person("ada", role="artist_manager")
    split, share = stage.split()
    page = manager.get(split)
    assert page.status_code == 200
    assert "Confirm my share" not in page.text
    assert manager.post(f"{share}/confirmation", data={}).status_code in (403, 404)
    assert share_of(stage, stage.payees[0]).state == "waiting"


def unread(client):
    found = re.search(r'class="count accent" aria-hidden="true">(\d+)<', client.get(f"{APP}/me").text)
    return int(found[1]) if found else 0


def test_news_are_what_concerns_ones_own_artists_and_are_read_one_by_one_or_all(stage):
    (member, ada), (_, eve) = stage.person("ada"), stage.person("eve")
    run = stage.published()
    address = stage.to_sign(member)
    page = ada.get(f"{APP}/news").text
    for said in ("Statements were published", "A contract was sent to be signed"):
        assert said in page
    assert "A contract was sent to be signed" not in eve.get(f"{APP}/news").text
    before = unread(ada)
    assert before >= 2
    rows = re.findall(rf'href="({APP}/news/[^"]+)">.*?<b>([^<]+)</b>', page)
    places = {said: ada.get(href).headers["location"] for href, said in rows}
    assert places["Statements were published"] == stage.told(run)
    assert places["A contract was sent to be signed"] == address
    assert unread(ada) == 0
    stage.split()
    assert unread(ada) == 1
    assert ada.post(f"{APP}/news/all").status_code == 303
    assert unread(ada) == 0
    assert "Mark all as read" not in ada.get(f"{APP}/news").text


def test_what_one_did_oneself_is_no_news(stage):
    _, ada = stage.person("ada")
    _, share = stage.split()
    ada.post(f"{APP}/news/all")
    ada.post(f"{share}/contest", data={"note": "No."})
    assert unread(ada) == 0
    assert unread(stage.person("eve")[1]) == 0, "nobody is told of what was before they came"


def test_name_and_language_are_kept_and_the_app_speaks_it(stage):
    _, ada = stage.person("ada")
    assert ada.post(f"{APP}/me", data={"name": " ", "language": "en"}).status_code == 422
    assert ada.post(f"{APP}/me", data={"name": "Ada", "language": "xx"}).status_code == 422
    assert ada.post(f"{APP}/me", data={"name": "Ada Adler", "language": "ar"}).headers["location"] == f"{APP}/me"
    page = ada.get(f"{APP}/me")
    assert "Ada Adler" in page.text
    assert 'dir="rtl"' in page.text
