"""Redirects, pages of a list, conditions, languages: each a promise of its own."""

from __future__ import annotations

import pytest

from app.kernel.errors import Conflict
from app.kernel.tenant import Tenant
from app.kernel.web import languages, paging
from app.kernel.web.redirects import safe_path, whole_path
from app.kernel.web.refusals import Malformed, status_of

EVIL = [
    "//evil.test", "/\\evil.test", "\\\\evil.test", "https:evil.test", "https://evil.test", "/%09/evil.test", "/%0a/evil.test",
    "/\t/evil.test", "/\n/evil.test", "javascript:alert(1)", "/%2f/evil.test", "/%2F%2Fevil.test", "/%5cevil.test", "///evil.test",
    "evil.test", "", " /portal", "/portal\r\nSet-Cookie: a=b", "/portal%0d%0aSet-Cookie: a=b", "data:text/html,x", "/\u2215evil.test",
    "/portal#x y", "/" + "a" * 3_000, "?next=//evil.test", ".evil.test", "@evil.test", "/%00",
]  # fmt: skip


@pytest.mark.parametrize("wish", [None, *EVIL], ids=repr)
def test_nobody_is_sent_anywhere_but_to_this_host(wish: str | None) -> None:
    assert safe_path(wish, "/portal") == "/portal"


@pytest.mark.parametrize(
    "wish", ["/", "/portal/files", "/portal?after=a%20b&limit=5", "/portal/~a/b-c_d.e", "/de/releases"]
)
def test_a_path_of_this_host_is_kept(wish: str) -> None:
    assert safe_path(wish, "/elsewhere") == wish


class TestCursors:
    def test_a_cursor_leads_back_to_its_place_in_its_list_and_label_alone(self, label: Tenant, rival: Tenant) -> None:
        marker = paging.cursor(label, "files", ["2026-01-01", 7])
        assert paging.place(label, "files", marker) == ["2026-01-01", 7]
        for tenant, listing in ((rival, "files"), (None, "files"), (label, "members")):
            with pytest.raises(paging.CursorUnusable):
                paging.place(tenant, listing, marker)

    def test_a_tampered_cursor_is_refused_with_400(self, label: Tenant) -> None:
        marker = paging.cursor(label, "files", [7])
        forged = [
            marker[:-1] + ("A" if marker[-1] != "A" else "B"),
            marker[1:],
            "",
            "é",
            "\x00",
            marker * 100,
            "A" * 100,
        ]
        for text in forged:
            with pytest.raises(Malformed) as refused:
                paging.place(label, "files", text)
            assert status_of(refused.value) == 400

    @pytest.mark.parametrize("text", ["0", "-1", "201", "1000000000", "1.0", "", "١", "1e2", "+5", " 5", "9" * 5000])
    def test_a_page_size_out_of_range_is_refused(self, text: str) -> None:
        with pytest.raises(paging.LimitUnusable):
            paging.page_size(text)

    def test_a_page_size_in_range_is_taken(self) -> None:
        assert [paging.page_size(text) for text in (None, "1", "200")] == [50, 1, 200]


class TestConditions:
    def test_a_change_must_say_which_state_it_was_decided_on(self) -> None:
        now = paging.etag("release", 3)
        paging.require_unchanged(now, now)
        paging.require_unchanged(f'"other", {now}', now)
        paging.require_unchanged("*", now)
        for given, status in ((None, 428), ('"other"', 412), (f"W/{now}", 412), ("", 412)):
            with pytest.raises(Conflict) as refused:
                paging.require_unchanged(given, now)
            assert status_of(refused.value) == status

    def test_what_the_asker_already_holds_is_known(self) -> None:
        now = paging.etag("release", 3)
        assert all(paging.is_known(given, now) for given in (now, f"W/{now}", "*", f'"a", {now}'))
        assert not any(paging.is_known(given, now) for given in (None, "", '"a"', paging.etag("release", 4)))

    @pytest.mark.parametrize("text", ["", "a b", "a" * 256, "é", "a\n", "\x7f"])
    def test_an_idempotency_key_that_is_no_key_is_refused(self, text: str) -> None:
        with pytest.raises(paging.KeyUnusable):
            paging.idempotency_key(text)

    def test_an_idempotency_key_is_taken_as_it_is(self) -> None:
        assert [paging.idempotency_key(text) for text in (None, "a", "~" * 255)] == [None, "a", "~" * 255]


class TestLanguages:
    @pytest.mark.parametrize(
        ("wish", "chosen"),
        [
            ("de-AT,de;q=0.9", "de"), ("es;q=0.4, ar ; q=0.9", "ar"), ("sv", "en"), ("fr-CA", "fr"), ("pt", "pt-BR"), ("zh-CN", "zh-Hans"), ("", "en"), ("de;q=0, es", "es"),
            ("*", "en"), ("de;q=nan", "en"), ("de;q=9", "en"), (";;;,,,", "en"), ("../../etc/passwd", "en"), ("de\n", "de"),
            ("x" * 10_000, "en"), ("zh-Hans-CN-x-y", "zh-Hans"), ("e" * 9, "en"), ("AR-eg", "ar"),
        ],
        ids=repr,
    )  # fmt: skip
    def test_a_wish_finds_the_best_language_and_garbage_finds_the_first(self, wish: str, chosen: str) -> None:
        assert languages.choose(wish) == chosen

    def test_a_label_offers_its_own_languages(self) -> None:
        assert languages.choose("en", ("ar", "es")) == "ar"

    def test_places_are_filled_in_every_language(self) -> None:
        for language in languages.LANGUAGES:
            assert "4711" in languages.say(
                "Something went wrong on our side. Try again, or tell us this number: %(number)s", language, number=4711
            )


def test_an_address_that_is_none_leads_to_where_everybody_begins():
    assert whole_path("https://one.example/portal/payees?q=ada") == "/portal/payees?q=ada"
    assert safe_path(whole_path("http://[nowhere"), "/portal") == "/portal"
