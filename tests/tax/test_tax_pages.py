"""Pages of tax: what people see of it, and what no form can say."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import text

from app.kernel import clock, db
from app.kernel.actor import Actor
from app.roster.models import Party
from app.tax.schemas import Came, Filler, SignatureForm
from app.tax.service import filling
from tests.markup import CANARY, came_alive
from tests.tax.scene import (
    BARE_IDNR,
    IDNR,
    W8BEN,
    W9,
    answer,
    at,
    changed,
    fill,
    seen,
)


def test_what_people_answer_comes_out_as_text(scene):
    ada = scene.artist("ada")
    wild = CANARY[:90]
    fill(ada, scene.ada, changed(changed(W9, "w9_name", name=wild), "w9_address", street=wild))
    answer(ada, scene.ada, changed(W9, "w9_name", name=wild))
    (form,) = scene.forms(scene.ada)
    for path in (at(scene.ada), f"{at(scene.ada)}/interview/w9_name", f"{at(scene.ada)}/signature", "/portal/tax"):
        page = ada.get(path)
        assert page.status_code == 200, path
        assert came_alive(page.text, page.headers["content-type"]) == [], path
    assert ada.get(f"{at(scene.ada)}/forms/{form.id}/paper").content.startswith(b"%PDF")


def test_the_list_shows_staff_all_and_artists_their_own(scene):
    fill(scene.artist("ada"), scene.ada, W8BEN)
    listed = scene.staff().get("/portal/tax").text
    assert "Ada Ltd" in listed
    assert "Eve Ltd" in listed
    assert "•••1809" in listed
    assert BARE_IDNR not in listed
    assert "Eve Ltd" not in scene.staff().get("/portal/tax?q=ada").text
    own = scene.artist("eve").get("/portal/tax").text
    assert "Eve Ltd" in own
    assert "Ada Ltd" not in own
    assert scene.staff("marketing").get("/portal/tax").status_code == 403


def test_the_label_is_told_where_its_country_and_the_forms_differ(scene):
    fill(scene.artist("ada"), scene.ada, W8BEN)
    owner = scene.staff()
    assert "and the form says another" not in owner.get(at(scene.ada)).text
    scene.know(scene.ada, country="IN")
    assert "The label knows India as the country of this payee" in owner.get(at(scene.ada)).text


def test_the_day_counts_where_the_label_is(scene):
    """The last hours of a year in New York are the next year in Greenwich; the form is of the old one."""
    ada = scene.artist("ada")
    answer(ada, scene.ada, W8BEN)
    digest = seen(ada, scene.ada)
    with clock.frozen_at(datetime(2027, 1, 1, 2, 30, tzinfo=UTC)):
        with db.tenant_work(scene.tenant) as session:
            who = Filler(Actor.system(scene.tenant), "Ada", "", "en")
            party = session.get_one(Party, scene.ada.party_id)
            given = SignatureForm(name="Ada", seen=digest, agrees="1")
            form = filling.sign(session, scene.tenant, who, party, given, Came("", ""))
    assert (form.signed_on, form.valid_until) == (date(2026, 12, 31), date(2029, 12, 31))


def test_nothing_but_the_answers_of_a_page_can_be_sent(scene):
    ada = scene.artist("ada")
    for extra in ("form", "kind", "claims_treaty", "treaty_open", "party_id", "valid_until", "tin", "rate_ppm"):
        got = ada.post(f"{at(scene.ada)}/interview/who", data=W9["who"] | {extra: "yes"})
        assert got.status_code == 422, extra
    answer(ada, scene.ada, W9)
    for extra in ("kind", "signed_on", "party_id", "valid_until", "digest"):
        data = {"name": "Ada", "agrees": "1", "seen": seen(ada, scene.ada), extra: "x"}
        assert ada.post(f"{at(scene.ada)}/signature", data=data).status_code in (400, 422), extra
    assert scene.forms(scene.ada) == []
    assert IDNR not in ada.get(at(scene.ada)).text


def test_whoever_signed_a_form_is_not_removed(scene):
    fill(scene.artist("ada"), scene.ada, W9)
    with db.tenant_work(scene.tenant) as session:
        session.execute(text("UPDATE artists SET party_id = NULL WHERE key = 'ada'"))
    owner = scene.staff()
    party = f"/portal/parties/{scene.ada.party_id}"
    assert owner.post(f"{party}/payees/{scene.ada.id}/removal").status_code == 303
    got = owner.post(f"{party}/removal")
    assert got.status_code == 409
    assert "Tax forms" in got.text
