"""Why something in the portal's frame cannot be done."""

from __future__ import annotations

from app.kernel.errors import NotFound


class NewsUnknown(NotFound):
    """There is no such news in the member's inbox."""

    message = "This is not in your inbox."
