"""Every operation called once, as a fresh program would that has read nothing but the document.

Reads look at what is there. Whatever changes a row is tried on rows that the trial itself made, and where it made none
on an id that nobody has. What a label has one of, its name, its shop, its words, is changed: the trial wants a label of
its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

import msgspec

from app.api.rest.conventions.fitting import followed, misfits
from app.api.rest.conventions.shapes import example_of

ELSEWHERE: Final = 504
"""Somebody else, whom an operation has to ask, does not answer."""

PICTURE = bytes.fromhex("89504e470d0a1a0a")
"""How a PNG begins, and nothing more: it is declined as what it is."""
_PLACE = re.compile(r"{(\w+)}")
_MANY = {"party": "parties"}
_PHASES = ("lists", "post", "patch", "put", "get", "delete")


def _phase(method: str, path: str) -> str:
    return "lists" if method == "get" and "{" not in path else method


class Answered(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Send = Callable[[str, str, dict[str, str], bytes], Answered]


@dataclass(frozen=True, slots=True)
class Tried:
    """One operation and what came of it; `problems` is empty where the answer is one that the document declares."""

    operation: str
    method: str
    path: str
    status: int
    outcome: str
    problems: tuple[str, ...]


@dataclass
class Trial:
    """A walk through a document: `send` sends one request with a token of the label's."""

    document: dict[str, Any]
    send: Send
    made: dict[str, str] = field(default_factory=dict)
    listed: dict[str, str] = field(default_factory=dict)

    def run(self) -> list[Tried]:
        """Call everything: lists first, then what makes something, changes it, and takes it away."""
        every = [
            (method, path, told) for path, methods in self.document["paths"].items() for method, told in methods.items()
        ]
        every.sort(key=lambda each: (each[1].count("{"), each[1].count("/")))
        tried: list[Tried] = []
        for phase in _PHASES:
            mine = [(each, self._try(*each)) for each in every if _phase(each[0], each[1]) == phase]
            if phase == "post":  # what needed something that was made after it has another turn
                mine = [(each, self._try(*each) if was.outcome == "declined" else was) for each, was in mine]
            tried += [was for _, was in mine]
        return tried

    def _try(self, method: str, path: str, told: dict[str, Any]) -> Tried:
        address = self._address(method, path)
        headers, body = self._said(method, told)
        query = self._query(told)
        answered = self.send(method.upper(), address + query, headers, body)
        problems = tuple(self._problems(told, answered))
        if not problems and answered.status < 300:
            self._learn(method, path, answered)
        outcome = "failed" if problems else "done" if answered.status < 400 else "declined"
        return Tried(told["operationId"], method.upper(), path, answered.status, outcome, problems)

    def _address(self, method: str, path: str) -> str:
        """A path with ids at its places: of something the trial made, for reads also of what is there."""
        address = path
        for place in _PLACE.findall(path):
            prefix = path.partition("{" + place)[0].rstrip("/")
            known = self.made.get(prefix) or self._named(place) or (self.listed.get(prefix) if method == "get" else "")
            address = address.replace("{" + place + "}", known or self._otherwise(place), 1)
        return address

    def _named(self, place: str) -> str | None:
        """What the trial made of the kind that a place or field is called after: `release_id` is a release."""
        kind = place.removesuffix("_id")
        return self.made.get(f"/api/v1/{_MANY.get(kind, kind + 's')}")

    def _otherwise(self, place: str) -> str:
        return str(uuid4()) if place.endswith("_id") else "1"

    def _query(self, told: dict[str, Any]) -> str:
        needed = [each for each in told["parameters"] if each.get("in") == "query" and each["name"] in ("q", "name")]
        if not needed or "listing" in str(told["operationId"]):
            return ""
        each = needed[0]
        is_list = any(one.get("$ref", "").endswith("/Limit") for one in told["parameters"])
        return "" if is_list else f"?{urlencode({each['name']: self._example(each['schema'], each['name'])})}"

    def _said(self, method: str, told: dict[str, Any]) -> tuple[dict[str, str], bytes]:
        headers = {"if-match": "*"}
        for each in told["parameters"]:
            if each.get("in") == "header":
                headers[each["name"].lower()] = str(self._example(each["schema"], each["name"]))
        if method == "post":
            headers["idempotency-key"] = str(uuid4())
        if "requestBody" not in told:
            return headers, b""
        kind, said = next(iter(told["requestBody"]["content"].items()))
        headers["content-type"] = kind
        if not said["schema"]:
            return headers, PICTURE if kind.startswith("image/") else b"title\nTrial\n"
        return headers, msgspec.json.encode(self._body(method, said["schema"]))

    def _body(self, method: str, schema: dict[str, Any]) -> Any:
        """What is sent: of a change one field, of anything else what is needed, or all where nothing is."""
        whole = self._example(schema)
        if method == "patch":
            first = next((name for name in ("title", "name", "legal_name") if name in whole), next(iter(whole), ""))
            return self._filled({first: whole[first]} if first else {})
        needed = self._example(schema, needed_only=True)
        if needed:
            return self._filled(needed)
        return self._filled({name: value for name, value in whole.items() if not self._is_unknown(name)})

    def _example(self, schema: dict[str, Any], name: str = "", *, needed_only: bool = False) -> Any:
        """A value as the document shows it, by nothing that we know besides."""
        named = self.document["components"]["schemas"]
        return example_of(schema, name, needed_only=needed_only, components=named)

    def _is_unknown(self, name: str) -> bool:
        return name.endswith("_id") and self._named(name) is None

    def _filled(self, value: Any, name: str = "") -> Any:
        """An example with ids of what the trial made, so that what it makes hangs together."""
        if isinstance(value, dict):
            return {key: self._filled(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each, name.removesuffix("s")) for each in value]
        if (name.endswith("_id") or name == "payee") and isinstance(value, str):
            return self._named(name) or value
        return "Trial" if name in ("name", "title", "legal_name") and isinstance(value, str) else value

    def _learn(self, method: str, path: str, answered: Answered) -> None:
        if not answered.body or "json" not in answered.headers.get("content-type", ""):
            return
        told = msgspec.json.decode(answered.body)
        if method == "post" and isinstance(told, dict) and isinstance(told.get("id"), str):
            self.made.setdefault(path, told["id"])
            if path.count("/") > 3:
                self.made.setdefault("/api/v1/" + path.rpartition("/")[2], told["id"])
        rows = told.get("items") if isinstance(told, dict) else told
        if method == "get" and isinstance(rows, list) and rows and isinstance(rows[0], dict) and "id" in rows[0]:
            self.listed.setdefault(path, rows[0]["id"])

    def _problems(self, told: dict[str, Any], answered: Answered) -> list[str]:
        """What of an answer is not as the document says."""
        if answered.status >= 500 and answered.status != ELSEWHERE:
            return [f"{answered.status} is a fault of ours"]
        declared = told["responses"].get(str(answered.status))
        if declared is None:
            return [f"{answered.status} is not declared"]
        if "$ref" in declared:
            declared = followed(self.document, declared["$ref"])
        content = declared.get("content", {})
        kind = answered.headers.get("content-type", "").partition(";")[0]
        if not content:
            return ["there is a body where none is declared"] if answered.body else []
        if kind not in content:
            return [f"{kind or 'no content type'} is not declared"]
        if "json" not in kind:
            return []
        return list(misfits(self.document, content[kind]["schema"], msgspec.json.decode(answered.body)))
