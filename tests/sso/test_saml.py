"""Coming in by a SAML service: whom it proves, and every known way to be let in as somebody else."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from lxml import etree
from sqlalchemy import select

from app.identity.models import Member
from app.kernel import clock, db
from app.sso.errors import MetadataUnusable, ServiceRefused
from app.sso.models import Link
from app.sso.rules import saml
from app.sso.rules.metadata import read_service
from app.sso.rules.xml import read
from tests.factories.sso import a_connection
from tests.sso.office import NS, SHAPES, Office, as_text, at, keys, text_at, without, wrapped

HOST = "canary.localhost"
DATA = "a:Assertion/a:Subject/a:SubjectConfirmation/a:SubjectConfirmationData"
CONDITIONS = "a:Assertion/a:Conditions"
AUDIENCE = f"{CONDITIONS}/a:AudienceRestriction/a:Audience"


@pytest.fixture
def office():
    return Office(attributes={"email": ["ada@label.example"], "displayName": ["Ada Office"], "groups": ["Finance"]})


@pytest.fixture
def connection(label, office):
    return a_connection(label, office.metadata, makes_members=True, roles={"Finance": "royalties"})


def begun(client, connection, **asked):
    answer = client.get(f"/sso/{connection.id}/begin", params={"for": "sign-in", **asked})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def posted(client, path, form, **more):
    """Post from the service's own page: another site's, without our cookies."""
    jar = client.cookies.jar
    kept = list(jar)
    jar.clear()
    try:
        return client.post(path, data=form, headers={"origin": "https://office.example"}, **more)
    finally:
        for cookie in kept:
            jar.set_cookie(cookie)


def back(client, office, connection, **asked):
    """Go there, sign in, come back: by a form first, and on from there in one's own browser."""
    answer = posted(client, *office.answer(begun(client, connection, **asked)))
    return client.get(answer.headers["location"]) if answer.status_code == 303 else answer


def is_in(client) -> bool:
    return client.get("/portal/settings/security").status_code == 200


def member_with(label, email):
    with db.tenant_read(label) as session:
        return session.scalar(select(Member).where(Member.email == email))


def test_a_person_whom_the_service_proves_comes_in_as_what_their_group_says(client_of, label, office, connection):
    client = client_of(HOST)
    answer = back(client, office, connection, next="/portal/files")
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/portal/files"
    assert is_in(client)
    ada = member_with(label, "ada@label.example")
    assert (ada.name, ada.role) == ("Ada Office", "royalties")
    with db.tenant_read(label) as session:
        assert session.scalars(select(Link.subject).where(Link.member_id == ada.id)).all() == ["ada-1"]
    assert back(client_of(HOST), office, connection).headers["location"] == "/portal"


def test_the_request_names_us_and_where_the_answer_belongs(client_of, connection, office):
    request = office.asked(begun(client_of(HOST), connection))
    assert request.get("AssertionConsumerServiceURL") == f"https://{HOST}/sso/{connection.id}/acs"
    assert request.findtext("a:Issuer", namespaces=NS).endswith(f"/sso/{connection.id}/metadata")
    assert request.get("Destination") == office.sso_url
    described = etree.fromstring(client_of(HOST).get(f"/sso/{connection.id}/metadata").content)
    assert described.get("entityID") == request.findtext("a:Issuer", namespaces=NS)
    assert described[0].get("WantAssertionsSigned") == "true"


def test_both_signatures_are_taken_and_the_responses_alone_is_not(client_of, office, connection):
    office.signs = "both"
    assert back(client_of(HOST), office, connection).status_code == 303
    for signs in ("response", "nothing"):
        office.signs = signs
        client = client_of(HOST)
        assert back(client, office, connection).status_code == 403
        assert not is_in(client)


@pytest.mark.parametrize("signs", ["assertion", "both"])
def test_a_wrapped_signature_lets_nobody_in(client_of, label, office, connection, signs):
    client = client_of(HOST)
    for shape in SHAPES:
        office.signs, office.after = signs, wrapped(shape)
        assert back(client, office, connection).status_code == 403, shape
    assert not is_in(client)
    with db.tenant_read(label) as session:
        assert session.scalar(select(Link.id).where(Link.connection_id == connection.id)) is None


FORGED_BEFORE = {
    "another audience": text_at(AUDIENCE, "https://rival.example"),
    "no audience": without(f"{CONDITIONS}/a:AudienceRestriction"),
    "another recipient": at(DATA, "Recipient", "https://rival.example/acs"),
    "no recipient": at(DATA, "Recipient", None),
    "an answer to nobody": at(DATA, "InResponseTo", None),
    "an answer to another": at(DATA, "InResponseTo", "_other"),
    "a confirmation without end": at(DATA, "NotOnOrAfter", None),
    "a confirmation that is over": at(DATA, "NotOnOrAfter", "2020-01-01T00:00:00Z"),
    "a confirmation for years": at(DATA, "NotOnOrAfter", "2060-01-01T00:00:00Z"),
    "no bearer": at("a:Assertion/a:Subject/a:SubjectConfirmation", "Method", "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"),
    "another issuer": text_at("a:Assertion/a:Issuer", "https://evil.example"),
    "another issuer of the message": text_at("a:Issuer", "https://evil.example"),
    "over": at(CONDITIONS, "NotOnOrAfter", "2020-01-01T00:00:00Z"),
    "not yet": at(CONDITIONS, "NotBefore", "2060-01-01T00:00:00Z"),
    "a time without a zone": at(CONDITIONS, "NotBefore", "2020-01-01T00:00:00"),
    "no conditions": without(CONDITIONS),
    "no sign-in": without("a:Assertion/a:AuthnStatement"),
    "another destination": at("", "Destination", "https://rival.example/acs"),
    "a message to nobody": at("", "InResponseTo", None),
    "a failure": at("p:Status/p:StatusCode", "Value", "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"),
    "no subject": without("a:Assertion/a:Subject/a:NameID"),
    "an empty subject": text_at("a:Assertion/a:Subject/a:NameID", " "),
    "a subject for once": at("a:Assertion/a:Subject/a:NameID", "Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"),
}  # fmt: skip


def _second(message):
    signature = message.find("a:Assertion/d:Signature", NS)
    message.find("p:Status", NS).append(etree.fromstring(etree.tostring(signature)))
    return message


FORGED_AFTER = {
    "another subject": text_at("a:Assertion/a:Subject/a:NameID", "victim"),
    "another address": text_at("a:Assertion/a:AttributeStatement/a:Attribute/a:AttributeValue", "boss@label.example"),
    "no signature": without("a:Assertion/d:Signature"),
    "a comment in the subject": as_text("ada-1<", "ada-1<!-- -->.evil<"),
    "a comment at the end of the subject": as_text("ada-1<", "ada-1<!-- --><"),
    "an instruction in the subject": as_text("ada-1<", "ada-1<?x?><"),
    "a comment anywhere": as_text("<saml:Issuer>", "<!-- --><saml:Issuer>"),
    "a document type": lambda message: b"<!DOCTYPE x>" + etree.tostring(message),
    "an entity": lambda message: (
        b'<!DOCTYPE x [<!ENTITY e "victim">]>' + etree.tostring(message).replace(b"ada-1<", b"&e;<")
    ),
    "an entity from elsewhere": lambda message: (
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:1/x">]>' + etree.tostring(message)
    ),
    "a file": lambda message: b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + etree.tostring(message),
    "another encoding": lambda message: (
        b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-' + etree.tostring(message)
    ),
    "utf-16": lambda message: etree.tostring(message, encoding="utf-16"),
    "no xml": lambda message: b"hello",
    "nothing": lambda message: b"",
    "too much": lambda message: etree.tostring(message) + b" " * 600_000,
    "the assertion alone": lambda message: message.find("a:Assertion", NS),
    "a weaker digest": as_text("2001/04/xmlenc#sha256", "2000/09/xmldsig#sha1"),
    "a weaker signature": as_text("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1"),
    "a shared secret for it": as_text("2001/04/xmldsig-more#rsa-sha256", "2001/04/xmldsig-more#hmac-sha256"),
    "a signature over the whole": as_text('<ds:Reference URI="#_a', '<ds:Reference URI="" x="#_a'),
    "a signature over another": as_text('<ds:Reference URI="#_a', '<ds:Reference URI="#_r'),
    "a second signature": _second,
}


def test_an_assertion_for_somebody_else_lets_nobody_in(client_of, office, connection):
    client = client_of(HOST)
    for name, change in FORGED_BEFORE.items():
        office.before = change
        assert back(client, office, connection).status_code == 403, name
    assert not is_in(client)


def test_a_message_that_was_changed_lets_nobody_in(client_of, office, connection):
    client = client_of(HOST)
    for name, change in FORGED_AFTER.items():
        office.after = change
        assert back(client, office, connection).status_code == 403, name
    assert not is_in(client)


def test_another_key_signs_for_nobody_even_with_its_certificate_in_the_message(client_of, office, connection):
    office.key = keys("stranger")
    assert back(client_of(HOST), office, connection).status_code == 403


def test_while_certificates_change_both_sign(client_of, label):
    office = Office(certificates=(keys("first"), keys("next")), attributes={"email": ["rot@label.example"]})
    connection = a_connection(label, office.metadata, makes_members=True)
    for name in ("first", "next"):
        office.key = keys(name)
        assert back(client_of(HOST), office, connection).status_code == 303


def test_an_assertion_is_taken_once(client_of, office, connection):
    client = client_of(HOST)
    path, form = office.answer(begun(client, connection))
    first = posted(client, path, form)
    assert first.status_code == 303
    assert posted(client, path, form).status_code == 403
    assert client.get(first.headers["location"]).status_code == 303
    assert client.get(first.headers["location"]).status_code == 403


def test_an_assertion_lets_nobody_in_elsewhere_than_in_the_browser_that_asked(client_of, office, connection):
    attacker, victim = client_of(HOST), client_of(HOST)
    answer = posted(attacker, *office.answer(begun(attacker, connection)))
    assert victim.get(answer.headers["location"]).status_code == 403
    assert not is_in(victim)


def test_an_assertion_that_nobody_asked_for_is_refused(client_of, office, connection):
    client = client_of(HOST)
    address = begun(client, connection)
    path, form = office.answer(address)
    body = base64.b64decode(form["SAMLResponse"]).replace(office.asked(address).get("ID").encode(), b"_unasked")
    assert posted(client, path, {"SAMLResponse": base64.b64encode(body).decode()}).status_code == 403


def test_a_service_of_one_label_proves_nobody_at_another(client_of, label, rival, office, connection):
    theirs = a_connection(rival, office.metadata, makes_members=True)
    evil = client_of("rival.localhost")
    path, form = office.answer(begun(evil, theirs))
    client = client_of(HOST)
    begun(client, connection)
    assert posted(client, path, form).status_code == 404
    assert posted(client, f"/sso/{connection.id}/acs", form).status_code == 403
    assert not is_in(client)


def test_clocks_may_differ_by_two_minutes_and_no_more(client_of, office, connection):
    moment = clock.now()
    for shift, status in ((-110, 303), (110 + 300, 303), (-190, 403), (130 + 300, 403)):
        client = client_of(HOST)
        path, form = office.answer(begun(client, connection))
        with clock.frozen_at(clock.now() + timedelta(seconds=shift)):
            assert posted(client, path, form).status_code == status, shift
    assert clock.now() >= moment


def test_moments_at_the_ends_of_time_mean_always(client_of, office, connection):
    always = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z")
    for name, moment in zip(("NotBefore", "NotOnOrAfter"), always, strict=True):
        office.before = at(CONDITIONS, name, moment)
        assert back(client_of(HOST), office, connection).status_code == 303
    office.before = at(CONDITIONS, "NotBefore", "0001-01-01T00:00:00+14:00")
    assert back(client_of(HOST), office, connection).status_code == 403


def test_an_assertion_for_another_connection_of_the_same_service_lets_nobody_in(client_of, label, office, connection):
    sibling = a_connection(label, office.metadata, makes_members=True)
    client = client_of(HOST)
    path, form = office.answer(begun(client, sibling))
    assert posted(client, path.replace(str(sibling.id), str(connection.id)), form).status_code == 403
    names = {name: client.get(f"/sso/{each.id}/metadata").text for name, each in (("a", sibling), ("b", connection))}
    other = etree.fromstring(names["a"].encode()).get("entityID")
    office.before = text_at(AUDIENCE, other)
    assert back(client, office, connection).status_code == 403


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;&x;&x;">]><a>&y;</a>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]><a/>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>" * 5_000 + b"</a>" * 5_000,
        b"<a>" + b"<b/>" * 30_000 + b"</a>",
        b"<a>\x00</a>",
        b"\xff\xfe<\x00a\x00/\x00>\x00",
        b'<?xml version="1.0" encoding="UTF-16"?><a/>' + b"\x80",
        b"<a",
        b"",
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
def test_a_document_that_wants_more_than_to_be_read_is_refused(document):
    with pytest.raises(ServiceRefused):
        read(document)
    with pytest.raises(MetadataUnusable):
        read_service(document)


def test_an_included_file_stays_unread():
    body = b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/></a>'
    assert "root:" not in "".join(read(body).itertext())


def test_a_description_needs_one_service_an_address_and_a_strong_key(office):
    facts = read_service(office.metadata)
    assert (facts.entity_id, facts.sso_url, len(facts.certificates)) == (office.entity_id, office.sso_url, 1)
    for change in (
        lambda text: text.replace(b"IDPSSODescriptor", b"SPSSODescriptor"),
        lambda text: text.replace(b"HTTP-Redirect", b"HTTP-POST"),
        lambda text: text.replace(keys("first").bare.encode(), b"AAAA"),
        lambda text: text.replace(office.entity_id.encode(), b""),
    ):
        with pytest.raises(MetadataUnusable):
            read_service(change(office.metadata))


def test_a_form_that_carries_no_message_is_refused(client_of, connection):
    client = client_of(HOST)
    for form in ({}, {"SAMLResponse": ""}, {"SAMLResponse": "%%%"}, {"SAMLResponse": "AAAA"}, {"other": "x"}):
        assert posted(client, f"/sso/{connection.id}/acs", form).status_code == 403
    assert saml.response_of("!!!!") == b""
    assert not is_in(client)
