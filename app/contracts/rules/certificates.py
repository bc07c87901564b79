"""The certificate that a label's contracts are sealed with: X.509, in PKCS #12, and the seal itself (PAdES)."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner, fields

from app.contracts.errors import CertificateUnusable

LIFE: Final = timedelta(days=3_653)
MOST_BYTES: Final = 100_000
LONGEST_COMMON_NAME: Final = 64
FIELD: Final = "Seal"
_HINDRANCES = (ValueError, TypeError, x509.ExtensionNotFound)
_USAGES: Final = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


class Certificate(NamedTuple):
    """A certificate (DER), with its key as PKCS #12 without a password, and the moment its time is over."""

    der: bytes
    pkcs12: bytes
    ends_at: datetime


def make(name: str, serial: str, *, now: datetime) -> Certificate:
    """A certificate that a label makes for itself; `serial` (letters, digits) tells it from others of its name."""
    key = ec.generate_private_key(ec.SECP256R1())
    # RFC 5280 lets a common name have 64 characters, and two labels may have one name.
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name[:LONGEST_COMMON_NAME] or serial),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, serial),
        ]
    )
    usage = dict.fromkeys(_USAGES, False) | {"digital_signature": True, "content_commitment": True}
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    whole = pkcs12.serialize_key_and_certificates(b"seal", key, certificate, None, NoEncryption())
    return Certificate(certificate.public_bytes(Encoding.DER), whole, certificate.not_valid_after_utc)


def taken(raw: bytes, password: str, *, now: datetime) -> Certificate:
    """A label's own certificate from a PKCS #12 file; `CertificateUnusable` where nothing can be sealed with it."""
    if len(raw) > MOST_BYTES:
        raise CertificateUnusable
    try:
        held = pkcs12.load_pkcs12(raw, password.encode() or None)
        own = held.cert.certificate if held.cert else None
        if own is None or held.key is None or not own.not_valid_before_utc <= now < own.not_valid_after_utc:
            raise CertificateUnusable
        usage = own.extensions.get_extension_for_class(x509.KeyUsage).value
        if not (usage.content_commitment or usage.digital_signature):
            raise CertificateUnusable
        others = [each.certificate for each in held.additional_certs]
        key: Any = held.key  # whatever kind it is: one that cannot sign is refused a line later
        plain = pkcs12.serialize_key_and_certificates(b"seal", key, own, others, NoEncryption())
        if SimpleSigner.load_pkcs12_data(plain, []) is None:
            raise CertificateUnusable
    except _HINDRANCES:
        raise CertificateUnusable from None
    return Certificate(own.public_bytes(Encoding.DER), plain, own.not_valid_after_utc)


def sealed(paper: bytes, evidence: bytes, certificate_pkcs12: bytes, *, reason: str, label: str) -> bytes:
    """A paper with the pages of evidence behind its own, sealed so that a later change shows (PAdES, EN 319 142).

    What was signed stays as it is, byte for byte, at the beginning of the file.
    """
    signer = SimpleSigner.load_pkcs12_data(certificate_pkcs12, [])
    writer = IncrementalPdfFileWriter(io.BytesIO(_with_pages(paper, evidence)))
    meta = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        name=label,
        reason=reason,
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    out: Any = PdfSigner(meta, signer).sign_pdf(writer)
    whole: bytes = out.getvalue()
    return whole


def _with_pages(paper: bytes, more: bytes) -> bytes:
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(paper))  # which says nothing of its types
    reader: Any = PdfFileReader(io.BytesIO(more))
    for place in range(int(reader.root["/Pages"]["/Count"])):
        page = reader.find_page_for_modification(place)[0].get_object()
        # Its place in the other file's tree and in that one's structure would bring all of that along.
        for name in ("/Parent", "/StructParents", "/Annots"):
            if name in page:
                del page[name]
        writer.insert_page(writer.import_object(page))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
