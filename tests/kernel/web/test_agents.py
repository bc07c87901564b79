"""What a session's browser is called."""

from __future__ import annotations

import pytest

from app.kernel.web.agents import device

MOZILLA = "Mozilla/5.0 "


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (MOZILLA + "(X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36", "Chrome · Linux"),
        (MOZILLA + "(Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0", "Edge · Windows"),
        (MOZILLA + "(iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit Version/19 Safari/604.1", "Safari · iPhone"),
        (MOZILLA + "(Macintosh; Intel Mac OS X 15.1; rv:140.0) Gecko Firefox/140.0", "Firefox · macOS"),
        ("curl/8.5", "curl/8.5"),
        ("", ""),
        ("<script>" + "x" * 200, ("<script>" + "x" * 200)[:40]),
    ],
)
def test_a_browser_has_a_short_name(agent, said):
    assert device(agent) == said
