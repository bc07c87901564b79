"""How problems look in the document: one shape, and an example of each status."""

from __future__ import annotations

from typing import Any

from app.kernel.errors import Busy, Conflict, Forbidden, Invalid, NotFound, Refusal, Unavailable
from app.kernel.web.paging import Changed, ConditionMissing
from app.kernel.web.refusals import Malformed, NotSignedIn, TooLarge, WrongContentType, problem_type, title_of

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Why a request was declined (RFC 9457). `type` stays the same; `title` and `detail` are for people, "
    "in the language that was asked for.",
    "properties": {
        "type": {"type": "string", "description": "Where this kind of problem is described, on the label's host."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The number of the request."},
        "reason": {"type": "string", "description": "The kind of problem as one word."},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string", "description": "Which field, as a JSON pointer (RFC 6901)."},
                    "message": {"type": "string"},
                },
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "instance", "reason"],
}


def _example(kind: type[Refusal], status: int) -> tuple[str, dict[str, Any]]:
    title = title_of(kind)
    told: dict[str, Any] = {
        "type": problem_type(kind),
        "title": title,
        "status": status,
        "detail": title,
        "instance": "urn:request:4f1c2f0e9a1b4c5d8e7f6a5b",
        "reason": kind.__name__,
    }
    if status == 422:
        told |= {"fields": {"title": "This is needed."}, "errors": [{"field": "/title", "message": "This is needed."}]}
    return title, told


PROBLEMS: dict[int, tuple[str, dict[str, Any]]] = {
    status: _example(kind, status)
    for status, kind in (
        (400, Malformed), (401, NotSignedIn), (403, Forbidden), (404, NotFound), (409, Conflict), (412, Changed),
        (413, TooLarge), (415, WrongContentType), (422, Invalid), (428, ConditionMissing), (429, Busy),
        (503, Unavailable), (504, Unavailable),
    )
}  # fmt: skip
"""The title and an example of each status that an operation may answer with."""
