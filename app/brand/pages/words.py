"""Settings → Words: what a label says its own way, sentence by sentence."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody

from app.brand import service
from app.brand.pages.frame import editor
from app.brand.rules.words import isolated
from app.brand.schemas import RemovalForm, WordForm
from app.brand.service.words import SHOWN
from app.identity.pages import frame
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid, Refusal
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.languages import SOURCE, direction, spoken_name
from app.kernel.web.own_words import offer
from app.kernel.web.pages import page, told, told_refusal
from app.kernel.web.realm import Realm, realm_of, tenant_of
from app.kernel.web.refusals import status_of
from app.kernel.web.strict import query
from themes.engine.inputs import EVERY

HERE = "/portal/settings/words"
LONGEST_QUESTION = 200
ALL_LANGUAGES = sentence("All languages")

offer(ALL_LANGUAGES)


@get(HERE, sync_to_thread=True)
def overview(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the label's own words in one language, and sentences that hold what was looked for."""
    editor(request)
    asked = query(request, "language", "q")
    return _page(request, asked.get("language", ""), asked.get("q", ""))


@post(HERE, sync_to_thread=True)
def change(request: Request[Any, Any, Any], data: URLEncodedBody[WordForm]) -> Response[Any]:
    """Say a sentence in own words, in the draft; what is wrong with them is said beside them."""
    visitor, tenant = editor(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            if data.form:
                service.say_forms_as(session, visitor.actor, tenant, data.language, data.original, data.forms)
            else:
                service.say_as(session, visitor.actor, tenant, data.language, data.original, data.text)
    except Invalid as refusal:
        return _page(request, data.language, data.q, wrong=(data, refusal))
    return _back(request, data, sentence("Saved in the draft. Everybody sees it once you publish."))


@post(f"{HERE}/removal", sync_to_thread=True)
def remove(request: Request[Any, Any, Any], data: URLEncodedBody[RemovalForm]) -> Response[Any]:
    """Say a sentence as it was said before, in the draft."""
    visitor = editor(request)
    with tenant_work(tenant_of(request)) as session:
        service.say_as_before(session, visitor.actor, data.language, data.original)
    return _back(request, data, sentence("Taken out of the draft."))


def _back(request: Request[Any, Any, Any], data: WordForm | RemovalForm, done: str) -> Response[Any]:
    asked = {"language": data.language} | ({"q": data.q[:LONGEST_QUESTION]} if data.q else {})
    return flash.done(f"{HERE}?{urlencode(asked)}", tenant_of(request), done)


def _page(
    request: Request[Any, Any, Any], language: str, wanted: str, *, wrong: tuple[WordForm, Refusal] | None = None
) -> Response[str]:
    realm, tenant = realm_of(request), tenant_of(request)
    usual = realm.language if realm.language in tenant.languages else tenant.languages[0]
    language, wanted = language or usual, wanted[:LONGEST_QUESTION]
    with tenant_read(tenant) as session:
        words = service.words(session, tenant, language, wanted, wrong[0].original if wrong else "")
    typed = {"word": words.asked, "said": wrong[0], "problem": _problem(realm, wrong[1])} if wrong else None
    return page(
        "brand/words.html",
        realm,
        status=status_of(wrong[1]) if wrong else 200,
        shown=words,
        chosen=language,
        chosen_direction=direction(SOURCE if language == EVERY else language),
        wanted=wanted,
        typed=typed,
        languages=[(name, _language_name(realm, name)) for name in words.languages],
        every=EVERY,
        most_found=SHOWN,
        **frame(editor(request), request, HERE),
    )


def _language_name(realm: Realm, language: str) -> str:
    return told(realm, ALL_LANGUAGES) if language == EVERY else spoken_name(language)


def _problem(realm: Realm, refusal: Refusal) -> str:
    problem = told_refusal(realm, refusal)
    return isolated(problem) if direction(realm.language) == "rtl" else problem


handlers = [overview, change, remove]
