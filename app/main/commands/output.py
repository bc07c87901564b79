"""How commands answer: a sentence for a person, one JSON document for a machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec

_F = TypeVar("_F", bound=Callable[..., Any])


def as_json(function: _F) -> _F:
    """Give a command the option `--json`."""
    option = click.option("--json", "json", is_flag=True, help="Print one JSON document and nothing else.")
    return option(function)


def answer(document: Any, sentence: str, *, json: bool) -> None:
    """Print the document for a machine or the sentence for a person."""
    click.echo(msgspec.json.encode(document, enc_hook=str).decode() if json else sentence)
