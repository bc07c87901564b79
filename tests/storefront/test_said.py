"""Which of a label's texts a reader is shown, where the label does not write their language."""

from __future__ import annotations

from app.storefront.rules.ways import named, said

TEXTS = {"de": "Hallo", "en": "Hello", "pt": "Olá"}


def test_a_text_is_read_in_ones_own_language_then_a_near_one_then_english():
    assert said(TEXTS, "de", ("de", "en")) == ("Hallo", "de")
    assert said(TEXTS, "pt-BR", ("de", "en")) == ("Olá", "pt")
    assert said({"pt-BR": "Oi", "en": "Hello"}, "pt", ()) == ("Oi", "pt-BR")
    assert said(TEXTS, "ja", ("de", "en")) == ("Hello", "en")
    assert said({"de": "Hallo", "en-GB": "Hello"}, "ja", ("de",)) == ("Hello", "en-GB")


def test_without_english_the_label_speaks_as_it_lists_its_languages():
    assert said({"ar": "مرحبا", "de": "Hallo"}, "ja", ("de", "ar")) == ("Hallo", "de")
    assert said({"ar": "مرحبا", "en": ""}, "ja", ("de",)) == ("مرحبا", "ar")
    assert said({}, "ja", ("de",)) == ("", "ja")


def test_what_has_a_name_of_its_own_keeps_it_where_nothing_nearer_is_written():
    assert named("Hemd", {"en": "Shirt", "fr": "Chemise"}, "fr") == "Chemise"
    assert named("Hemd", {"en": "Shirt", "fr": "Chemise"}, "ja") == "Shirt"
    assert named("Hemd", {"fr": "Chemise", "en": ""}, "ja") == "Hemd"
