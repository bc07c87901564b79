"""The conventions of the REST interface, once: a resource file is mostly declarations."""

from __future__ import annotations

from app.api.rest.conventions.calls import Answer, Call
from app.api.rest.conventions.operations import BASE, Operation, Section, heeding, operations, sections
from app.api.rest.conventions.resources import Expansion, Part, Resource
from app.api.rest.conventions.schemas import UNSET, Body, Patch, UnsetType, View, said

__all__ = [
    "BASE", "UNSET", "Answer", "Body", "Call", "Expansion", "Operation", "Part", "Patch", "Resource", "Section",
    "UnsetType", "View", "heeding", "operations", "said", "sections",
]  # fmt: skip
