"""A SAML service at the network's edge: it signs as real ones do, and its message can be taken apart before it is sent."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import XMLSigner
from signxml.algorithms import CanonicalizationMethod

from app.kernel import clock

P, A, D = (
    "urn:oasis:names:tc:SAML:2.0:protocol",
    "urn:oasis:names:tc:SAML:2.0:assertion",
    "http://www.w3.org/2000/09/xmldsig#",
)
NS = {"p": P, "a": A, "d": D}
C14N = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0


@dataclass(frozen=True)
class Keys:
    """A key and the certificate that goes with it."""

    private: str
    certificate: str

    @property
    def bare(self) -> str:
        return "".join(self.certificate.split("\n")[1:-2])


@cache
def keys(name: str) -> Keys:
    private = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2060, 1, 1, tzinfo=UTC))
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Keys(pem, made.public_bytes(Encoding.PEM).decode())


Change = Callable[[Any], Any]


@dataclass
class Office:
    """Whom it proves is `subject`; `before` changes a message that is not signed yet, `after` one that is."""

    entity_id: str = "https://office.example/saml"
    sso_url: str = "https://office.example/sso"
    key: Keys = field(default_factory=lambda: keys("first"))
    certificates: tuple[Keys, ...] = ()
    subject: str = "ada-1"
    attributes: dict[str, list[str]] = field(default_factory=dict)
    signs: str = "assertion"
    before: Change = lambda message: message
    after: Change = lambda message: message

    @property
    def metadata(self) -> bytes:
        held = "".join(
            f'<KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{D}"><ds:X509Data><ds:X509Certificate>{each.bare}'
            "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>"
            for each in (self.certificates or (self.key,))
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><!-- made by a person -->'
            f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{self.entity_id}">'
            f'<IDPSSODescriptor protocolSupportEnumeration="{P}">{held}'
            f'<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{self.sso_url}"/>'
            "</IDPSSODescriptor></EntityDescriptor>"
        ).encode()

    def asked(self, address: str) -> Any:
        """What a browser was sent with."""
        (packed,) = parse_qs(urlsplit(address).query)["SAMLRequest"]
        return etree.fromstring(zlib.decompress(base64.b64decode(packed), -15))

    def answer(self, address: str) -> tuple[str, dict[str, str]]:
        """Where the browser posts what, after its person signed in there."""
        request = self.asked(address)
        message = self.before(self._message(request))
        if self.signs in ("assertion", "both"):
            message = self._signed(message, message.find("a:Assertion", NS))
        if self.signs in ("response", "both"):
            message = self._signed(message, message)
        message = self.after(message)
        body = message if isinstance(message, bytes) else etree.tostring(message)
        acs = urlsplit(request.get("AssertionConsumerServiceURL"))
        return acs.path, {"SAMLResponse": base64.b64encode(body).decode(), "RelayState": "//evil.example"}

    def _message(self, request: Any) -> Any:
        now = clock.now()
        spelled = {
            name: (now + timedelta(minutes=shift)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            for name, shift in (("now", 0), ("past", -1), ("end", 5))
        }
        acs, asked = request.get("AssertionConsumerServiceURL"), request.get("ID")
        audience = request.findtext("a:Issuer", namespaces=NS)
        told = "".join(
            f'<saml:Attribute Name="{name}">'
            + "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
            + "</saml:Attribute>"
            for name, values in self.attributes.items()
        )
        return etree.fromstring(
            f'<samlp:Response xmlns:samlp="{P}" xmlns:saml="{A}" ID="_r{asked}" Version="2.0" IssueInstant="{spelled["now"]}" '
            f'Destination="{acs}" InResponseTo="{asked}"><saml:Issuer>{self.entity_id}</saml:Issuer>'
            '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
            f'<saml:Assertion ID="_a{asked}" Version="2.0" IssueInstant="{spelled["now"]}"><saml:Issuer>{self.entity_id}</saml:Issuer>'
            f'<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{self.subject}</saml:NameID>'
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData '
            f'InResponseTo="{asked}" Recipient="{acs}" NotOnOrAfter="{spelled["end"]}"/></saml:SubjectConfirmation></saml:Subject>'
            f'<saml:Conditions NotBefore="{spelled["past"]}" NotOnOrAfter="{spelled["end"]}"><saml:AudienceRestriction>'
            f"<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
            f'<saml:AuthnStatement AuthnInstant="{spelled["now"]}"><saml:AuthnContext><saml:AuthnContextClassRef>'
            "urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
            f"<saml:AttributeStatement>{told}</saml:AttributeStatement></saml:Assertion></samlp:Response>"
        )

    def _signed(self, message: Any, element: Any) -> Any:
        signer = XMLSigner(c14n_algorithm=C14N)
        alone = etree.fromstring(etree.tostring(element, with_tail=False))
        signed = signer.sign(
            alone, key=self.key.private, cert=self.key.certificate, reference_uri=element.get("ID"), id_attribute="ID"
        )
        signature = signed.find("d:Signature", NS)
        signed.remove(signature)
        signed.insert(1, signature)  # after the issuer, where the schema wants it
        if element is message:
            return signed
        message.replace(element, signed)
        return message


# What a forger does with a signed message of their own


def evil_copy(assertion: Any, *, keeps_id: bool = False, keeps_signature: bool = False) -> Any:
    """The assertion with another subject in it, and no signature of its own."""
    evil = deepcopy(assertion)
    if not keeps_signature:
        evil.remove(evil.find("d:Signature", NS))
    if not keeps_id:
        evil.set("ID", "_evil")
    evil.find("a:Subject/a:NameID", NS).text = "victim"
    return evil


def wrapped(shape: str) -> Change:
    """The known ways to wrap a signed assertion (XSW) around one that nobody signed."""

    def change(message: Any) -> Any:
        signed = message.find("a:Assertion", NS)
        signature = signed.find("d:Signature", NS)
        match shape:
            case "evil before":
                signed.addprevious(evil_copy(signed))
            case "evil after":
                signed.addnext(evil_copy(signed))
            case "evil before of the same id":
                signed.addprevious(evil_copy(signed, keeps_id=True))
            case "evil around with its signature":
                evil = evil_copy(signed)
                message.replace(signed, evil)
                signed.remove(signature)
                evil.insert(1, signature)
                etree.SubElement(signature, f"{{{D}}}Object").append(signed)
            case "evil around":
                evil = evil_copy(signed)
                message.replace(signed, evil)
                evil.append(signed)
            case "in extensions":
                evil = evil_copy(signed, keeps_signature=True)
                extensions = etree.Element(f"{{{P}}}Extensions")
                message.replace(signed, evil)
                message.insert(1, extensions)
                extensions.append(signed)
            case "in extensions of the same id":
                evil = evil_copy(signed, keeps_signature=True, keeps_id=True)
                extensions = etree.Element(f"{{{P}}}Extensions")
                message.replace(signed, evil)
                message.insert(1, extensions)
                extensions.append(signed)
            case "in a response around":
                outer = deepcopy(message)
                outer.replace(outer.find("a:Assertion", NS), evil_copy(signed))
                outer.append(message)
                return outer
            case "in an object of the evil one":
                evil = evil_copy(signed, keeps_signature=True)
                message.replace(signed, evil)
                etree.SubElement(evil.find("d:Signature", NS), f"{{{D}}}Object").append(signed)
            case "in advice":
                evil = evil_copy(signed)
                message.replace(signed, evil)
                etree.SubElement(evil, f"{{{A}}}Advice").append(signed)
        return message

    return change


SHAPES = (
    "evil before", "evil after", "evil before of the same id", "evil around with its signature", "evil around",
    "in extensions", "in extensions of the same id", "in a response around", "in an object of the evil one", "in advice",
)  # fmt: skip


def at(path: str, name: str, value: str | None) -> Change:
    """Another value of an attribute."""

    def change(message: Any) -> Any:
        element = message.find(path, NS) if path else message
        if value is None:
            del element.attrib[name]
        else:
            element.set(name, value)
        return message

    return change


def text_at(path: str, value: str) -> Change:
    """Another text."""

    def change(message: Any) -> Any:
        message.find(path, NS).text = value
        return message

    return change


def without(path: str) -> Change:
    """A message that lacks something."""

    def change(message: Any) -> Any:
        element = message.find(path, NS)
        element.getparent().remove(element)
        return message

    return change


def as_text(old: str, new: str) -> Change:
    """A message with one part of its text exchanged."""
    return lambda message: etree.tostring(message).decode().replace(old, new, 1).encode()
