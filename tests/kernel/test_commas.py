"""Several values in one field are read with the commas of every script."""

from __future__ import annotations

import pytest

from app.catalog.rules import fields
from app.contracts.pages.sent import Reader
from app.identity.service.places import keys_from
from app.kernel.commas import between_commas

TYPED = ["cd, lp,  box", "cd，lp，box", "cd、lp、box", "cd､lp､box", "cd، lp، box", "，cd,, lp 、box、"]


@pytest.mark.parametrize("typed", TYPED)
def test_every_scripts_comma_separates(typed):
    assert between_commas(typed) == ["cd", "lp", "box"]


@pytest.mark.parametrize("typed", TYPED)
def test_fields_that_say_so_are_read_with_them(typed):
    assert fields.texts(typed) == ["cd", "lp", "box"]
    assert keys_from(typed) == ["box", "cd", "lp"]
    assert Reader({"configurations": [typed]}, "en").codes("configurations") == ["cd", "lp", "box"]
