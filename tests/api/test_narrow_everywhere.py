"""A program that is narrowed to nothing finds nothing: in no list, and under no id that another program was told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.api import rest
from app.api.rest.conventions import operations
from tests.factories.api import api_of
from tests.factories.everything import furnished

EVERYBODYS = (
    "/members", "/roles/built-in", "/label", "/label/usage", "/hosts", "/clients", "/themes", "/money-policy", "/clock",
)  # fmt: skip
"""What is of the label itself and of no part of it: who works here, what is let in, how it looks, what its rules are."""
PAPERS = "/contract-papers"
NARROW: dict[str, dict[str, Any]] = {"imprints": {"imprints": ("nobodys",)}, "artists": {"artists": ("nobodys",)}}
_made = []


@pytest.fixture
def tenant(connected):
    if not _made:
        rest.load()
        _made.append(furnished("noor"))
    return _made[0]


def reads(places: int) -> list[Any]:
    found = [each for each in operations() if each.method == "GET" and each.scope and each.path.count("{") == places]
    return [each for each in found if not each.path.startswith(EVERYBODYS)]


def rows(answer: Any) -> list[dict[str, Any]]:
    if answer.status_code != 200 or not answer.headers["content-type"].startswith("application/json"):
        return []
    body = answer.json()
    return body if isinstance(body, list) else body.get("items", [])


@pytest.mark.parametrize("by", sorted(NARROW))
def test_who_is_narrowed_to_nothing_finds_nothing(client_of, tenant, by):
    whole, nobody = api_of(client_of, tenant), api_of(client_of, tenant, **NARROW[by])
    known: dict[str, list[str]] = {}
    for operation in reads(0):
        if by == "artists" and operation.path == "/imprints":
            continue
        address = operation.address + ("?q=a" if operation.path == "/search" else "")
        known[operation.path] = [row["id"] for row in rows(whole.get(address)) if "id" in row]
        answer = nobody.get(address)
        assert rows(answer) == [], (operation.path, answer.text[:200])
        if answer.status_code == 200 and operation.path != PAPERS:
            assert "items" in answer.json(), (operation.path, answer.text[:200])
    tried = 0
    for operation in reads(1):
        for row_id in known.get(operation.path.partition("/{")[0], ())[:2]:
            answer = nobody.get(re.sub(r"{[^}]*}", row_id, operation.address))
            assert answer.status_code in (403, 404), (operation.path, answer.text[:200])
            tried += 1
    assert sum(map(len, known.values())) > 100, "there is something to be found"
    assert tried > 30
