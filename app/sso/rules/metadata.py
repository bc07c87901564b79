"""SAML metadata: what we say about ourselves, and what a service says about itself."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from app.sso.errors import MetadataUnusable, ServiceRefused
from app.sso.rules.saml import PROTOCOL, SIGNATURE, Here
from app.sso.rules.xml import Element, read, text_of

METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
MOST_CERTIFICATES = 8
SMALLEST_RSA = 2048
_NS = {"m": METADATA, "d": SIGNATURE}


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What a SAML service says about itself."""

    entity_id: str
    sso_url: str
    certificates: tuple[str, ...]


def describe(here: Here, acs_urls: tuple[str, ...]) -> bytes:
    """Our own description, for the service to read: assertions must be signed."""
    root = etree.Element(f"{{{METADATA}}}EntityDescriptor", nsmap={None: METADATA}, entityID=here.entity_id)
    role = etree.SubElement(
        root,
        f"{{{METADATA}}}SPSSODescriptor",
        AuthnRequestsSigned="false",
        WantAssertionsSigned="true",
        protocolSupportEnumeration=PROTOCOL,
    )
    form = etree.SubElement(role, f"{{{METADATA}}}NameIDFormat")
    form.text = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    for index, url in enumerate(acs_urls):
        place = etree.SubElement(role, f"{{{METADATA}}}AssertionConsumerService", Binding=POST, Location=url)
        place.set("index", str(index))
        if index == 0:
            place.set("isDefault", "true")
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def read_service(body: bytes) -> ServiceFacts:
    """What a description says of the one service in it: its name, where it lets people in, what it signs with."""
    try:
        root = read(body, may_comment=True)
    except ServiceRefused:
        raise MetadataUnusable from None
    found = [
        each
        for each in root.iter(f"{{{METADATA}}}EntityDescriptor")
        if each.find("m:IDPSSODescriptor", _NS) is not None
    ]
    if len(found) != 1:
        raise MetadataUnusable
    entity = found[0]
    role = entity.find("m:IDPSSODescriptor", _NS)
    places = [
        each.get("Location") or ""
        for each in (role.findall("m:SingleSignOnService", _NS) if role is not None else [])
        if each.get("Binding") == REDIRECT
    ]
    if role is None or not places or not entity.get("entityID"):
        raise MetadataUnusable
    return ServiceFacts(entity.get("entityID") or "", places[0], _certificates(role))


def readable_certificate(pem: str) -> x509.Certificate:
    """A certificate whose key is strong enough to be believed."""
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        raise MetadataUnusable from None
    key = found.public_key()
    is_strong = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA) or isinstance(
        key, ec.EllipticCurvePublicKey
    )
    if not is_strong:
        raise MetadataUnusable
    return found


def is_web_address(text: str, *, may_be_plain: bool) -> bool:
    """Tell whether people can be sent there: by HTTPS, except where a developer's own machine is meant."""
    parts = urlsplit(text)
    schemes = ("https", "http") if may_be_plain else ("https",)
    is_clean = len(text) <= 2_000 and text.isascii() and text.isprintable() and " " not in text
    return is_clean and parts.scheme in schemes and bool(parts.hostname) and "@" not in parts.netloc


def _certificates(role: Element) -> tuple[str, ...]:
    """Every certificate it may sign with: while one is replaced by the next, there are two."""
    found: list[str] = []
    for key in role.findall("m:KeyDescriptor", _NS):
        if key.get("use") in (None, "signing"):
            found += [_as_pem(text_of(each)) for each in key.iter(f"{{{SIGNATURE}}}X509Certificate")]
    if not 0 < len(found) <= MOST_CERTIFICATES:
        raise MetadataUnusable
    return tuple(dict.fromkeys(found))


def _as_pem(text: str) -> str:
    try:
        der = base64.b64decode("".join(text.split()), validate=True)
        pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode()
    except (binascii.Error, ValueError):
        raise MetadataUnusable from None
    readable_certificate(pem)
    return pem
