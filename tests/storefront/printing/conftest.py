"""A printer on this machine, and a shop of each file's own that is connected to it."""

from __future__ import annotations

import msgspec
import pytest

from app.kernel import cache
from app.kernel.actor import Actor
from app.storefront.service import printed_rates, printing
from tests.factories.labels import a_label
from tests.factories.shop import a_shop
from tests.storefront.printful_wire import TOKEN, printer_here
from tests.storefront.printing.printed import count_anew

_shops = {}


@pytest.fixture(scope="module")
def printer():
    with printer_here() as found:
        yield found


@pytest.fixture(autouse=True)
def _as_new(printer):
    yield
    printer.trouble.clear()
    printer.asked.clear()
    printer.products.clear()
    printer.token, printer.rates = TOKEN, []


@pytest.fixture
def connected(settings, printer):
    """This process, connected as where Printful is the one on this machine."""
    from app.kernel import observe
    from app.main import composition

    chosen = msgspec.structs.replace(settings, printful_api_base=printer.base, printful_files_base=printer.base)
    observe.configure(chosen, process="test")
    composition.load_slices()
    composition.connect(chosen, "test")
    count_anew()
    return chosen


@pytest.fixture
def shop(connected, request):
    """A label whose shop is connected, and whose list was looked through."""
    if request.node.path.stem not in _shops:
        _shops[request.node.path.stem] = a_label(currency="EUR", time_zone="Europe/Berlin")
        a_shop(_shops[request.node.path.stem])
        printing.connect(
            _shops[request.node.path.stem], Actor.system(_shops[request.node.path.stem]), TOKEN, "https://shop.test"
        )
    cache.of(_shops[request.node.path.stem]).delete(printed_rates.AWAY)
    return _shops[request.node.path.stem]
