"""SAML 2.0 Web Browser SSO without a network: what is asked of a service, and whether its assertion holds.

Only the element whose signature was checked is read, as it was signed: whatever else a message carries says nothing.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from app.sso.errors import ServiceRefused, ServiceSaidNo
from app.sso.rules import LONGEST_SUBJECT, Claims, groups_in, plain_email
from app.sso.rules.xml import Element, read, text_of

PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
SKEW = timedelta(seconds=120)
LONGEST_LIFE = timedelta(hours=24)
_EARLIEST = datetime.min.replace(tzinfo=UTC) + LONGEST_LIFE
_LATEST = datetime.max.replace(tzinfo=UTC) - LONGEST_LIFE

_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_CANONICAL = ("http://www.w3.org/2001/10/xml-exc-c14n#",)
_METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512,
        SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512,
    }
)  # fmt: skip
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
_EMAILS = (
    "email", "mail", "emailaddress", "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
)  # fmt: skip
_NAMES = (
    "displayname", "name", "cn", "urn:oid:2.16.840.1.113730.3.1.241",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
)  # fmt: skip
_NS = {"p": PROTOCOL, "a": ASSERTION, "d": SIGNATURE}


@dataclass(frozen=True, slots=True)
class Here:
    """What we are to the service: our name, and where its answers come."""

    entity_id: str
    acs_url: str


@dataclass(frozen=True, slots=True)
class There:
    """What the service is to us: its name, and the certificates of which any may have signed."""

    entity_id: str
    certificates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """An assertion that held: whom it proves, and by which id and until when it must not be taken again."""

    claims: Claims
    assertion_id: str
    until: datetime


def request_address(here: Here, sso_url: str, *, request_id: str, at: datetime, is_proof: bool) -> str:
    """Where a person is sent: an AuthnRequest by HTTP redirect (Bindings §3.4)."""
    request = etree.Element(f"{{{PROTOCOL}}}AuthnRequest", nsmap={"samlp": PROTOCOL, "saml": ASSERTION})
    request.attrib.update(
        {
            "ID": request_id,
            "Version": "2.0",
            "IssueInstant": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Destination": sso_url,
            "AssertionConsumerServiceURL": here.acs_url,
            "ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
        }
    )
    if is_proof:
        request.set("ForceAuthn", "true")
    etree.SubElement(request, f"{{{ASSERTION}}}Issuer").text = here.entity_id
    packed = zlib.compress(etree.tostring(request))[2:-4]
    between = "&" if "?" in sso_url else "?"
    return f"{sso_url}{between}SAMLRequest={quote(base64.b64encode(packed), safe='')}"


def request_answered(body: bytes) -> str:
    """Which request a message claims to answer; nothing else of it is believed here."""
    root = read(body)
    return (root.get("InResponseTo") or "") if root.tag == f"{{{PROTOCOL}}}Response" else ""


def accepted(body: bytes, here: Here, there: There, *, request_id: str, now: datetime, groups_claim: str) -> Accepted:
    """What a Response proves (Profiles §4.1.4), or a refusal that does not say why."""
    response = read(body)
    if response.tag != f"{{{PROTOCOL}}}Response" or response.get("Version") != "2.0":
        raise ServiceRefused
    _check_envelope(response, here, there, request_id)
    assertion = _verified(response, there, now)
    _check_assertion(assertion, here, there, now)
    until = _confirmed_until(assertion, here, request_id, now)
    return Accepted(_person(assertion, groups_claim), assertion.get("ID") or "", until + SKEW)


def response_of(form_value: str) -> bytes:
    """The message that a form carries."""
    try:
        return base64.b64decode(form_value.encode(), validate=False)
    except (binascii.Error, ValueError):
        raise ServiceRefused from None


def _check_envelope(response: Element, here: Here, there: There, request_id: str) -> None:
    codes = response.findall("p:Status/p:StatusCode", _NS)
    if len(codes) != 1 or codes[0].get("Value") != SUCCESS:
        raise ServiceSaidNo
    issuer = response.find("a:Issuer", _NS)
    is_meant = response.get("Destination") in (None, here.acs_url) and response.get("InResponseTo") == request_id
    if not is_meant or (issuer is not None and text_of(issuer) != there.entity_id):
        raise ServiceRefused


def _verified(response: Element, there: There, now: datetime) -> Element:
    """The one assertion, as it was signed. A message of any other shape is refused before a signature is looked at."""
    named = [element for element in response.iter() if etree.QName(element).localname in ("Assertion", "Response")]
    direct = response.findall("a:Assertion", _NS)
    ids = [element.get(name) for element in response.iter() for name in ("ID", "Id", "id") if element.get(name)]
    if len(direct) != 1 or named != [response, direct[0]] or len(ids) != len(set(ids)):
        raise ServiceRefused
    assertion = direct[0]
    own = assertion.findall("d:Signature", _NS)
    held = list(response.iter(f"{{{SIGNATURE}}}Signature"))
    if len(own) != 1 or any(each.getparent() not in (response, assertion) for each in held):
        raise ServiceRefused
    _check_reference(own[0], assertion.get("ID") or "")
    tried = (_signed_by(pem, assertion, now) for pem in there.certificates)
    signed = next((each for each in tried if each is not None), None)
    if signed is None or signed.tag != assertion.tag or signed.get("ID") != assertion.get("ID"):
        raise ServiceRefused
    return signed


def _check_reference(signature: Element, assertion_id: str) -> None:
    """Refuse a signature over anything but this whole assertion, or one that transforms it into something else."""
    references = signature.findall("d:SignedInfo/d:Reference", _NS)
    methods = [each.get("Algorithm") for each in signature.findall("d:SignedInfo/d:CanonicalizationMethod", _NS)]
    transforms = [each.get("Algorithm") for each in signature.findall(".//d:Transform", _NS)]
    is_plain = len(methods) == 1 and methods[0] in _CANONICAL
    is_plain = is_plain and transforms.count(_ENVELOPED) == 1 and set(transforms) <= {_ENVELOPED, *_CANONICAL}
    if not assertion_id or len(references) != 1 or references[0].get("URI") != f"#{assertion_id}" or not is_plain:
        raise ServiceRefused
    if signature.find("d:Object", _NS) is not None:
        raise ServiceRefused


def _signed_by(pem: str, assertion: Element, now: datetime) -> Element | None:
    """The assertion as this certificate's key signed it; None if it did not."""
    config = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        ignore_ambiguous_key_info=True,
        verification_time=now,
    )
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        result = XMLVerifier().verify(
            etree.tostring(assertion, with_tail=False),
            x509_cert=certificate,
            id_attribute="ID",
            expect_config=config,
        )
    except (SignXMLException, etree.LxmlError, ValueError, TypeError, AttributeError, LookupError):
        return None
    return None if isinstance(result, list) else result.signed_xml


def _check_assertion(assertion: Element, here: Here, there: There, now: datetime) -> None:
    """Refuse an assertion of somebody else, for somebody else, or of another time (Core §2.5)."""
    conditions = assertion.findall("a:Conditions", _NS)
    if text_of(assertion.find("a:Issuer", _NS)) != there.entity_id or len(conditions) != 1:
        raise ServiceRefused
    restrictions = conditions[0].findall("a:AudienceRestriction", _NS)
    is_for_us = [
        here.entity_id in {text_of(audience) for audience in each.findall("a:Audience", _NS)} for each in restrictions
    ]
    statements = assertion.findall("a:AuthnStatement", _NS)
    if not is_for_us or not all(is_for_us) or not statements or not _is_now(conditions[0], now):
        raise ServiceRefused
    ends = [end for each in statements if (end := each.get("SessionNotOnOrAfter"))]
    if any(now >= _moment(end) + SKEW for end in ends):
        raise ServiceRefused


def _confirmed_until(assertion: Element, here: Here, request_id: str, now: datetime) -> datetime:
    """Until when the bearer may bring this assertion: at our address, in answer to our request (Profiles §4.1.4.2)."""
    for confirmation in assertion.findall("a:Subject/a:SubjectConfirmation", _NS):
        data = confirmation.find("a:SubjectConfirmationData", _NS)
        if confirmation.get("Method") != BEARER or data is None or data.get("NotBefore") is not None:
            continue
        until = _moment(data.get("NotOnOrAfter") or "")
        fits = data.get("Recipient") == here.acs_url and data.get("InResponseTo") == request_id
        if fits and now < until + SKEW and until < now + LONGEST_LIFE:
            return until
    raise ServiceRefused


def _is_now(conditions: Element, now: datetime) -> bool:
    begin, end = conditions.get("NotBefore"), conditions.get("NotOnOrAfter")
    return (begin is None or _moment(begin) - SKEW <= now) and (end is None or now < _moment(end) + SKEW)


def _person(assertion: Element, groups_claim: str) -> Claims:
    name_ids = assertion.findall("a:Subject/a:NameID", _NS)
    subject = text_of(name_ids[0]) if len(name_ids) == 1 else ""
    form = name_ids[0].get("Format", "") if name_ids else ""
    if not 0 < len(subject) <= LONGEST_SUBJECT or form.endswith(":transient"):
        raise ServiceRefused  # a name that is new each time is nobody's
    said = _attributes(assertion)
    email = next((found for name in _EMAILS if (found := plain_email(_first(said, name)))), "")
    return Claims(
        issuer=text_of(assertion.find("a:Issuer", _NS)),
        subject=subject,
        email=email or (plain_email(subject) if form.endswith(":emailAddress") else ""),
        email_is_proved=True,  # SAML knows no other addresses than those that the service stands for
        name=next((found for name in _NAMES if (found := _first(said, name)[:120])), ""),
        groups=groups_in(said.get(groups_claim.casefold(), [])),
        authenticated_at=_moment(assertion.findall("a:AuthnStatement", _NS)[0].get("AuthnInstant") or ""),
    )


def _attributes(assertion: Element) -> dict[str, list[str]]:
    """What the assertion says of the person, by the folded name and the friendly name of each attribute."""
    found: dict[str, list[str]] = {}
    for attribute in assertion.findall("a:AttributeStatement/a:Attribute", _NS):
        values = [text_of(value) for value in attribute.findall("a:AttributeValue", _NS)]
        for name in {attribute.get("Name") or "", attribute.get("FriendlyName") or ""} - {""}:
            found.setdefault(name.casefold(), []).extend(filter(None, values))
    return found


def _first(said: dict[str, list[str]], name: str) -> str:
    values: Sequence[str] = said.get(name, [])
    return " ".join(values[0].split()) if values else ""


def _moment(text: str) -> datetime:
    """A moment as SAML spells it: in UTC, with or without fractions (Core §1.3.3).

    The first and the last moments that there are stand for "always": a clock's difference to them is none.
    """
    try:
        found = datetime.fromisoformat(text)
        found = found.astimezone(UTC) if found.tzinfo is not None else found
    except (ValueError, OverflowError):
        raise ServiceRefused from None
    if found.tzinfo is None:
        raise ServiceRefused
    return min(max(found, _EARLIEST), _LATEST)
