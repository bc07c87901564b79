"""What a mail may say and to whom: names of every script, and no line that was not meant as one."""

from __future__ import annotations

import stat
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from app.kernel import db, ids, mail
from app.kernel.mail.outgoing import AddressUnusable, compose
from app.kernel.mail.transport import deliver

BREAKS = ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x1c", "\x1e", "\x85", "\u2028", "\u2029"]
HEADERS = {"From", "To", "Subject", "Message-ID", "Date", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}


def written(tenant, settings, *, to="ada@example.com", subject="Hello", body="Text.\n", html=None):
    """The mail as it was kept on disk, parsed again."""
    message = compose(tenant, mail.Mail(to=to, subject=subject, text=body, html=html), number=str(ids.new_id()))
    deliver(settings, tenant.id, message)
    folder = settings.data / "mail" / tenant.id
    newest = max(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    return message_from_bytes(newest.read_bytes(), policy=policy.default)


@pytest.fixture
def settings_here(connected, services, database_name, tmp_path):
    """Settings without a mail server, whose mails are caught in a folder of the test's own."""
    chosen = services.settings(database_name, BOPTONE_DATA=str(tmp_path))
    assert chosen.smtp_url is None
    return chosen


@pytest.fixture
def smtp_url():
    """Nobody; what is tested here never asks a server."""
    return "smtp://127.0.0.1:9"


@pytest.mark.parametrize("line_break", BREAKS, ids=ascii)
def test_no_subject_and_no_name_adds_a_header(label, settings_here, line_break):
    evil = f"Hello{line_break}Bcc: everybody@example.com{line_break}{line_break}<p>evil</p>"
    message = written(replace(label, name=evil), settings_here, subject=evil)
    assert set(message.keys()) <= HEADERS
    assert message["Subject"].startswith("Hello Bcc: everybody@example.com")
    assert message["From"].addresses[0].addr_spec == "post@canary.localhost"
    assert len(message["From"].addresses) == 1
    assert message.get_body(("plain",)).get_content() == "Text.\r\n"


def test_a_labels_name_cannot_pass_for_an_address(label, settings_here):
    for name in (
        '"x" <ceo@bank.example>, y',
        "a@b.example",
        "x,y;z",
        'back\\slash "quoted"',
        "<>",
        "",
        "=?utf-8?q?x?=",
    ):
        message = written(replace(label, name=name), settings_here)
        assert [one.addr_spec for one in message["From"].addresses] == ["post@canary.localhost"], name


UNUSABLE = [
    "",
    "ada",
    "@example.com",
    "ada@",
    "ada@x@example.com",
    "ada@example.com, eve@example.com",
    "ada@example.com;eve",
    "Ada <ada@example.com>",
    "<ada@example.com>",
    "ada lovelace@example.com",
    "ada@example..com",
    "ada@exam ple.com",
    "ada@" + "x" * 70 + ".com",
    "جميل@example.com",
    *[f"ada{line_break}Bcc: eve@example.com" for line_break in BREAKS],
    *[f"ada@example.com{line_break}x" for line_break in BREAKS],
]


@pytest.mark.parametrize("address", UNUSABLE, ids=ascii)
def test_what_is_not_one_address_is_refused_before_anything_waits(label, address):
    with pytest.raises(AddressUnusable, match="is not a mail address"), db.tenant_work(label) as session:
        mail.ask(session, label, mail.Mail(to=address, subject="x", text="x"))


def test_usual_and_unusual_addresses_are_taken_as_they_are(label, settings_here):
    for address in (
        "ada@example.com",
        "ada+tag@mail.example.co.uk",
        "o'hara@example.ie",
        '"a b"@example.com',
        "a@localhost",
    ):
        assert [one.addr_spec for one in written(label, settings_here, to=address)["To"].addresses] == [address]


def test_an_international_domain_is_reached_in_its_plain_form(label, settings_here):
    message = written(label, settings_here, to="anna@müller.example")
    assert message["To"] == "anna@xn--mller-kva.example"


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("تسجيلات النيل", "مرحبًا بك في المتجر ١٢٣"),
        ("הוצאת תקליטים", "שלום Canary 7 שלום"),
        ("東京レコード", "ご招待です 🎵" * 20),
        ("Éditions Ñandú & Söhne", "Ærø – “quoted” – " + "lång " * 60),
        ("Ελληνική", "\u202bمرحبا\u202c mixed \u200f!"),
    ],
)
def test_every_script_arrives_as_it_was_written(label, settings_here, name, subject):
    body = f"{subject}\n.\n..\nFrom here\n" + "x" * 2_000 + "\n"
    message = written(replace(label, name=name), settings_here, subject=subject, body=body, html=f"<p>{subject}</p>")
    assert message["From"].addresses[0].display_name == name
    assert message["Subject"] == subject.strip()
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == body
    assert message.get_body(("html",)).get_content().strip() == f"<p>{subject}</p>"


def test_every_line_of_a_mail_can_travel(label, settings_here):
    written(label, settings_here, subject="ü" * 300, body="ü" * 5_000 + "\n" + "y" * 5_000 + "\n")
    (kept,) = (settings_here.data / "mail" / label.id).glob("*.eml")
    lines = kept.read_bytes().split(b"\r\n")
    assert max(map(len, lines)) <= 998, "RFC 5322 §2.1.1"
    assert all(b"\n" not in line and b"\r" not in line for line in lines)
    kept.read_bytes().decode("ascii")


def test_without_a_server_mail_is_caught_as_files_of_its_label(label, rival, settings_here):
    written(label, settings_here, subject="for the canary")
    written(rival, settings_here, subject="for the rival")
    assert {one.subject for one in mail.caught(settings_here)} == {"for the canary", "for the rival"}
    (mine,) = mail.caught(settings_here, label.id)
    assert (mine.tenant_id, mine.to, mine.subject, mine.text) == (
        label.id,
        "ada@example.com",
        "for the canary",
        "Text.\r\n",
    )
    assert mine.sender == "Canary Records <post@canary.localhost>"


def test_caught_mail_is_whole_private_and_newest_first(label, settings_here):
    for number in range(5):
        written(label, settings_here, subject=f"number {number}")
    folder = settings_here.data / "mail" / label.id
    assert sorted(file.suffix for file in folder.iterdir()) == [".eml"] * 5
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (folder / ".half").write_bytes(b"half")
    found = mail.caught(settings_here, label.id, limit=2)
    assert [one.subject for one in found] == ["number 4", "number 3"]


def test_a_mail_sent_twice_is_caught_once(label, settings_here):
    for _ in range(2):
        deliver(settings_here, label.id, compose(label, mail.Mail(to="a@b.example", subject="x", text="x"), number="1"))
    assert len(mail.caught(settings_here)) == 1
