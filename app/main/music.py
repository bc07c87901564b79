"""What the three demo labels brought out: invented acts, their pieces, and who else worked on these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A release: title, acts, kind, genre, its day as days from today, and its tracks with their seconds."""

    title: str
    artists: tuple[str, ...]
    kind: str
    genre: str
    days: int
    tracks: tuple[tuple[str, int], ...]


MUSIC = {
    "bluehour": (
        Piece(
            "Nachtlinie",
            ("Mira Okafor",),
            "album",
            "Jazz",
            12,
            (("Spree", 254), ("Letzte Bahn", 301), ("Glas", 198), ("Vor dem Regen", 276)),
        ),
        Piece(
            "Kleine Stunden", ("Mira Okafor",), "ep", "Jazz", -420, (("Eins", 187), ("Zwei", 203), ("Halb drei", 244))
        ),
        Piece("Salz", ("Trio Feldweg",), "album", "Jazz", -35, (("Watt", 322), ("Deich", 289), ("Priel", 271))),
        Piece("Elbaufwärts", ("Jonas Hartwig", "Trio Feldweg"), "single", "world music", 47, (("Elbaufwärts", 231),)),
        Piece("Ohne Titel", ("Kaia Lindqvist",), "album", "Ambient", -800, (("I", 540), ("II", 612), ("III", 488))),
    ),
    "kite": (
        Piece(
            "Porchlight",
            ("The Lanterns",),
            "album",
            "Indie Rock",
            9,
            (("Porchlight", 214), ("Hudson Line", 238), ("Paper Boats", 187)),
        ),
        Piece("Second Avenue", ("The Lanterns",), "single", "singer-songwriter", -90, (("Second Avenue", 201),)),
        Piece(
            "Cielo Raso",
            ("Marisol Vega",),
            "ep",
            "Latin Pop",
            26,
            (("Cielo raso", 196), ("Marea", 222), ("A las seis", 209)),
        ),
        Piece(
            "Static Garden",
            ("Wren & Fox",),
            "album",
            "Electronic",
            -250,
            (("Seeds", 264), ("Static", 298), ("Bloom", 331)),
        ),
    ),
    "noor": (
        Piece(
            "ليل المدينة",
            ("سامي ناصر",),
            "album",
            "Arabic Pop",
            15,
            (("ليل المدينة", 248), ("الميناء", 221), ("صباح الخير", 205)),
        ),
        Piece("رمال", ("ليان",), "single", "World Music", -60, (("رمال", 214),)),
        Piece(
            "Dust and Saffron",
            ("Qamar Ensemble",),
            "album",
            "World",
            -300,
            (("Caravan of Salt", 402), ("Saffron", 356), ("Qanun", 289)),
        ),
    ),
}

CREDITS = {
    "Mira Okafor": (
        ("Mira Okafor", "ComposerLyricist"),
        ("Mira Okafor", "LeadVocalist"),
        ("Henrik Sander", "Piano"),
        ("Tilda Roth", "Producer"),
        ("Bas Vermeer", "MixingEngineer"),
    ),
    "Trio Feldweg": (
        ("Ole Petersen", "Composer"),
        ("Ole Petersen", "DoubleBass"),
        ("Merle Classen", "TenorSaxophone"),
        ("Tilda Roth", "Producer"),
    ),
    "Jonas Hartwig": (("Jonas Hartwig", "Composer"), ("Jonas Hartwig", "Arranger"), ("Trio Feldweg", "Ensemble")),
    "Kaia Lindqvist": (("Kaia Lindqvist", "Composer"), ("Kaia Lindqvist", "Synthesizer"), ("Bas Vermeer", "Mixer")),
    "The Lanterns": (
        ("Nell Hargrove", "Composer"),
        ("Sam Okoro", "Lyricist"),
        ("Nell Hargrove", "LeadVocalist"),
        ("June Castellan", "Producer"),
        ("Abe Lindholm", "MasteringEngineer"),
    ),
    "Marisol Vega": (("Marisol Vega", "ComposerLyricist"), ("Iker Salas", "Arranger"), ("Iker Salas", "Producer")),
    "Wren & Fox": (("Wren Adair", "Composer"), ("Fox Delaney", "Programmer"), ("Abe Lindholm", "Mixer")),
    "سامي ناصر": (
        ("سامي ناصر", "Composer"),
        ("هالة منصور", "Lyricist"),
        ("طارق زيدان", "Oud"),
        ("ريم الخطيب", "Producer"),
    ),
    "ليان": (("ليان", "ComposerLyricist"), ("ريم الخطيب", "Producer"), ("كريم صالح", "MixingEngineer")),
    "Qamar Ensemble": (("Yusuf Rahmani", "Composer"), ("Yusuf Rahmani", "Conductor"), ("Dalia Haddad", "Strings")),
}
"""Who did what on every track of an act, by the act's name."""
