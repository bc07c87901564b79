"""The door of the console, and who is behind a request."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from admin import service
from admin.models import Operator
from app.kernel import limits
from app.kernel.db import current, platform_read, platform_work
from app.kernel.errors import Busy, NotFound
from app.kernel.web.languages import say_refusal
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of
from app.kernel.web.refusals import status_of

PER_ACCOUNT = "5/5minutes"


class OperatorSignedOut(NotFound):
    """No operator is signed in."""

    message = "Sign in to see this."


class OperatorForm(msgspec.Struct, forbid_unknown_fields=True):
    """What the operator's sign-in page sends."""

    email: str
    password: str
    next: str = ""


def _cookie_name() -> str:
    return "operator" if current().settings.boptone_env == "development" else "__Host-operator"


def _cookie(value: str, seconds: int) -> Cookie:
    secure = current().settings.boptone_env != "development"
    return Cookie(
        key=_cookie_name(), value=value, path="/", max_age=seconds, httponly=True, secure=secure, samesite="strict"
    )


def operator_of(request: Request[Any, Any, Any]) -> Operator:
    """The operator who is signed in; `OperatorSignedOut` when there is none."""
    token = request.cookies.get(_cookie_name())
    if token:
        with platform_read() as session:
            operator = service.operator_of_token(session, token)
        if operator is not None:
            realm_of(request).facts["operator"] = operator
            return operator
    raise OperatorSignedOut


@get("/admin/sign-in", sync_to_thread=True)
def sign_in_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the operator's door."""
    return page("sign_in.html", realm_of(request), action="/admin/sign-in", problem=None, email="", next="")


@post("/admin/sign-in", sync_to_thread=True)
def sign_in(request: Request[Any, Any, Any], data: URLEncodedBody[OperatorForm]) -> Response[Any]:
    """Let an operator in."""
    realm = realm_of(request)
    account = f"operator:{data.email.strip().lower()[:254]}"
    try:
        limits.hit(None, account, PER_ACCOUNT)
        with platform_work() as session:
            token = service.sign_in(session, email=data.email, password=data.password[:1_000])
    except (service.OperatorRefused, Busy) as refusal:
        status = 422 if isinstance(refusal, service.OperatorRefused) else status_of(refusal)
        problem = say_refusal(refusal, realm.language)
        email = data.email[:254]
        return page(
            "sign_in.html", realm, status=status, action="/admin/sign-in", problem=problem, email=email, next=""
        )
    limits.clear(None, account, PER_ACCOUNT)
    return Redirect("/admin", status_code=303, cookies=[_cookie(token, 8 * 3600)])


@post("/admin/sign-out", sync_to_thread=True)
def sign_out(request: Request[Any, Any, Any]) -> Redirect:
    """End the operator's session."""
    with platform_work() as session:
        service.sign_out(session, request.cookies.get(_cookie_name(), ""))
    return Redirect("/admin/sign-in", status_code=303, cookies=[_cookie("", 0)])


handlers = [sign_in_page, sign_in, sign_out]
