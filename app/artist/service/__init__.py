"""What the artists' app is asked for: how money stands, what there is to do, what was read."""

from __future__ import annotations

from app.artist.service.doing import tasks
from app.artist.service.earning import Earnings, earnings
from app.artist.service.reading import mark_all_read, mark_answer_read, read
from app.artist.service.standing import Standing, standing

__all__ = ["Earnings", "Standing", "earnings", "mark_all_read", "mark_answer_read", "read", "standing", "tasks"]
