"""A payee with nobody in the portal fills a form in by a link from their own mailbox, and nobody does so for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.kernel import clock, db
from app.kernel.activity import Activity
from app.tax.models import TaxInvitation
from app.tax.service import reminding
from tests.factories.members import a_member
from tests.identity.post import forget_waiting, link_in, mails_to
from tests.tax.scene import W8BEN, W9, at

EVE = "eve@elsewhere.test"


@pytest.fixture
def asked(scene, settings):
    """Eve, who has an address and nobody here, was sent a link; gives how it is opened and what it says."""
    forget_waiting()
    scene.know(scene.eve, email=EVE)
    assert scene.staff().post(f"{at(scene.eve)}/invitations").status_code == 303
    return path_of(scene, settings)


def path_of(scene, settings):
    return link_in(mails_to(settings, scene.tenant, EVE)[0], "/tax-forms")


def stranger(scene):
    return scene.client_of(f"{scene.tenant.slug}.localhost")


def filled(client, link, answers, **said):
    """Answer everything by a link, and sign."""
    for step, typed in answers.items():
        got = client.post(f"{link}/interview/{step}", data=typed)
        assert got.status_code == 303, (step, got.text)
    assert got.headers["location"] == f"{link}/signature"
    page = client.get(f"{link}/signature")
    seen = page.text.partition('name="seen" value="')[2][:64]
    return client.post(f"{link}/signature", data={"name": "Eve Example", "agrees": "1", "seen": seen} | said)


def test_a_payee_without_an_account_answers_signs_and_the_link_is_over(scene, asked):
    eve = stranger(scene)
    first = eve.get(asked)
    assert first.status_code == 200
    assert (first.headers["referrer-policy"], first.headers["cache-control"]) == ("same-origin", "no-store")
    assert "Eve Ltd" in first.text
    assert eve.get(f"{asked}/signature").headers["location"].endswith("/interview/who"), "nothing is answered yet"
    assert eve.get(f"{asked}/interview/who").status_code == 200
    wrong = eve.post(f"{asked}/interview/who", data={"entity": "", "us_person": "no"})
    assert wrong.status_code == 422
    unsigned = filled(eve, asked, W8BEN, agrees="")
    assert (unsigned.status_code, "Tick the box" in unsigned.text) == (422, True)
    signed = filled(eve, asked, W8BEN)
    assert (signed.status_code, "this link is over" in signed.text) == (200, True)
    (form,) = scene.forms(scene.eve)
    assert (form.kind, form.signed_by, form.evidence["email"], form.evidence["name"]) == (
        "w8ben", None, EVE, "Eve Example",
    )  # fmt: skip
    assert eve.get(asked).status_code == 404
    assert eve.post(f"{asked}/signature", data={"name": "Eve", "agrees": "1", "seen": form.digest}).status_code == 404
    paper = scene.staff().get(f"{at(scene.eve)}/forms/{form.id}/paper")
    assert paper.content.startswith(b"%PDF")
    with db.tenant_read(scene.tenant) as session:
        told = session.scalars(select(Activity).where(Activity.subject_id == scene.eve.party_id).order_by(Activity.seq))
        kinds = [(row.action, row.actor_kind) for row in told if row.action.startswith("tax_form")]
    assert kinds == [("tax_form.asked", "member"), ("tax_form.signed", "client"), ("tax_form.opened", "member")]


def test_a_link_opens_one_payees_form_at_one_label_and_ends(scene, asked, settings, rival):
    eve = stranger(scene)
    assert scene.client_of(f"{rival.slug}.localhost").get(asked).status_code == 404
    assert eve.get(f"{asked[:-1]}{'A' if asked[-1] != 'A' else 'B'}").status_code == 404
    assert eve.get(at(scene.eve)).status_code == 404, "it is no way into the portal"
    assert scene.staff().post(f"{at(scene.eve)}/invitations").status_code == 303
    later = path_of(scene, settings)
    assert (eve.get(asked).status_code, eve.get(later).status_code) == (404, 200)
    with clock.frozen_at(clock.now() + timedelta(days=14, seconds=1)):
        assert eve.get(later).status_code == 404


def test_the_link_goes_to_the_payees_own_mailbox_and_to_nobody_who_works_here(scene, settings):
    forget_waiting()
    owner = scene.staff()
    missing = owner.post(f"{at(scene.eve)}/invitations")
    assert (missing.status_code, "no mail address" in missing.text) == (409, True)
    clerk = a_member(scene.tenant, role="royalties")
    scene.know(scene.eve, email=clerk.email.upper())
    assert owner.post(f"{at(scene.eve)}/invitations").status_code == 409
    scene.know(scene.eve, email=EVE)
    reader = scene.staff("read_only")
    assert reader.post(f"{at(scene.eve)}/invitations").status_code in (403, 404)
    assert "Ask for a form" in owner.get(at(scene.eve)).text
    own = scene.artist("eve")
    assert own.post(f"{at(scene.eve)}/invitations").status_code == 403
    assert owner.post(f"{at(scene.eve)}/invitations").status_code == 409, "Eve signs in by now"
    assert "Ask for a form" not in owner.get(at(scene.eve)).text
    assert mails_to(settings, scene.tenant, EVE) == []


def test_whoever_signed_by_a_link_is_asked_by_a_link_again(scene, asked, settings):
    assert filled(stranger(scene), asked, W8BEN).status_code == 200
    (form,) = scene.forms(scene.eve)
    with db.tenant_work(scene.tenant) as session:
        assert reminding.remind(session, scene.tenant, form.valid_until - timedelta(days=14)) == 1
    link = path_of(scene, settings)
    assert link != asked
    assert stranger(scene).get(link).status_code == 200


def test_a_form_and_its_link_are_used_up_together(scene, asked):
    eve = stranger(scene)
    assert filled(eve, asked, W9).status_code == 200
    with db.tenant_read(scene.tenant) as session:
        sent = session.scalars(select(TaxInvitation)).one()
    (form,) = scene.forms(scene.eve)
    assert (sent.form_id, sent.ended_at is not None, sent.email) == (form.id, True, EVE)
    with db.tenant_work(scene.tenant) as session:
        session.execute(update(TaxInvitation).values(expires_at=clock.now() + timedelta(days=99)))
    assert eve.post(f"{asked}/interview/who", data=W9["who"]).status_code == 404
