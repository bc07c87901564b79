"""Periods, runs, statements and their lines as people see them: who sees what, who decides what, and what is taken along."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from app.contracts.rules.terms import Clause, Deduction, Reserve
from app.identity.models import Member
from app.kernel import db
from app.roster.models import Artist
from app.royalties.models import RoyaltyRun, StatementQuestion
from app.royalties.rules import auditing
from app.royalties.service import running
from tests.factories.catalog import narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.factories.money import (
    APRIL,
    MARCH,
    a_contract,
    a_cost,
    a_payee,
    a_period,
    a_report,
    a_run,
    physical,
    publish,
    run_of,
    sold,
    statement,
    terms,
    tracks_of,
)
from tests.markup import CANARY, came_alive

ROYALTIES = "/portal/royalties"
D = Decimal


class Books:
    """A label with two artists who are paid under one contract each, and a published period."""

    def __init__(self, client_of, tmp_path):
        self.tenant, self.client_of, self.tmp_path = a_label(), client_of, tmp_path
        self.recordings = tracks_of(self.tenant, 2)
        self.payees = [a_payee(self.tenant, name) for name in ("Ada Ltd", "Eve Ltd")]
        self.contracts = [
            a_contract(
                self.tenant,
                terms(
                    payee,
                    Clause(id="all", rate=D("0.5"), deductions=(Deduction("packaging", D("0.1")),)),
                    reserve=Reserve(rate=D("0.2")),
                ),
                title=f"Deal of {payee.name}",
                ends_on=date(2031, 12, 31),
                scopes=[_about(recording)],
                costs=[a_cost("3")] if payee.name == "Ada Ltd" else [],
            )
            for payee, recording in zip(self.payees, self.recordings, strict=True)
        ]
        self._tie()
        rows = [
            sold(
                self.recordings[n % 2],
                Net=f"{n}.333331",
                Quantity=n,
                Store=("Spotify", "Deezer")[n % 3 == 0],
                Territory=("US", "DE")[n % 2],
            )
            for n in range(1, 20)
        ]
        rows += [physical(self.recordings[0], 5, Net="40"), {"ISRC": "QZZZZ2600001", "Title": "Who knows", "Net": "5"}]
        a_report(self.tenant, tmp_path, rows)

    def _tie(self):
        """Each payee's legal person is behind an artist."""
        with db.tenant_work(self.tenant) as session:
            for key, payee in zip(("ada", "eve"), self.payees, strict=True):
                session.add(_artist(key, payee.party_id))

    def signed_in(self, member):
        client = self.client_of(f"{self.tenant.slug}.localhost")
        assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
        return client

    def staff(self, role="owner"):
        return self.signed_in(a_member(self.tenant, role=role))

    def artist(self, key, role="artist"):
        member = a_member(self.tenant, role=role, name=key.title())
        narrowed(self.tenant, member, artists=[key])
        return self.signed_in(member)

    def published(self):
        return run_of(self.tenant, MARCH)

    def address(self, run, number=0):
        return f"{ROYALTIES}/statements/{statement(self.tenant, run, self.payees[number]).id}"

    def first_line(self, client, address):
        return re.search(rf'href="({re.escape(address)}/lines/\d+)"', client.get(address).text)[1]


def _about(recording):
    from app.contracts.schemas import Scope

    return Scope("recording", recording.id)


def _artist(key, party_id):
    from app.kernel import ids

    name = key.title()
    return Artist(id=ids.new_id(), key=key, name=name, name_key=key, folded=key, sort_name=name, party_id=party_id)


@pytest.fixture
def books(client_of, connected, tmp_path):
    return Books(client_of, tmp_path)


def test_a_period_is_opened_calculated_signed_off_approved_and_published(books):
    owner = books.staff()
    rate = {"base": "USD", "quote": "EUR", "on": "2026-03-31", "rate": "0.91", "source": "ECB"}
    assert owner.post(f"{ROYALTIES}/rates", data=rate).status_code == 303
    assert "No periods yet" in owner.get(ROYALTIES).text
    days = {"starts_on": "2026-03-01", "ends_on": "2026-03-31"}
    assert owner.post(f"{ROYALTIES}/periods", data=days).status_code == 303
    assert owner.post(f"{ROYALTIES}/periods", data=days).status_code == 409
    wrong = owner.post(f"{ROYALTIES}/periods", data={"starts_on": "2026-05-02", "ends_on": "2026-05-01"})
    assert wrong.status_code == 422
    assert 'value="2026-05-02"' in wrong.text
    start = re.search(rf'action="({ROYALTIES}/periods/[^"]+/runs)"', owner.get(ROYALTIES).text)[1]
    page = owner.post(start, data={}).headers["location"]
    assert "being worked on" in owner.get(page).text
    assert owner.get(f"{page}/state").json()["version"] == 0
    _work(books)
    told = owner.get(page).text
    assert "Ada Ltd" in told
    assert "nobody knows what was sold" in told
    refused = owner.post(f"{page}/approval")
    assert refused.status_code == 409
    assert "not signed off" in refused.text
    assert owner.post(f"{page}/sign-offs", data={"finding": "99"}).status_code == 409
    assert owner.post(f"{page}/sign-offs", data={"finding": "1"}).status_code == 303
    assert "Signed off by" in owner.get(page).text
    assert owner.post(f"{page}/approval").status_code == 303
    assert owner.post(f"{page}/publication").status_code == 303
    _work(books)
    assert "Published" in owner.get(page).text
    assert owner.post(f"{page}/removal").status_code == 409
    assert owner.post(start, data={}).status_code == 409
    assert owner.post(start, data={"trial": "1"}).status_code == 303
    anew = owner.post(f"{page}/restatement").headers["location"]
    _work(books)
    assert "restates a published one" in owner.get(anew).text


def _work(books):
    """What a worker would do now."""
    with db.tenant_read(books.tenant) as session:
        runs = {run.id: run.state for run in session.scalars(select(RoyaltyRun))}
    for run, state in runs.items():
        with db.tenant_work(books.tenant) as session:
            if state == "calculating":
                running.calculate(session, books.tenant, run)
            elif state == "publishing":
                running.tell_payees(session, books.tenant, run)


def test_a_large_run_is_approved_by_a_second_person(books):
    a_report(books.tenant, books.tmp_path, [sold(books.recordings[0], Net="90000")])
    run = a_run(books.tenant, a_period(books.tenant, *MARCH))
    first, second = (a_member(books.tenant) for _ in range(2))
    with db.tenant_work(books.tenant) as session:
        session.execute(update(RoyaltyRun).values(created_by=first.id))
    one, other = books.signed_in(first), books.signed_in(second)
    page = f"{ROYALTIES}/runs/{run.id}"
    one.post(f"{page}/sign-offs", data={"finding": "1"})
    refused = one.post(f"{page}/approval")
    assert refused.status_code == 409
    assert "somebody else" in refused.text
    assert other.post(f"{page}/approval").status_code == 303


def test_a_run_is_compared_with_the_one_before_searched_sorted_and_exported(books):
    books.published()
    a_report(books.tenant, books.tmp_path, [sold(books.recordings[1], Net="400")], month=APRIL[0])
    run = a_run(books.tenant, a_period(books.tenant, *APRIL))
    owner, page = books.staff(), f"{ROYALTIES}/runs/{run.id}"
    told = owner.get(page).text
    assert re.search(r"“Deal of Eve Ltd” earned [\d.]+ times as much", told)
    found = owner.get(f"{page}?q=eve").text
    assert "Ada Ltd" not in found
    assert "Eve Ltd" in found
    rows = owner.get(f"{page}/export?as=csv&sort=-earned").text.splitlines()
    assert "Eve Ltd" in rows[1]
    assert owner.get(f"{page}/export?as=xlsx").content[:2] == b"PK"
    assert owner.get(f"{page}?sort=nothing").status_code == 422
    assert owner.get(f"{page}?page=x").status_code == 422


def test_a_statement_tells_its_steps_and_its_lines(books):
    owner, address = books.staff(), books.address(books.published())
    told = owner.get(address).text
    for said in ("Opening balance", "To be earned back: Advance", "Reserve for returns: 20%", "Closing balance"):
        assert said in told
    for by, name in (("territory", "United States"), ("month", "Mar 2026"), ("store", "Spotify")):
        assert name in owner.get(f"{address}?by={by}").text
    assert owner.get(f"{address}?by=weather").status_code == 422
    assert "Nothing fits" in owner.get(f"{address}?q=no%20such%20song").text
    assert "/lines/" in owner.get(f"{address}?q=deezer").text


def test_a_line_opens_down_to_the_rows_of_the_file(books):
    owner, address = books.staff(), books.address(books.published())
    told = owner.get(books.first_line(owner, address)).text
    for said in ("How the amount comes about", "Packaging", "SHA-256", "by ISRC", "Rounded once to a millionth"):
        assert said in told
    rows = re.findall(rf'href="({address}/lines/\d+/rows/[^"]+)"', told)
    assert "Packaging" not in owner.get(rows[0]).text
    assert "QZABC26" in owner.get(rows[0]).text
    ada = books.artist("ada")
    assert "QZABC26" in ada.get(rows[0]).text
    other = rows[0].rpartition("/")[0]
    for row in ("999999", "x", "0"):
        assert ada.get(f"{other}/{row}").status_code == 404
    for number in ("999999", "x", "1" * 30, "-1", "٣"):
        assert owner.get(f"{address}/lines/{number}").status_code == 404


def test_exports_are_in_the_payees_language_and_the_pack_proves_itself(books):
    with db.tenant_work(books.tenant) as session:
        from app.contracts.models import Contract

        session.execute(update(Contract).values(language="de"))
    owner, address = books.staff(), books.address(books.published())
    pdf = owner.get(f"{address}/export?as=pdf")
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["content-disposition"].startswith("attachment")
    table = owner.get(f"{address}/export?as=csv").text
    assert "Titel" in table.splitlines()[0]
    told = json.loads(owner.get(f"{address}/export?as=json").content)
    assert sum(D(line["amount"]) for line in told["lines"]) == D(told["earned"])
    steps = sum(D(step["amount"]) for step in told["steps"])
    assert D(told["opening"]) + D(told["earned"]) + steps == D(told["closing"])
    assert len(told["lines"]) == len(table.splitlines()) - 1
    pack = owner.get(f"{address}/export?as=audit").content
    assert zipfile.is_zipfile(io.BytesIO(pack))
    assert auditing.verify(pack).ok
    assert owner.get(f"{address}/export?as=doc").status_code == 422


def test_an_artist_sees_what_they_are_told_and_nothing_of_others(books):
    run = books.published()
    ada, own, other = books.artist("ada"), books.address(run), books.address(run, 1)
    listed = ada.get(ROYALTIES).text
    assert own in listed
    assert other not in listed
    assert "Eve Ltd" not in listed
    line = books.first_line(ada, own)
    for path in ("", "/export?as=pdf", "/export?as=audit"):
        assert ada.get(f"{own}{path}").status_code == 200, path
        assert ada.get(f"{other}{path}").status_code == 404, path
    assert ada.get(line).status_code == 200
    assert ada.get(f"{other}/lines/1").status_code == 404
    assert ada.post(f"{other}/lines/1/notes", data={"body": "?"}).status_code == 404
    for path in (f"runs/{run.id}", f"runs/{run.id}/state", f"runs/{run.id}/export"):
        assert ada.get(f"{ROYALTIES}/{path}").status_code == 404, path
    assert ada.get(f"{ROYALTIES}/rates").status_code == 403
    assert ada.post(f"{ROYALTIES}/periods", data={}).status_code == 403
    assert ada.get(own).text.count("/portal/contracts/") == 0


def test_what_is_not_published_is_the_labels_own(books):
    run = a_run(books.tenant, a_period(books.tenant, *MARCH))
    assert books.artist("ada").get(books.address(run)).status_code == 404
    assert books.staff("read_only").get(books.address(run)).status_code == 200


def test_a_manager_sees_an_artists_money_only_with_the_right_for_it(books):
    run = books.published()
    singer = books.artist("ada")
    with db.tenant_read(books.tenant) as session:
        artist = session.scalars(select(Artist.id).where(Artist.key == "ada")).one()
    from tests.identity.post import forget_waiting, link_in, mails_to

    for rights, status in (("page", 403), ("money", 200)):
        forget_waiting()
        email = f"{rights}@agency.test"
        asked = singer.post(f"/portal/artists/{artist}/grants", data={"email": email, "rights": rights})
        assert asked.status_code == 303
        settings = db.current().settings
        link = link_in(mails_to(settings, books.tenant, email)[0], "/portal/invitations/artists")
        manager = books.client_of(f"{books.tenant.slug}.localhost")
        assert manager.post(link, data={"name": "Max", "password": PASSWORD}).status_code == 303
        with db.tenant_work(books.tenant) as session:
            session.execute(update(Member).where(Member.email == email).values(role="marketing", artists=["eve"]))
        assert manager.get(books.address(run)).status_code == status, rights
        assert manager.get(books.address(run, 1)).status_code in (403, 404)
        assert manager.get(ROYALTIES).status_code == status


def test_a_question_lives_on_its_line_and_finds_its_way_to_who_can_answer(books):
    run = books.published()
    ada, eve, royalties = books.artist("ada"), books.artist("eve"), books.staff("royalties")
    line = books.first_line(ada, books.address(run))
    assert ada.post(f"{line}/notes", data={"body": "  "}).status_code == 422
    assert ada.post(f"{line}/notes", data={"body": "x" * 2_001}).status_code == 422
    assert ada.post(f"{line}/notes", data={"body": "Why so little?"}).status_code == 303
    assert "asks about a line" in royalties.get("/portal/inbox").text
    assert "1 open question" in royalties.get(f"{ROYALTIES}/runs/{run.id}").text
    assert "Why so little?" in royalties.get(line).text
    assert royalties.post(f"{line}/notes", data={"body": "It was a free week."}).status_code == 303
    assert "Answered" in ada.get(line).text
    assert "It was a free week." in ada.get(line).text
    assert "A question about a statement was answered" in ada.get("/portal/inbox").text
    assert "A question about a statement was answered" not in eve.get("/portal/inbox").text
    ada.post(f"{line}/notes", data={"body": "And now?"})
    with db.tenant_read(books.tenant) as session:
        assert [each.state for each in session.scalars(select(StatementQuestion))] == ["open"]


def test_what_people_write_comes_out_as_text(books):
    run = books.published()
    ada = books.artist("ada")
    line = books.first_line(ada, books.address(run))
    assert ada.post(f"{line}/notes", data={"body": CANARY}).status_code == 303
    for client in (ada, books.staff()):
        answer = client.get(line)
        assert came_alive(answer.text, answer.headers["content-type"]) == []
    owner = books.staff()
    rate = {"base": "USD", "quote": "EUR", "on": "2026-03-31", "rate": "0.91", "source": CANARY[:90]}
    assert owner.post(f"{ROYALTIES}/rates", data=rate).status_code == 303
    listed = owner.get(f"{ROYALTIES}/rates")
    assert "0.91" in listed.text
    assert came_alive(listed.text, listed.headers["content-type"]) == []
    assert owner.post(f"{ROYALTIES}/rates", data=rate | {"quote": "USD"}).status_code == 422
    assert owner.post(f"{ROYALTIES}/rates", data=rate | {"rate": "lots"}).status_code == 422


def test_a_rival_label_finds_nothing(books, client_as, rival):
    run = books.published()
    owner, address = client_as(rival), books.address(run)
    for path in (address, f"{address}/export?as=pdf", f"{address}/lines/1", f"{ROYALTIES}/runs/{run.id}"):
        assert owner.get(path).status_code == 404, path
    assert owner.post(f"{address}/lines/1/notes", data={"body": "?"}).status_code == 404
    for deed in ("approval", "publication", "removal"):
        assert owner.post(f"{ROYALTIES}/runs/{run.id}/{deed}").status_code == 404
    assert owner.post(f"{ROYALTIES}/periods/{run.period_id}/runs", data={}).status_code == 404


def test_who_may_only_look_decides_nothing(books):
    run = a_run(books.tenant, a_period(books.tenant, *MARCH))
    looker = books.staff("read_only")
    page = f"{ROYALTIES}/runs/{run.id}"
    told = looker.get(page).text
    assert "Approve" not in told
    for deed in ("approval", "publication", "removal", "sign-offs"):
        assert looker.post(f"{page}/{deed}", data={"finding": "1"}).status_code == 403, deed
    assert looker.post(f"{ROYALTIES}/rates", data={}).status_code == 403
    assert books.staff("marketing").get(ROYALTIES).status_code == 403
    publish(books.tenant, run)


def test_the_roster_shows_what_payees_are_owed_and_when_contracts_end(books):
    """The ledger's balance, to whoever may see it; an advance that is not earned back is below zero."""
    run = books.published()
    owed = [statement(books.tenant, run, payee).closing_micros for payee in books.payees]
    owner = books.staff()
    rows = {row[0]: row for row in csv.reader(owner.get("/portal/artists/export").text.splitlines())}
    heads = rows["\ufeffArtist"] if "\ufeffArtist" in rows else rows["Artist"]
    place = heads.index("Balance")
    for name, micros in zip(("Ada", "Eve"), owed, strict=True):
        assert D(rows[name][place].lstrip("'").partition(" ")[0]) == D(micros).scaleb(-6)
        assert rows[name][place].endswith("USD")
    assert rows["Ada"][heads.index("Contract ends")] == "2031-12-31"
    assert "$" in owner.get("/portal/artists?sort=-balance").text
    looker = books.staff("product").get("/portal/artists/export").text
    assert "USD" not in looker
