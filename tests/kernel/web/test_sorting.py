"""Names stand in the order of the reader's alphabet."""

from __future__ import annotations

import pytest

from app.fans.rules.addresses import countries
from app.kernel.web.languages import sort_key
from app.roster.rules.countries import country_names


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("de", ["Oman", "Österreich", "Pakistan", "Schweden", "Straße", "Strasse B", "Zypern"]),
        ("fr", ["Égypte", "Équateur", "Espagne", "Estonie", "États-Unis", "Éthiopie", "Finlande"]),
        ("pl", ["Cypr", "Czechy", "Luksemburg", "Łotwa", "Malta", "Świat", "Turcja", "Zambia", "Źródło", "Żywiec"]),
        ("es", ["nube", "nzé", "ñandú", "obra"]),
        ("ar", ["أذربيجان", "إسبانيا", "البحرين", "آيسلندا", "تونس"]),
        ("ko", ["가나", "대한민국", "일본", "호주"]),
    ],
)
def test_accents_do_not_tear_names_apart(language, names):
    assert sorted(names, key=lambda each: sort_key(each, language)) == names


def test_countries_are_found_where_a_reader_looks_for_them():
    german = [name for _, name in countries("de")]
    assert german.index("Oman") < german.index("Österreich") < german.index("Pakistan")
    polish = [name for _, name in country_names("pl")]
    assert polish.index("Luksemburg") < polish.index("Łotwa") < polish.index("Macedonia Północna")
