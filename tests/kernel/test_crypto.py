"""Secrets and signatures: each label's own, unreadable when changed, and gone with the key."""

from __future__ import annotations

import base64
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError

from app.kernel import clock, crypto, db, ids
from app.kernel.crypto import keys
from app.kernel.crypto.keys import LabelKey
from app.kernel.tenant import Tenant, TenantState
from app.main import composition

SECRET = b"the artist's bank account"
HOUR = timedelta(hours=1)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_remembered():
    crypto.forget_keys()
    yield
    crypto.forget_keys()


@pytest.fixture
def keyed(connected):
    """A label that has nothing but a key."""
    tenant = Tenant(ids.new_tenant_id(), "home", TenantState.ACTIVE)
    with db.platform_work() as session:
        crypto.create_key(session, tenant)
    crypto.forget_keys()
    yield tenant
    with db.platform_work() as session:
        crypto.erase_key(session, tenant.id)


def wrapped(tenant):
    with db.platform_read() as session:
        return session.scalars(select(LabelKey.wrapped_key).where(LabelKey.tenant_id == tenant.id)).one()


def put_wrapped(tenant, value):
    with db.platform_work() as session:
        session.execute(delete(LabelKey).where(LabelKey.tenant_id == tenant.id))
        session.add(LabelKey(tenant_id=tenant.id, wrapped_key=value, version=keys.MASTER_VERSION))
    crypto.forget_keys()


def test_what_is_sealed_opens_for_the_same_label_and_context(label):
    for plaintext in (b"", SECRET, bytes(300_000)):
        sealed = crypto.seal(label, plaintext, "payee:iban")
        assert crypto.open_sealed(label, sealed, "payee:iban") == plaintext
        assert not plaintext or plaintext not in sealed


def test_the_same_secret_is_never_sealed_to_the_same_bytes(label):
    sealed = {crypto.seal(label, SECRET, "payee:iban") for _ in range(500)}
    assert len({each[1:13] for each in sealed}) == 500


def test_a_rival_opens_nothing(label, rival):
    sealed = crypto.seal(label, SECRET, "payee:iban")
    with pytest.raises(crypto.SealBroken):
        crypto.open_sealed(rival, sealed, "payee:iban")


def test_a_rival_has_other_keys_for_every_purpose(label, rival):
    derived = [
        crypto.label_key(tenant, purpose) for tenant in (label, rival) for purpose in ("seal", "fingerprint", "")
    ]
    assert len(set(derived)) == 6
    assert {len(each) for each in derived} == {32}
    assert crypto.label_key(label, "seal") == derived[0]


def test_a_seal_does_not_open_in_another_place_of_the_same_label(label):
    sealed = crypto.seal(label, SECRET, "payee:1")
    for other in ("payee:2", "", "payee:1 ", "PAYEE:1"):
        with pytest.raises(crypto.SealBroken):
            crypto.open_sealed(label, sealed, other)


def test_every_changed_byte_is_noticed(label):
    sealed = crypto.seal(label, SECRET, "x")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(crypto.SealBroken):
            crypto.open_sealed(label, bytes(changed), "x")


def test_what_was_cut_lengthened_or_never_sealed_is_refused(label):
    sealed = crypto.seal(label, SECRET, "x")
    for wrong in (*(sealed[:length] for length in range(len(sealed))), sealed + b"\0", bytes(80), b"\x01" * 80, SECRET):
        with pytest.raises(crypto.SealBroken):
            crypto.open_sealed(label, wrong, "x")


def test_a_fingerprint_is_the_same_within_a_label_and_comparable_across_none(label, rival):
    assert crypto.fingerprint(label, "ada@x.test") == crypto.fingerprint(label, "ada@x.test")
    assert crypto.fingerprint(label, "ada@x.test") != crypto.fingerprint(label, "Ada@x.test")
    assert crypto.fingerprint(label, "ada@x.test") != crypto.fingerprint(rival, "ada@x.test")


def test_a_key_lies_wrapped_in_the_database_and_differently_each_time(keyed, label):
    key = keys._data_key(keyed.id)
    assert key not in wrapped(keyed)
    assert len(wrapped(keyed)) == 12 + 32 + 16
    assert wrapped(keyed)[:12] != wrapped(label)[:12]


def test_an_erased_key_takes_what_was_sealed_with_it(keyed, label):
    sealed, others = crypto.seal(keyed, SECRET, "x"), crypto.seal(label, SECRET, "x")
    with db.platform_work() as session:
        crypto.erase_key(session, keyed.id)
    for use in (
        lambda: crypto.open_sealed(keyed, sealed, "x"),
        lambda: crypto.seal(keyed, SECRET, "x"),
        lambda: crypto.fingerprint(keyed, "x"),
    ):
        with pytest.raises(crypto.KeyErased, match="erased"):
            use()
    assert crypto.open_sealed(label, others, "x") == SECRET


def test_a_new_key_does_not_open_what_the_erased_one_sealed(keyed):
    sealed = crypto.seal(keyed, SECRET, "x")
    with db.platform_work() as session:
        crypto.erase_key(session, keyed.id)
    with db.platform_work() as session:
        crypto.create_key(session, keyed)
    with pytest.raises(crypto.SealBroken):
        crypto.open_sealed(keyed, sealed, "x")


def test_a_process_that_was_not_told_forgets_an_erased_key_by_itself(keyed, monkeypatch):
    sealed = crypto.seal(keyed, SECRET, "x")
    with db.platform_work() as session:
        session.delete(session.get_one(LabelKey, keyed.id))  # another process erased it
    assert crypto.open_sealed(keyed, sealed, "x") == SECRET
    later = clock.monotonic() + keys.KEEP_SECONDS + 1
    monkeypatch.setattr(clock.time, "monotonic", lambda: later)
    with pytest.raises(crypto.KeyErased):
        crypto.open_sealed(keyed, sealed, "x")


def test_a_key_whose_opening_failed_is_not_remembered(connected):
    tenant = Tenant(ids.new_tenant_id(), "home", TenantState.ACTIVE)
    with pytest.raises(InterruptedError), db.platform_work() as session:
        crypto.create_key(session, tenant)
        crypto.seal(tenant, SECRET, "x")
        raise InterruptedError
    with pytest.raises(crypto.KeyErased):
        crypto.seal(tenant, SECRET, "x")


def test_one_labels_wrapped_key_is_worth_nothing_in_anothers_row(keyed, label):
    sealed = crypto.seal(label, SECRET, "x")
    put_wrapped(keyed, wrapped(label))
    with pytest.raises(crypto.SecretChanged, match=keyed.id):
        crypto.open_sealed(keyed, sealed, "x")


def test_a_changed_wrapped_key_is_noticed(keyed):
    whole = wrapped(keyed)
    for wrong in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[:20]):
        put_wrapped(keyed, wrong)
        with pytest.raises(crypto.SecretChanged):
            crypto.seal(keyed, SECRET, "x")


def test_a_process_with_another_secret_opens_nothing_and_accepts_no_link(services, database_name, label):
    sealed, link = crypto.seal(label, SECRET, "x"), crypto.sign("file", label, 1, expires_in=HOUR)
    db.close()
    crypto.forget_keys()
    other = services.settings(database_name, SECRET_KEY="another-secret-of-some-length-0123456789-abcdef")
    with composition.connected("test", other):
        with pytest.raises(crypto.SecretChanged, match="SECRET_KEY"):
            crypto.open_sealed(label, sealed, "x")
        with pytest.raises(crypto.SignatureRefused):
            crypto.verify("file", label, link)


def test_a_key_is_made_and_erased_but_never_exchanged(keyed):
    with pytest.raises(DBAPIError, match="permission denied"), db.platform_work() as session:
        session.get_one(LabelKey, keyed.id).wrapped_key = bytes(60)


def test_a_labels_role_cannot_look_at_any_key(label):
    with pytest.raises(DBAPIError, match="permission denied"), db.tenant_read(label) as session:
        session.execute(text("SELECT count(*) FROM shared.label_keys"))


def test_many_threads_unwrap_the_same_key(label, rival):
    found, threads = [], []
    for tenant in [label, rival] * 8:
        threads.append(
            threading.Thread(target=lambda who=tenant: found.append((who.id, crypto.label_key(who, "seal"))))
        )
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 2


def test_no_secret_shows_in_a_repr(keyed, connected):
    with db.platform_read() as session:
        row = session.get_one(LabelKey, keyed.id)
        shown = f"{row!r} {connected!r} {connected} {keyed!r} {crypto.SecretChanged()!r}"
    for secret in (wrapped(keyed), keys._data_key(keyed.id)):
        assert repr(secret)[2:12] not in shown
        assert secret.hex() not in shown
    assert connected.secret_key not in shown
    assert connected.derived_key("label-keys:1").hex() not in shown


@pytest.mark.parametrize("payload", [None, 0, "x", ["a", 1, None], {"b": [1.5, True]}, "é🎵", "a" * 2_000])
def test_a_signed_payload_comes_back_for_its_purpose_and_label(label, payload):
    token = crypto.sign("file", label, payload, expires_in=HOUR)
    assert crypto.verify("file", label, token) == payload
    assert token.replace("-", "").replace("_", "").isalnum()
    assert token.isascii()


def test_a_signature_is_worth_nothing_to_a_rival_the_platform_or_another_purpose(label, rival):
    token = crypto.sign("file", label, 1, expires_in=HOUR)
    for purpose, whose in (("file", rival), ("file", None), ("files", label), ("", label), ("cursor:file", label)):
        with pytest.raises(crypto.SignatureRefused):
            crypto.verify(purpose, whose, token)
    ours = crypto.sign("file", None, 1, expires_in=HOUR)
    assert crypto.verify("file", None, ours) == 1
    with pytest.raises(crypto.SignatureRefused):
        crypto.verify("file", label, ours)


def test_a_signature_outlives_a_rename_but_no_move_restore_or_closing(label):
    token = crypto.sign("file", label, 1, expires_in=HOUR)
    assert crypto.verify("file", replace(label, epoch=label.epoch + 1, slug="renamed"), token) == 1
    for fence in (label.fence_epoch + 1, label.fence_epoch + 10):
        with pytest.raises(crypto.SignatureRefused):
            crypto.verify("file", replace(label, fence_epoch=fence), token)


def test_a_signature_ends_when_it_said(label):
    with clock.frozen_at(NOON):
        token = crypto.sign("file", label, 1, expires_in=HOUR)
        over = crypto.sign("file", label, 1, expires_in=timedelta(seconds=-1))
    with clock.frozen_at(NOON + HOUR - timedelta(seconds=1)):
        assert crypto.verify("file", label, token) == 1
    for late in (HOUR + timedelta(seconds=1), HOUR * 24 * 365):
        with clock.frozen_at(NOON + late), pytest.raises(crypto.SignatureRefused, match="not valid any more"):
            crypto.verify("file", label, token)
    with clock.frozen_at(NOON), pytest.raises(crypto.SignatureRefused):
        crypto.verify("file", label, over)


def test_every_changed_byte_of_a_token_is_noticed(label):
    raw = base64.urlsafe_b64decode(
        (token := crypto.sign("file", label, "abc", expires_in=HOUR)) + "=" * (-len(token) % 4)
    )
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(crypto.SignatureRefused):
            crypto.verify("file", label, base64.urlsafe_b64encode(changed).decode().rstrip("="))


@pytest.mark.parametrize(
    "hostile",
    ["", "a", "=", "====", "abc", "é" * 50, "\ud800", "\x00" * 60, "../../etc/passwd", "A" * 43, "A" * 44, "A" * 1_000_000,
     "eyJhbGciOiJub25lIn0.e30.", "A" * 60 + "\n", "+/" * 40, " " * 60, "[" * 5_000, "🎵" * 20],
)  # fmt: skip
def test_a_token_that_is_none_is_refused_and_never_an_error(label, hostile):
    with pytest.raises(crypto.SignatureRefused):
        crypto.verify("file", label, hostile)


def test_a_token_has_one_spelling(label):
    token = crypto.sign("file", label, "a", expires_in=HOUR)
    for length in range(2, 5):
        if len(token) % 4 != 2:
            token = crypto.sign("file", label, "a" * length, expires_in=HOUR)
    assert len(token) % 4 == 2, "one spelling only, whatever it says"
    respelled = token[:-1] + chr(ord(token[-1]) + 1)
    for other in (respelled, token + "==", token + "=", token + "\n", " " + token):
        with pytest.raises(crypto.SignatureRefused):
            crypto.verify("file", label, other)
