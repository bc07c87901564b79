"""Names stand where the reader's language has them, in Python and in the database: the orders are CLDR's, by ICU 78."""

from __future__ import annotations

import pytest
from sqlalchemy import Text, column, func, select, text, values

from app.catalog.pages.editor import languages
from app.fans.rules.addresses import countries
from app.kernel import db
from app.kernel.collation import as_sorted, read_in, reads, sort_key
from app.roster.rules.countries import country_names

SIGNS = "!!!|“Weird Al”|10cc"
LATIN = "ABBA|Łódź|Lodzer|Lz|Ñandú|Nzé|Ólafur|Øya|Ozric|Straße|Strasse B|Zbigniew|Zoe|Źródło|Żuk"
POLISH = "ABBA|Lodzer|Lz|Łódź|Ñandú|Nzé|Øya|Ozric|Ólafur|Straße|Strasse B|Zbigniew|Zoe|Źródło|Żuk"
SPANISH = "ABBA|Łódź|Lodzer|Lz|Nzé|Ñandú|Ólafur|Øya|Ozric|Straße|Strasse B|Zbigniew|Zoe|Źródło|Żuk"
BETWEEN = "ελλάδα|Алла|Ёлка|Кино"
ARABIC = "آمال ماهر|أم كلثوم|إليسا|فيروز|مُحَمَّد عبده|محمد منير"
IN_ARABIA = "آمال ماهر|إليسا|أم كلثوم|فيروز|مُحَمَّد عبده|محمد منير"
HANGUL = "김광석|나훈아|이문세"
KANA = "キャット|サーカス|さいかす|サカナクション|さくら|ラーメンズ"
PINYIN = (
    "阿杜|坂本龍一|陳奕迅|邓丽君|東京事変|韓大洙|金秋子|李文世兒|山下達郎|王菲|雯雯|細野晴臣|鑫鑫|宇多田ヒカル|張學友|"
    "中島みゆき|周杰伦|椎名林檎"
)
JIS = (
    "阿杜|宇多田ヒカル|王菲|韓大洙|金秋子|細野晴臣|坂本龍一|山下達郎|周杰伦|中島みゆき|張學友|陳奕迅|椎名林檎|東京事変|"
    "李文世兒|邓丽君|鑫鑫|雯雯"
)
KOREAN = (
    "김광석|金秋子|나훈아|東京事変|李文世兒|雯雯|山下達郎|細野晴臣|阿杜|王菲|宇多田ヒカル|이문세|張學友|周杰伦|中島みゆき|陳奕迅|"
    "椎名林檎|坂本龍一|韓大洙|邓丽君|鑫鑫"
)
ORDERS = {
    "ja": (SIGNS, LATIN, KANA, JIS, BETWEEN, ARABIC, HANGUL),
    "zh-Hans": (SIGNS, PINYIN, LATIN, BETWEEN, ARABIC, HANGUL, KANA),
    "ko": (SIGNS, KOREAN, LATIN, BETWEEN, ARABIC, KANA),
    "ar": (SIGNS, IN_ARABIA, LATIN, BETWEEN, HANGUL, KANA, PINYIN),
    "pl": (SIGNS, POLISH, BETWEEN, ARABIC, HANGUL, KANA, PINYIN),
    "es": (SIGNS, SPANISH, BETWEEN, ARABIC, HANGUL, KANA, PINYIN),
} | dict.fromkeys(
    ("en", "de", "fr", "pt-BR", "it", "nl"), (SIGNS, LATIN, BETWEEN, ARABIC, HANGUL, KANA, PINYIN)
)  # fmt: skip


@pytest.fixture(autouse=True)
def _read_as_before():
    """What a test reads in, no test after it in this process does."""
    before = reads()
    yield
    read_in(before)


@pytest.mark.parametrize("language", ORDERS)
def test_names_of_every_script_stand_as_the_readers_language_orders_them(label, language):
    names = "|".join(ORDERS[language]).split("|")
    assert sorted(sorted(names), key=lambda each: sort_key(each, language)) == names
    name = column("name", Text)
    listed = values(name, name="listed").data([(each,) for each in sorted(names)])
    read_in(language)
    with db.tenant_read(label) as session:
        assert list(session.scalars(select(name).select_from(listed).order_by(as_sorted(name)))) == names
        after = as_sorted(name) > session.scalar(select(as_sorted(name)).select_from(listed).where(name == names[30]))
        assert set(session.scalars(select(name).select_from(listed).where(after))) == set(names[31:])


def test_a_list_is_sorted_as_soon_by_a_plan_that_was_kept(label):
    """From the eleventh question on PostgreSQL may keep a plan, in which no table stands as a constant any more."""
    name = func.concat("サカナクション é", func.generate_series(1, 2_000)).label("name")
    listed = select(name).subquery()
    with db.tenant_read(label) as session:
        session.execute(text("SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL statement_timeout = '4s'"))
        query = select(func.count(), func.max(as_sorted(listed.c.name)))
        assert session.execute(query).one()[0] == 2_000


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("de", ["Oman", "Österreich", "Pakistan", "Schweden", "Straße", "Strasse B", "Zypern"]),
        ("fr", ["Égypte", "Équateur", "Espagne", "Estonie", "États-Unis", "Éthiopie", "Finlande"]),
        ("pl", ["Cypr", "Czechy", "Luksemburg", "Łotwa", "Malta", "Świat", "Turcja", "Zambia", "Źródło", "Żywiec"]),
        ("es", ["nube", "nzé", "ñandú", "obra"]),
        ("ar", ["آيسلندا", "أذربيجان", "إسبانيا", "البحرين", "تونس"]),
        ("ko", ["가나", "대한민국", "일본", "호주"]),
    ],
)
def test_accents_do_not_tear_names_apart(language, names):
    assert sorted(names, key=lambda each: sort_key(each, language)) == names


def test_countries_and_languages_are_found_where_a_reader_looks_for_them():
    german = [name for _, name in countries("de")]
    assert german.index("Oman") < german.index("Österreich") < german.index("Pakistan")
    polish = [name for _, name in country_names("pl")]
    assert polish.index("Luksemburg") < polish.index("Łotwa") < polish.index("Macedonia Północna")
    spoken = [name for _, name in languages("pl")]
    assert spoken.index("litewski") < spoken.index("łotewski") < spoken.index("macedoński")
