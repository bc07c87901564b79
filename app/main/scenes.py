"""Three labels that serve demos, tests and pictures alike."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from admin.service import add_operator
from app.brand.models import ThemeVersion
from app.brand.service import publish, start_draft
from app.catalog.models import Release
from app.catalog.service.checking import check_changed
from app.catalog.service.creating import create
from app.identity.models import Member
from app.identity.service import add_member
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import platform_work, tenant_work
from app.kernel.tenant import Tenant, TenantState
from app.main.accounts import make_accounts
from app.main.deals import make_deals
from app.main.fans import make_fans, make_library
from app.main.music import CREDITS, MUSIC
from app.main.sales import make_sales
from app.main.shops import make_shop
from app.main.sleeves import dress_shop
from app.main.taxes import make_taxes
from app.roster.models import Artist
from app.settings import Settings, SettingsError
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label

OPERATOR = ("operator@boptone.test", "boptone-demo-2026")


@dataclass(frozen=True)
class Scene:
    """One demo label and who works there."""

    slug: str
    name: str
    owner: str
    artist: str
    time_zone: str
    currency: str
    languages: tuple[str, ...]
    preset: str

    @property
    def password(self) -> str:
        """The password of everybody in the scene."""
        return f"{self.slug}-demo-2026"

    def wish(self) -> OpenLabel:
        """The opening of this label."""
        return OpenLabel(
            slug=self.slug,
            name=self.name,
            owner_email=f"owner@{self.slug}.test",
            request_key=f"scene:{self.slug}",
            time_zone=self.time_zone,
            currency=self.currency,
            languages=self.languages,
        )


SCENES = (
    Scene("bluehour", "Blue Hour", "Lena Vogt", "Mira Okafor", "Europe/Berlin", "EUR", ("de", "en", "ar"), "editorial"),
    Scene("kite", "Kite Records", "Dana Reyes", "The Lanterns", "America/New_York", "USD", ("en", "es"), "voltage"),
    Scene("noor", "نور", "ليلى حداد", "سامي ناصر", "Asia/Dubai", "AED", ("ar", "en"), "geometric"),
)


def seed(settings: Settings, *, with_media: Collection[str] = ()) -> None:
    """Make every scene and the operator; what is there already stays as it is.

    Covers and sounds take a while to draw and play, so only the labels named in `with_media` get them.
    """
    if settings.is_production:
        raise SettingsError("Demo labels are never made in production: their passwords are public.")
    with platform_work() as session:
        add_operator(session, email=OPERATOR[0], password=OPERATOR[1])
    for scene in SCENES:
        tenant = open_label(scene.wish())
        if tenant.state is TenantState.ACTIVE:
            furnish(tenant, scene, with_media=scene.slug in with_media)


def furnish(tenant: Tenant, scene: Scene, *, with_media: bool) -> None:
    """Give an open label everything of its scene that it does not have yet."""
    _looks(tenant, scene)
    _music(tenant, scene)
    _people(tenant, scene)
    make_fans(tenant, artist=scene.artist, password=scene.password)
    make_deals(tenant, scene.artist, scene.currency)
    make_taxes(tenant)
    make_sales(tenant, scene.currency)
    make_accounts(tenant)
    make_shop(tenant)
    dress_shop(tenant, scene.slug, with_media=with_media)
    make_library(tenant)


SLUGS = tuple(scene.slug for scene in SCENES)


def _people(tenant: Tenant, scene: Scene) -> None:
    people = (("owner", scene.owner), ("artist", scene.artist))
    with tenant_work(tenant) as session:
        known = set(session.scalars(select(Member.email)))
        themselves = list(session.scalars(select(Artist.key).where(Artist.name == scene.artist)))
        for role, name in people:
            email = f"{role}@{scene.slug}.test"
            if email not in known:
                add_member(
                    session,
                    Actor.system(tenant),
                    email=email,
                    name=name,
                    role=role,
                    language=scene.languages[0],
                    password=scene.password,
                    artists=themselves if role == "artist" else (),
                )


def _looks(tenant: Tenant, scene: Scene) -> None:
    """Publish the scene's preset where nothing was published yet."""
    actor = Actor.system(tenant)
    with tenant_work(tenant) as session:
        if session.scalar(select(ThemeVersion.id).limit(1)) is None:
            draft = start_draft(session, actor, preset=scene.preset)
            publish(session, actor, tenant, draft.id)


def _music(tenant: Tenant, scene: Scene) -> None:
    """Bring the scene's catalogue in where there is none yet."""
    with tenant_work(tenant) as session:
        if session.scalar(select(Release.id).limit(1)) is not None:
            return
        today = clock.now().date()
        releases: list[dict[str, object]] = []
        tracks: list[dict[str, object]] = []
        for number, piece in enumerate(MUSIC[scene.slug]):
            day = today + timedelta(days=piece.days)
            owner = {"p_year": day.year, "p_owner": scene.name, "c_year": day.year, "c_owner": scene.name}
            said = {"title": piece.title, "artists": list(piece.artists), "kind": piece.kind, "genre": piece.genre}
            releases.append({"release": number, "label": scene.name, "release_date": day.isoformat(), **said, **owner})
            by = [{"name": name, "role": role} for name, role in CREDITS[piece.artists[0]]]
            for place, (title, seconds) in enumerate(piece.tracks, 1):
                where = {"release": number, "row": place, "disc": 1, "number": place}
                tracks.append({**where, "title": title, "duration_ms": seconds * 1000, "contributors": by})
        create(session, Actor.system(tenant), releases, tracks)
        check_changed(session, tenant, [])
