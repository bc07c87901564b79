"""The label history is never run by Alembic itself: `migrations.compiled` renders it and the fleet replays it."""

from __future__ import annotations

raise SystemExit("Use `boptone migrate`: it replays the label history schema by schema.")
