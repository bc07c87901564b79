"""For every rule, what breaks it and what keeps it."""

from __future__ import annotations

from tests.catalog.sheets import Case, a_party, a_release, a_track, sheet, two_tracks

_WRITER = [{"name": "Ada Vale", "role": "Composer"}]
_CODE, _OTHER_CODE = "USS1Z9900001", "USS1Z9900002"
_UPC = "0718752155427"


def _known_recording(**said: object) -> Case:
    track = {"isrc": _CODE, "duration_ms": 200_000, "audio_md5": "a", **said}
    return sheet({}, tracks=[track], recordings=[{"isrc": _CODE, "duration_ms": 201_000, "audio_md5": "a"}])


def _roster(*, scope: str, name: str) -> Case:
    said = {"artists": [name]}
    artists = [{"name": "The Long Blondes", "stylised": False}, {"name": "Hall & Oates", "stylised": False}]
    return sheet(said if scope == "release" else {}, tracks=[] if scope == "release" else [said], artists=artists)


CODES = {
    "ID01": (a_track(isrc="US-S1Z-9A-00001"), a_track(isrc=_CODE)),
    "ID01.form": (a_track(isrc="us-s1z-99-00001"), a_track(isrc=_CODE)),
    "ID02": (a_track(isrc="XXABC1234567"), a_track(isrc="QM24S2402528")),
    "ID03": (_known_recording(audio_md5="b"), _known_recording()),
    "ID04": (a_track(), a_track(isrc=_CODE)),
    "ID05": (a_release(upc="718752155428"), a_release(upc="718752155427")),
    "ID05.form": (a_release(upc="718752155427"), a_release(upc=_UPC)),
    "ID06": (sheet({"upc": _UPC}, releases=[{"upc": _UPC}]), sheet({"upc": _UPC}, releases=[{"upc": None}])),
    "ID07": (a_release(upc="7.24E+11"), a_release(upc="7.24384960650E+11")),
    "ID07.form": (a_release(upc="724384960650.0"), a_release(upc="0724384960650")),
    "ID07.zero": (a_release(upc="77776494128"), a_release(upc="077776494128")),
    "ID08": (a_release(grid="A1-2425G-ABC1234002-Q"), a_release(grid="A1-2425G-ABC1234002-M")),
    "ID08.form": (a_release(grid="A1-2425G-ABC1234002-M"), a_release(grid="A12425GABC1234002M")),
    "ID09": (a_track(iswc="T1234567893"), a_track(iswc="T1234567894")),
    "ID09.form": (a_track(iswc="T-123.456.789-4"), a_track(iswc="T1234567894")),
    "ID10": (a_party(isni="0000000121464388"), a_party(isni="000000012146438X")),
    "ID10.name": (a_party(ipi_name="00000000100"), a_party(ipi_name="00000000199")),
    "ID10.pad": (a_party(ipi_name="0000000199"), a_party(ipi_name="00000000199")),
    "ID10.base": (a_party(ipi_base="I-001068130-7"), a_party(ipi_base="I-001068130-6")),
    "ID11": (a_party(dpid="PADPIDA2013020803I"), a_party(dpid="PADPIDA2013020802I")),
    "ID12": (a_release(catalog_number="718752155427"), a_release(catalog_number="SK 032")),
    "ID12.taken": (
        sheet({"label": "Svek", "catalog_number": "SK 032"}, releases=[{"label": "svek", "catalog_number": "SK032"}]),
        sheet({"label": "Svek", "catalog_number": "SK 032"}, releases=[{"label": "Kite", "catalog_number": "SK032"}]),
    ),
}

TITLES = {
    "TI01": (a_track(title="WALKING HOME"), a_track(title="DNA")),
    "TI02": (a_track(title="Lost In The Woods", language="en"), a_track(title="Lost in the Woods", language="en")),
    "TI03": (a_track(title="La Vie En Rose", language="fr"), a_track(title="La vie en rose", language="fr")),
    "TI03.mixed": (
        two_tracks({"title": "La Casa Azul", "language": "es"}, {"title": "La casa azul", "language": "es"}),
        two_tracks({"title": "La casa verde", "language": "es"}, {"title": "La casa azul", "language": "es"}),
    ),
    "TI04": (a_track(title="Song (Part 2)"), a_track(title="Song, Pt. 2")),
    "TI05": (a_track(title="Song (Ft. Ada)"), a_track(title="Song (feat. Ada)")),
    "TI05.bare": (a_track(title="Song ft. Ada"), a_track(title="Song (feat. Ada)")),
    "TI06": (
        a_track(title="Song (feat. Ada & Bo)", featuring=["Ada"]),
        a_track(title="Song (feat. Ada & Bo)", featuring=["Ada & Bo"]),
    ),
    "TI06.credit": (a_track(title="Song", featuring=["Ada"]), a_track(title="Song (feat. Ada)", featuring=["Ada"])),
    "TI07": (a_track(title="Song (feat. Ada) (Remix)"), a_track(title="Song (feat. Ada) [Remix]")),
    "TI07.split": (a_track(title="Song (Bo Remix)"), a_track(title="Song", version="Bo Remix")),
    "TI08": (a_track(title="Song (Original Mix)"), a_track(title="Song (Dub Mix)")),
    "TI08.version": (a_track(version="Original Mix"), a_track(version="Dub Mix")),
    "TI09": (a_track(title="Song (Explicit)"), a_track(title="Explicit Song")),
    "TI09.flag": (a_track(title="Song (Clean)"), a_track(title="Song (Clean)", explicit="clean")),
    "TI09.edited": (a_track(title="Song (Edited)"), a_track(title="Song (Radio Edit)")),
    "TI10": (a_release(title="Album (Limited Edition)"), a_release(title="Digital Love")),
    "TI11": (a_track(title="F**k Off"), a_track(title="Stars")),
    "TI12": (
        sheet({"title": "Album"}, tracks=[{"title": "Song"}]),
        sheet({"title": "Song - Single"}, tracks=[{"title": "Song"}]),
    ),
    "TI13": (a_release(title="Uptown/Downtown"), a_release(title="Uptown / Downtown")),
    "TI14": (a_track(title="Two  Spaces "), a_track(title="One Space")),
    "TI14.emoji": (a_track(title="Fire \N{FIRE}"), a_track(title="Fire")),
    "TI14.quotes": (a_track(title="Don't Say “No”"), a_track(title="Don’t Say “No”")),
    "TI15": (a_track(title="CafÃ©"), a_track(title="Café")),
    "TI15.artists": (a_track(artists=["BjÃ¶rk"]), a_track(artists=["Björk"])),
    "TI16": (
        two_tracks({"title": "Song"}, {"title": "song"}),
        two_tracks({"title": "Song"}, {"title": "song", "version": "Dub"}),
    ),
    "TI16.generic": (a_track(title="Track 1"), a_track(title="Tracks of My Tears")),
}

ARTISTS = {
    "AR01": (a_track(artists=["Ada feat. Bo"]), a_track(artists=["Ada", "Bo"])),
    "AR01.joined": (_roster(scope="track", name="Ada & Bo"), _roster(scope="track", name="Hall & Oates")),
    "AR01.release": (_roster(scope="release", name="Ada & Bo"), _roster(scope="release", name="Hall & Oates")),
    "AR02": (a_release(artists=list("ABCD")), a_release(artists=list("ABC"))),
    "AR02.spelling": (a_release(artists=["V.A."]), a_release(artists=["Various Artists"])),
    "AR03": (a_track(artists=["Various Artists"]), a_track(artists=["Ada"])),
    "AR04": (a_track(artists=["Ada"], featuring=["ADA"]), a_track(artists=["Ada"], featuring=["Bo"])),
    "AR05": (a_track(artists=["Ada (Guitar)"]), a_track(artists=["Ada"])),
    "AR05.number": (a_track(artists=["Ada (2)"]), a_track(artists=["Ada 2"])),
    "AR06": (_roster(scope="track", name="The Long Blonds"), _roster(scope="track", name="The Short Blondes")),
    "AR06.release": (
        _roster(scope="release", name="the long blondes"),
        _roster(scope="release", name="The Long Blondes"),
    ),
    "AR07": (a_track(contributors=[{"name": "Ada Vale", "role": "Mixer"}]), a_track(contributors=_WRITER)),
    "AR07.name": (a_track(contributors=[{"name": "Ada", "role": "Composer"}]), a_track(contributors=_WRITER)),
    "AR08": (a_track(language="English"), a_track(language="pt-BR")),
    "AR08.missing": (a_release(), a_release(language="en")),
    "AR08.lyrics": (a_track(), a_track(instrumental=True)),
    "AR08.none": (a_track(instrumental=True, lyrics_language="en"), a_track(instrumental=True, lyrics_language="zxx")),
    "AR08.explicit": (a_track(instrumental=True, explicit="explicit"), a_track(instrumental=True, explicit="none")),
}

RELEASES = {
    "EX01": (a_track(explicit="maybe"), a_track(explicit="clean")),
    "EX01.missing": (a_track(), a_track(explicit="none")),
    "EX02": (
        sheet({"explicit": "none"}, tracks=[{"explicit": "explicit"}]),
        sheet({"explicit": "explicit"}, tracks=[{"explicit": "explicit"}]),
    ),
    "EX03": (
        a_track(title="Song", explicit="clean"),
        two_tracks({"title": "Song", "explicit": "clean"}, {"title": "Song", "explicit": "explicit"}),
    ),
    "GE01": (a_release(genre="Rokk"), a_release(genre="Rock")),
    "GE01.missing": (a_release(), a_release(genre="Rock")),
    "GE01.sub": (a_release(genre="Rock", subgenre="House"), a_release(genre="Dance", subgenre="House")),
    **{
        code: cases
        for side in "pc"
        for code, cases in {
            f"CP01.{side}": (
                a_release(**{f"{side}_year": 2020}),
                a_release(**{f"{side}_year": 2020, f"{side}_owner": "Kite"}),
            ),
            f"CP01.{side}_year": (a_release(**{f"{side}_year": 2028}), a_release(**{f"{side}_year": 2027})),
            f"CP01.{side}_symbol": (
                a_release(**{f"{side}_owner": "(P) 2020 Kite"}),
                a_release(**{f"{side}_owner": "Kite"}),
            ),
        }.items()
    },
    "CP02": (a_release(), a_release(label="Kite")),
    "CP02.unknown": (
        sheet({"label": "Kit"}, imprints=[{"name": "Kite"}]),
        sheet({"label": "Kite"}, imprints=[{"name": "Kite"}]),
    ),
    **{
        code: cases
        for field in ("release_date", "original_release_date", "preorder_date")
        for code, cases in {
            f"DA01.{field}": (a_release(**{field: "2023-02-29"}), a_release(**{field: "2024-02-29"})),
            f"DA01.{field}_zeros": (a_release(**{field: "1999-03-00"}), a_release(**{field: "1999-03"})),
        }.items()
    },
    "DA01": (
        a_release(original_release_date="2001", release_date="2000-05"),
        a_release(original_release_date="2000", release_date="2000-05"),
    ),
    "DA02": (a_release(release_date="2026-06-04"), a_release(release_date="1999-06-04")),
    "DA02.weeks": (a_release(release_date="2026-06-20"), a_release(release_date="2026-07-20")),
    "DA03": (
        a_release(preorder_date="2026-08-01", release_date="2026-08-01"),
        a_release(preorder_date="2026-07-01", release_date="2026-08-01"),
    ),
    "DA04": (a_track(instant_grat=True), sheet({"preorder_date": "2026-07-01"}, tracks=[{"instant_grat": True}])),
    "DA05": (a_release(territories=["Germany"]), a_release(territories=["DE", "AT"])),
    "DA05.excluded": (
        a_release(territories=["DE"], excluded_territories=["US"]),
        a_release(territories=["Worldwide"], excluded_territories=["US"]),
    ),
}

_COVER = {"artwork_width": 3000, "artwork_height": 3000}
MEDIA = {
    "AW01": (a_release(artwork_width=3000, artwork_height=2999), a_release(**_COVER)),
    "AW01.missing": (a_release(), a_release(**_COVER)),
    "AW02": (
        a_release(artwork_format="JPEG", artwork_mode="CMYK"),
        a_release(artwork_format="JPEG", artwork_mode="RGB"),
    ),
    "AW02.size": (a_release(artwork_bytes=10_000_001), a_release(artwork_bytes=10_000_000)),
    "AW04": (a_release(artwork_sharpness=5.0), a_release(artwork_sharpness=500.0)),
    "AW04.twice": (
        sheet({"artwork_hash": "a"}, {"artwork_hash": "a"}),
        sheet({"artwork_hash": "a"}, {"artwork_hash": "b"}),
    ),
    "AU01": (a_track(audio_codec="mp3"), a_track(audio_codec="pcm")),
    "AU01.source": (a_track(audio_lossy=True), a_track(audio_lossy=False)),
    "AU02": (a_track(audio_rate=22_050, audio_bits=16), a_track(audio_rate=44_100, audio_bits=16)),
    "AU02.upsampled": (a_track(audio_upsampled=True), a_track(audio_upsampled=False)),
    "AU03": (a_track(audio_channels=1), a_track(audio_channels=2)),
    "AU04": (a_track(audio_lead_ms=10_001), a_track(audio_lead_ms=10_000)),
    "AU04.gap": (a_track(audio_gap_ms=2_001), a_track(audio_gap_ms=2_000)),
    "AU05": (
        sheet({"kind": "single"}, tracks=[{"duration_ms": 29_999}]),
        sheet({"kind": "single"}, tracks=[{"duration_ms": 30_000}]),
    ),
    "AU05.album": (
        two_tracks({"duration_ms": 20_000}, {"duration_ms": 20_000}, kind="album"),
        two_tracks({"duration_ms": 20_000}, {"duration_ms": 60_000}, kind="album"),
    ),
    "AU06": (
        two_tracks({"audio_md5": "a", "isrc": _CODE}, {"audio_md5": "a", "isrc": _OTHER_CODE}),
        two_tracks({"audio_md5": "a", "isrc": _CODE}, {"audio_md5": "b", "isrc": _OTHER_CODE}),
    ),
    "AU07": (
        two_tracks({"audio_rate": 44_100}, {"audio_rate": 48_000}),
        two_tracks({"audio_rate": 44_100}, {"audio_rate": 44_100}),
    ),
    "AU08": (a_track(audio_ms=200_000, duration_ms=198_999), a_track(audio_ms=200_000, duration_ms=199_000)),
    "AU09": (a_track(audio_peak_dbtp=0.2), a_track(audio_peak_dbtp=-1.0, audio_clipped=0)),
    "AU09.loudness": (a_track(audio_lufs=-40.0), a_track(audio_lufs=-14.0)),
    "AU09.offset": (a_track(audio_dc=-0.01), a_track(audio_dc=0.001)),
    "AU10": (a_track(audio_intact=False), a_track(audio_intact=True)),
    "FI01": (a_track(), a_track(file="a.wav")),
    "FI01.other": (a_track(file=f"{_OTHER_CODE}.wav", isrc=_CODE), a_track(file=f"{_CODE}.wav", isrc=_CODE)),
    "FI02": (two_tracks({"number": 1}, {"number": 1}), two_tracks({"number": 1}, {"number": 1, "disc": 2})),
    "FI02.gap": (two_tracks({"number": 1}, {"number": 3}), two_tracks({"number": 2}, {"number": 1})),
    "FI02.some": (two_tracks({"number": 1}, {"number": None}), two_tracks({"number": None}, {"number": None})),
    "FI02.discs": (two_tracks({"disc": 1}, {"disc": 3}), two_tracks({"disc": 1}, {"disc": 2})),
}

CASES = CODES | TITLES | ARTISTS | RELEASES | MEDIA
