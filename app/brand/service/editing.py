"""What an editor has at hand: the newest draft, else what is live, and how it would be with other inputs."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.brand import queries
from app.brand.models import ThemeVersion
from app.brand.service.themes import change_draft, merged, parsed, take_turn, working_draft
from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from themes.engine import Inputs, presets
from themes.engine.inputs import plain, sentence_for
from themes.engine.presets import USUAL

Said = dict[str, dict[str, Any]]


def at_hand(session: Session) -> ThemeVersion | None:
    """The newest draft that waits for nothing, else what is live, else nothing."""
    return session.scalar(queries.latest_draft()) or session.scalar(queries.live())


def said_in(version: ThemeVersion | None) -> Inputs:
    """What an author said in a version, or what is said where nobody said anything."""
    return version.said if version else presets()[USUAL].inputs


def imagine(inputs: Inputs, said: Said) -> Inputs:
    """These inputs with others in their place, kept nowhere; `ThemeInputRefused` names what cannot be used."""
    return parsed(merged(plain(inputs), said))


def say(session: Session, actor: Actor, said: Said, *, match: str) -> ThemeVersion:
    """Say something in the newest draft, which begins now where there is none.

    `match` is the fingerprint of what the editor had at hand; `Conflict` where somebody else has changed it since.
    """
    take_turn(session)
    seen = at_hand(session)
    if match != (seen.sha256 if seen else ""):
        raise Conflict
    return change_draft(session, actor, working_draft(session, actor).id, said)


def own_fonts(session: Session) -> list[tuple[str, str]]:
    """The label's own fonts, as keys of a theme and families."""
    return [(f"own:{row.id}", str(row.facts["family"])) for row in session.scalars(queries.assets(["font"]))]


def limits_of(name: str) -> str:
    """What can be said about an input ("shape.radius")."""
    return sentence_for(name)
