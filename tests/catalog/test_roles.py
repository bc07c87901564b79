"""The words for what people did: one for each role in every language, so that a word means one role."""

from __future__ import annotations

import pytest

from app.catalog.pages.sent import with_named_roles
from app.catalog.rules.roles import ARTIST_ROLES, CREDIT_ROLES, ROLE_SENTENCES, WRITER_ROLES
from app.kernel.web.languages import LANGUAGES, say
from app.uploads.rules.credits import ROLES as UPLOADED


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_for_a_role_means_that_role_alone(language):
    words = {name: say(ROLE_SENTENCES[name], language) for name in ROLE_SENTENCES if name not in ARTIST_ROLES}
    assert len({word.casefold() for word in words.values()}) == len(words)
    said = with_named_roles({"credit_role": list(words.values())}, lambda sentence: say(sentence, language))
    assert said["credit_role"] == list(words)


def test_every_role_that_uploads_and_works_know_has_a_word():
    assert set(UPLOADED.values()) <= set(ROLE_SENTENCES)
    assert set(WRITER_ROLES) <= set(CREDIT_ROLES)


def test_what_has_no_word_stays_as_it_is_written():
    said = with_named_roles({"credit_role": " Glass  harmonica ", "title": "Song"}, str)
    assert said == {"credit_role": ["Glass harmonica"], "title": "Song"}
    assert with_named_roles({"title": "Song"}, str) == {"title": "Song"}
