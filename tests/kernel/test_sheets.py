"""Tables that people open with a spreadsheet."""

from __future__ import annotations

import pytest

from app.kernel.sheets.cells import harmless


@pytest.mark.parametrize("text", ["=1", "+x", "-x", "@x", "\tx", "\rx", "|x", "＝1", "=cmd|'/c calc'!A0", "-1+2", "+"])
def test_what_a_spreadsheet_would_run_is_text_to_it(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "x", "1", "a=b", "1-1"])
def test_what_runs_nowhere_stays(text):
    assert harmless(text) == text
