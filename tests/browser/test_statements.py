"""From periods down to a row that a store sent, as staff and as an artist: no page on the way has a fault."""

from __future__ import annotations

import re

import pytest


def _first(here, pattern):
    found = re.search(pattern, here.page.content())
    assert found, pattern
    return found[1]


def _way_down(here, statement):
    """The addresses from a statement to a row behind its largest line."""
    here.go(statement)
    line = _first(here, rf'href="({re.escape(statement)}/lines/\d+)"')
    here.go(line)
    return [statement, f"{statement}?by=territory", line, _first(here, rf'href="({re.escape(line)}/rows/[^"]+)"')]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_period_opens_down_to_a_row_and_no_page_has_a_fault(visit, language):
    here = visit("bluehour", language=language, reduced_motion="reduce")
    here.go("/portal/royalties")
    run = _first(here, r'href="(/portal/royalties/runs/[^"]+)"')
    here.go(run)
    found = []
    for path in [run, *_way_down(here, _first(here, r'href="(/portal/royalties/statements/[^"?]+)"'))]:
        assert here.go(path).status == 200, path
        found += [f"{path} {flaw}" for flaw in here.flaws()]
    assert not found + here.complaints, "\n".join(found + here.complaints)


@pytest.mark.slow
def test_an_artist_opens_their_own_statement_down_to_a_row(visit):
    here = visit("bluehour", who="artist", reduced_motion="reduce")
    here.go("/portal")
    here.page.get_by_role("link", name="Royalties").click()
    own = _first(here, r'href="(/portal/royalties/statements/[^"?]+)"')
    found = []
    for path in ["/portal/royalties", *_way_down(here, own)]:
        assert here.go(path).status == 200, path
        found += [f"{path} {flaw}" for flaw in here.flaws()]
    assert not found + here.complaints, "\n".join(found + here.complaints)
