"""Following with one tap, agreeing by mail, and ending mails with one click."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from app.fans.errors import MailAddressUnusable
from app.fans.pages.door import limit_links
from app.fans.pages.visitors import (
    account,
    account_page,
    fan_of,
    language_here,
    onward,
    quoted,
    refused,
    signed_fan,
    to,
)
from app.fans.rules import CONSENT_NAMES, CONSENTS, consent_kind
from app.fans.service import consents, entry, following, leaving, letters
from app.fans.service.entry import LABEL
from app.identity.errors import LinkUsed
from app.identity.pages import AnyRequest
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy
from app.kernel.tenant import READ_ONLY
from app.kernel.web.pages import told
from app.kernel.web.realm import realm_of, tenant_of

CONFIRM = "store/account/confirm.html"


class FollowForm(msgspec.Struct, forbid_unknown_fields=True):
    """Whom somebody wants to follow: an artist's id, or the label; guests say their mail address."""

    artist: str = ""
    email: str = ""
    next: str = ""


@post("/{language:str}/follows", sync_to_thread=True)
def follow(request: AnyRequest, data: URLEncodedBody[FollowForm]) -> Response[Any]:
    """Follow at once where a fan is signed in; a guest gets a mail that asks whether it is meant."""
    language, tenant, fan = language_here(request), tenant_of(request), fan_of(request)
    wish = onward(data.next, account(request, "/following"))
    with tenant_read(tenant) as session:
        whom = following.followable(session, tenant, data.artist or LABEL)
    if fan is not None:
        with tenant_work(tenant) as session:
            following.follow(session, tenant, fan, whom.artist_id)
        return to(wish)
    shown: dict[str, Any] = {"about": whom.about, "name": whom.name, "email": data.email[:254], "next": wish}
    if not data.email:  # a button where no address could be written
        return account_page(request, "store/account/follow.html", **shown)
    try:
        email = entry.checked_email(data.email)
        limit_links(request, email)
    except (MailAddressUnusable, Busy) as refusal:
        return refused(request, "store/account/follow.html", refusal, **shown)
    with tenant_work(tenant) as session:
        following.ask(session, tenant, email, whom.about, language)
    return to(account(request, "/link-sent"))


@get("/{language:str}/account/following", sync_to_thread=True)
def following_page(request: AnyRequest) -> Response[Any]:
    """Show whom the fan follows."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_read(tenant) as session:
        found = following.followed(session, tenant, fan)
    is_of_label = any(whom.artist_id is None for whom in found)
    return account_page(request, "store/account/following.html", here="following", followed=found, of_label=is_of_label)


@post("/{language:str}/account/following/{about:str}/end", sync_to_thread=True)
def unfollow(request: AnyRequest, about: FromPath[str]) -> Response[Any]:
    """Follow somebody no longer."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_work(tenant) as session:
        following.unfollow(session, tenant, fan, about)
    return to(account(request, "/following"))


def _confirm_page(request: AnyRequest, kind: entry.WishKind, about: str, token: str, sentence: str) -> Response[Any]:
    folder = "follow" if kind == "follow" else "consents"
    action = account(request, f"/{folder}/{about}/{quoted(token)}")
    with tenant_read(tenant_of(request)) as session:
        is_good = entry.is_good(session, kind, about, token)
    return account_page(request, CONFIRM, kind=kind, sentence=sentence, action=action, is_good=is_good, is_done=False)


def _confirmed(request: AnyRequest, kind: str, sentence: str) -> Response[Any]:
    return account_page(request, CONFIRM, kind=kind, sentence=sentence, action="", is_good=True, is_done=True)


def _too_late(request: AnyRequest, kind: str, refusal: LinkUsed) -> Response[Any]:
    shown = {"kind": kind, "sentence": "", "action": "", "is_good": False, "is_done": False}
    return refused(request, CONFIRM, refusal, **shown)


@get("/{language:str}/account/follow/{about:str}/{token:str}", sync_to_thread=True)
def follow_page(request: AnyRequest, about: FromPath[str], token: FromPath[str]) -> Response[Any]:
    """Show the button of a mail that asks whether somebody wants to follow; looking uses nothing up."""
    tenant = tenant_of(request)
    with tenant_read(tenant) as session:
        whom = following.followable(session, tenant, about)
    return _confirm_page(request, "follow", whom.about, token, whom.name)


@post("/{language:str}/account/follow/{about:str}/{token:str}", sync_to_thread=True)
def confirm_follow(request: AnyRequest, about: FromPath[str], token: FromPath[str]) -> Response[Any]:
    """Follow, once, by the link of a mail."""
    tenant = tenant_of(request)
    language_here(request)
    try:
        with tenant_work(tenant) as session:
            whom = following.confirm(session, tenant, about, token)
    except LinkUsed as refusal:
        return _too_late(request, "follow", refusal)
    return _confirmed(request, "follow", whom.name)


@get("/{language:str}/account/consents/{kind:str}/{token:str}", sync_to_thread=True)
def consent_page(request: AnyRequest, kind: FromPath[str], token: FromPath[str]) -> Response[Any]:
    """Show what somebody is about to agree to, in full, beside the button; looking uses nothing up."""
    language_here(request)
    return _confirm_page(request, "consent", consent_kind(kind), token, consent_sentence(request, kind))


@post("/{language:str}/account/consents/{kind:str}/{token:str}", sync_to_thread=True)
def confirm_consent(request: AnyRequest, kind: FromPath[str], token: FromPath[str]) -> Response[Any]:
    """Agree, once, by the link of a mail; the words that stood beside the button are kept."""
    tenant = tenant_of(request)
    language_here(request)
    sentence = consent_sentence(request, consent_kind(kind))
    try:
        with tenant_work(tenant) as session:
            consents.confirm(session, tenant, kind, token, sentence)
    except LinkUsed as refusal:
        return _too_late(request, "consent", refusal)
    return _confirmed(request, "consent", sentence)


def consent_sentence(request: AnyRequest, kind: str) -> str:
    """What is agreed to, as this reader reads it."""
    return told(realm_of(request), CONSENTS[kind], label=tenant_of(request).name)


@get("/unsubscribe/{token:str}", sync_to_thread=True)
def unsubscribe_page(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Show the button that ends mails; looking at it ends none."""
    return _leave_page(request, leaving.opened(tenant_of(request), token), is_done=False)


@post("/unsubscribe/{token:str}", sync_to_thread=True)
def unsubscribe(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """End these mails with one click, from this page or from a mail program (RFC 8058), whatever it sends along."""
    tenant = tenant_of(request)
    wish = leaving.opened(tenant, token)
    with tenant_work(tenant, even=READ_ONLY) as session:
        leaving.leave(session, tenant, wish)
    return _leave_page(request, wish, is_done=True)


def _leave_page(request: AnyRequest, wish: leaving.Leave, *, is_done: bool) -> Response[Any]:
    """Mails of a label that is closing are ended as well: its page needs nothing of the shop."""
    tenant, realm = tenant_of(request), realm_of(request)
    realm.speak(letters.spoken(tenant, realm.language))
    request.scope["path_params"]["language"] = realm.language
    name = CONSENT_NAMES.get(wish.what)
    return account_page(request, "store/account/unsubscribe.html", action=request.url.path, name=name, is_done=is_done)


handlers: list[Any] = [
    follow, following_page, unfollow, follow_page, confirm_follow, consent_page, confirm_consent,
    unsubscribe_page, unsubscribe,
]  # fmt: skip
