"""Operators: who they are, what they did, and what one of them does for another."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from admin.console import activity, queries
from admin.pages import fresh_operator_of, operator_of
from admin.service import team
from admin.service.factors import factors_of
from app.kernel import ids
from app.kernel.db import platform_read, platform_work
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of

OPERATORS = "/admin/operators"
ONE = f"{OPERATORS}/{{operator_id:str}}"


@get(OPERATORS, sync_to_thread=True)
def list_operators(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the operators and what they did."""
    operator_of(request)
    with platform_read() as session:
        people, audit = team.operators(session), queries.audit(session)
    shown: dict[str, Any] = {"people": people, "audit": audit, "said": activity.said}
    return page("console/operators.html", realm_of(request), here=OPERATORS, **shown)


@get(ONE, sync_to_thread=True)
def show_operator(request: Request[Any, Any, Any], operator_id: FromPath[str]) -> Response[str]:
    """Show one operator and, to the others, what can be done for them."""
    me = operator_of(request)
    with platform_read() as session:
        person = team.operator_to_read(session, ids.parse_uuid(operator_id))
        shown: dict[str, Any] = {"person": person, "factors": factors_of(session, person), "is_own": person.id == me.id}
    return page("console/operator.html", realm_of(request), here=OPERATORS, **shown)


@post(f"{ONE}/factors/removal", sync_to_thread=True)
def reset_factors(request: Request[Any, Any, Any], operator_id: FromPath[str]) -> Redirect:
    """Take the second factors of another operator away, who lost them."""
    me = fresh_operator_of(request)
    with platform_work() as session:
        person = team.operator_to_read(session, ids.parse_uuid(operator_id))
        team.reset_factors(session, person, by=me)
    said = sentence("Their second factors are gone. They sign in with their password and add new ones.")
    return flash.done(f"{OPERATORS}/{person.id}", None, said)


@post(f"{ONE}/disable", sync_to_thread=True)
def disable(request: Request[Any, Any, Any], operator_id: FromPath[str]) -> Redirect:
    """Let another operator in no more."""
    me = fresh_operator_of(request)
    with platform_work() as session:
        person = team.operator_to_read(session, ids.parse_uuid(operator_id))
        team.disable(session, person, by=me)
    return flash.done(f"{OPERATORS}/{person.id}", None, sentence("They are let in no more."))


@post(f"{ONE}/enable", sync_to_thread=True)
def enable(request: Request[Any, Any, Any], operator_id: FromPath[str]) -> Redirect:
    """Let another operator in again."""
    me = fresh_operator_of(request)
    with platform_work() as session:
        person = team.operator_to_read(session, ids.parse_uuid(operator_id))
        team.enable(session, person, by=me)
    return flash.done(f"{OPERATORS}/{person.id}", None, sentence("They are let in again."))


handlers = [list_operators, show_operator, reset_factors, disable, enable]
