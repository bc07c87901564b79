"""The console's labels: what is listed, what is done to one, and what is told where."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from app.kernel import db
from app.kernel.tenant import TenantState
from tenants.billing.models import Usage
from tenants.billing.rules import PLANS
from tenants.billing.service import measure
from tenants.provisioning.spares import fill_spares
from tenants.registry.queries import fresh_tenant
from tests.admin.conftest import cells, happened, said
from tests.factories.labels import a_label
from tests.kernel.jobs.work import eventually

FOREIGN = {"origin": "https://evil.test"}


def page_of(label):
    return f"/admin/labels/{label.id}"


def change(client, label, **form):
    return client.post(f"{page_of(label)}/changes", data=form)


def test_a_label_is_listed_as_its_row_is(console, mine):
    (row,) = cells(console.get(f"/admin?q={mine.slug}"), titled="Labels")
    with db.platform_read() as session:
        facts = session.execute(
            text("SELECT plan, cell, schema_revision FROM shared.tenants WHERE id = :id"), {"id": mine.id}
        ).one()
    assert row[0] == f"{mine.name[0]} {mine.name} {mine.slug}"
    assert row[1:6] == ["Active", PLANS[facts.plan].name, "1", facts.cell, facts.schema_revision]


def test_labels_are_found_by_name_short_name_and_host_and_by_state(console, mine):
    other = a_label()
    assert change(console, other, what="suspend", reason="Unpaid").status_code == 303
    for wanted in (mine.name, mine.slug, f"{mine.slug}.localhost"):
        assert [row[1] for row in cells(console.get(f"/admin?q={wanted}"), titled="Labels")] == ["Active"], wanted
    found = console.get(f"/admin/search?q={mine.slug}").text
    assert page_of(mine) in found
    assert page_of(other) not in found
    suspended = console.get("/admin?state=suspended")
    assert page_of(other) in suspended.text
    assert page_of(mine) not in suspended.text
    with db.platform_read() as session:
        count = session.execute(text("SELECT count(*) FROM shared.tenants WHERE state = 'suspended'")).scalar_one()
    assert f'Suspended <span class="count">{count}</span>' in suspended.text


@pytest.mark.parametrize("wanted", ["%", "_", "\\", "' OR 1=1 --"])
def test_what_is_searched_for_is_text_and_no_pattern(console, mine, wanted):
    assert page_of(mine) not in console.get("/admin", params={"q": wanted}).text


def test_the_meter_of_a_label_is_shown_as_its_rows_are(console, mine, client_as):
    client_as(mine).post("/portal/files", files={"file": ("a.bin", b"x" * 12_345, "application/octet-stream")})
    assert "Measured every night; nothing yet." in console.get(page_of(mine)).text
    with db.tenant_read(mine) as session:
        counted = measure(session, mine)
    with db.platform_read() as session:
        kept = session.query(Usage).filter_by(tenant_id=mine.id).order_by(Usage.measure).all()
    assert counted["file_bytes"] == 12_345
    shown = cells(console.get(page_of(mine)), titled="Usage")
    assert shown == [[row.day.isoformat(), row.measure, f"{row.amount:,}"] for row in kept]
    assert [row[2] for row in shown if row[1] == "file_bytes"] == ["12,345"]


def test_a_plan_and_a_flag_are_kept_told_to_the_label_and_noted(console, mine):
    saved = console.post(f"{page_of(mine)}/plan", data={"plan": "starter", "flag": "store_preview"})
    assert saved.status_code == 303
    changed = fresh_tenant(mine.id)
    assert (changed.plan, changed.flags) == ("starter", {"store_preview"})
    assert re.search(r'value="store_preview" checked', console.get(page_of(mine)).text)
    assert happened(mine, "label.plan_changed")[0].after["flags"] == ["store_preview"]
    noted = console.get("/admin/operators").text
    assert "Changed the plan or the features" in noted
    assert mine.id[:10] in noted


def test_the_front_page_of_a_label_follows_its_flag(console, mine, client_of):
    console.post(f"{page_of(mine)}/plan", data={"plan": "standard", "flag": "store_preview"})
    shop = client_of(f"{mine.slug}.localhost")
    assert eventually(lambda: "The shop opens soon" in shop.get("/").text, 10)  # what was changed is heard of
    other = client_of(f"{a_label().slug}.localhost").get("/").text
    assert "The shop opens soon" not in other
    assert 'href="/portal/sign-in"' in other


@pytest.mark.parametrize("form", [{"plan": "gold"}, {"plan": "starter", "flag": "no_such_flag"}])
def test_a_plan_or_a_flag_that_is_none_changes_nothing(console, mine, form):
    assert console.post(f"{page_of(mine)}/plan", data=form).status_code == 422
    assert fresh_tenant(mine.id).plan == mine.plan


def test_what_is_about_to_happen_is_named_before_it_does(console, mine):
    page = console.get(page_of(mine)).text
    dialogs = {name: said(body) for name, body in re.findall(r'<dialog id="(\w+)".*?>(.*?)</dialog>', page, re.DOTALL)}
    assert "can read everything and change nothing, its shop closes, its payouts go on" in dialogs["suspend"]
    assert "The old address rests for ninety days" in dialogs["rename"]
    assert "Nothing can be changed from now on" in dialogs["close"]
    assert "then it may be erased for good" in dialogs["close"]


def test_a_suspended_label_is_told_why_and_comes_back(console, mine):
    assert change(console, mine, what="suspend", reason="Invoice 17 is open").status_code == 303
    assert fresh_tenant(mine.id).state is TenantState.SUSPENDED
    assert happened(mine, "label.suspended")[0].after["reason"] == "Invoice 17 is open"
    assert happened(mine, "label.suspended")[0].actor_name == "Support", "a label reads no name of ours"
    assert change(console, mine, what="resume").status_code == 303
    assert fresh_tenant(mine.id).state is TenantState.ACTIVE


def test_a_label_is_closed_only_by_its_short_name_and_keeps_its_grace(console, mine):
    for wrong in ("", "yes", mine.name):
        refused = change(console, mine, what="close", confirm=wrong)
        assert refused.status_code == 422
        assert "Type the label&#39;s short name again to confirm." in refused.text
        assert fresh_tenant(mine.id).state is TenantState.ACTIVE
    assert change(console, mine, what="close", confirm=mine.slug, grace_days="7").status_code == 303
    with db.platform_read() as session:
        days = session.execute(
            text("SELECT erase_after - now() FROM shared.tenants WHERE id = :id"), {"id": mine.id}
        ).scalar_one()
    assert 6 <= days.days <= 7


@pytest.mark.parametrize(
    ("language", "state", "wanted"),
    [("en", "“Active”", "Suspended or Closing"), ("de", "„Aktiv“", "oder"), ("ar", "نشط", "أو")],
)
def test_a_state_is_called_by_its_name_in_the_readers_language(operator, mine, language, state, wanted):
    refused = change(operator(language)[1], mine, what="resume")
    assert refused.status_code == 422
    (alert,) = re.findall(r'<p class="alert" role="alert">(.*?)</p>', refused.text)
    assert state in alert
    assert wanted in alert
    if language != "en":
        assert not re.search(r"\b(active|suspended|closing|or)\b", alert, re.IGNORECASE)


def test_a_rename_moves_the_address_and_is_noted_twice(console, mine):
    new = f"{mine.slug}-new"
    assert change(console, mine, what="rename", slug=new, name="New Name").status_code == 303
    hosts = cells(console.get(page_of(mine)), titled="Hosts and certificates")
    assert {row[0].split()[0] for row in hosts} == {f"{mine.slug}.localhost", f"{new}.localhost"}
    assert happened(mine, "label.renamed")[0].after == {"slug": new, "name": "New Name"}
    assert "Renamed the label" in console.get(page_of(mine)).text


def test_a_label_is_opened_once_and_a_bad_wish_says_what_is_wrong(console):
    fill_spares(1)
    form = {"slug": "console-made", "name": "Made Here", "owner_email": "o@made.test", "request_key": "console:made"}
    first, again = console.post("/admin/labels", data=form), console.post("/admin/labels", data=form)
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    assert "Its owner has been invited" in console.get(first.headers["location"]).text
    refused = console.post("/admin/labels", data=form | {"slug": "a b", "request_key": "console:bad"})
    assert refused.status_code == 422
    assert 'value="Made Here"' in refused.text, "what was typed is kept"


def test_a_page_of_another_site_changes_nothing(console, mine):
    for path, form in (("changes", {"what": "suspend", "reason": "x"}), ("plan", {"plan": "starter"})):
        assert console.post(f"{page_of(mine)}/{path}", data=form, headers=FOREIGN).status_code == 403
    assert fresh_tenant(mine.id) == mine


def test_a_label_that_is_none_is_not_found(console):
    for path in ("/admin/labels/l_nowhere", "/admin/labels/x"):
        assert console.get(path).status_code == 404
        assert console.post(f"{path}/plan", data={"plan": "starter"}).status_code == 404
