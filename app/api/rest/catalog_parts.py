"""What releases and recordings have in common: artists, titles, and how a change of them is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.rest.conventions import Body, Call, Part, Patch, View, said
from app.api.rest.conventions.schemas import Code, Id, Name, Text
from app.catalog.errors import FieldsUnusable
from app.catalog.rules import fields, parts
from app.catalog.rules.parts import Item, Unusable
from app.catalog.service import editing
from app.catalog.service.editing import Row
from app.catalog.service.naming import artist_meant
from app.identity.policies import Visitor
from app.roster.errors import ArtistUnknown
from app.roster.models import Artist
from app.roster.policies import artist_to_read, may_see_artist

ArtistRole = Literal["main", "featured", "remixer"]
Parental = Literal["none", "explicit", "clean"]
AiUse = Literal["none", "partial", "full"]
Language = Annotated[str, Meta(max_length=20, examples=["de"])]
Year = Annotated[int, Meta(ge=1860, le=2199, examples=[2026])]
Isrc = Annotated[Code, Meta(examples=["DEA012600001"])]
Upc = Annotated[Code, Meta(examples=["4006381333931"])]


class ArtistCreditView(View):
    """Who something is by, and under which name."""

    artist_id: Id
    credited_as: str
    role: ArtistRole


class ArtistCreditSaid(Body, frozen=True):
    """Who something is by: an act by its id, or by its name, which is taken onto the roster where nobody has it."""

    artist_id: Id | None = None
    name: Name | None = None
    credited_as: Name | None = None
    role: ArtistRole = "main"


class TitleSaid(Body, frozen=True):
    """A title in another language, and how it is read in Latin letters."""

    title: Text
    transliteration: Text = ""


class Restoration(Body, frozen=True):
    """Which change is taken back, by the id of its activity, and which field of it; all of them where none is named."""

    activity_id: Id
    field: Text | None = None


class TitleView(View):
    """A title in another language."""

    title: str
    transliteration: str = ""


def artists_of(model: Any, owner: str) -> Part:
    """Who rows are by, in the order that the cover names them."""

    def read(session: Session, _visitor: Visitor, row_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
        key = getattr(model, owner)
        query = select(key, model.artist_id, model.credited_as, model.role).where(key.in_(row_ids))
        found: dict[UUID, list[Any]] = {}
        for row in session.execute(query.order_by(key, model.position)):
            shown = {"artist_id": row.artist_id, "credited_as": row.credited_as, "role": row.role}
            found.setdefault(row[0], []).append(shown)
        return found

    return Part(read, [])


def artist_items(session: Session, visitor: Visitor, said_credits: Sequence[ArtistCreditSaid], held: list[Item]) -> Any:
    """Credits as the catalogue keeps them; an act that the client does not see is not found, unless it is there."""
    there = {item["artist"]: item["name"] for item in held}
    return checked("artists", parts.checked_artists, [_artist_item(session, visitor, c, there) for c in said_credits])


def _artist_item(session: Session, visitor: Visitor, credit: ArtistCreditSaid, there: Mapping[str, str]) -> Item:
    if credit.artist_id is not None:
        key = str(credit.artist_id)
        name = there[key] if key in there else artist_to_read(session, visitor, credit.artist_id).name
        return {"name": credit.credited_as or name, "artist": key, "role": credit.role}
    if credit.name is None:
        raise FieldsUnusable(fields={"artists": fields.SENTENCES["needed"]})
    meant = artist_meant(session, visitor, credit.name, None, known=list(there))
    return {"name": credit.credited_as or credit.name, "artist": meant, "role": credit.role}


def artist_names(session: Session, visitor: Visitor, said_credits: Sequence[ArtistCreditSaid]) -> list[str]:
    """The names of the main acts, for something that is made anew."""
    if not all(credit.artist_id or (credit.name or "").strip() for credit in said_credits):
        raise FieldsUnusable(fields={"artists": fields.SENTENCES["needed"]})
    if all(credit.role != "main" for credit in said_credits):
        raise FieldsUnusable(fields={"artists": parts.PROBLEM_SENTENCES["no main"]})
    known = [credit.artist_id for credit in said_credits if credit.artist_id]
    query = select(Artist.id, Artist.name).where(Artist.id.in_(known), may_see_artist(visitor))
    names: dict[UUID, str] = {row.id: row.name for row in session.execute(query)} if known else {}
    if set(known) - set(names):
        raise ArtistUnknown
    main = [credit for credit in said_credits if credit.role == "main"]
    return [names[credit.artist_id] if credit.artist_id else one_line(credit.name or "") for credit in main]


def one_line(said_text: str) -> str:
    """A text without doubled spaces."""
    return " ".join(said_text.split())


def title_items(change: Mapping[str, TitleSaid | None] | None, held: list[Item]) -> list[Item]:
    """Titles as the catalogue keeps them after a merge patch of the map of languages."""
    kept = {item["language"]: item for item in held} if change is not None else {}
    for language, title in (change or {}).items():
        kept.pop(language, None)
        if title is not None:
            kept[language] = {"name": title.title, "language": language, "transliteration": title.transliteration}
    found: list[Item] = checked("titles", parts.checked_titles, list(kept.values()))
    return found


def checked(name: str, check: Any, items: list[Item]) -> Any:
    """Items that rules let pass, or the field with the sentence that says why not."""
    try:
        return check(items)
    except Unusable as why:
        raise FieldsUnusable(fields={name: parts.PROBLEM_SENTENCES[str(why)]}) from None


def change_row(call: Call, session: Session, row: Row, patch: Patch, parts_said: Mapping[str, Any]) -> None:
    """Give a row of the catalogue the fields that a change names, by the rules of its form, and parts besides."""
    known = editing.FIELDS[editing.kind_of(row)]
    named = {name: value for name, value in said(patch).items() if name in known}
    lists = {name: _texts(name, value) for name, value in named.items() if known[name].read is fields.texts}
    typed = {name: fields.told(value) or "" for name, value in named.items() if name not in lists}
    wanted, problems = fields.values(known, typed)
    if problems:
        raise FieldsUnusable(fields=problems)
    editing.set_values(session, call.actor, row, {**wanted, **lists, **parts_said})
    session.flush()


def _texts(name: str, value: Any) -> list[str]:
    found = [text.strip() for text in value or []]
    if any(not text for text in found):
        raise FieldsUnusable(fields={name: fields.SENTENCES["needed"]})
    return found
