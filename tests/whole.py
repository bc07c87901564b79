"""The whole product's pages, put together once in a process: that takes longer than most tests."""

from __future__ import annotations

from functools import cache

from litestar import Litestar

from app.main import composition
from app.main.web import assemble


@cache
def whole_product() -> Litestar:
    """Every page of the product: what serves with them, or looks at their routes, finds the same ones."""
    composition.load_slices()
    return assemble()
