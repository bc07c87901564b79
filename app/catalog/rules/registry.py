"""The table of all rules: what each looks at, when it stands in the way, and what it says to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import polars as pl

from app.catalog.rules.frames import Known

Scope = Literal["release", "track", "party"]
Severity = Literal["block", "warn", "info"]
Stage = Literal["load", "delivery"]

RELEASE: tuple[Scope, ...] = ("release",)
TRACK: tuple[Scope, ...] = ("track",)
PARTY: tuple[Scope, ...] = ("party",)
BOTH = RELEASE + TRACK


class Sheets(NamedTuple):
    """All that rules may look at; releases and tracks have the columns of `prepare` besides their own."""

    releases: pl.DataFrame
    tracks: pl.DataFrame
    known: Known


Look = Callable[[Sheets], pl.DataFrame]
Define = Callable[[], pl.Expr]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that must hold.

    A blocking rule of the stage `load` keeps a release out of the catalogue, because nothing sensible could be kept;
    one of the stage `delivery` lets it in and keeps it from the stores. `fails` is true for the rows that break the
    rule; where rows must be compared with others, `look` gives back those that do, with a column `suggestion` if it
    knows better. `fix` is the value to put in its place; a `safe` one is right without anybody looking at it.
    `unseen` says why nothing here can check the rule.
    """

    code: str
    scopes: tuple[Scope, ...]
    field: str
    severity: Severity
    stage: Stage
    sentence: str
    fails: pl.Expr | None = None
    look: Look | None = None
    fix: pl.Expr | None = None
    safe: bool = False
    unseen: str = ""

    @property
    def id(self) -> str:
        """The rule of the trade it belongs to; several of ours may belong to one."""
        return self.code.partition(".")[0]


RULES: dict[str, Rule] = {}


def enter(rule: Rule) -> None:
    """Put a rule into the table, where each code stands once."""
    if rule.code in RULES:
        raise KeyError(rule.code)
    RULES[rule.code] = rule


def column(code: str, **parts: Any) -> Callable[[Define], Define]:
    """Enter a rule that needs nothing but its own row."""

    def entered(define: Define) -> Define:
        enter(Rule(code=code, fails=define(), **parts))
        return define

    return entered


def relation(code: str, **parts: Any) -> Callable[[Look], Look]:
    """Enter a rule that compares rows with others."""

    def entered(look: Look) -> Look:
        enter(Rule(code=code, look=look, **parts))
        return look

    return entered
