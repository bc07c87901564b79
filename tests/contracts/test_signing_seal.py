"""The seal: a PDF that anybody can check, once, whatever happens in between; and days that pass."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from sqlalchemy import func, select

from app.contracts.errors import CertificateUnusable
from app.contracts.models import Contract, SigningCertificate
from app.contracts.rules import certificates
from app.contracts.service import reminding, sealing
from app.contracts.service.sending import NewSigner
from app.kernel import clock, crypto, db, files
from app.kernel.activity.models import Activity
from app.kernel.actor import Actor
from app.kernel.files import StoredFile
from tests.contracts.test_signing import ADA, BEN
from tests.factories.money import a_contract, terms


def paper(room, name="sealed_id"):
    with db.tenant_read(room.tenant) as session:
        stored = session.get_one(StoredFile, getattr(room.version(), name))
    return b"".join(files.read_object(room.tenant, stored.sha256))


def used(room):
    with db.tenant_read(room.tenant) as session:
        return session.scalars(select(SigningCertificate).where(SigningCertificate.retired_at.is_(None))).one()


def checked(pdf, certificate):
    found = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    assert len(found) == 1
    roots = ValidationContext(trust_roots=[Certificate.load(certificate)])
    return validate_pdf_signature(found[0], roots)


def happened(room, action):
    with db.tenant_read(room.tenant) as session:
        return session.scalar(select(func.count()).select_from(Activity).where(Activity.action == action))


@pytest.fixture
def sealed(room):
    room.send(ADA)
    assert room.sign().status_code == 200
    room.work()
    return room


def test_the_sealed_contract_is_valid_and_begins_with_what_was_signed(sealed):
    pdf = paper(sealed)
    status = checked(pdf, used(sealed).certificate)
    assert status.bottom_line
    assert pdf.startswith(paper(sealed, "document_id"))
    pages = PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Count"]
    before = PdfFileReader(io.BytesIO(paper(sealed, "document_id"))).root["/Pages"]["/Count"]
    assert pages > before


@pytest.mark.parametrize("part", [0.05, 0.3, 0.6])
def test_a_changed_byte_shows(sealed, part):
    pdf = bytearray(paper(sealed))
    pdf[int(len(pdf) * part)] ^= 1
    try:
        is_valid = checked(bytes(pdf), used(sealed).certificate).bottom_line
    except Exception:  # noqa: BLE001 a file that cannot be read any more is not taken for valid
        is_valid = False
    assert not is_valid


def test_a_seal_of_another_label_is_not_ours(sealed, rival):
    with db.tenant_work(rival) as session:
        theirs = sealing.certificate_of(session, rival).certificate
    assert not checked(paper(sealed), theirs).bottom_line


def test_a_contract_is_sealed_once_however_often_it_is_asked_for(sealed):
    with db.tenant_work(sealed.tenant) as session:
        sealing.seal(session, sealed.tenant, sealed.version().id)
    assert happened(sealed, "contract.sealed") == 1
    assert happened(sealed, "contract.activated") == 1


def test_the_key_lies_sealed_under_the_labels_own(sealed, rival):
    row = used(sealed)
    assert b"PRIVATE" not in row.sealed_key
    with pytest.raises(crypto.SealBroken):
        crypto.open_sealed(rival, row.sealed_key, "signing-certificate")


def own_file(password=b"secret", *, days=0):
    made = certificates.make("Own", "1", now=clock.now() - timedelta(days=days))
    key, certificate, _ = pkcs12.load_key_and_certificates(made.pkcs12, None)
    return pkcs12.serialize_key_and_certificates(b"own", key, certificate, None, BestAvailableEncryption(password))


def test_a_label_brings_its_own_certificate(room):
    owner, here = room.member(), "/portal/settings/signing-certificate"
    assert owner.get(here).status_code == 200
    send = {"files": {"certificate": ("own.p12", own_file(), "application/x-pkcs12")}}
    assert owner.post(here, data={"password": "wrong"}, **send).status_code == 422
    assert owner.post(here, data={"password": "secret"}, **send).status_code == 303
    assert used(room).is_own
    room.send(ADA)
    room.sign()
    room.work()
    assert checked(paper(room), used(room).certificate).bottom_line
    assert room.member("legal").post(here, data={"password": "secret"}, **send).status_code == 403


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"x" * 200_000])
def test_what_is_no_certificate_is_refused(raw):
    with pytest.raises(CertificateUnusable):
        certificates.taken(raw, "", now=clock.now())


def test_a_certificate_whose_time_is_over_is_refused_and_ours_is_renewed(room):
    with pytest.raises(CertificateUnusable):
        certificates.taken(own_file(days=4_000), "secret", now=clock.now())
    with db.tenant_work(room.tenant) as session:
        first = sealing.certificate_of(session, room.tenant).id
    with clock.frozen_at(clock.now() + timedelta(days=4_000)), db.tenant_work(room.tenant) as session:
        assert sealing.certificate_of(session, room.tenant).id != first


def test_a_signed_contract_that_meanwhile_contradicts_another_is_sealed_and_waits(room):
    room.send(ADA)
    other = a_contract(room.tenant, terms(room.payee), title="First come")
    assert room.sign().status_code == 200
    room.work()
    assert room.version().sealed_id is not None
    assert room.version().signed_at is None
    assert happened(room, "contract.blocked") == 1
    owner, here = room.member(), f"/portal/contracts/{room.contract.id}"
    assert "Bring into force" in owner.get(f"{here}/signatures").text
    assert owner.post(f"{here}/force").status_code == 409
    with db.tenant_work(room.tenant) as session:
        session.get_one(Contract, other.id).lane = "elsewhere"
    assert owner.post(f"{here}/force").status_code == 303
    assert room.state() == "active"


def passed(room, days):
    with clock.frozen_at(clock.now() + timedelta(days=days)), db.tenant_work(room.tenant) as session:
        reminding.day(session, room.tenant)


def test_whoever_does_not_sign_is_reminded_every_three_days_by_the_same_link(room):
    room.send(ADA, NewSigner(name="House", side="label"))
    link = room.link()
    passed(room, 1)
    assert len(room.mails()) == 1
    passed(room, 3)
    passed(room, 4)
    assert len(room.mails()) == 2
    passed(room, 7)
    assert len(room.mails()) == 3
    assert room.link() == link


def test_what_is_not_signed_in_time_is_over_and_can_begin_anew(room):
    room.send(ADA, BEN, days=2)
    assert room.sign().status_code == 200
    passed(room, 3)
    assert room.state() == "expired"
    assert "kann nicht mehr" in room.mails()[0].subject
    owner = room.member()
    assert owner.post(f"/portal/contracts/{room.contract.id}/negotiation").status_code == 303
    assert (room.state(), room.version().number) == ("negotiating", 2)
    room.send(ADA)
    assert room.sign().status_code == 200


def test_a_contract_that_is_being_sealed_does_not_expire(room):
    room.send(ADA, days=2)
    assert room.sign().status_code == 200
    passed(room, 3)
    assert room.state() == "viewed"
    room.work()
    assert room.state() == "active"


def test_an_amendment_is_signed_while_the_contract_stays_in_force(sealed):
    from decimal import Decimal

    from app.contracts.rules.terms import Clause
    from app.contracts.service import drafting

    with db.tenant_work(sealed.tenant) as session:
        contract = session.get_one(Contract, sealed.contract.id)
        better = terms(sealed.payee, Clause(id="all", rate=Decimal("0.7")))
        drafting.amend(session, Actor.system(sealed.tenant), contract, better)
    sealed.send(ADA)
    assert sealed.state() == "active"
    with clock.frozen_at(clock.now() + timedelta(minutes=5)):
        assert sealed.sign().status_code == 200
    sealed.work()
    assert sealed.state() == "active"
    assert sealed.version().signed_at is not None
    assert sealed.version().number == 2
