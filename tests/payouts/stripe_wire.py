"""How the processor's requests and refusals look, told by its own published parameter list (generated into its library)."""

from __future__ import annotations

import re
import sys
from typing import Any
from urllib.parse import parse_qsl

from stripe._request_options import RequestOptions
from stripe.params._account_create_params import AccountCreateParams
from stripe.params._account_link_create_params import AccountLinkCreateParams
from stripe.params._account_list_params import AccountListParams
from stripe.params._event_list_params import EventListParams
from stripe.params._payout_create_params import PayoutCreateParams
from stripe.params._payout_list_params import PayoutListParams
from stripe.params._transfer_create_params import TransferCreateParams
from stripe.params._transfer_list_params import TransferListParams
from stripe.params._transfer_reversal_create_params import TransferReversalCreateParams
from typing_extensions import is_typeddict

PUBLISHED: dict[tuple[str, str], Any] = {
    ("POST", "accounts"): AccountCreateParams,
    ("GET", "accounts"): AccountListParams,
    ("POST", "account_links"): AccountLinkCreateParams,
    ("POST", "transfers"): TransferCreateParams,
    ("GET", "transfers"): TransferListParams,
    ("POST", "transfers/:id/reversals"): TransferReversalCreateParams,
    ("POST", "payouts"): PayoutCreateParams,
    ("GET", "payouts"): PayoutListParams,
    ("GET", "events"): EventListParams,
}


class Refused(Exception):
    """An answer that is an error, in the processor's envelope."""

    def __init__(self, status: int, code: str = "", kind: str = "invalid_request_error", param: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.body = {
            "error": {
                "type": kind,
                "message": f"Not possible: {code or kind}.",
                **({"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code}"} if code else {}),
                **({"param": param} if param else {}),
            }
        }


def decoded(form: str) -> dict[str, Any]:
    """`a[b][c]=1&d[0]=2` as nested dictionaries."""
    whole: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True, strict_parsing=bool(form)):
        first, *inner = re.findall(r"[^\[\]]+", name)
        place = whole
        for part in [first, *inner][:-1]:
            place = place.setdefault(part, {})
        place[[first, *inner][-1]] = value
    return whole


def check(method: str, route: str, params: dict[str, Any]) -> None:
    """Refuse what the published list does not know, and where something is missing."""
    if published := PUBLISHED.get((method, route)):
        _check(params, published, "")


def whole(params: dict[str, Any], name: str) -> int:
    """A parameter that must be a positive whole number."""
    if re.fullmatch(r"[1-9][0-9]{0,11}", str(params.get(name, ""))) is None:
        raise Refused(400, "parameter_invalid_integer", param=name)
    return int(params[name])


def _check(params: dict[str, Any], published: Any, inside: str) -> None:
    module = vars(sys.modules[published.__module__])
    known = {name: hint for name, hint in published.__annotations__.items() if name not in _OPTIONS}
    for name, hint in known.items():
        if "NotRequired" not in repr(hint) and name not in params:
            raise Refused(400, "parameter_missing", param=inside + name)
    for name, value in params.items():
        if name not in known:
            raise Refused(400, "parameter_unknown", param=inside + name)
        inner = [module[word] for word in re.findall(r"\w+", repr(known[name])) if is_typeddict(module.get(word))]
        if inner and isinstance(value, dict):
            for each in value.values() if all(map(str.isdigit, value)) else (value,):
                _check(each, inner[0], f"{inside}{name}.")


_OPTIONS = RequestOptions.__annotations__.keys()
