"""Whatever people write into any form, or into an address, comes out as the text it was and as nothing else.

Nothing here lists forms or pages: both are found by following links. What a later slice adds is tried by itself.
"""

from __future__ import annotations

import re
from collections import deque
from email import message_from_bytes, policy
from itertools import count
from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import select

from admin.service import add_operator
from app.catalog.models import ReleaseArtist
from app.kernel import db
from app.roster.models import Artist
from tests.factories.catalog import a_release, narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.factories.money import a_contract, a_payee, terms
from tests.identity.authenticator import Authenticator
from tests.identity.post import forget_waiting, work
from tests.markup import CANARY, LIVES, asked, came_alive, read
from tests.test_walls import ROUTES

ENDLESS = ("/portal/events",)
ENDS = re.compile(r"sign-out|/close|sessions/|/end$|security/(password|policy)|fleet/runs|/removal|deletion|/export$")
ENDING_VALUES = ("close", "move")
MOST_PAGES, MOST_LABELS = 800, 5
LANDMARKS = {"portal": ["/portal", "/"], "admin": ["/admin"], "artist": ["/artist"]}
_numbers = count(1)


@pytest.fixture
def mine(connected):
    return a_label(name="Markup Records", languages=("en", "ar"))


@pytest.fixture
def owner(client_of, mine):
    """An owner whose own name and browser are a canary."""
    member = a_member(mine, name=CANARY[:120])
    a_member(mine, name=CANARY[:120], role="artist")
    client = client_of(f"{mine.slug}.localhost")
    client.headers["user-agent"] = CANARY
    assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
    return member, client


@pytest.fixture
def artist(client_of, mine):
    """An artist who is called a canary, whose music and legal person are, too."""
    key = f"canary-{next(_numbers)}"
    release = a_release(mine, CANARY[:90], artists=[f"{CANARY[:90]} {key}"], label=CANARY[:90])
    with db.tenant_work(mine) as session:
        act = session.scalars(select(Artist).join(ReleaseArtist).where(ReleaseArtist.release_id == release)).one()
        payee = a_payee(mine, CANARY[:90])
        act.party_id, key = payee.party_id, act.key
    a_contract(mine, terms(payee), title=CANARY[:90], kind="producer")
    member = a_member(mine, name=CANARY[:120], role="artist")
    narrowed(mine, member, artists=[key])
    client = client_of(f"{mine.slug}.localhost")
    assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
    return member, client


@pytest.fixture
def operator(client_of, mine):
    email = f"markup-{next(_numbers)}@house.test"
    with db.platform_work() as session:
        add_operator(session, email=email, password=PASSWORD)
    client = client_of("admin.localhost")
    assert client.post("/admin/sign-in", data={"email": email, "password": PASSWORD}).status_code == 303
    return client


def crawled(client, surface, of=""):
    """Every page of a surface that a link or a route without ids leads to, of other labels than `of` those of a few."""
    routes = [path for method, path in ROUTES if method == "GET" and "{" not in path and path.startswith(f"/{surface}")]
    others = set()
    waiting, seen, answers = deque([*LANDMARKS[surface], *routes]), set(), {}
    while waiting and len(answers) < MOST_PAGES:
        address = waiting.popleft()
        shape = re.sub(r"=[^&]*", "=", address)
        if address.partition("?")[0] in ENDLESS or shape in seen or _is_of_one_too_many(address, of, others):
            continue
        seen.add(shape)
        answer = answers[address] = client.get(address, headers={"accept": "text/html"})
        assert answer.status_code < 500, address
        if answer.headers.get("content-type", "").startswith("text/html"):
            links = read(answer.text, address).links
            waiting.extend(each for each in links if each.startswith("/") and not each.startswith(("//", "/assets/")))
        elif 300 <= answer.status_code < 400:
            waiting.append(urlsplit(answer.headers["location"]).path)
    assert len(answers) < MOST_PAGES, "the crawl did not come to its end"
    return answers


def _is_of_one_too_many(address, of, others):
    label = re.search(r"/labels/(l_\w+)", address)
    if label is None or label[1] == of:
        return False
    if len(others) < MOST_LABELS:
        others.add(label[1])
    return label[1] not in others


def names_asked(answers):
    """By path: the names that links to it and forms which read from it put into its address."""
    found = {address.partition("?")[0]: set() for address in answers}
    for address, answer in answers.items():
        if "html" in _kind(answer):
            page = read(answer.text, address)
            for path, name in asked(page.links):
                found.setdefault(path or address.partition("?")[0], set()).add(name)
            for form in page.forms:
                if form.method == "get":
                    path = form.action.partition("?")[0] or address.partition("?")[0]
                    found.setdefault(path, set()).update(name for name, *_ in form.fields)
    return {path: names for path, names in found.items() if path.startswith("/")}


def alive_in(answers):
    return {
        address: found
        for address, answer in answers.items()
        if (found := came_alive(_text_of(answer), answer.headers.get("content-type", "")))
    }


def _text_of(answer):
    is_text = re.match(
        r"text/|application/(json|manifest|problem|xml)|image/svg", answer.headers.get("content-type", "")
    )
    return answer.text if is_text else ""


def _forms(answers, *, of, but):
    """Every form that posts, once for each shape: of labels that of one alone, and none that ends one's own session."""
    found = {}
    for address, answer in answers.items():
        if answer.headers.get("content-type", "").startswith("text/html"):
            for form in read(answer.text, address.partition("?")[0]).forms:
                hidden = [value for _, kind, value in form.fields if kind == "hidden"]
                is_ours = ("/labels/l_" not in form.action or of in form.action) and but not in form.action
                is_safe = not ENDS.search(form.action) and not set(ENDING_VALUES) & set(hidden)
                if form.method == "post" and is_safe and is_ours:
                    found.setdefault(form.shape, form)
    return list(found.values())


def _filled(form, name):
    """A form's values with the canary in one field, or in every field of text."""
    values = {}
    for field, kind, held in form.fields:
        if kind != "file":
            chosen = CANARY if kind == "text" and name in (field, "*") else held
            values.setdefault(field, []).append(
                _usual(kind, is_canary=field == name) or chosen or f"word-{next(_numbers)}"
            )
    return values


def _usual(kind, *, is_canary):
    """What a field of this kind takes whatever it held."""
    address = f"{next(_numbers)}{CANARY if is_canary else ''}@{LIVES}.test"
    return {"password": PASSWORD, "email": address, "number": "1"}.get(kind)


def _tried(client, form):
    """Send a form with the canary in each of its texts: every answer."""
    names = ["*", *dict.fromkeys(form.names("text", "email"))]
    files = {name: (f"{CANARY}.txt".replace("/", "-"), b"words", "text/plain") for name in form.names("file")}
    for name in names:
        yield name, client.post(form.action, data=_filled(form, name), files=files or None)


def sown(client, surface, *, of="", but="nobody"):
    """Put the canary into every form of a surface: how often it was taken, and what came alive in the answers."""
    taken, alive, tried = 0, {}, set()
    for _ in range(3):  # what was stored brings forms of its own
        for form in _forms(crawled(client, surface, of), of=of, but=but):
            if form.shape not in tried:
                tried.add(form.shape)
                for name, answer in _tried(client, form):
                    taken += answer.status_code == 303
                    assert answer.status_code < 500, (form.action, name)
                    if found := came_alive(_text_of(answer), answer.headers.get("content-type", "")):
                        alive[form.action, name] = found
                landmark = client.get(LANDMARKS[surface][0])
                assert landmark.status_code == 200, f"{form.action} closed the door: {landmark.text[-1500:]}"
    return taken, alive, tried


@pytest.mark.parametrize(
    ("raw", "media_type"),
    [
        (f"<p>{CANARY}</p>", "text/html"),
        (f'<input value="{CANARY}">', "text/html"),
        (f"<input value='{CANARY}'>", "text/html"),
        (f'<script type="application/json">"{CANARY}"</script>', "text/html"),
        (f"<script>let a = '{LIVES}'</script>", "text/html"),
        (f"<a href='javascript:{LIVES}()'>x</a>", "text/html"),
        ("<p>zq49${7*7}qz</p>", "text/html"),
        (f"<svg><text>{CANARY}</text></svg>", "image/svg+xml"),
        (f"a::after {{ content: '{CANARY}' }}", "text/css; charset=utf-8"),
        (CANARY, ""),
        (CANARY, "application/xml"),
    ],
)
def test_the_detector_sees_a_canary_that_lives(raw, media_type):
    assert came_alive(raw, media_type)


def test_the_detector_lets_a_canary_that_is_text_be():
    from markupsafe import escape

    assert came_alive(f"<p>{escape(CANARY)}</p><input value='{escape(CANARY)}'>", "text/html") == []
    assert came_alive(CANARY, "text/plain") == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_is_written_into_any_form_comes_out_as_text_everywhere(client_of, connected, mine, owner, operator):
    forget_waiting()
    member, browser = owner
    taken, alive, forms = sown(browser, "portal", but=str(member.id))
    assert alive == {}
    assert taken > 12
    assert len(forms) > 15
    _a_passkey(browser, f"{mine.slug}.localhost")
    taken, alive, forms = sown(operator, "admin", of=mine.id)
    assert alive == {}
    assert taken > 3
    assert len(forms) > 5
    try:
        _everything_is_text(client_of, connected, mine, browser, operator)
    finally:
        _end_incidents(operator)


def _a_passkey(client, host):
    place = "/portal/settings/security/passkeys"
    device = Authenticator(f"https://{host}", host)
    made = device.make(client.post(f"{place}/options").json(), name=CANARY[:80])
    assert client.post(place, json=made).status_code == 200


def _everything_is_text(client_of, connected, mine, owner, operator):
    work()
    stranger = client_of(f"{mine.slug}.localhost")
    portal = crawled(owner, "portal")
    console = crawled(operator, "admin", mine.id)
    shown = [address for address, answer in {**portal, **console}.items() if LIVES in _text_of(answer)]
    assert len(shown) > 15, f"the canary was stored too seldom to mean anything: {shown}"
    for answers in (portal, console, {path: stranger.get(path) for path in ("/", "/portal/sign-in", "/og.png")}):
        assert alive_in(answers) == {}
    for surface, client in (("portal", owner), ("admin", operator)):
        found = {}
        for path in portal if surface == "portal" else console:
            for accept in ("application/json", "text/csv"):
                answer = client.get(path, headers={"accept": accept})
                assert answer.headers["x-content-type-options"] == "nosniff"
                found[f"{path} {accept}"] = answer
        assert alive_in(found) == {}
    mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in _mails(connected, mine)]
    parts = [part for mail in mails for part in mail.walk() if part.get_content_maintype() == "text"]
    assert any(part.get_content_subtype() == "html" for part in parts)
    for part in parts:
        assert came_alive(part.get_content(), part.get_content_type()) == []


def _mails(settings, tenant):
    return list((settings.data / "mail" / tenant.id).glob("*.eml"))


def _end_incidents(operator):
    for form in read(operator.get("/admin/incidents").text, "/admin/incidents").forms:
        if form.action.endswith("/end"):
            assert operator.post(form.action).status_code == 303


@pytest.mark.slow
@pytest.mark.timeout(360)
def test_what_an_artist_writes_or_is_called_comes_out_as_text(client_of, mine, artist):
    _, browser = artist
    taken, alive, forms = sown(browser, "artist")
    assert alive == {}
    assert taken > 1
    assert {shape[0] for shape in (form[:1] for form in forms)} >= {"/artist/me"}
    answers = crawled(browser, "artist")
    assert [address for address, answer in answers.items() if LIVES in _text_of(answer)]
    assert alive_in(answers) == {}


@pytest.mark.slow
@pytest.mark.timeout(360)
@pytest.mark.parametrize("surface", ["portal", "admin"])
def test_what_is_written_into_an_address_comes_out_as_text(client_of, mine, owner, operator, surface):
    client = owner[1] if surface == "portal" else operator
    answers = crawled(client, surface, mine.id)
    asked_of = names_asked(answers)
    every = "&".join(f"{quote(name)}={quote(CANARY)}" for name in sorted(set().union(*asked_of.values())))
    wishes = [
        f"{path}?{quote(name)}={quote(CANARY)}"
        for path, names in asked_of.items()
        for name in sorted(names | {"next", "q", "cursor", CANARY})
    ]
    wishes += [f"{path}?{every}" for path in asked_of]
    wishes += [
        re.sub(r"{\w+:\w+}", quote(CANARY, safe=""), path) for _, path in ROUTES if path.startswith(f"/{surface}")
    ]
    wishes += [f"{path}/{quote(CANARY, safe='')}" for path in asked_of]
    assert len(wishes) > 100
    stranger = client_of(client.base_url.host)
    found = {}
    for who in (client, stranger):
        for wish in wishes:
            if wish.partition("?")[0] not in ENDLESS:
                answer = who.get(wish, headers={"accept": "text/html"})
                assert answer.status_code < 500, wish
                place = answer.headers.get("location", "")
                assert LIVES not in place or place.startswith("/"), wish
                found[wish, who is client] = answer
    assert any(LIVES in _text_of(answer) for answer in found.values()), "no page says what it was asked"
    assert alive_in(found) == {}


def _kind(answer):
    return answer.headers.get("content-type", "")
