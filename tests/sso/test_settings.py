"""Setting sign-in services up: by whom, tried before required, and always with another way left for an owner."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.identity.models import Member, SecurityPolicy
from app.kernel import db
from app.kernel.activity.feed import latest
from app.sso.models import Connection, Domain, Link, RoleRule
from app.sso.service import domains
from tests.factories.members import PASSWORD, a_member
from tests.factories.sso import a_connection
from tests.identity.post import link_in, mails_to
from tests.sso.office import Office
from tests.sso.provider import CLIENT_ID, CLIENT_SECRET, a_provider
from tests.sso.test_oidc import back, begun, is_in, local

HOST = "canary.localhost"
PAGE = "/portal/settings/sign-in"


@pytest.fixture
def provider():
    with a_provider(sub="ada-1", email="ada@label.example", email_verified=True, name="Ada Office") as running:
        yield running


def signed_in(client_of, member):
    client = client_of(HOST)
    answer = client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


def form_of(provider, **changes):
    return {
        "name": "Office",
        "issuer": provider.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    } | changes


def the_connection(label):
    with db.tenant_read(label) as session:
        return session.scalars(select(Connection).order_by(Connection.created_at.desc())).first()


def test_a_provider_is_connected_tried_and_put_into_use(client_as, client_of, label, provider):
    owner = client_as(label)
    made = owner.post(f"{PAGE}/oidc", data=form_of(provider))
    assert made.status_code == 303, made.text
    here = made.headers["location"]
    assert (
        f"https://{HOST}" not in owner.get(here).text
    )  # the address to register is the label's own, not the request's
    assert "/callback" in owner.get(here).text
    assert client_of(HOST).get(f"/sso/{the_connection(label).id}/begin").status_code == 404
    before = dict(owner.cookies)
    tried = owner.get(local(provider.authorize(begun(owner, the_connection(label), **{"for": "trial", "next": here}))))
    assert tried.headers["location"] == here
    assert dict(owner.cookies) != before
    assert the_connection(label).proved_at is not None
    assert owner.post(f"{here}/live", data={"live": "1"}).status_code == 303
    assert the_connection(label).is_live
    browser = client_of(HOST)
    assert back(browser, provider, the_connection(label)).status_code == 303
    assert is_in(browser)


def test_the_client_secret_is_sealed_and_never_shown_or_recorded(client_as, label, provider):
    owner = client_as(label)
    owner.post(f"{PAGE}/oidc", data=form_of(provider))
    connection = the_connection(label)
    assert CLIENT_SECRET.encode() not in connection.client_secret
    assert CLIENT_SECRET not in owner.get(f"{PAGE}/{connection.id}").text
    with db.tenant_read(label) as session:
        assert CLIENT_SECRET not in str([(row.before, row.after) for row in session.scalars(latest(limit=5))])


def test_another_provider_is_never_told_the_secret_of_the_one_before(client_as, label, provider):
    owner = client_as(label)
    connection = a_connection(label, provider)
    with a_provider("elsewhere.test") as other:
        answer = owner.post(f"{PAGE}/{connection.id}/provider", data={"issuer": other.issuer, "client_id": CLIENT_ID})
        assert answer.status_code == 422
    assert the_connection(label).issuer == provider.issuer


@pytest.mark.parametrize(
    "issuer",
    ["http://127.0.0.1/", "https://user@host.example", "https://host.example:22", "file:///etc/passwd", "gopher://x.example", "https://a b.example", "https://[::ffff:127.0.0.1]", "https://169.254.169.254", "https://0x7f000001", "https://metadata.google.internal", ""],
)  # fmt: skip
def test_no_address_of_ours_can_be_reached_through_an_issuer_or_metadata(client_as, label, issuer):
    owner = client_as(label)
    form = {"name": "x", "issuer": issuer, "client_id": "x", "client_secret": "x"}
    assert owner.post(f"{PAGE}/oidc", data=form).status_code in (403, 409, 422)
    assert owner.post(f"{PAGE}/saml", data={"name": "x", "metadata_url": issuer}).status_code in (409, 422)
    assert the_connection(label) is None


def test_a_saml_service_is_connected_by_its_description(client_as, label):
    owner, office = client_as(label), Office()
    made = owner.post(f"{PAGE}/saml", data={"name": "Office", "metadata": office.metadata.decode()})
    assert made.status_code == 303, made.text
    assert "2060" in owner.get(made.headers["location"]).text
    plain = office.metadata.decode().replace("https://office.example/sso", "http://office.example/sso")
    assert owner.post(f"{PAGE}/saml", data={"name": "Office", "metadata": plain}).status_code == 422


def test_only_who_may_set_security_sees_and_changes_any_of_it(client_as, label, rival, provider):
    connection = a_connection(label, provider)
    for client in (client_as(label, "legal"), client_as(label, "artist")):
        assert client.get(PAGE).status_code == 403
        assert client.get(f"{PAGE}/{connection.id}").status_code == 403
        assert client.post(f"{PAGE}/{connection.id}/live", data={"live": ""}).status_code == 403
    assert client_as(rival).get(f"{PAGE}/{connection.id}").status_code == 404
    assert client_as(rival).post(f"{PAGE}/{connection.id}/removal").status_code == 404


def test_a_domain_is_proved_by_its_record_and_only_then_counts(client_as, client_of, label, provider, monkeypatch):
    owner, connection = client_as(label), a_connection(label, provider, domains=(), makes_members=True)
    here = f"{PAGE}/{connection.id}"
    assert owner.post(f"{here}/domains", data={"domain": "@Label.Example."}).status_code == 303
    with db.tenant_read(label) as session:
        row = session.scalars(select(Domain).where(Domain.connection_id == connection.id)).one()
    assert row.domain == "label.example"
    records = {"_sign-in-proof.label.example": {"something else"}}
    monkeypatch.setattr(domains.look_up, "__kwdefaults__", {"lookup": lambda name: records.get(name, set())})
    assert owner.post(f"{here}/domains/{row.id}/check").status_code == 409
    assert back(client_of(HOST), provider, connection).status_code == 403
    records["_sign-in-proof.label.example"].add(row.proof)
    assert owner.post(f"{here}/domains/{row.id}/check").status_code == 303
    assert back(client_of(HOST), provider, connection).status_code == 303
    for bad in ("localhost", "10.0.0.1", "label.example", "", "a b.example", "x" * 300):
        assert owner.post(f"{here}/domains", data={"domain": bad}).status_code in (409, 422), bad


def test_nobody_hands_out_a_role_beyond_their_own(client_as, label, provider):
    connection = a_connection(label, provider)
    admin, here = client_as(label, "admin"), f"{PAGE}/{connection.id}"
    assert admin.post(f"{here}/groups", data={"group": "top", "role": "owner"}).status_code == 403
    form = {"name": "Office", "role": "finance_approver", "groups_claim": "groups"}
    assert admin.post(f"{here}/settings", data=form).status_code == 403
    assert admin.post(f"{here}/groups", data={"group": "law", "role": "a_and_r"}).status_code == 303
    assert admin.post(f"{here}/groups", data={"group": "LAW", "role": "store"}).status_code == 409
    with db.tenant_read(label) as session:
        rule = session.scalars(select(RoleRule).where(RoleRule.connection_id == connection.id)).one()
    assert admin.post(f"{here}/groups/{rule.id}/removal").status_code == 303


def test_an_owner_stands_for_what_an_admin_set_up(client_as, client_of, label, provider):
    admin = client_as(label, "admin")
    admin.post(f"{PAGE}/oidc", data=form_of(provider))
    connection = the_connection(label)
    admin.post(f"{PAGE}/{connection.id}/live", data={"live": "1"})
    boss = a_member(label, role="owner", email="standing@label.example")
    with db.tenant_work(label) as session:
        row = Domain(
            id=connection.id, connection_id=connection.id, domain="label.example", proof="p", created_at=boss.created_at
        )
        row.proven_at = boss.created_at
        session.add(row)
    provider.person |= {"sub": "boss", "email": boss.email}
    assert back(client_of(HOST), provider, connection).status_code == 403
    assert client_as(label).post(f"{PAGE}/{connection.id}/vouching").status_code == 303
    assert back(client_of(HOST), provider, connection).status_code == 303
    new = {"issuer": provider.issuer, "client_id": CLIENT_ID}
    assert admin.post(f"{PAGE}/{connection.id}/provider", data=new).status_code == 303
    assert back(client_of(HOST), provider, connection).status_code == 403


def test_it_is_required_only_once_tried_and_an_owner_keeps_another_way(client_of, label, provider):
    owner, other = (a_member(label, role="owner") for _ in range(2))
    staff = a_member(label, role="royalties")
    browser, staffs = signed_in(client_of, owner), signed_in(client_of, staff)
    connection = a_connection(label, provider, makes_members=True)
    everybody = {"mode": "everybody", "free": [str(owner.id)]}
    assert browser.post(f"{PAGE}/policy", data=everybody).status_code == 409
    browser.get(local(provider.authorize(begun(browser, connection, **{"for": "trial"}))))
    assert browser.post(f"{PAGE}/policy", data={"mode": "everybody", "free": [str(staff.id)]}).status_code == 409
    assert browser.post(f"{PAGE}/policy", data=everybody).status_code == 303
    assert not is_in(staffs)
    assert is_in(browser)
    for member in (staff, other):
        refused = client_of(HOST).post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
        wrong = client_of(HOST).post("/portal/sign-in", data={"email": member.email, "password": "wrong"})
        assert (refused.status_code, re.sub(r"nonce-\S+|\S{22}", "", refused.text)[:200]) == (
            422,
            re.sub(r"nonce-\S+|\S{22}", "", wrong.text)[:200],
        )
    assert is_in(signed_in(client_of, owner))
    assert browser.post(f"/portal/settings/team/{owner.id}/disable").status_code == 409
    assert browser.post(f"/portal/settings/team/{owner.id}/role", data={"role": "admin"}).status_code == 409
    assert browser.post(f"{PAGE}/{connection.id}/live", data={"live": ""}).status_code == 409
    assert browser.post(f"{PAGE}/{connection.id}/removal").status_code == 409
    assert browser.post(f"{PAGE}/policy", data={"mode": "nobody"}).status_code == 303
    assert is_in(signed_in(client_of, staff))


def test_a_sign_in_link_is_no_way_around_it(client_of, label, provider, settings):
    connection = a_connection(label, provider)
    member = a_member(label, role="royalties", email="link@label.example")
    outside = a_member(label, role="royalties", email="outside@else.example")
    with db.tenant_work(label) as session:
        policy = SecurityPolicy.usual()
        policy.sso_only, policy.sso_domains = "domains", ["label.example"]
        session.add(policy)
    assert is_in(signed_in(client_of, outside))
    browser = client_of(HOST)
    browser.post("/portal/sign-in/link", data={"email": member.email})
    link = link_in(mails_to(settings, label, member.email)[0], "/portal/sign-in/link")
    assert browser.post(link, data={}).status_code == 403
    assert not is_in(browser)
    assert connection.is_live


def test_whoever_has_no_password_proves_who_they_are_by_the_service(client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True, default_role="admin")
    browser = client_of(HOST)
    provider.person |= {"sub": "prover", "email": "prover@label.example"}
    assert back(browser, provider, connection).status_code == 303
    shown = browser.get("/portal/re-authenticate", params={"next": PAGE}).text
    assert "Confirm with Office" in shown
    assert 'type="password"' not in shown
    address = begun(browser, connection, **{"for": "proof", "next": PAGE})
    assert "max_age=0" in address
    assert "prompt=login" in address
    assert browser.get(local(provider.authorize(address))).headers["location"] == PAGE
    provider.claims = {"auth_time": 1_700_000_000}
    stale = local(provider.authorize(begun(browser, connection, **{"for": "proof", "next": PAGE})))
    assert browser.get(stale, headers={"accept": "application/json"}).status_code == 403
    provider.claims, provider.person = {}, {"sub": "somebody-else"}
    other = local(provider.authorize(begun(browser, connection, **{"for": "proof", "next": PAGE})))
    assert browser.get(other, headers={"accept": "application/json"}).status_code == 403


def test_a_trial_that_comes_back_as_a_colleague_proves_nothing(client_as, client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True)
    assert back(client_of(HOST), provider, connection).status_code == 303
    owner = client_as(label)
    answer = owner.get(local(provider.authorize(begun(owner, connection, **{"for": "trial"}))))
    assert answer.status_code == 403
    assert the_connection(label).proved_at is None


def test_removing_a_connection_forgets_its_links_and_signs_its_people_out(client_as, client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True)
    browser, owner = client_of(HOST), client_as(label)
    back(browser, provider, connection)
    assert is_in(browser)
    assert owner.post(f"{PAGE}/{connection.id}/removal").status_code == 303
    assert not is_in(browser)
    with db.tenant_read(label) as session:
        assert session.scalars(select(Link)).all() == []
        assert session.scalars(select(Member).where(Member.email == "ada@label.example")).one()
