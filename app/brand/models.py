"""Versions of a label's theme, and the files they name."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.brand.errors import ThemeNotDraft, ThemeScheduled
from app.kernel.db.models import LabelModel
from themes.engine import Inputs, Resolved, modern, parse

MOMENT = TIMESTAMP(timezone=True)
AssetKind = Literal["wordmark", "mark", "on_dark", "mono", "font", "card"]


class ThemeVersion(LabelModel):
    """What an author said and everything that followed from it; once published, only its state changes.

    At most one is live, which an index sees to; the row that says so is the only pointer there is.
    """

    __tablename__ = "theme_versions"
    __table_args__ = (
        CheckConstraint("state in ('draft', 'live', 'retired')", name="state"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="published"),
        CheckConstraint("publish_at IS NULL OR state = 'draft'", name="publish_at"),
        Index("uq_theme_versions_live", "state", unique=True, postgresql_where=text("state = 'live'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, unique=True)
    parent: Mapped[int | None] = mapped_column(Integer)
    preset: Mapped[str] = mapped_column(Text, server_default="")
    state: Mapped[str] = mapped_column(Text)
    inputs: Mapped[dict[str, Any]] = mapped_column(JSONB)
    css: Mapped[str] = mapped_column(Text)
    flat: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sha256: Mapped[str] = mapped_column(Text, index=True)
    author_id: Mapped[UUID | None] = mapped_column()
    note: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    published_at: Mapped[datetime | None] = mapped_column(MOMENT)
    publish_at: Mapped[datetime | None] = mapped_column(MOMENT)

    @property
    def standing(self) -> str:
        """The state as people are told it: a draft that waits for its moment is scheduled."""
        return "scheduled" if self.publish_at else self.state

    @property
    def said(self) -> Inputs:
        """What the author said."""
        return parse(modern(self.inputs))

    def say(self, inputs: dict[str, Any], resolved: Resolved) -> None:
        """Change what the author says, while it is a draft that waits for nothing."""
        self.check_changes()
        self.inputs, self.css, self.flat = inputs, resolved.css, resolved.flat
        self.sha256 = resolved.sha256

    def check_changes(self) -> None:
        """Refuse a change of what was published or will be."""
        if self.state != "draft":
            raise ThemeNotDraft
        if self.publish_at is not None:
            raise ThemeScheduled

    def wait_until(self, moment: datetime) -> None:
        """Stay as it is until it is published at this moment."""
        self.check_changes()
        self.publish_at = moment

    def publish(self, now: datetime) -> None:
        """Show it to everybody; whatever was live must have been retired before."""
        if self.state != "draft":
            raise ThemeNotDraft
        self.state, self.published_at, self.publish_at = "live", now, None

    def retire(self) -> None:
        """Show it no longer."""
        self.state = "retired"

    def return_live(self) -> None:
        """Show it again."""
        if self.state != "retired":
            raise ThemeNotDraft
        self.state = "live"


class BrandAsset(LabelModel):
    """A logo, a font or a drawn card: made once, never changed, named by the versions that use it.

    `facts` say what was measured when it came in; `key` names what may exist only once.
    """

    __tablename__ = "brand_assets"
    __table_args__ = (CheckConstraint("kind in ('wordmark', 'mark', 'on_dark', 'mono', 'font', 'card')", name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    key: Mapped[str | None] = mapped_column(Text, unique=True)
    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)
