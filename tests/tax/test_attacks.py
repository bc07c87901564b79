"""Whoever tries to see, fill in or sign what is not theirs, twice, or with something that is no answer."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, update

from app.identity.models import MemberSession
from app.kernel import db, ids
from app.kernel.activity import Activity
from app.tax.models import TaxForm
from tests.factories.members import PASSWORD
from tests.tax.scene import SSN, W8BEN, W8BENE, W9, answer, at, changed, fill, seen, sign

PATHS = ("", "/interview", "/interview/who", "/signature")
LONG = "x" * 10_000


def test_other_artists_and_a_rival_label_find_nothing(scene, client_as, rival):
    ada = scene.artist("ada")
    fill(ada, scene.ada, W9)
    answer(ada, scene.ada, W9)
    digest, paper = seen(ada, scene.ada), f"/forms/{scene.forms(scene.ada)[0].id}/paper"
    for other in (scene.artist("eve"), client_as(rival), scene.artist("eve", "artist_manager")):
        for path in (*PATHS, paper):
            assert other.get(at(scene.ada) + path).status_code == 404, path
        assert other.post(f"{at(scene.ada)}/interview/who", data=W9["who"]).status_code == 404
        got = other.post(f"{at(scene.ada)}/signature", data={"name": "Eve", "agrees": "1", "seen": digest})
        assert got.status_code == 404
    eve = scene.artist("eve")
    assert eve.get(at(scene.eve) + paper).status_code == 404  # another's form under one's own payee
    assert len(scene.forms(scene.ada)) == 1


def test_staff_look_and_sign_for_nobody(scene):
    ada = scene.artist("ada")
    answer(ada, scene.ada, W9)
    digest = seen(ada, scene.ada)
    for role in ("owner", "royalties", "read_only"):
        staff = scene.staff(role)
        assert staff.get(at(scene.ada)).status_code == 200, role
        assert "/interview" not in staff.get(at(scene.ada)).text
        assert staff.get(f"{at(scene.ada)}/interview/who").status_code == 403, role
        assert staff.post(f"{at(scene.ada)}/interview/who", data=W9["who"]).status_code == 403, role
        assert staff.get(f"{at(scene.ada)}/signature").status_code == 403, role
        got = staff.post(f"{at(scene.ada)}/signature", data={"name": "A", "agrees": "1", "seen": digest})
        assert got.status_code == 403, role
    assert scene.staff("marketing").get(at(scene.ada)).status_code == 403
    assert scene.forms(scene.ada) == []


def test_forged_ids_and_steps_open_nothing(scene):
    ada = scene.artist("ada")
    for forged in (ids.new_id(), "x", "0", "%00", "9" * 200, f"{scene.ada.id}'--"):
        assert ada.get(f"/portal/payees/{forged}/tax").status_code == 404, forged
    for step in ("", "w9_tin", "chapter4", "who'", "%00", "x" * 500):
        got = ada.get(f"{at(scene.ada)}/interview/{step}")
        assert got.status_code in (303, 404), step  # the first page alone is open to somebody with no answers
        assert ada.post(f"{at(scene.ada)}/interview/{step or 'none'}", data={"a": "b"}).status_code == 404, step
    for form in (ids.new_id(), "x"):
        assert ada.get(f"{at(scene.ada)}/forms/{form}/paper").status_code == 404
    for year in ("2017", "2999", "-1", "99999999999999999999", "x"):
        assert scene.staff().get(f"/portal/tax/years/{year}").status_code in (404, 422), year
    for bad in ("page=x", "page=٣", "q=" + LONG, "q=%00", "page=9999999"):
        assert ada.get(f"/portal/tax?{bad}").status_code == 422, bad


def test_a_form_for_another_kind_of_person_is_refused(scene):
    ada = scene.artist("ada")
    got = ada.post(f"{at(scene.ada)}/interview/who", data=W8BENE["who"])
    assert got.status_code == 422
    assert "knows Ada Ltd as another kind of person" in got.text
    answer(ada, scene.ada, W8BEN)
    digest = seen(ada, scene.ada)
    scene.know(scene.ada, kind="company")  # it became known between the answers and the signature
    assert sign(ada, scene.ada, seen=digest).status_code == 409
    assert scene.forms(scene.ada) == []


def test_a_signature_is_of_what_was_read_and_counts_once(scene):
    ada = scene.artist("ada")
    assert ada.get(f"{at(scene.ada)}/signature").headers["location"].endswith("/interview")
    assert sign(ada, scene.ada, seen="0" * 64).status_code == 409
    answer(ada, scene.ada, W8BEN)
    digest = seen(ada, scene.ada)
    answer(ada, scene.ada, changed(W8BEN, "treaty", treaty="no"))
    assert sign(ada, scene.ada, seen=digest).status_code == 409
    digest = seen(ada, scene.ada)
    for wrong in ({"agrees": ""}, {"name": " "}, {"name": LONG}, {"name": "A\0B"}, {"capacity": LONG}):
        assert sign(ada, scene.ada, seen=digest, **wrong).status_code == 422, list(wrong)
    for wrong in ("", "0" * 64, LONG, "é"):
        assert sign(ada, scene.ada, seen=wrong).status_code == 409, wrong[:10]
    assert scene.forms(scene.ada) == []
    assert sign(ada, scene.ada, seen=digest).status_code == 303
    assert sign(ada, scene.ada, seen=digest).status_code == 409  # the same once more
    assert len(scene.forms(scene.ada)) == 1


def test_an_unfinished_form_cannot_be_signed(scene):
    ada = scene.artist("ada")
    ada.post(f"{at(scene.ada)}/interview/who", data=W8BEN["who"])
    ada.post(f"{at(scene.ada)}/interview/w8ben_name", data=W8BEN["w8ben_name"])
    assert ada.get(f"{at(scene.ada)}/signature").headers["location"].endswith("/interview/residence")
    assert sign(ada, scene.ada, seen="0" * 64).status_code == 409


def test_two_devices_that_sign_at_once_sign_once(scene):
    clients = [scene.artist("ada"), scene.artist("ada")]
    answer(clients[0], scene.ada, W9)
    digest, statuses = seen(clients[0], scene.ada), []

    def go(client):
        statuses.append(sign(client, scene.ada, seen=digest).status_code)

    threads = [threading.Thread(target=go, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 409]
    assert len(scene.forms(scene.ada)) == 1


@pytest.mark.parametrize("wild", ["a\0b", LONG, "\u202eevil", "a\nb", "\x1b[31m"])
def test_what_is_no_answer_is_refused_and_never_a_crash(scene, wild):
    ada = scene.artist("ada")
    for step in ("who", "w9_name", "w9_address", "w9_tin"):
        for name in W9[step]:
            got = ada.post(f"{at(scene.ada)}/interview/{step}", data=W9[step] | {name: wild})
            assert got.status_code in (400, 422), (step, name)
        assert ada.post(f"{at(scene.ada)}/interview/{step}", data=W9[step]).status_code == 303
    got = ada.post(f"{at(scene.ada)}/interview/who", data={"entity": ["person", "company"], "us_person": "yes"})
    assert got.status_code in (400, 422)
    assert ada.post(f"{at(scene.ada)}/interview/w9_name", data={wild: "y"}).status_code in (400, 422)
    assert scene.forms(scene.ada) == []


def test_bytes_that_are_no_text_are_refused(scene):
    ada = scene.artist("ada")
    ada.post(f"{at(scene.ada)}/interview/who", data=W9["who"])
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for raw in (
        b"class=individual&name=%ED%A0%80",
        b"class=individual&name=%EF%BF%BD",
    ):
        got = ada.post(f"{at(scene.ada)}/interview/w9_name", content=raw, headers=headers)
        assert got.status_code in (400, 422), raw


def test_signing_and_settings_ask_for_a_fresh_proof(scene):
    ada, owner = scene.artist("ada"), scene.staff()
    answer(ada, scene.ada, W9)
    digest = seen(ada, scene.ada)
    with db.tenant_work(scene.tenant) as session:
        session.execute(update(MemberSession).values(proved_at=None))
    assert sign(ada, scene.ada, seen=digest).status_code in (303, 403)
    assert scene.forms(scene.ada) == []
    owner.post("/portal/settings/tax", data={"match": "0", "country": "DE"})
    assert owner.post("/portal/tax/years/2026/files", data={"layout": "1099"}).status_code in (303, 403)
    assert "follows from the label&#39;s currency" in owner.get("/portal/settings/tax").text


def test_a_draft_shows_its_numbers_to_nobody_again(scene):
    ada = scene.artist("ada")
    answer(ada, scene.ada, W9)
    for path in ("/interview/w9_tin", "/signature", ""):
        page = ada.get(at(scene.ada) + path).text
        assert SSN not in page, path
        assert SSN.replace("-", "") not in page, path
    assert "•••4399 is kept" in ada.get(f"{at(scene.ada)}/interview/w9_tin").text
    kept = ada.post(f"{at(scene.ada)}/interview/w9_tin", data=W9["w9_tin"] | {"tin": ""})
    assert kept.status_code == 303
    wrong = ada.post(f"{at(scene.ada)}/interview/w9_tin", data=W9["w9_tin"] | {"tin": "000-12-3456"})
    assert "000-12-3456" not in wrong.text


def test_activity_names_the_deed_and_no_answer(scene):
    ada = scene.artist("ada")
    fill(ada, scene.ada, W9)
    with db.tenant_read(scene.tenant) as session:
        rows = list(session.scalars(select(Activity).where(Activity.action.like("tax%"))))
        form = session.scalars(select(TaxForm)).one()
    assert [row.action for row in rows] == ["tax_form.signed"]
    assert set(rows[0].after) == {"form", "kind", "number", "country"}
    assert "Brooklyn" not in str(form.evidence)
    assert PASSWORD not in str(form.evidence)
