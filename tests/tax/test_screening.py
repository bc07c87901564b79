"""Sanctions screening: names that are the same though they look different, cases, and who decides them."""

from __future__ import annotations

import json
import os
import random
import time

import pytest
from sqlalchemy import select, text

from app.kernel import db
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.roster.models import Payee
from app.tax.models import SanctionsCase, SanctionsName
from app.tax.rules.likeness import hits
from app.tax.rules.names import THRESHOLD, alike, distance, words
from app.tax.service import blocked, screening
from tests.factories.members import a_member
from tests.factories.money import a_payee
from tests.kernel.jobs.nursery import nursery
from tests.markup import CANARY, came_alive

SCREENING = "/portal/tax/screening"
MOST_SECONDS = 20.0
REASON = "Another date of birth, seen in the passport."
LIST = """name,aliases,country,birth_date,source
Viktor Aleksandrovich Besmertnov,Виктор Бессмертнов; Victor Bessmertnov,RU,1961-05-04,Invented list 1
Yusuf Al-Khalidi,يوسف الخالدي,SY,,Invented list 2
Grimwald Trading Company LLC,Grimwald Trade,,,Invented list 3
"""


def upload(client, content=LIST, name="Invented"):
    files = {"list": ("list.csv", content if isinstance(content, bytes) else content.encode(), "text/csv")}
    return client.post(f"{SCREENING}/lists", data={"name": name}, files=files)


def screen(scene):
    with db.tenant_work(scene.tenant) as session:
        return screening.screen_due(session, Actor.system(scene.tenant))


def held(scene, *payees):
    with db.tenant_read(scene.tenant) as session:
        return blocked(session, [payee.id for payee in payees])


def cases(scene):
    with db.tenant_read(scene.tenant) as session:
        return list(session.scalars(select(SanctionsCase).order_by(SanctionsCase.name)))


@pytest.mark.parametrize(
    ("ours", "theirs", "is_hit"),
    [
        ("Viktor Besmertnov", "Виктор Бессмертнов", True),
        ("BESMERTNOV, Viktor", "Viktor Aleksandrovich Besmertnov", True),
        ("Yousef El Khalidi", "Yusuf Al-Khalidi", True),
        ("يوسف الخالدي", "Yusuf Al-Khalidi", True),
        ("Mohamed Yusuf", "Muhammad Youssef", True),
        ("Müller Hans", "Hans Mueller", True),
        ("Grimwald Trading GmbH", "Grimwald Trading Company LLC", True),
        ("Jose Garcia", "José García", True),
        ("Ángel Pérez López", "Perez Lopez Angel", True),
        ("Νίκος Παπαδόπουλος", "Nikos Papadopoulos", True),
        ("Anna Karenina", "Anna Kournikova", False),
        ("Viktor", "Viktor Besmertnov", False),
        ("The Lanterns", "The Lamplighters", False),
        ("John Smith", "Jane Smith", False),
        ("Ada Ltd", "Eve Ltd", False),
        ("", "Nobody", False),
    ],
)  # fmt: skip
def test_names_are_compared_across_alphabets_spellings_and_order(ours, theirs, is_hit):
    assert bool(hits([ours], [theirs])) is is_hit, hits([ours], [theirs], threshold=0.1)
    assert bool(hits([theirs], [ours])) is is_hit


def test_the_comparison_of_all_finds_what_the_comparison_of_each_would():
    """The shortcut by the rarest word loses nothing: the same pairs as when every name meets every name alone."""
    chance = random.Random(7)
    parts = [
        "ivan",
        "iwan",
        "petrov",
        "petrow",
        "maria",
        "marya",
        "al",
        "khalidi",
        "kalidi",
        "smith",
        "smyth",
        "jon",
        "john",
    ]
    ours = [" ".join(chance.sample(parts, chance.randint(1, 4))) for _ in range(60)]
    theirs = [" ".join(chance.sample(parts, chance.randint(1, 4))) for _ in range(60)]
    together = {(hit.ours, hit.theirs) for hit in hits(ours, theirs)}
    alone = {
        (mine, other)
        for mine, name in enumerate(ours)
        for other, listed in enumerate(theirs)
        if naively(name, listed) >= THRESHOLD
    }
    assert together == alone
    assert len(alone) > 20


def naively(one, other):
    """The likeness as it is defined, without any shortcut but which words may be alike at all."""
    from app.tax.rules.likeness import _EACH_FURTHER, _TOKEN_LIKE, _keys

    mine, yours = words(one), words(other)
    short, long = (mine, yours) if len(mine) <= len(yours) else (yours, mine)

    def like(a, b):
        return found if set(_keys(a)) & set(_keys(b)) and (found := alike(a, b)) >= _TOKEN_LIKE else 0.0

    best = {word: max((like(word, each) for each in long), default=0.0) for word in short}
    back = {word: max((like(each, word) for each in short), default=0.0) for word in long}
    shared = min(sum(value > 0 for value in best.values()), sum(value > 0 for value in back.values()))
    if not (shared >= 2 or (len(short) == 1 == len(long))) or not short:
        return 0.0
    part = sum(value * len(word) for word, value in best.items()) / sum(map(len, short))
    return part - _EACH_FURTHER * (len(long) - len(short))


def test_distance_counts_letters():
    assert [distance("ivan", "ivan"), distance("ivan", "iwan"), distance("", "abc"), distance("smith", "smyt")] == [
        0,
        1,
        3,
        2,
    ]


def test_a_hit_blocks_until_a_second_person_clears_it(scene):
    owner = scene.staff()
    risky = a_payee(scene.tenant, "Victor Besmertnov")
    assert held(scene, risky, scene.ada) == set()
    assert upload(owner).status_code == 303
    assert held(scene, risky, scene.ada) == {risky.id, scene.ada.id}  # nobody is paid who was not compared yet
    assert screen(scene) == 1
    assert screen(scene) == 0
    assert held(scene, risky, scene.ada) == {risky.id}
    (case,) = cases(scene)
    page = owner.get(f"{SCREENING}/cases/{case.id}").text
    for said in ("Victor Besmertnov", "1961-05-04", "RU", "Invented list 1", "To be decided"):
        assert said in page
    assert "A payee is called like somebody" in owner.get("/portal/inbox").text
    decision = f"{SCREENING}/cases/{case.id}/decision"
    assert owner.post(decision, data={"state": "cleared", "reason": "short"}).status_code == 422
    assert owner.post(decision, data={"state": "open", "reason": REASON}).status_code == 422
    assert owner.post(decision, data={"state": "cleared", "reason": "x" * 10_000}).status_code == 422
    assert owner.post(decision, data={"state": "cleared", "reason": "a\0" + REASON}).status_code == 422
    assert held(scene, risky) == {risky.id}
    assert owner.post(decision, data={"state": "cleared", "reason": REASON}).status_code == 303
    assert held(scene, risky) == set()
    assert owner.post(decision, data={"state": "confirmed", "reason": REASON}).status_code == 409
    assert REASON in owner.get(f"{SCREENING}/cases/{case.id}").text


def test_whoever_entered_the_payee_does_not_clear_it(scene):
    enterer, second = a_member(scene.tenant, name="Ed Enterer"), a_member(scene.tenant, name="Sue Second")
    first, other = scene.signed_in(enterer), scene.signed_in(second)
    upload(first)
    data = {"legal_name": "Yousef Khalidi", "kind": "person"}
    party = first.post("/portal/parties", data=data).headers["location"]
    assert first.post(f"{party}/payees", data={"currency": "USD"}).status_code == 303
    assert screen(scene) == 1
    (case,) = cases(scene)
    page = f"{SCREENING}/cases/{case.id}"
    assert "somebody else decides" in first.get(page).text
    said = {"state": "cleared", "reason": REASON}
    assert first.post(f"{page}/decision", data=said).status_code in (403, 409)
    assert cases(scene)[0].state == "open"
    assert other.post(f"{page}/decision", data=said).status_code == 303
    assert cases(scene)[0].decided_by == second.id


def test_a_confirmed_case_keeps_blocking_and_a_cleared_pair_stays_cleared(scene):
    owner = scene.staff()
    one, two = a_payee(scene.tenant, "Victor Besmertnov"), a_payee(scene.tenant, "Grimwald Trading")
    upload(owner)
    screen(scene)
    grim, victor = cases(scene)
    owner.post(f"{SCREENING}/cases/{victor.id}/decision", data={"state": "cleared", "reason": REASON})
    owner.post(f"{SCREENING}/cases/{grim.id}/decision", data={"state": "confirmed", "reason": REASON})
    assert held(scene, one, two) == {two.id}
    upload(owner, LIST + "Somebody Else,,,,x\n")  # the next edition of the same list
    assert held(scene, one, two) == {one.id, two.id}
    assert screen(scene) == 0
    assert held(scene, one, two) == {two.id}
    with db.tenant_read(scene.tenant) as session:
        assert session.scalar(text("SELECT count(*) FROM sanctions_lists WHERE retired_at IS NULL")) == 1
        assert len(list(session.scalars(select(SanctionsName)))) == 8


def test_a_payee_who_is_called_otherwise_is_compared_anew(scene):
    owner = scene.staff()
    upload(owner)
    screen(scene)
    assert held(scene, scene.ada) == set()
    scene.know(scene.ada, legal_name="Yusuf al Khalidi")
    assert held(scene, scene.ada) == {scene.ada.id}
    assert screen(scene) == 1
    assert held(scene, scene.ada, scene.eve) == {scene.ada.id}


def test_a_list_that_is_taken_out_of_use_is_not_compared_with_and_its_cases_stay(scene):
    owner = scene.staff()
    risky = a_payee(scene.tenant, "Victor Besmertnov")
    upload(owner)
    screen(scene)
    with db.tenant_read(scene.tenant) as session:
        known = session.scalar(text("SELECT id FROM sanctions_lists"))
    assert scene.staff("read_only").post(f"{SCREENING}/lists/{known}/removal").status_code == 403
    assert owner.post(f"{SCREENING}/lists/{known}/removal").status_code == 303
    assert owner.post(f"{SCREENING}/lists/{known}/removal").status_code == 404
    newer = a_payee(scene.tenant, "Viktor Besmertnov")
    assert screen(scene) == 0
    assert held(scene, risky, newer) == {risky.id}


@pytest.mark.parametrize(
    "content",
    [b"", b"name\n", b"title\nx\n", b"\xff\xfe\x00name", b"name\n\x00\n", b"PK\x03\x04", b'name\n"open', b"name\n---\n"],
)  # fmt: skip
def test_a_file_that_is_no_list_is_refused(scene, content):
    owner = scene.staff()
    assert upload(owner, content).status_code == 422
    assert upload(owner, name="").status_code == 422
    assert upload(owner, name="x" * 10_000).status_code == 422
    assert owner.post(f"{SCREENING}/lists", data={"name": "x"}, files={"other": ("a", b"b")}).status_code == 422
    with db.tenant_read(scene.tenant) as session:
        assert session.scalar(text("SELECT count(*) FROM sanctions_lists")) == 0


def test_a_rival_and_artists_see_no_case(scene, client_as, rival):
    owner = scene.staff()
    a_payee(scene.tenant, CANARY)
    upload(owner, f'name,source\n"{CANARY.replace(chr(34), chr(34) * 2)}","{CANARY.replace(chr(34), chr(34) * 2)}"\n')
    screen(scene)
    (case,) = cases(scene)
    page = f"{SCREENING}/cases/{case.id}"
    for path in (SCREENING, page):
        shown = owner.get(path)
        assert came_alive(shown.text, shown.headers["content-type"]) == [], path
    assert client_as(rival).get(page).status_code == 404
    assert client_as(rival).post(f"{page}/decision", data={"state": "cleared", "reason": REASON}).status_code == 404
    for client in (scene.artist("ada"), scene.artist("ada", "artist_manager"), scene.staff("marketing")):
        assert client.get(SCREENING).status_code == 403
        assert client.get(page).status_code == 403
        assert client.post(f"{page}/decision", data={"state": "cleared", "reason": REASON}).status_code == 403
        assert upload(client).status_code == 403
    for role in ("royalties", "read_only"):
        assert (
            scene.staff(role).post(f"{page}/decision", data={"state": "cleared", "reason": REASON}).status_code == 403
        )
    assert cases(scene)[0].state == "open"


def test_the_operator_loads_a_list_from_the_command_line(scene, services, database_name, tmp_path):
    a_payee(scene.tenant, "Victor Besmertnov")
    path = tmp_path / "list.csv"
    path.write_text(LIST)
    words = ["sanctions", "load", scene.tenant.slug, str(path), "--name", "Invented"]
    environment = os.environ | services.environment(database_name)

    def run(*options):
        return nursery().boptone(*words, *options, environment=environment)

    said = run("--json")
    assert said.returncode == 1, said.stderr
    assert json.loads(said.stdout)["cases"] == 1
    again = run()
    assert (again.returncode, "0 new cases" in again.stdout) == (0, True)


@pytest.mark.slow
def test_ten_thousand_payees_meet_twenty_thousand_names_in_seconds(scene):
    chance = random.Random(3)
    given = ["".join(chance.choices("aeiou", k=1) + chance.choices("bcdfgklmnprstvz", k=2)) * 2 for _ in range(800)]
    family = ["".join(chance.choice("bcdfgklmnprstvz") + chance.choice("aeiou") for _ in range(4)) for _ in range(9000)]

    def name():
        return f"{chance.choice(given)} {chance.choice(family)}".title()

    listed = [name() for _ in range(20_000)]
    ours = [name() for _ in range(9_990)] + listed[:10]
    raw = ("name,country\n" + "".join(f"{each},RU\n" for each in listed)).encode()
    with db.tenant_work(scene.tenant) as session:
        session.execute(
            text(
                "INSERT INTO parties (id, kind, legal_name) SELECT gen_random_uuid(), 'person', n FROM unnest(:names ::text[]) n"
            ),
            {"names": ours},
        )
        session.execute(
            text(
                "INSERT INTO payees (id, party_id, name, currency) SELECT gen_random_uuid(), id, legal_name, 'USD' FROM parties"
            )
        )
        screening.receive(session, Actor.system(scene.tenant), raw, name="Large")
    began = time.perf_counter()
    opened = screen(scene)
    took = time.perf_counter() - began
    assert took < MOST_SECONDS
    assert opened >= 10
    found = {case.name for case in cases(scene)}
    assert set(listed[:10]) <= found
    with db.tenant_read(scene.tenant) as session:
        payees = list(session.scalars(select(Payee.id)))
        began = time.perf_counter()
        stopped = blocked(session, payees)
        assert time.perf_counter() - began < 2
        told = session.scalars(select(Activity).where(Activity.action == "sanctions_case.opened")).all()
    assert len(told) == opened
    assert 10 <= len(stopped) < 5_000
