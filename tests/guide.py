"""What stands in the guide for developers, to be done word by word, and the place where it is done."""

from __future__ import annotations

import re

import pytest

from tests.servers import ROOT

GUIDE = (ROOT / "docs" / "api.md").read_text()
AT_HOME = """
import socket

_asked = socket.getaddrinfo


def _at_home(host, *more, **named):
    return _asked("127.0.0.1" if str(host).endswith(".localhost") else host, *more, **named)


socket.getaddrinfo = _at_home
"""


def block(name: str) -> str:
    """A program of the guide."""
    found = re.search(rf"^```python {name}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[1]


@pytest.fixture
def at_home(tmp_path):
    """A folder on whose path a program finds every label's host on this machine, as browsers do."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(AT_HOME)
    return str(folder)
