"""Links to files through the real route: they open one file, on one label's hosts, for a while, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import unquote

import obstore
import pytest
from litestar.testing import TestClient

from app.kernel import clock, crypto, db, files, ids
from app.kernel.actor import Actor
from app.kernel.files import store
from tenants.archive.restoring import _raise_fence
from tenants.lifecycle import erasing, service
from tests.factories.labels import a_label
from tests.kernel.jobs.work import eventually

US = Actor.system(None)
CONTENT = bytes(range(256)) * 20
SENTENCE = "This link is not valid any more."


@pytest.fixture(params=["folder"])
def environment(request):
    """The route does not know where objects lie; one store is enough here."""
    return request.getfixturevalue(f"in_{request.param}")


def a_file(tenant, *, name="song.flac", media_type="audio/flac", content=CONTENT):
    return files.store_stream(Actor.system(tenant), iter([content]), name=name, media_type=media_type)


def host_of(tenant):
    return f"{tenant.slug}.localhost"


def refused(answer, sentence=SENTENCE, status=404):
    """Refused in one sentence that names nothing of the file."""
    assert answer.status_code == status, answer.text
    assert sentence in answer.text
    assert "Traceback" not in answer.text
    assert "song" not in answer.text + str(answer.headers)
    assert CONTENT[:50] not in answer.content
    return True


def test_a_link_opens_its_file_on_its_labels_host(client_of, label):
    stored = a_file(label)
    answer = client_of(host_of(label)).get(files.url(label, stored.id))
    assert answer.status_code == 200
    assert answer.content == CONTENT
    assert answer.headers["content-type"] == "audio/flac"
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["content-disposition"].startswith('inline; filename="song.flac"')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "private" in answer.headers["cache-control"]


def test_a_link_can_say_that_the_file_is_to_be_saved(client_of, label):
    answer = client_of(host_of(label)).get(files.url(label, a_file(label).id, attachment=True))
    assert answer.headers["content-disposition"].startswith("attachment;")


def test_an_empty_file_is_sent(client_of, label):
    answer = client_of(host_of(label)).get(files.url(label, a_file(label, content=b"").id))
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")


def flipped(text, place):
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


ALTERED = {
    "no signature": lambda link: "/files/" + link[-20:],
    "nothing at all": lambda link: "/files/x",
    "signature altered": lambda link: flipped(link, len("/files/") + 3),
    "path altered": lambda link: flipped(link, len(link) - 30),
    "cut": lambda link: link[:-4],
    "lengthened": lambda link: link + "AAAA",
    "signature of zeros": lambda link: "/files/" + "A" * 43 + link[50:],
    "not ASCII": lambda link: "/files/%C3%BC" + link[10:],
    "not base64": lambda link: "/files/~" + link[8:],
    "a NUL": lambda link: link + "%00",
    "very long": lambda link: "/files/" + "A" * 9_000,
    "dots": lambda link: "/files/%2e%2e",
}


@pytest.mark.parametrize("how", ALTERED)
def test_an_altered_link_opens_nothing(client_of, label, how):
    link = files.url(label, a_file(label).id)
    answer = client_of(host_of(label)).get(ALTERED[how](link))
    assert answer.status_code == 404, answer.text
    assert CONTENT[:50] not in answer.content
    assert "Traceback" not in answer.text


def test_no_folder_can_be_climbed_out_of(client_of, label):
    link = files.url(label, a_file(label).id)
    for path in (
        "/files/..%2f..%2fetc%2fpasswd",
        "/files/%2fetc%2fpasswd",
        link + "/../../x",
        link + "/more",
        "/files/",
    ):
        answer = client_of(host_of(label)).get(path)
        assert answer.status_code in (400, 404), path
        assert CONTENT[:50] not in answer.content


def test_parameters_change_nothing_about_what_a_link_opens(client_of, label):
    link = files.url(label, a_file(label, media_type="text/html", name="page.html").id)
    answer = client_of(host_of(label)).get(link + "?attachment=false&disposition=inline&type=text/html")
    assert answer.headers["content-disposition"].startswith("attachment;")


def test_a_link_opens_nothing_on_another_labels_host(client_of, label, rival):
    link = files.url(label, a_file(label).id)
    assert refused(client_of(host_of(rival)).get(link))


def test_a_rival_cannot_sign_for_a_file_that_is_not_his(client_of, label, rival):
    stored = a_file(label)
    link = files.url(rival, stored.id)
    assert refused(client_of(host_of(rival)).get(link), "This file could not be found.")
    assert refused(client_of(host_of(label)).get(link))


def test_the_operators_host_and_unknown_hosts_open_no_file(client_of, label):
    link = files.url(label, a_file(label).id)
    for host in ("admin.localhost", "nobody.localhost", "evil.example"):
        answer = client_of(host).get(link)
        assert answer.status_code in (400, 404, 421), host
        assert CONTENT[:50] not in answer.content


def test_another_method_opens_nothing(client_of, label):
    link, client = files.url(label, a_file(label).id), client_of(host_of(label))
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = client.request(method, link)
        assert answer.status_code in (404, 405), method
        assert CONTENT[:50] not in answer.content
    head = client.head(link)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(CONTENT)))


def test_a_token_for_another_purpose_opens_nothing(client_of, label):
    stored = a_file(label)
    token = crypto.sign("invitation", label, [str(stored.id), False], expires_in=timedelta(minutes=5))
    assert refused(client_of(host_of(label)).get(f"/files/{token}"))


def test_a_link_ends_with_its_time(client_of, label, monkeypatch):
    stored, client = a_file(label), client_of(host_of(label))
    link = files.url(label, stored.id, lasts=timedelta(minutes=10))
    assert client.get(link).status_code == 200
    later = clock.now() + timedelta(minutes=10, seconds=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert refused(client.get(link))


def test_a_link_ends_with_its_row(client_of, label):
    stored, client = a_file(label), client_of(host_of(label))
    link = files.url(label, stored.id)
    with db.tenant_work(label) as session:
        session.delete(session.get_one(files.StoredFile, stored.id))
    assert refused(client.get(link), "This file could not be found.")


def test_a_link_to_no_file_at_all_is_refused(client_of, label):
    assert refused(client_of(host_of(label)).get(files.url(label, ids.new_id())), "This file could not be found.")


def test_a_link_of_before_a_move_or_a_restore_opens_nothing(client_of, connected):
    tenant = a_label()
    link = files.url(tenant, a_file(tenant).id)
    client = client_of(host_of(tenant))
    assert client.get(link).status_code == 200
    _raise_fence(tenant.id)
    assert eventually(lambda: client.get(link).status_code == 404), "the registry was never told"
    assert refused(client.get(link))


def test_a_link_outlives_a_rename_of_its_label(client_of, connected):
    tenant = a_label()
    link = files.url(tenant, a_file(tenant).id)
    service.rename(tenant.id, by=US, display_name="Another Name")
    assert client_of(host_of(tenant)).get(link).content == CONTENT


def test_a_suspended_label_may_still_read_its_files(client_of, connected):
    tenant = a_label()
    link = files.url(tenant, a_file(tenant).id)
    service.suspend(tenant.id, by=US, reason="unpaid")
    client = client_of(host_of(tenant))
    assert eventually(lambda: client.get("/").status_code == 503), "the shop of a suspended label is closed"
    assert client.get(link).content == CONTENT


def test_a_closed_labels_links_open_nothing(client_of, connected):
    tenant = a_label()
    link = files.url(tenant, a_file(tenant).id)
    client = client_of(host_of(tenant))
    assert client.get(link).status_code == 200
    service.close(tenant.id, by=US, grace=timedelta(0))
    erasing.erase(tenant.id, by=US)
    assert eventually(lambda: client.get("/portal/sign-in").status_code == 404), "the registry was never told"
    answer = client.get(link)
    assert answer.status_code == 404
    assert CONTENT[:50] not in answer.content


RANGES = {
    "bytes=0-9": (206, CONTENT[:10]),
    "bytes=10-": (206, CONTENT[10:]),
    "bytes=-7": (206, CONTENT[-7:]),
    "bytes=5000-999999999": (206, CONTENT[5000:]),
    f"bytes={len(CONTENT)}-": (416, b""),
    "bytes=-0": (416, b""),
    "bytes=-": (200, CONTENT),
    "bytes=0-1,5-6": (200, CONTENT),
    "bytes=a-b": (200, CONTENT),
    "lines=0-9": (200, CONTENT),
    "bytes=" + "9" * 40 + "-": (200, CONTENT),
}

END = len(CONTENT) - 1
PLACES = {
    "bytes=0-9": (0, 9),
    "bytes=10-": (10, END),
    "bytes=-7": (END - 6, END),
    "bytes=5000-999999999": (5000, END),
}


@pytest.mark.parametrize("header", RANGES)
def test_a_range_is_sent_or_refused_or_passed_over(client_of, label, header):
    status, content = RANGES[header]
    answer = client_of(host_of(label)).get(files.url(label, a_file(label).id), headers={"range": header})
    assert (answer.status_code, answer.content) == (status, content)
    if status == 206:
        first, last = PLACES[header]
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(CONTENT)}"
        assert answer.headers["content-length"] == str(len(content))
    if status == 416:
        assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"


def test_what_a_browser_has_already_is_not_sent_again(client_of, label):
    link, client = files.url(label, a_file(label).id), client_of(host_of(label))
    tag = client.get(link).headers["etag"]
    again = client.get(link, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")


HOSTILE = [
    'a"b.pdf',
    "a\r\nSet-Cookie: x=1.pdf",
    "a\x00b\x1f.pdf",
    "../../etc/passwd",
    "C:\\Windows\\system32\\x.pdf",
    "تسجيل.pdf",
    "日本語 名前.pdf",
    "\u202egnp.exe",
    "a\u2028b.pdf",
    "x; filename=evil.exe",
    "%0d%0aX-Evil: 1",
    "a" * 500,
    "",
    "...",
    "back\\slash'quote.pdf",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_breaks_the_header(client_of, label, name):
    stored = a_file(label, name=name, media_type="application/pdf")
    answer = client_of(host_of(label)).get(files.url(label, stored.id))
    header = answer.headers["content-disposition"]
    found = re.fullmatch(r"""inline; filename="([^"\\%\r\n]*)"; filename\*=UTF-8''([A-Za-z0-9._~%-]*)""", header)
    assert found, header
    assert header.isprintable()
    assert unquote(found[2]) == stored.name
    assert stored.name
    assert not re.search(r"[/\\\x00-\x1f\u202e]", stored.name)
    assert len(stored.name) <= 180
    assert not {"set-cookie", "x-evil"} & set(answer.headers)


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "x\r\ny: z"]
)
def test_what_could_run_in_the_labels_name_is_never_shown_in_place(client_of, label, kind):
    answer = client_of(host_of(label)).get(files.url(label, a_file(label, media_type=kind).id))
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "y" not in answer.headers


def test_broken_bytes_are_a_sentence_and_never_half_a_file(product, label):
    stored = a_file(label)
    path = store.path_of(label.id, stored.sha256)
    raw = bytes(obstore.get(store.objects(), path).bytes())
    with TestClient(product, base_url=f"https://{host_of(label)}", raise_server_exceptions=False) as client:
        for wrong in (raw[:-9], raw[: store.HEADER], raw[:40] + b"?" + raw[41:], None):
            obstore.delete(store.objects(), path) if wrong is None else obstore.put(store.objects(), path, wrong)
            answer = client.get(files.url(label, stored.id))
            assert answer.status_code == 500
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert answer.json()["detail"].startswith("Something went wrong on our side. ")
            assert "Traceback" not in answer.text
            assert stored.sha256 not in answer.text + str(answer.headers)
