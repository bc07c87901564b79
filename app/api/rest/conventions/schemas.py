"""What every answer and every body is made of, and the kinds of value that come again and again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.kernel.web.strict import Strict

__all__ = [
    "UNSET", "Body", "Code", "Count", "Day", "Id", "LongText", "Moment", "Name", "PartialDate", "Patch", "Ppm", "Text",
    "UnsetType", "View", "said",
]  # fmt: skip

Id = Annotated[UUID, Meta(examples=["01936f0e-7d2b-7c41-9a55-0c8f5ad8e1b2"])]
Moment = Annotated[datetime, Meta(tz=True, examples=["2026-11-25T09:30:00Z"])]
Day = Annotated[date, Meta(examples=["2026-11-25"])]
PartialDate = Annotated[
    str,
    Meta(
        description="A date of which only the year or the month may be known.",
        pattern="^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$",
        examples=["2026-11-25"],
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=200, examples=["Blue Hour"])]
Text = Annotated[str, Meta(max_length=500, examples=["Night Drive"])]
LongText = Annotated[str, Meta(max_length=20_000, examples=["Text with lines."])]
Code = Annotated[str, Meta(max_length=40)]
Count = Annotated[int, Meta(ge=0, examples=[12])]
Ppm = Annotated[int, Meta(ge=0, le=1_000_000, description="Parts per million.", examples=[500_000])]


class View(msgspec.Struct, kw_only=True):
    """The base of what is answered. New fields may be added at any time; none is taken away within a version."""


class Body(Strict, frozen=True, kw_only=True):
    """The base of what is taken in: an unknown field is refused, so nobody sets what was not offered."""


class Patch(Strict, frozen=True, kw_only=True):
    """The base of a change (JSON Merge Patch, RFC 7396): every field may be left out, and what is left out stays."""


def said(patch: Patch) -> dict[str, object]:
    """The fields that a change names, with their values; null where the value is taken away."""
    found = {name: getattr(patch, name) for name in patch.__struct_fields__}
    return {name: value for name, value in found.items() if value is not UNSET}
