"""Invitations, roles, coming and going, and nobody beyond their own."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from app.identity.models import CustomRole, Invitation, Member
from app.identity.pages.welcome import FIRST_ARTIST
from app.kernel import activity, db
from app.kernel.activity.feed import latest
from tests.factories.members import PASSWORD, a_member
from tests.identity.post import forget_waiting, link_in, mails_to

HOST = "canary.localhost"
JSON = {"accept": "application/json"}
TEAM, ROLE_PAGES = "/portal/settings/team", "/portal/settings/roles"


def signed_in(client_of, member, tenant):
    client = client_of(f"{tenant.slug}.localhost")
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    return client


def member_row(label, member_id):
    with db.tenant_read(label) as session:
        return session.get_one(Member, member_id)


def counted(label):
    with db.tenant_read(label) as session:
        return tuple(
            session.scalar(select(func.count()).select_from(table)) for table in (Member, Invitation, CustomRole)
        )


def last_activity(label):
    with db.tenant_read(label) as session:
        return session.scalars(latest(limit=1)).one()


# Invitations


def test_an_invitation_goes_out_in_the_labels_name_and_lets_in_with_role_and_scope(
    client_as, client_of, label, settings
):
    forget_waiting()
    owner = client_as(label)
    form = {"email": "Nell@Else.test", "role": "marketing", "imprints": "north, south", "artists": ""}
    assert owner.post(f"{TEAM}/invitations", data=form).status_code == 303
    (sent, *_) = mails_to(settings, label, "nell@else.test")
    assert "Canary Records" in sent.subject
    assert "boptone" not in (sent.text + sent.sender).lower()
    link = link_in(sent, "/portal/invitations")
    browser = client_of(HOST)
    assert browser.post(link, data={"name": "Nell", "password": PASSWORD}).headers["location"] == "/portal/welcome"
    with db.tenant_read(label) as session:
        nell = session.scalars(select(Member).where(Member.email == "nell@else.test")).one()
    assert (nell.role, nell.imprints) == ("marketing", ["north", "south"])
    assert client_of(HOST).post(link, data={"name": "Eve", "password": PASSWORD}).status_code == 404
    again = owner.post(f"{TEAM}/invitations", data=form)
    assert again.status_code == 409


def test_sending_again_makes_the_old_link_worthless_and_taking_back_the_new_one(client_as, client_of, label, settings):
    forget_waiting()
    owner = client_as(label)
    owner.post(f"{TEAM}/invitations", data={"email": "twice@else.test", "role": "legal"})
    old = link_in(mails_to(settings, label, "twice@else.test")[0], "/portal/invitations")
    with db.tenant_read(label) as session:
        found = session.scalars(select(Invitation).where(Invitation.email == "twice@else.test")).one()
    assert owner.post(f"{TEAM}/invitations/{found.id}/resend").status_code == 303
    links = {link_in(one, "/portal/invitations") for one in mails_to(settings, label, "twice@else.test")}
    (new,) = links - {old}
    join = {"name": "Tw", "password": PASSWORD}
    assert client_of(HOST).post(old, data=join).status_code == 404
    assert owner.post(f"{TEAM}/invitations/{found.id}/revoke").status_code == 303
    assert client_of(HOST).post(new, data=join).status_code == 404
    assert owner.post(f"{TEAM}/invitations/{found.id}/resend").status_code == 404


@pytest.mark.parametrize(
    "extra", [{"is_admin": "true"}, {"scope": "all"}, {"permissions": "payouts.approve"}, {"id": "1"}]
)
def test_a_form_that_says_more_than_it_may_is_refused_and_changes_nothing(client_as, label, extra):
    client, member = client_as(label), a_member(label, role="store")
    before = counted(label)
    forms = {
        f"{TEAM}/invitations": {"email": "x@else.test", "role": "store"},
        f"{TEAM}/{member.id}/role": {"role": "legal"},
        ROLE_PAGES: {"name": "R", "permissions": "team.view"},
        "/portal/settings/security/password": {"password": "a perfectly long one"},
        "/portal/settings/security/policy": {"idle_minutes": "15", "absolute_hours": "12"},
        "/portal/welcome": {"name": "N", "language": "en"},
        "/portal/re-authenticate": {"proof": PASSWORD},
        "/portal/sign-in": {"email": member.email, "password": PASSWORD},
        "/portal/sign-in/link": {"email": member.email},
    }
    for path, form in forms.items():
        clash = {name: value for name, value in extra.items() if name not in form}
        if clash:
            assert 400 <= client.post(path, data=form | clash).status_code < 500, path
    assert counted(label) == before
    assert member_row(label, member.id).role == "store"


# Privilege


def test_nobody_gives_more_than_they_have(client_as, label):
    admin, before = client_as(label, role="admin"), counted(label)
    for role in ("owner", "finance_approver", "legal", "nonsense", "custom", ""):
        answer = admin.post(f"{TEAM}/invitations", data={"email": "up@else.test", "role": role})
        assert answer.status_code in (403, 422), role
    form = {"name": "Mighty", "permissions": ["team.view", "payouts.approve"]}
    assert admin.post(ROLE_PAGES, data=form).status_code == 403
    assert counted(label) == before


def test_an_admin_cannot_touch_an_owner_or_become_one(client_of, label):
    owner, admin = a_member(label, role="owner"), a_member(label, role="admin")
    client = signed_in(client_of, admin, label)
    assert client.post(f"{TEAM}/{owner.id}/disable").status_code == 403
    assert client.post(f"{TEAM}/{owner.id}/role", data={"role": "store"}).status_code == 403
    assert client.post(f"{TEAM}/{admin.id}/role", data={"role": "owner"}).status_code == 403
    assert member_row(label, owner.id).role == "owner"
    assert member_row(label, admin.id).role == "admin"


def test_a_narrowed_admin_hands_out_no_wider_reach(client_of, label):
    owner, admin = a_member(label), a_member(label, role="admin")
    first = signed_in(client_of, owner, label)
    assert first.post(f"{TEAM}/{admin.id}/role", data={"role": "admin", "imprints": "north"}).status_code == 303
    client = signed_in(client_of, admin, label)
    invite = f"{TEAM}/invitations"
    assert client.post(invite, data={"email": "w1@else.test", "role": "store"}).status_code == 403
    assert client.post(invite, data={"email": "w2@else.test", "role": "store", "imprints": "south"}).status_code == 403
    assert client.post(invite, data={"email": "w3@else.test", "role": "store", "imprints": "north"}).status_code == 303
    assert client.post(f"{TEAM}/{admin.id}/role", data={"role": "admin"}).status_code == 403


def test_the_last_owner_stays(client_of, connected):
    from tests.factories.labels import a_label

    own = a_label()
    owner = a_member(own)
    client = signed_in(client_of, owner, own)
    assert client.post(f"{TEAM}/{owner.id}/disable").status_code == 409
    assert client.post(f"{TEAM}/{owner.id}/role", data={"role": "admin"}).status_code == 409
    second = a_member(own)
    assert client.post(f"{TEAM}/{owner.id}/role", data={"role": "admin"}).status_code == 303
    assert member_row(own, owner.id).role == "admin"
    assert member_row(own, second.id).role == "owner"


def test_a_changed_role_is_written_down_with_before_and_after_and_ends_sessions(client_of, client_as, label, settings):
    forget_waiting()
    member = a_member(label, role="store")
    theirs, owner = signed_in(client_of, member, label), client_as(label)
    assert owner.post(f"{TEAM}/{member.id}/role", data={"role": "legal", "artists": "mira"}).status_code == 303
    assert theirs.get("/portal", headers=JSON).status_code == 404
    row = last_activity(label)
    assert row.action == "member.role_changed"
    assert row.before == {"role": "store", "imprints": [], "artists": []}
    assert row.after == {"role": "legal", "imprints": [], "artists": ["mira"]}
    assert any("role was changed" in one.text for one in mails_to(settings, label, member.email))


def test_a_disabled_member_is_out_and_may_be_let_in_again(client_of, client_as, label):
    member = a_member(label, role="store")
    theirs, owner = signed_in(client_of, member, label), client_as(label)
    assert owner.post(f"{TEAM}/{member.id}/disable").status_code == 303
    assert theirs.get("/portal", headers=JSON).status_code == 404
    form = {"email": member.email, "password": PASSWORD}
    assert client_of(HOST).post("/portal/sign-in", data=form).status_code == 422
    assert owner.post(f"{TEAM}/{member.id}/enable").status_code == 303
    assert client_of(HOST).post("/portal/sign-in", data=form).status_code == 303


def test_a_role_of_the_labels_own_gives_what_it_says_and_no_more(client_as, client_of, label):
    owner = client_as(label)
    made = owner.post(ROLE_PAGES, data={"name": "Intern", "permissions": ["team.view", "catalog.view"]})
    role_id = made.headers["location"].rpartition("/")[2]
    member = a_member(label, role="store")
    assert owner.post(f"{TEAM}/{member.id}/role", data={"role": role_id}).status_code == 303
    intern = signed_in(client_of, member, label)
    assert intern.get(TEAM).status_code == 200
    assert intern.post(f"{TEAM}/invitations", data={"email": "i@else.test", "role": "store"}).status_code == 403
    assert owner.post(f"{ROLE_PAGES}/{role_id}/delete").status_code == 409
    change = {"name": "Intern", "permissions": ["catalog.view"]}
    assert owner.post(f"{ROLE_PAGES}/{role_id}", data=change).status_code == 303
    assert intern.get("/portal", headers=JSON).status_code == 404, "they sign in again under the new rights"
    assert signed_in(client_of, member, label).get(TEAM, headers=JSON).status_code == 403
    assert "label&#39;s own role" in owner.get(f"{TEAM}/{member.id}").text
    assert owner.post(f"{TEAM}/{member.id}/role", data={"role": "store"}).status_code == 303
    assert owner.post(f"{ROLE_PAGES}/{role_id}/delete").status_code == 303
    assert owner.get(f"{ROLE_PAGES}/{role_id}", headers=JSON).status_code == 404


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"name": "Owner", "permissions": "team.view"}, 409),
        ({"name": "", "permissions": "team.view"}, 422),
        ({"name": "x" * 61, "permissions": "team.view"}, 422),
        ({"name": "None"}, 422),
        ({"name": "Odd", "permissions": "everything"}, 422),
    ],
)
def test_a_role_that_makes_no_sense_is_refused(client_as, label, form, status):
    assert client_as(label).post(ROLE_PAGES, data=form).status_code == status


def test_a_rivals_people_are_not_found(client_as, label, rival):
    stranger, client = a_member(rival), client_as(label)
    for path in ("", "/role", "/disable", "/enable"):
        method = "GET" if path == "" else "POST"
        data = {"role": "store"} if path == "/role" else None
        assert client.request(method, f"{TEAM}/{stranger.id}{path}", data=data, headers=JSON).status_code == 404
    assert member_row(rival, stranger.id).disabled_at is None


def test_an_artist_knows_themselves_and_not_the_others(client_of, label):
    artist, other = a_member(label, role="artist"), a_member(label, role="artist")
    client = signed_in(client_of, artist, label)
    assert client.get(f"{TEAM}/{artist.id}").status_code == 200
    assert client.get(f"{TEAM}/{other.id}", headers=JSON).status_code == 404


def test_people_stand_in_the_order_of_names(client_as, label):
    for name in ("Zoe Vogt", "Örn Vogt", "ada Vogt"):
        a_member(label, name=name)
    page = client_as(label).get(TEAM).text
    assert re.findall(r"<bdi>(\w+ Vogt)</bdi>", page) == ["ada Vogt", "Örn Vogt", "Zoe Vogt"]


def test_names_that_are_scripts_are_shown_as_text(client_as, label):
    script = '"><svg onload=alert(1)>'
    member = a_member(label, name=script, role="store")
    client = client_as(label)
    client.post(ROLE_PAGES, data={"name": script, "permissions": "team.view"})
    client.post(f"{TEAM}/{member.id}/role", data={"role": "store", "imprints": script})
    for path in (TEAM, f"{TEAM}/{member.id}", ROLE_PAGES):
        page = client.get(path).text
        assert "<svg onload" not in page, path
        assert "&lt;svg onload" in page, path


# The first steps


def test_a_new_owner_says_who_they_are_and_names_the_label(client_of, connected):
    from tests.factories.labels import a_label, the_label

    own = a_label(languages=("en", "de"))
    client = signed_in(client_of, a_member(own, name="Temp"), own)
    page = client.get("/portal/welcome")
    assert own.currency in page.text
    found = client.get("/portal/welcome", headers={"accept-language": "de"}).text
    named = [found.index(f">{name}") for name in ("Afghanischer", "Ägyptisches", "Albanischer")]
    assert named == sorted(named), "a reader finds a currency where their alphabet has it"
    form = {"name": " Ada   Quist ", "language": "de", "label_name": "Night Office", "currency": "SEK"}
    for nothing in ("ABC", "sek", "<b>"):
        assert client.post("/portal/welcome", data=form | {"currency": nothing}).status_code == 422
    assert the_label(own.slug) == own
    assert client.post("/portal/welcome", data=form).headers["location"] == FIRST_ARTIST
    assert (the_label(own.slug).name, the_label(own.slug).currency) == ("Night Office", "SEK")
    assert 'name="currency"' not in client.get("/portal/welcome").text
    again = client.post("/portal/welcome", data=form | {"currency": "USD"})
    assert (again.headers["location"], the_label(own.slug).currency) == ("/portal", "SEK"), "it is chosen once"
    with db.tenant_read(own) as session:
        ada = session.scalars(select(Member)).one()
        actions = [row.action for row in session.scalars(latest(limit=8))]
    assert (ada.name, ada.language) == ("Ada Quist", "de")
    assert ada.welcomed_at is not None
    assert {"member.introduced", "label.renamed"} <= set(actions)
    assert 'href="/portal/settings/brand"' in client.get(FIRST_ARTIST).text, "it can be left out"
    assert client.post(FIRST_ARTIST, data={"name": " ", "kind": "band"}).status_code == 422
    named = client.post(FIRST_ARTIST, data={"name": "Die <b>Lichter", "kind": "band"})
    assert named.headers["location"] == "/portal/settings/brand"
    assert client.get(FIRST_ARTIST).headers["location"] == "/portal/settings/brand", "it is asked once"
    assert "Die &lt;b&gt;Lichter" in client.get("/portal/artists").text
    assert client.post("/portal/welcome", data={"name": "", "language": "de"}).status_code == 422
    assert client.post("/portal/welcome", data={"name": "Ada", "language": "tlh"}).status_code == 422


def test_somebody_without_the_right_names_no_label(client_of, label):
    client = signed_in(client_of, a_member(label, role="store"), label)
    assert client.post("/portal/welcome", data={"name": "S", "language": "en", "label_name": "Mine"}).status_code == 303
    from tests.factories.labels import the_label

    assert the_label("canary").name == "Canary Records"
    assert client.get(FIRST_ARTIST).headers["location"] == "/portal"
    assert client.post(FIRST_ARTIST, data={"name": "Mine"}).status_code == 403


def test_the_chain_of_activity_is_whole_after_all_this(client_as, label):
    client_as(label)
    with db.tenant_work(label) as session:
        activity.seal(session)
