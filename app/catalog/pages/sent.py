"""What an editor's form sends: single values, and rows of several that belong together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.errors import FieldsUnusable
from app.catalog.rules import parts as rules
from app.catalog.rules.parts import Item, Unusable
from app.catalog.rules.roles import ARTIST_ROLES, ROLE_SENTENCES
from app.catalog.service.naming import artist_meant, contributor_meant, work_meant
from app.identity.policies import Visitor
from app.kernel.ids import parse_uuid
from app.roster.models import Artist
from app.roster.policies import imprint_to_change

Sent = Mapping[str, Any]
Line = dict[str, str]
MOST_LINES = 300


def one(data: Sent, name: str) -> str:
    """A value that is sent once; of several the last, as of a box with a hidden answer before it."""
    value = data.get(name, "")
    return str(value[-1] if isinstance(value, list) and value else value or "")


def lines(data: Sent, names: tuple[str, ...]) -> list[Line]:
    """Rows of fields that are sent again and again; a row without its main value, the second, is none."""
    main = names[min(1, len(names) - 1)]
    columns = [value if isinstance(value := data.get(name, []), list) else [value] for name in names]
    if len({len(column) for column in columns}) != 1 or len(columns[0]) > MOST_LINES:
        raise Unusable("uneven")
    found = [
        {name: str(value).strip() for name, value in zip(names, line, strict=True)}
        for line in zip(*columns, strict=True)
    ]
    return [line for line in found if line[main]]


def with_named_roles(data: Sent, told: Callable[[str], str]) -> Sent:
    """The same with the roles of credits by their names, where they are written in the reader's words."""
    said = data.get("credit_role", [])
    names = {told(words).casefold(): name for name, words in ROLE_SENTENCES.items() if name not in ARTIST_ROLES}
    roles = [" ".join(str(role).split()) for role in (said if isinstance(said, list) else [said])]
    return {**data, "credit_role": [names.get(role.casefold(), role) for role in roles]} if roles else data


@dataclass(frozen=True, slots=True)
class Rows:
    """A part of a form: its fields (the second is the main one), what is meant by its rows, and how items are typed."""

    names: tuple[str, ...]
    meant: Callable[[Session, Visitor, list[Line], list[Item]], list[Item]]
    shown: Callable[[Session, list[Item]], list[Line]]


def _artists(session: Session, visitor: Visitor, said: list[Line], held: list[Item]) -> list[Item]:
    there = [item["artist"] for item in held]
    return rules.checked_artists(
        [
            {
                "name": " ".join(line["artist_as"].split()) or " ".join(line["artist_name"].split()),
                "artist": artist_meant(session, visitor, line["artist_name"], parse_uuid(line["artist"]), known=there),
                "role": line["artist_role"],
            }
            for line in said
        ]
    )


def _shown_artists(session: Session, items: list[Item]) -> list[Line]:
    query = select(Artist.id, Artist.name).where(Artist.id.in_([item["artist"] for item in items]))
    names: dict[str, str] = {str(row.id): row.name for row in session.execute(query)} if items else {}
    return [
        {
            "artist": item["artist"],
            "artist_name": names.get(item["artist"]) or str(item["name"]),
            "artist_role": item["role"],
            "artist_as": "" if names.get(item["artist"]) == item["name"] else str(item["name"]),
        }
        for item in items
    ]


def _titles(_session: Session, _visitor: Visitor, said: list[Line], _held: list[Item]) -> list[Item]:
    return rules.checked_titles(
        [
            {
                "name": " ".join(line["title_text"].split()),
                "language": rules.tag(line["title_language"], line["title_script"]),
                "transliteration": " ".join(line["title_latin"].split()),
            }
            for line in said
        ]
    )


def _shown_titles(_session: Session, items: list[Item]) -> list[Line]:
    found = []
    for item in items:
        language, script = rules.untagged(item["language"])
        line = {"title_language": language, "title_text": item["name"], "title_script": script}
        found.append(line | {"title_latin": item["transliteration"]})
    return found


def _imprint(session: Session, visitor: Visitor, said: list[Line], held: list[Item]) -> list[Item]:
    chosen = said[0]["imprint"] if said else ""
    if not said or (held and chosen == held[0]["imprint"]):
        return held
    imprint = imprint_to_change(session, visitor, parse_uuid(chosen))
    return [{"name": imprint.name, "imprint": str(imprint.id)}]


def _instant(_session: Session, _visitor: Visitor, said: list[Line], held: list[Item]) -> list[Item]:
    chosen = {line["instant"] for line in said}
    return [item | {"instant_grat": item["track"] in chosen} for item in held]


def _credits(session: Session, _visitor: Visitor, said: list[Line], _held: list[Item]) -> list[Item]:
    return rules.checked_credits(
        [
            {
                "name": " ".join(line["credit_name"].split()),
                "contributor": contributor_meant(session, line["credit_name"], parse_uuid(line["credit"])),
                "role": line["credit_role"],
            }
            for line in said
        ]
    )


def _shown_credits(_session: Session, items: list[Item]) -> list[Line]:
    return [{"credit": item["contributor"], "credit_name": item["name"], "credit_role": item["role"]} for item in items]


def _works(session: Session, visitor: Visitor, said: list[Line], held: list[Item]) -> list[Item]:
    there = [item["work"] for item in held]
    items = {}
    for line in said:
        work = work_meant(session, visitor, line["work_title"], parse_uuid(line["work"]), known=there)
        items[work] = {"name": " ".join(line["work_title"].split()), "work": work}
    return sorted(items.values(), key=lambda item: (item["name"], item["work"]))


def _shown_works(_session: Session, items: list[Item]) -> list[Line]:
    return [{"work": item["work"], "work_title": item["name"]} for item in items]


def _writers(session: Session, _visitor: Visitor, said: list[Line], _held: list[Item]) -> list[Item]:
    items = [
        {
            "name": " ".join(line["writer_name"].split()),
            "contributor": contributor_meant(session, line["writer_name"], parse_uuid(line["writer"])),
            "role": line["writer_role"],
            "share_ppm": rules.share_ppm(line["writer_share"]),
        }
        for line in said
    ]
    return sorted(rules.checked_writers(items), key=lambda item: (item["name"], item["role"]))


def _shown_writers(_session: Session, items: list[Item]) -> list[Line]:
    return [
        {
            "writer": item["contributor"],
            "writer_name": item["name"],
            "writer_role": item["role"],
            "writer_share": rules.spelled_share(item["share_ppm"]),
        }
        for item in items
    ]


ARTISTS = Rows(("artist", "artist_name", "artist_role", "artist_as"), _artists, _shown_artists)
TITLES = Rows(("title_language", "title_text", "title_script", "title_latin"), _titles, _shown_titles)
IMPRINT = Rows(
    ("imprint",),
    _imprint,
    lambda _, items: [{"imprint": item["imprint"]} for item in items],
)
INSTANT = Rows(
    ("instant",),
    _instant,
    lambda _, items: [{"instant": item["track"]} for item in items if item["instant_grat"]],
)
CREDITS = Rows(("credit", "credit_name", "credit_role"), _credits, _shown_credits)
WORKS = Rows(("work", "work_title"), _works, _shown_works)
WRITERS = Rows(("writer", "writer_name", "writer_role", "writer_share"), _writers, _shown_writers)


def meant(session: Session, visitor: Visitor, name: str, rows: Rows, data: Sent, held: list[Item]) -> list[Item]:
    """The items of a part that a form sends; refused with the sentence under the part's name."""
    try:
        return rows.meant(session, visitor, lines(data, rows.names), held)
    except Unusable as why:
        raise FieldsUnusable(fields={name: rules.PROBLEM_SENTENCES[str(why)]}) from None
