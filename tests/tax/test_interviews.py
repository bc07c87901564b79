"""Tax forms from the first question to the signed paper, through the pages people use."""

from __future__ import annotations

import re
from datetime import date, timedelta

import msgspec
from sqlalchemy import select, text, update

from app.kernel import activity, crypto, db
from app.tax.models import TaxForm
from app.tax.service import filling, reminding
from tests.tax.scene import (
    BARE_IDNR,
    BARE_SSN,
    SSN,
    W8BEN,
    W8BENE,
    W9,
    answer,
    at,
    changed,
    fill,
    seen,
    sign,
)

UNITED_KINGDOM = changed(
    changed(W8BEN, "residence", residence="GB", city="London"), "tins", ftin="1955839661"
)  # fmt: skip


def problems_of(page):
    return re.findall(r'class="problem" id="(\w+)-problem"', page.text)


def test_a_us_person_signs_a_w9_and_nothing_is_withheld(scene):
    ada = scene.artist("ada")
    assert scene.rate(scene.ada) == (300_000, "no_form")
    told = ada.get(at(scene.ada)).text
    assert "No tax form yet: 30% is withheld. Fill in W-8BEN to change that." in told
    fill(ada, scene.ada, W9)
    (form,) = scene.forms(scene.ada)
    assert (form.kind, form.country, form.valid_until, form.tin_mask) == ("w9", "US", None, "•••4399")
    assert scene.rate(scene.ada) == (0, "w9")
    told = ada.get(at(scene.ada)).text
    assert "W-9 is there: nothing is withheld." in told
    assert BARE_SSN not in told.replace("-", "")


def test_a_person_abroad_claims_the_treaty_until_the_third_years_end(scene):
    ada = scene.artist("ada")
    fill(ada, scene.ada, W8BEN)
    (form,) = scene.forms(scene.ada)
    today = filling.today_of(scene.tenant)
    assert (form.kind, form.claims_treaty, form.valid_until) == ("w8ben", True, date(today.year + 3, 12, 31))
    assert scene.rate(scene.ada) == (0, "treaty_free")
    assert scene.rate(scene.ada, form.valid_until) == (0, "treaty_free")
    assert scene.rate(scene.ada, form.valid_until + timedelta(days=1)) == (300_000, "ended")
    assert scene.rate(scene.ada, today - timedelta(days=1)) == (300_000, "no_form")
    assert "claims the treaty with Germany: nothing is withheld" in ada.get(at(scene.ada)).text


def test_a_company_abroad_is_led_through_fatca_and_the_limitation_on_benefits(scene):
    scene.know(scene.ada, kind="company")
    ada = scene.artist("ada")
    fill(ada, scene.ada, W8BENE)
    (form,) = scene.forms(scene.ada)
    assert (form.kind, form.chapter4, form.country) == ("w8bene", "active_nffe", "JP")
    assert scene.rate(scene.ada) == (0, "treaty_free")


def test_a_financial_institution_outside_fatca_gets_no_treaty_rate(scene):
    scene.know(scene.ada, kind="company")
    fill(scene.artist("ada"), scene.ada, changed(W8BENE, "chapter4", chapter4="nonparticipating_ffi"))
    assert scene.rate(scene.ada) == (300_000, "outside_fatca")


def test_everything_is_read_once_more_by_the_lines_of_the_form(scene):
    ada = scene.artist("ada")
    answer(ada, scene.ada, W8BEN)
    told = " ".join(re.sub(r"<[^>]+>", " ", ada.get(f"{at(scene.ada)}/signature").text).split())
    for said in ("Name of the person who is paid line 1 Ada Beispiel", "Country of citizenship line 2 Germany",
                 "Tax number of the country of residence line 6a •••1809", "Date of birth line 8 February 3, 1990"):  # fmt: skip
        assert said in told, said
    assert "organization that is paid" not in told


def test_what_depends_on_an_answer_is_asked_once_it_is_given(scene):
    scene.know(scene.ada, kind="company")
    ada = scene.artist("ada")
    answer(ada, scene.ada, {"who": W8BENE["who"], "w8bene_name": W8BENE["w8bene_name"], "residence": W8BENE["residence"],
                            "chapter4": W8BENE["chapter4"]} | {"tins": W8BENE["tins"], "treaty": W8BENE["treaty"]})  # fmt: skip
    step = f"{at(scene.ada)}/interview/chapter4"
    assert 'name="giin"' not in ada.get(step).text
    asked = ada.post(step, data={"chapter4": "model1_ffi"})
    assert asked.status_code == 422
    assert problems_of(asked) == ["giin"]
    assert problems_of(ada.post(step, data={"chapter4": "model1_ffi", "giin": "98Q96B.00000.XX.250"})) == ["giin"]
    assert ada.post(step, data={"chapter4": "model1_ffi", "giin": "98q96b.00000.le.250"}).status_code == 303
    assert "98Q96B.00000.LE.250" in ada.get(f"{at(scene.ada)}/signature").text
    owned = ada.post(step, data={"chapter4": "passive_nffe", "owners": "yes"})
    assert problems_of(owned) == ["owner_list"]
    assert ada.post(step, data={"chapter4": "passive_nffe", "owners": "no"}).status_code == 303
    review = ada.get(f"{at(scene.ada)}/signature").text
    assert "Line 40b" in review
    assert "98Q96B" not in review  # what an earlier way left behind is not signed


WRONG = (
    (W9, "w9_tin", {"tin": "000-12-3456"}, ["tin"]),
    (W9, "w9_tin", {"tin": "12345678"}, ["tin"]),
    (W9, "w9_tin", {"tin_kind": "ein", "tin": "07-3456789"}, ["tin"]),
    (W9, "w9_tin", {"tin_kind": "itin", "tin": SSN}, ["tin"]),
    (W9, "w9_tin", {"tin_kind": "passport"}, ["tin_kind"]),
    (W9, "w9_address", {"state": "New York"}, ["state"]),
    (W9, "w9_address", {"zip": "1120"}, ["zip"]),
    (W9, "w9_name", {"name": ""}, ["name"]),
    (W9, "w9_name", {"class": "llc"}, ["llc_class"]),
    (W8BEN, "w8ben_name", {"birth_date": "2990-01-01"}, ["birth_date"]),
    (W8BEN, "w8ben_name", {"birth_date": "1990-02-31"}, ["birth_date"]),
    (W8BEN, "w8ben_name", {"citizenship": "XX"}, ["citizenship"]),
    (W8BEN, "residence", {"residence": "US"}, ["residence"]),
    (W8BEN, "tins", {"ftin": "36 574 261 890"}, ["ftin"]),
    (W8BEN, "tins", {"ftin": "1955839661"}, ["ftin"]),
    (W8BEN, "tins", {"ftin": "-"}, ["ftin"]),
    (W8BEN, "tins", {"us_tin": "123"}, ["us_tin"]),
    (UNITED_KINGDOM, "tins", {"ftin": "1955839662"}, ["ftin"]),
)


def test_answers_that_cannot_be_right_are_marked(scene):
    ada = scene.artist("ada")
    for answers, step, value, wrong in WRONG:
        way = list(answers)
        for before in way[: way.index(step)]:
            assert ada.post(f"{at(scene.ada)}/interview/{before}", data=answers[before]).status_code == 303
        got = ada.post(f"{at(scene.ada)}/interview/{step}", data=answers[step] | value)
        assert got.status_code == 422, (step, value)
        assert problems_of(got) == wrong, (step, value)
        assert ada.post(f"{at(scene.ada)}/interview/{step}", data=answers[step]).status_code == 303


def test_a_treaty_needs_a_tax_number_and_a_country_with_a_treaty(scene):
    ada = scene.artist("ada")
    answer(ada, scene.ada, changed(W8BEN, "treaty", treaty="no"))
    ada.post(f"{at(scene.ada)}/interview/residence", data=W8BEN["residence"] | {"residence": "BR"})
    got = ada.post(f"{at(scene.ada)}/interview/tins", data={"ftin_none": "1"})
    assert got.status_code == 422  # the German number is still kept and is none of Brazil
    assert ada.get(f"{at(scene.ada)}/interview/treaty").status_code == 404
    assert ada.post(f"{at(scene.ada)}/interview/treaty", data={"treaty": "yes"}).status_code == 404
    got = ada.post(f"{at(scene.ada)}/interview/tins", data={"ftin": "390.533.447-05"})
    assert got.headers["location"].endswith("/signature")
    assert sign(ada, scene.ada).status_code == 303
    assert scene.rate(scene.ada) == (300_000, "no_claim")


def test_a_partnership_is_told_of_the_form_that_is_not_asked_for_here(scene):
    scene.know(scene.ada, kind="company")
    ada = scene.artist("ada")
    ada.post(f"{at(scene.ada)}/interview/who", data=W8BENE["who"])
    got = ada.post(f"{at(scene.ada)}/interview/w8bene_name", data=W8BENE["w8bene_name"] | {"chapter3": "flow_through"})
    assert "W-8IMY" in got.text
    assert got.status_code == 422


def test_whoever_was_told_of_backup_withholding_certifies_less_and_pays_more(scene):
    ada = scene.artist("ada")
    answer(ada, scene.ada, changed(W9, "w9_tin", backup="yes"))
    assert "2. I am not subject to backup withholding" not in ada.get(f"{at(scene.ada)}/signature").text
    assert sign(ada, scene.ada).status_code == 303
    assert scene.rate(scene.ada) == (240_000, "backup")


def test_a_signature_keeps_who_when_from_where_and_what(scene):
    ada = scene.artist("ada", email="ada@ada.test")
    ada.headers["user-agent"] = "Browser of Ada"
    answer(ada, scene.ada, W9)
    digest = seen(ada, scene.ada)
    assert sign(ada, scene.ada, seen=digest, name="  Ada   Example ", capacity="Owner").status_code == 303
    (form,) = scene.forms(scene.ada)
    evidence = form.evidence
    assert (evidence["name"], evidence["capacity"], evidence["email"]) == ("Ada Example", "Owner", "ada@ada.test")
    assert evidence["address"].startswith("2001:db8::")
    assert (evidence["agent"], evidence["digest"], form.digest) == ("Browser of Ada", digest, digest)
    assert evidence["at"] == form.signed_at.isoformat()
    assert "bind me like my signature by hand" in evidence["consent"]


def test_numbers_rest_sealed_and_reach_neither_activity_nor_outbox_nor_log(scene, caplog, capfd):
    ada = scene.artist("ada")
    fill(ada, scene.ada, W9)
    answer(ada, scene.ada, W9)  # a draft, too
    owner = scene.staff()
    owner.get(f"{at(scene.ada)}/forms/{scene.forms(scene.ada)[0].id}/paper")
    hidden = (BARE_SSN, SSN)
    with db.tenant_read(scene.tenant) as session:
        tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")).all()
        for table in tables:
            rows = session.scalars(text(f'SELECT row_to_json(t)::text FROM "{table}" t')).all()
            for row in rows:
                assert not any(number in row for number in hidden), table
                assert not any(number.encode().hex() in row for number in hidden), table
    with db.platform_read() as session:
        rows = session.scalars(text("SELECT row_to_json(t)::text FROM shared.outbox t")).all()
        assert not any(number in row for row in rows for number in hidden)
    logged = caplog.text + "".join(capfd.readouterr())
    assert not any(number in logged for number in hidden)
    form = scene.forms(scene.ada)[0]
    answers = msgspec.json.decode(crypto.open_sealed(scene.tenant, form.sealed, f"tax_form:{form.id}"))
    assert answers["tin"] == BARE_SSN


def test_a_later_form_takes_the_place_of_the_one_before_and_changes_nothing_of_it(scene):
    ada = scene.artist("ada")
    fill(ada, scene.ada, W8BEN)
    (first,) = scene.forms(scene.ada)
    page = ada.get(f"{at(scene.ada)}/interview/w8ben_name").text
    assert 'value="Ada Beispiel"' in page  # the answers of the form before are offered
    fill(ada, scene.ada, W9)
    before, now = scene.forms(scene.ada)
    assert (before.number, now.number, now.kind) == (1, 2, "w9")
    assert before.superseded_at is not None
    assert (before.sealed, before.digest, before.evidence) == (first.sealed, first.digest, first.evidence)
    told = ada.get(at(scene.ada)).text
    assert "Replaced" in told
    assert "In force" in told


def test_the_paper_holds_every_line_and_the_number_only_for_those_who_may(scene):
    ada = scene.artist("ada")
    fill(ada, scene.ada, W8BEN)
    (form,) = scene.forms(scene.ada)
    paper = f"{at(scene.ada)}/forms/{form.id}/paper"
    got = ada.get(paper)
    assert got.content.startswith(b"%PDF")
    assert got.headers["cache-control"] == "no-store"
    from app.tax.service import papers

    with db.tenant_read(scene.tenant) as session:
        whole = papers.sheet(session, scene.tenant, form, is_masked=False).texts
        masked = papers.sheet(session, scene.tenant, form, is_masked=True).texts
    lines = {(number, said) for number, _, said in whole["lines"]}
    assert {("1", "Ada Beispiel"), ("2", "Germany"), ("6a", BARE_IDNR), ("9", "Yes")} <= lines
    assert ("6a", "•••1809") in {(number, said) for number, _, said in masked["lines"]}
    assert BARE_IDNR not in str(masked)
    for role, status, opened in (("royalties", 200, 1), ("read_only", 200, 0), ("marketing", 403, 0)):
        before = _opened(scene)
        assert scene.staff(role).get(paper).status_code == status, role
        assert _opened(scene) - before == opened, role


def _opened(scene):
    with db.tenant_read(scene.tenant) as session:
        query = select(activity.Activity).where(activity.Activity.action == "tax_form.opened")
        return len(list(session.scalars(query)))


def test_people_are_asked_for_a_new_form_60_and_14_days_before_once_each(scene):
    from tests.identity.post import forget_waiting, mails_to

    ada = scene.artist("ada", email="ada@ask.test")
    fill(ada, scene.ada, W8BEN)
    (form,) = scene.forms(scene.ada)
    forget_waiting()
    counts = []
    for left in (61, 60, 59, 15, 14, 13, 0, -1):
        with db.tenant_work(scene.tenant) as session:
            counts.append(reminding.remind(session, scene.tenant, form.valid_until - timedelta(days=left)))
    assert counts == [0, 1, 0, 0, 1, 0, 0, 0]
    mails = mails_to(db.current().settings, scene.tenant, "ada@ask.test")
    assert len(mails) == 2
    assert at(scene.ada) in mails[0].text
    assert "W-8BEN" in mails[0].subject
    assert "A tax form ends soon" in scene.staff().get("/portal/inbox").text


def test_a_form_that_has_ended_says_so_and_how_to_change_that(scene):
    ada = scene.artist("ada")
    fill(ada, scene.ada, W8BEN)
    with db.tenant_work(scene.tenant) as session:
        session.execute(update(TaxForm).values(valid_until=date(2020, 12, 31)))
    assert scene.rate(scene.ada) == (300_000, "ended")
    told = ada.get(at(scene.ada)).text
    assert "W-8BEN ended on December 31, 2020: 30% is withheld. Fill it in anew to change that." in told
    assert "Ended" in scene.staff().get("/portal/tax").text


def test_a_label_elsewhere_withholds_nothing_and_says_so(client_of, connected):
    from tests.tax.scene import Scene

    berlin = Scene(client_of, currency="EUR")
    assert berlin.rate(berlin.ada) == (0, "unset")
    owner = berlin.staff()
    assert "has not said yet in which country" in owner.get(at(berlin.ada)).text
    data = {"match": "0", "country": "DE", "name": "Berlin GmbH"}
    assert owner.post("/portal/settings/tax", data=data).status_code == 303
    assert berlin.rate(berlin.ada) == (0, "none")
    assert "from Germany no tax is withheld here" in owner.get(at(berlin.ada)).text
    assert owner.post("/portal/settings/tax", data=data | {"match": "1", "country": "US"}).status_code == 303
    assert berlin.rate(berlin.ada) == (300_000, "no_form")


def test_the_label_keeps_its_own_number_sealed_and_hears_of_a_slower_editor(scene):
    owner = scene.staff()
    assert "follows from the label&#39;s currency" in owner.get("/portal/settings/tax").text
    data = {"match": "0", "country": "US", "name": "Kite Inc", "street": "1 Kite Rd", "tin": "04-2103594"}
    assert owner.post("/portal/settings/tax", data=data | {"tin": "04-21"}).status_code == 422
    assert owner.post("/portal/settings/tax", data=data | {"country": "XX"}).status_code == 422
    assert owner.post("/portal/settings/tax", data=data | {"name": "x" * 10_000}).status_code == 422
    assert owner.post("/portal/settings/tax", data=data | {"name": "a\0b"}).status_code == 422
    assert owner.post("/portal/settings/tax", data=data).status_code == 303
    assert owner.post("/portal/settings/tax", data=data | {"name": "Other"}).status_code == 409
    shown = owner.get("/portal/settings/tax").text
    assert "•••3594" in shown
    assert "042103594" not in shown
    with db.tenant_read(scene.tenant) as session:
        rows = session.scalars(text("SELECT row_to_json(t)::text FROM tax_settings t")).all()
        rows += session.scalars(text("SELECT row_to_json(t)::text FROM activity t")).all()
    assert not any("2103594" in row.replace("-", "") for row in rows)
    assert scene.staff("read_only").post("/portal/settings/tax", data=data).status_code == 403
    assert scene.artist("ada").get("/portal/settings/tax").status_code == 403
    assert scene.staff("read_only").get("/portal/settings/tax").status_code == 200
