"""Who is credited: found, known by their codes, and made one where two names mean one person."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.catalog.models import Credit, Work, WorkWriter
from app.catalog.service.creating import create
from app.kernel import db
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.roster.models import Contributor
from tests.catalog.desk import RECORDINGS, WORKS, read, recording_of
from tests.factories.catalog import a_release, narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member

PEOPLE = "/portal/contributors"
IPI, OTHER_IPI, ISNI = "00014107338", "00052210040", "0000000121032683"


@pytest.fixture
def mine(connected):
    return a_label()


def credited(client, recording, *people, match="1", works=()):
    """Credit people on a recording: name and role, and the works it plays."""
    said = {"match": match, "parts": "credits works", "credit": [""] * len(people)}
    said |= {"credit_name": [name for name, _ in people], "credit_role": [role for _, role in people]}
    said |= {"work": [""] * len(works), "work_title": list(works)}
    answer = client.post(f"{RECORDINGS}/{recording}", data=said)
    assert answer.status_code == 303, answer.text


def person(tenant, name):
    (found,) = read(tenant, select(Contributor.id, Contributor.merged_into_id).where(Contributor.name == name))
    return found


def wrote(client, tenant, title, *parts):
    """Who wrote a work: name, role and share."""
    (work,) = read(tenant, select(Work.id, Work.version).where(Work.title == title))
    said = {"match": str(work.version), "parts": "writers", "writer": [""] * len(parts)}
    said |= dict(zip(("writer_name", "writer_role", "writer_share"), map(list, zip(*parts, strict=True)), strict=True))
    answer = client.post(f"{WORKS}/{work.id}", data=said)
    assert answer.status_code == 303, answer.text


def merged(client, tenant, one, other):
    into = {"into": str(person(tenant, other).id)}
    return client.post(f"{PEOPLE}/{person(tenant, one).id}/merger", data=into)


def held(tenant):
    """Every credit and share, by the name of whose it is."""
    played = select(Contributor.name, Credit.recording_id, Credit.position, Credit.role)
    played = played.join(Credit, Credit.contributor_id == Contributor.id)
    shares = select(Contributor.name, Work.title, WorkWriter.role, WorkWriter.share_ppm)
    shares = shares.join(WorkWriter, WorkWriter.contributor_id == Contributor.id).join(
        Work, Work.id == WorkWriter.work_id
    )
    return {tuple(row) for query in (played, shares) for row in read(tenant, query)}


@pytest.fixture
def two_names(client_as, mine):
    """One writer under two names on two recordings, both of them on the second; the work of the first has a share."""
    client, release = client_as(mine), a_release(mine)
    first, second = recording_of(mine, release, 0), recording_of(mine, release, 1)
    credited(client, first, ("Mira Okafor", "Producer"), works=["Daybreak"])
    credited(client, second, ("M. Okafor", "Producer"), ("Mira Okafor", "Producer"), ("M. Okafor", "Mixer"))
    wrote(client, mine, "Daybreak", ("M. Okafor", "Composer", "60"), ("Mira Okafor", "Composer", ""))
    return client


def test_people_are_listed_with_what_they_did_and_found_by_name_and_code(two_names, mine, rival, client_as, client_of):
    page = two_names.get(PEOPLE).text
    for word in ("Mira Okafor", "M. Okafor", "Mixer", "Composer"):
        assert word in page
    mira = f"{PEOPLE}/{person(mine, 'Mira Okafor').id}"
    assert two_names.post(mira, data={"ipi": IPI, "isni": ""}).status_code == 303
    refused = two_names.post(mira, data={"ipi": "123", "isni": ISNI})
    assert refused.status_code == 422
    assert 'value="123"' in refused.text
    assert "M. Okafor" not in two_names.get(PEOPLE, params={"q": IPI}).text
    assert "Mira Okafor" in two_names.get(PEOPLE, params={"q": IPI}).text
    assert "M. Okafor" in two_names.get(PEOPLE, params={"q": "m. ok"}).text
    assert "Nothing fits this filter" in two_names.get(PEOPLE, params={"q": "%"}).text
    stranger = client_as(rival)
    assert "Okafor" not in stranger.get(PEOPLE).text
    assert stranger.get(mira).status_code == 404
    assert stranger.post(f"{mira}/merger", data={"into": str(person(mine, "M. Okafor").id)}).status_code == 404
    member = a_member(mine, role="product")
    narrowed(mine, member, artists=["nobody"])
    narrow = client_of(f"{mine.slug}.localhost")
    narrow.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert "Okafor" not in narrow.get(PEOPLE).text
    assert narrow.get(mira).status_code == 404


def test_two_who_are_one_have_their_credits_and_shares_together_and_can_be_two_again(two_names, mine):
    before = held(mine)
    answer = merged(two_names, mine, "M. Okafor", "Mira Okafor")
    assert answer.status_code == 303, answer.text
    kept, gone = person(mine, "Mira Okafor"), person(mine, "M. Okafor")
    assert gone.merged_into_id == kept.id
    now = held(mine)
    assert {row[0] for row in now} == {"Mira Okafor"}
    assert ("Mira Okafor", "Daybreak", "Composer", 600_000) in now, "the share that one of them had"
    assert sorted(row[3] for row in now if row[1] != "Daybreak") == ["Mixer", "Producer", "Producer"]
    assert two_names.get(f"{PEOPLE}/{gone.id}").headers["location"] == f"{PEOPLE}/{kept.id}", "an old link leads on"
    page = two_names.get(f"{PEOPLE}/{kept.id}")
    assert "Also written" in page.text
    assert "Two contributors were merged" in page.text
    listed = two_names.get(PEOPLE).text
    assert f"{PEOPLE}/{gone.id}" not in listed
    assert f"{PEOPLE}/{kept.id}" in two_names.get(PEOPLE, params={"q": "M. Okaf"}).text, "found by the other name too"
    back = two_names.post(f"{PEOPLE}/{gone.id}/merger/removal")
    assert back.status_code == 303, back.text
    assert held(mine) == before
    assert two_names.post(f"{PEOPLE}/{gone.id}/merger/removal").status_code == 404
    actions = [row.action for row in read(mine, select(Activity.action).where(Activity.subject_id == gone.id))]
    assert sorted(actions) == ["contributor.merged", "contributor.parted"]


def test_a_merged_name_means_the_other_in_forms_sheets_and_histories(two_names, mine):
    assert merged(two_names, mine, "M. Okafor", "Mira Okafor").status_code == 303
    kept = person(mine, "Mira Okafor").id
    third = recording_of(mine, a_release(mine, "Third"))
    credited(two_names, third, ("m. okafor", "Arranger"))
    said = {"release": 0, "title": "Fourth", "artists": ["Ada"], "label": "Nightjar", "kind": "album"}
    people = [{"name": "M. Okafor", "role": "Editor"}, {"name": "Mira Okafor", "role": "Editor"}]
    track = {"release": 0, "row": 1, "disc": 1, "number": 1, "title": "T", "contributors": people}
    with db.tenant_work(mine) as session:
        create(session, Actor.system(mine), [said], [track])
    roles = select(Credit.role).where(Credit.contributor_id == kept)
    found = [row.role for row in read(mine, roles)]
    assert (found.count("Arranger"), found.count("Editor")) == (1, 1)
    assert len(read(mine, select(Contributor.id))) == 2
    recording = select(Credit.recording_id).where(Credit.role == "Mixer")
    (second,) = read(mine, recording)
    credited(two_names, second.recording_id, ("Ada", "Guitar"), match="2")
    steps = select(Activity.id).where(
        Activity.subject_id == second.recording_id, Activity.action == "recording.changed"
    )
    last = read(mine, steps.order_by(Activity.seq.desc()))[0].id
    assert two_names.post(f"{RECORDINGS}/{second.recording_id}/restorations/{last}").status_code == 303
    assert {row.contributor_id for row in read(mine, select(Credit.contributor_id).where(Credit.role == "Mixer"))} == {
        kept
    }


def test_names_that_lead_on_follow_and_go_back_in_turn(two_names, mine):
    release = a_release(mine, "More")
    credited(two_names, recording_of(mine, release), ("Mirabel Okafor", "Guitar"))
    assert merged(two_names, mine, "M. Okafor", "Mira Okafor").status_code == 303
    assert merged(two_names, mine, "Mira Okafor", "Mirabel Okafor").status_code == 303
    last = person(mine, "Mirabel Okafor").id
    assert {person(mine, name).merged_into_id for name in ("M. Okafor", "Mira Okafor")} == {last}
    assert two_names.post(f"{PEOPLE}/{person(mine, 'Mira Okafor').id}/merger/removal").status_code == 303
    assert person(mine, "M. Okafor").merged_into_id == person(mine, "Mira Okafor").id
    assert two_names.post(f"{PEOPLE}/{person(mine, 'M. Okafor').id}/merger/removal").status_code == 303


def test_what_cannot_be_one_stays_two(two_names, client_as, mine):
    before = held(mine)
    wrote(two_names, mine, "Daybreak", ("M. Okafor", "Composer", "60"), ("Mira Okafor", "Composer", "40"))
    twice = merged(two_names, mine, "M. Okafor", "Mira Okafor")
    assert (twice.status_code, "Daybreak" in twice.text) == (409, True)
    wrote(two_names, mine, "Daybreak", ("M. Okafor", "Composer", "60"), ("Mira Okafor", "Composer", ""))
    for name, ipi in (("M. Okafor", IPI), ("Mira Okafor", OTHER_IPI)):
        assert two_names.post(f"{PEOPLE}/{person(mine, name).id}", data={"ipi": ipi, "isni": ""}).status_code == 303
    differ = merged(two_names, mine, "M. Okafor", "Mira Okafor")
    assert (differ.status_code, "IPI" in differ.text) == (409, True)
    assert merged(two_names, mine, "M. Okafor", "M. Okafor").status_code == 422
    one = f"{PEOPLE}/{person(mine, 'M. Okafor').id}"
    assert two_names.post(f"{one}/merger", data={"into": "nobody"}).status_code == 404
    reader = client_as(mine, "read_only")
    assert reader.get(one).status_code == 200
    assert merged(reader, mine, "M. Okafor", "Mira Okafor").status_code == 403
    assert held(mine) == before


def test_a_merger_is_not_taken_back_over_what_was_changed_since(two_names, mine):
    assert merged(two_names, mine, "M. Okafor", "Mira Okafor").status_code == 303
    wrote(two_names, mine, "Daybreak", ("Mira Okafor", "Composer", "75"))
    before = held(mine)
    answer = two_names.post(f"{PEOPLE}/{person(mine, 'M. Okafor').id}/merger/removal")
    assert answer.status_code == 409
    assert "changed since" in answer.text
    assert held(mine) == before
