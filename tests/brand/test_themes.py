"""A theme is drafted, checked, published and gone back to; what was published never changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.brand import service
from app.brand.errors import (
    AssetUnknown,
    ChecksFailed,
    FontLicenceMissing,
    NothingToRollBack,
    PresetUnknown,
    ThemeInputRefused,
    ThemeNotDraft,
    ThemeUnknown,
)
from app.brand.models import ThemeVersion
from app.brand.rules import mail, paper
from app.kernel import clock, db
from app.kernel.actor import Actor
from app.kernel.crypto import SignatureRefused
from app.kernel.tenant import Tenant
from tests.brand.conftest import actions, states
from tests.brand.test_intake import SHAPE, a_font, picture, svg
from themes.engine import changes, presets


def drafted(tenant: Tenant, *, preset: str | None = None, base: Any = None, **said: dict[str, Any]) -> ThemeVersion:
    actor = Actor.system(tenant)
    with db.tenant_work(tenant) as session:
        version = service.start_draft(session, actor, preset=preset, base=base)
        return service.change_draft(session, actor, version.id, said) if said else version


def published(tenant: Tenant, **details: Any) -> ThemeVersion:
    version = drafted(tenant, **details)
    with db.tenant_work(tenant) as session:
        return service.publish(session, Actor.system(tenant), tenant, version.id)


def test_a_label_without_a_theme_wears_the_plain_look(label):
    theme = service.live_theme(label)
    assert theme.number == 0
    assert theme.flat["light"]["accent"] == presets()["plain"].inputs.color.brand
    assert service.stylesheet(label, theme.sha).startswith(":root{")


def test_publishing_shows_a_draft_to_everybody_and_retires_what_was_live(label):
    first = published(label, preset="editorial")
    assert service.live_theme(label).sha == first.sha256
    second = published(label, shape={"radius": 20})
    assert service.live_theme(label).sha == second.sha256
    assert states(label) == {first.number: "retired", second.number: "live"}
    assert second.parent == first.number
    assert second.preset == "editorial@2"
    assert actions(label)[-5:] == [
        "theme.drafted",
        "theme.published",
        "theme.drafted",
        "theme.changed",
        "theme.published",
    ]


def test_going_back_is_one_step_and_names_the_version_before(label):
    first, second = published(label, preset="editorial"), published(label, preset="voltage")
    with db.tenant_work(label) as session:
        back = service.roll_back(session, Actor.system(label), label)
    assert back.id == first.id
    assert states(label) == {first.number: "live", second.number: "retired"}
    assert service.live_theme(label).sha == first.sha256
    assert actions(label)[-1] == "theme.rolled_back"
    with db.tenant_work(label) as session:
        service.roll_back(session, Actor.system(label), label, second.id)
    assert service.live_theme(label).sha == second.sha256


def test_there_is_nothing_to_go_back_to_at_first(label):
    with pytest.raises(NothingToRollBack), db.tenant_work(label) as session:
        service.roll_back(session, Actor.system(label), label)
    first = published(label, preset="plain")
    for wanted in (None, first.id):
        with pytest.raises(NothingToRollBack), db.tenant_work(label) as session:
            service.roll_back(session, Actor.system(label), label, wanted)


def test_what_was_published_cannot_be_changed_by_anybody_in_the_label(label):
    version = published(label, preset="editorial")
    with pytest.raises(ThemeNotDraft), db.tenant_work(label) as session:
        service.change_draft(session, Actor.system(label), version.id, {"shape": {"radius": 1}})
    with pytest.raises(ThemeNotDraft), db.tenant_work(label) as session:
        service.discard_draft(session, Actor.system(label), version.id)
    for statement in (
        "UPDATE theme_versions SET css = 'body{}'",
        "UPDATE theme_versions SET inputs = '{}'",
        "UPDATE theme_versions SET sha256 = repeat('0', 64)",
        "UPDATE theme_versions SET number = 99",
        "UPDATE theme_versions SET published_at = now()",
        "UPDATE theme_versions SET state = 'draft', published_at = NULL",
        "DELETE FROM theme_versions",
    ):
        with pytest.raises(DBAPIError), db.tenant_work(label) as session:
            session.execute(text(statement))
    with pytest.raises(DBAPIError), db.tenant_work(label) as session:
        session.execute(text("UPDATE brand_assets SET kind = 'mark'"))


def test_two_publishes_at_once_leave_one_live(label):
    drafts = [drafted(label, preset=key) for key in ("editorial", "voltage", "geometric", "plain")]

    def publish(version: ThemeVersion) -> None:
        with db.tenant_work(label) as session:
            service.publish(session, Actor.system(label), label, version.id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(publish, drafts))
    assert sorted(states(label).values()) == ["live", "retired", "retired", "retired"]


def test_one_draft_is_published_once(label):
    version = published(label, preset="plain")
    with pytest.raises(ThemeNotDraft), db.tenant_work(label) as session:
        service.publish(session, Actor.system(label), label, version.id)


def test_the_database_allows_one_live_version_whatever_the_code_does(label):
    published(label, preset="plain")
    other = drafted(label, preset="voltage")
    with pytest.raises(DBAPIError, match="uq_theme_versions_live"), db.tenant_work(label) as session:
        session.execute(
            text("UPDATE theme_versions SET state = 'live', published_at = now() WHERE id = :id"), {"id": other.id}
        )


def test_a_difference_names_each_changed_input(label):
    first = published(label, preset="editorial")
    second = drafted(label, color={"brand": "#aa3300"}, copy={"strings": {"en": {"Cart": "basket"}}})
    found = {change.field: (change.old, change.new) for change in changes(first.said, second.said)}
    assert found == {"color.brand": ("#14553f", "#aa3300"), "copy.strings.en.Cart": (None, "basket")}


def test_inputs_outside_their_limits_are_refused_by_name_and_nothing_is_changed(label):
    version = drafted(label, preset="plain")
    with pytest.raises(ThemeInputRefused) as refused, db.tenant_work(label) as session:
        service.change_draft(session, Actor.system(label), version.id, {"shape": {"radius": 99}})
    assert set(refused.value.fields) == {"shape.radius"}
    with pytest.raises(PresetUnknown), db.tenant_work(label) as session:
        service.start_draft(session, Actor.system(label), preset="../../etc/passwd")


def test_the_brand_is_kept_as_the_fill_of_a_button(label):
    version = published(label, preset="plain", color={"brand": "#C6F432"})
    assert version.flat["light"]["accent"] == version.flat["dark"]["accent"] == "#c6f432"
    assert "--c-accent:#c6f432;" in service.stylesheet(label, version.sha256)


def test_a_thrown_away_draft_is_gone(label):
    version = drafted(label, preset="plain")
    with db.tenant_work(label) as session:
        service.discard_draft(session, Actor.system(label), version.id)
    assert states(label) == {}
    assert actions(label)[-1] == "theme.discarded"


def test_a_rivals_versions_and_files_are_not_found(label, rival):
    theirs = published(rival, preset="voltage", identity={"legal_name": "A Rival's Own"})
    logo = service.add_logo(Actor.system(rival), "mark", svg(SHAPE), flat=theirs.flat).logo
    actor = Actor.system(label)
    for use in (
        lambda session: service.publish(session, actor, label, theirs.id),
        lambda session: service.change_draft(session, actor, theirs.id, {}),
        lambda session: service.start_draft(session, actor, base=theirs.id),
        lambda session: service.roll_back(session, actor, label, theirs.id),
        lambda session: service.discard_draft(session, actor, theirs.id),
    ):
        with pytest.raises(ThemeUnknown), db.tenant_work(label) as session:
            use(session)
    with pytest.raises(ThemeUnknown):
        service.stylesheet(label, theirs.sha256)
    with pytest.raises(AssetUnknown):
        service.asset_bytes(label, logo.id)
    assert service.live_theme(label).sha != theirs.sha256


def test_a_logo_of_a_rival_cannot_be_published(label, rival):
    logo = service.add_logo(Actor.system(rival), "mark", svg(SHAPE), flat=service.live_theme(rival).flat).logo
    version = drafted(label, preset="plain", logo={"mark": str(logo.id)})
    with pytest.raises(ChecksFailed), db.tenant_work(label) as session:
        service.publish(session, Actor.system(label), label, version.id)


def test_a_preview_link_works_for_its_label_and_a_day(label, rival):
    version = drafted(label, preset="voltage")
    token = service.preview_link_token(label, version)
    shown = service.preview_theme(label, token)
    assert (shown.sha, shown.is_preview) == (version.sha256, True)
    with pytest.raises(SignatureRefused):
        service.preview_theme(rival, token)
    with pytest.raises(SignatureRefused):
        service.preview_theme(label, token[:-2] + "AA")
    with pytest.raises(SignatureRefused), clock.frozen_at(clock.now() + timedelta(hours=25)):
        service.preview_theme(label, token)


def with_logo(tenant: Tenant, colour: str, **logo: str) -> ThemeVersion:
    drawing = svg(f'<circle cx="5" cy="5" r="4" fill="{colour}"/>')
    kept = service.add_logo(Actor.system(tenant), "wordmark", drawing, flat=service.live_theme(tenant).flat)
    return drafted(tenant, preset="plain", logo={"wordmark": str(kept.logo.id)} | logo)


def findings_of(tenant: Tenant, version: ThemeVersion) -> set[str]:
    with db.tenant_read(tenant) as session:
        return {found.sentence for found in service.check_draft(session, tenant, version) if found.blocks}


def test_a_logo_that_nobody_could_see_is_not_published(label):
    assert findings_of(label, with_logo(label, "#fefefe")) == {
        "The logo cannot be seen on light pages. Add a darker one."
    }
    dark = with_logo(label, "#101010")
    assert findings_of(label, dark) == {"The logo cannot be seen on dark pages. Add one for dark pages."}
    with pytest.raises(ChecksFailed), db.tenant_work(label) as session:
        service.publish(session, Actor.system(label), label, dark.id)


def test_a_dark_logo_comes_with_one_for_dark_pages(label):
    kept = service.add_logo(Actor.system(label), "wordmark", svg(SHAPE), flat=service.live_theme(label).flat)
    assert kept.proposed is not None
    assert kept.proposed.facts["on_dark"] >= 3
    logos = {"wordmark": str(kept.logo.id), "mono": str(kept.proposed.id)}
    ink = service.live_theme(label).flat["dark"]["text"]
    published(label, preset="plain", logo=logos)
    assert set(service.live_theme(label).logos) == {"wordmark", "mono"}
    body, kind = service.asset_bytes(label, kept.proposed.id)
    assert kind == "image/svg+xml"
    assert ink.encode() in body


def test_a_picture_comes_in_as_a_picture_of_ours(label):
    kept = service.add_logo(Actor.system(label), "mark", picture(), flat=service.live_theme(label).flat)
    body, kind = service.asset_bytes(label, kept.logo.id)
    assert kind == "image/png"
    assert body.startswith(b"\x89PNG")


def test_texts_of_a_labels_own_keep_their_places(label):
    right = {"strings": {"en": {"Hello %(name)s": "Hei %(name)s"}}}
    wrong = {"strings": {"en": {"Hello %(name)s": "Hei %(nom)s"}}}
    formless = {"plurals": {"en": {"%(n)s unread": ["%(n)s new"]}}}
    foreign = {"strings": {"ja": {"Hello": "x"}}}
    assert findings_of(label, drafted(label, preset="plain", copy=right)) == set()
    for copy in (wrong, formless, foreign):
        assert findings_of(label, drafted(label, preset="plain", copy=copy)) != set()


def test_an_own_font_needs_a_licence_and_is_served_as_ours(label):
    with pytest.raises(FontLicenceMissing):
        service.add_font(Actor.system(label), a_font(), has_licence=False)
    font = service.add_font(Actor.system(label), a_font(), has_licence=True)
    version = published(label, preset="plain", type={"display": f"own:{font.id}"})
    assert f"/theme/fonts/{font.id}.woff2" in version.css
    body, kind = service.asset_bytes(label, font.id, fonts=True)
    assert (body[:4], kind) == (b"wOF2", "font/woff2")
    with pytest.raises(AssetUnknown):
        service.asset_bytes(label, font.id)


def test_icons_card_and_papers_are_drawn_from_the_theme(label):
    kept = service.add_logo(Actor.system(label), "mark", svg(SHAPE), flat=service.live_theme(label).flat)
    logos = {"mark": str(kept.logo.id), "mono": str(kept.proposed.id)} if kept.proposed else {}
    published(label, preset="voltage", logo=logos)
    theme = service.live_theme(label)
    assert b"<svg" in service.drawn(label, theme, "favicon")
    for name in paper.ICONS:
        assert service.drawn(label, theme, name).startswith(b"\x89PNG")
    card = service.drawn(label, theme, "card")
    from io import BytesIO

    from PIL import Image

    assert Image.open(BytesIO(card)).size == (1200, 630)
    with db.tenant_read(label) as session:
        assert session.scalar(text("SELECT count(*) FROM brand_assets WHERE kind = 'card'")) == 1
    words = {
        "title": "Statement", "period": "Q3", "payee": "#eval(read(\"/etc/passwd\")) $x$ *b*", "payable_label": "Yours",
        "payable": "1", "columns": ["a", "b", "c", "d"],
    }  # fmt: skip
    for language in ("en", "ar"):
        pdf = service.statement_sample(label, theme, words, language=language)
        assert pdf.startswith(b"%PDF")
        assert b"root:" not in pdf
        assert b"boptone" not in pdf.lower()


def test_mail_wears_the_theme_without_a_variable(label):
    flat = published(label, preset="editorial").flat
    html = mail.mail_html(
        flat,
        "Hello <b>",
        ["A & <script>alert(1)</script>"],
        mail.Button("https://x.example/?a=1&b", "Go"),
        house="Canary",
    )
    assert "var(" not in html
    assert "<style" not in html
    assert "<script>" not in html
    assert f"background: {flat['light']['accent']}" in html
    assert "a=1&amp;b" in html
