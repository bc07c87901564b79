"""Who is in a sandbox: the people of its label, as what they are there, and by the label's door alone."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from time import sleep

import pytest
from sqlalchemy import select, update

from app.identity.errors import PeopleOfLabel
from app.identity.models import CustomRole, Member, MemberSession, TotpSecret
from app.identity.pages.ways import TO_SANDBOX
from app.identity.service import following, kept, roles, sessions
from app.identity.service.places import Place
from app.identity.service.sessions import Came
from app.kernel import clock, db, ids
from app.kernel.actor import Actor
from app.main.sandboxes import follow
from app.roster.models import Artist, ArtistGrant
from tenants.archive import sandboxing
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.factories.sso import a_visitor
from tests.identity.post import forget_waiting, work
from tests.tenants.test_sandbox import once, pair

__all__ = ["pair"]


def of_sandbox(sandbox, member_id):
    with db.tenant_read(sandbox) as session:
        member = session.get(Member, member_id)
        return member and (member.role, list(member.artists), member.disabled_at is None)


def test_what_people_are_at_the_label_they_are_in_the_sandbox_at_once(pair):
    label, sandbox = pair
    forget_waiting()
    ada = a_member(label, role="manager")  # after the copy was made
    with db.tenant_work(label) as session:
        person = session.get_one(Member, ada.id)
        kept.rename(session, Actor.system(label), person, name="Ada L.", email=person.email)
    assert "parked" not in work()
    assert of_sandbox(sandbox, ada.id) == ("manager", [], True)
    token = a_session_in(sandbox, ada.id)
    with db.tenant_work(label) as session:
        person = session.get_one(Member, ada.id)
        kept.give_place(session, label, Actor.system(label), person, Place("read_only", None, [], ["nova"]))
    work()
    assert of_sandbox(sandbox, ada.id) == ("read_only", ["nova"], True)
    assert not is_live(sandbox, token)
    token = a_session_in(sandbox, ada.id)
    with db.tenant_work(label) as session:
        kept.disable(session, label, Actor.system(label), session.get_one(Member, ada.id))
    work()
    assert of_sandbox(sandbox, ada.id) == ("read_only", ["nova"], False)
    assert not is_live(sandbox, token)
    with db.tenant_work(label) as session:
        kept.enable(session, label, Actor.system(label), session.get_one(Member, ada.id))
    with db.platform_work() as session:
        follow(session)  # whatever was not told is found within a minute
    assert of_sandbox(sandbox, ada.id)[2]


def test_who_follows_later_has_read_later(pair):
    label, sandbox = pair
    ada = a_member(label, role="manager")
    second = Thread(target=following.follow, args=(label, sandbox))

    def meanwhile(*_sessions):
        following._steps.remove(meanwhile)
        second.start()
        sleep(1.5)  # long enough to read what is so now
        with db.tenant_work(label) as session:
            kept.disable(session, label, Actor.system(label), session.get_one(Member, ada.id))

    following.also(meanwhile)
    following.follow(label, sandbox)
    second.join(30)
    assert of_sandbox(sandbox, ada.id) == ("manager", [], False)


def a_session_in(sandbox, member_id):
    with db.tenant_work(sandbox) as session:
        return sessions.start(session, session.get_one(Member, member_id), Came("", ""))


def is_live(sandbox, token):
    with db.tenant_read(sandbox) as session:
        return sessions.member_of_token(session, token) is not None


def test_nobody_is_more_in_a_sandbox_than_at_the_label(pair):
    label, sandbox = pair
    ada = a_member(label, role="read_only")
    following.follow(label, sandbox)
    system = Actor.system(sandbox)
    with db.tenant_work(sandbox) as session:
        person = session.get_one(Member, ada.id)
        for change in (
            lambda: kept.give_place(session, sandbox, system, person, Place("owner", None, [], [])),
            lambda: kept.disable(session, sandbox, system, person),
            lambda: kept.enable(session, sandbox, system, person),
        ):
            with pytest.raises(PeopleOfLabel):
                change()
    with db.tenant_work(sandbox) as session:  # whoever gets round all that is put back
        session.get_one(Member, ada.id).take_role("owner", None, imprints=[], artists=[])
    following.follow(label, sandbox)
    assert of_sandbox(sandbox, ada.id) == ("read_only", [], True)


def test_a_role_of_the_labels_own_is_the_same_in_the_sandbox(pair):
    label, sandbox = pair
    ada = a_member(label, role="read_only")
    with db.tenant_work(label) as session:
        role = CustomRole(id=ids.new_id(), name="Looker", permissions=["catalog.view"], created_at=clock.now())
        session.get_one(Member, ada.id).take_role("custom", role, imprints=[], artists=[])
    with db.tenant_work(sandbox) as session:  # somebody there has called one the same
        theirs = CustomRole(id=ids.new_id(), name="Looker", permissions=["team.view"], created_at=clock.now())
        session.add(theirs)
    following.follow(label, sandbox)
    with db.tenant_read(sandbox) as session:
        role = session.get_one(Member, ada.id).custom_role
        assert role.permissions == ["catalog.view"]
    with db.tenant_work(sandbox) as session, pytest.raises(PeopleOfLabel):
        following.check_own(sandbox, session.get_one(CustomRole, role.id))
    with db.tenant_work(label) as session:
        session.get_one(CustomRole, role.id).permissions = ["team.view"]
    following.follow(label, sandbox)
    with db.tenant_read(sandbox) as session:
        assert session.get_one(Member, ada.id).custom_role.permissions == ["team.view"]


def test_a_role_that_the_label_deletes_goes_from_the_sandbox_too(pair):
    label, sandbox = pair
    owner = a_visitor(label)
    with db.tenant_work(label) as session:
        gone, used = (
            roles.make_role(session, owner, name=each, permissions=["catalog.view"]) for each in ("Gone", "Used")
        )
    following.follow(label, sandbox)
    theirs = a_member(sandbox).id  # whom the sandbox made itself
    with db.tenant_work(sandbox) as session:
        held = session.get_one(CustomRole, used.id)
        session.get_one(Member, theirs).take_role("custom", held, imprints=[], artists=[])
        with pytest.raises(PeopleOfLabel):
            roles.delete_role(session, a_visitor(sandbox), session.get_one(CustomRole, gone.id))
    forget_waiting()
    with db.tenant_work(label) as session:
        for each in (gone, used):
            roles.delete_role(session, owner, session.get_one(CustomRole, each.id))
    assert "parked" not in work()
    with db.tenant_read(sandbox) as session:
        assert session.get(CustomRole, gone.id) is None
        assert not session.get_one(CustomRole, used.id).of_label
        assert session.get_one(Member, theirs).custom_role_id == used.id


def test_leave_to_act_for_an_artist_that_is_not_the_labels_ends_in_the_sandbox(pair):
    label, sandbox = pair
    ada = a_member(label, role="artist_manager")
    following.follow(label, sandbox)
    with db.tenant_work(sandbox) as session:
        artist = session.scalars(select(Artist.id)).first()
        now = clock.now()
        grant = ArtistGrant(
            id=ids.new_id(), artist_id=artist, email="x@y.example", member_id=ada.id, rights=["money"],
            granted_by=ada.id, granted_at=now, accepted_at=now,
        )  # fmt: skip
        session.add(grant)
    following.follow(label, sandbox)
    with db.tenant_read(sandbox) as session:
        assert session.get_one(ArtistGrant, grant.id).revoked_at is not None


def test_into_a_sandbox_comes_who_gave_the_label_all_that_it_asks_for(client_of, client_as, registries, settings):
    label, rival = a_label(), a_label()
    boss = a_member(label, email=f"boss@{label.slug}.example")
    with db.tenant_work(label) as session:
        session.add(
            TotpSecret(member_id=boss.id, secret=b"x", last_step=0, created_at=clock.now(), confirmed_at=clock.now())
        )
    sandboxing.make(label.id)
    sandbox = sandboxing.standing(label).tenant
    inside, own = client_of(f"{sandbox.slug}.localhost"), client_of(f"{label.slug}.localhost")
    known = {"email": boss.email, "password": PASSWORD}
    assert once(lambda: inside.post("/portal/sign-in", data=known)).status_code == 403
    assert own.post("/portal/sign-in", data=known).headers["location"].endswith("second-factor")
    assert own.get(TO_SANDBOX).status_code == 404  # half a session opens nothing
    assert own.get(TO_SANDBOX, headers={"accept": "text/html"}).headers["location"] == (
        "/portal/sign-in?next=/portal/sandbox"
    )
    assert client_as(rival).get(TO_SANDBOX).status_code == 404
    client = client_as(label)
    with db.tenant_work(label) as session:
        session.execute(update(MemberSession).values(proved_at=clock.now() - timedelta(hours=1)))
    assert client.get(TO_SANDBOX).status_code == 403
