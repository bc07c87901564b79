"""Papers wear a label's own fonts, and other faces stand in for the letters those lack."""

from __future__ import annotations

import re
import zlib

import pytest

from app.brand import service
from app.brand.errors import FontRefused
from app.brand.rules import paper
from app.kernel.actor import Actor
from tests.brand.test_intake import a_font
from tests.brand.test_themes import published

WORDS = {
    "period": "Q3", "payee": "AAA", "payable_label": "Yours", "payable": "1", "columns": ["a", "b", "c", "d"],
}  # fmt: skip


def faces_in(pdf: bytes) -> set[str]:
    """The names of the fonts that a PDF embeds, without the tag of a subset."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    bodies = [pdf]
    for body in packed:
        try:
            bodies.append(zlib.decompress(body))
        except zlib.error:
            continue
    names = re.findall(rb"/FontName\s*/([\w+#-]+)", b"\n".join(bodies))
    return {name.decode().partition("+")[2] for name in names}


def statement(label, *, title, language="en"):
    return service.statement_sample(label, service.live_theme(label), WORDS | {"title": title}, language=language)


@pytest.fixture
def own(label):
    return service.add_font(Actor.system(label), a_font(), has_licence=True)


def test_a_paper_embeds_the_labels_own_font(label, own):
    published(label, preset="plain", type={"display": f"own:{own.id}"})
    assert f"Own{own.id}" in faces_in(statement(label, title="AAA"))
    published(label, preset="plain")
    assert faces_in(statement(label, title="AAA")) == {"Inter"}


def test_letters_that_an_own_font_lacks_are_drawn_in_another(label, own):
    published(label, preset="plain", type={"display": f"own:{own.id}", "text": f"own:{own.id}"})
    assert faces_in(statement(label, title="A Zł كشف", language="ar")) == {
        f"Own{own.id}", "Inter", "InterExt", "NotoKufiArabicArab",
    }  # fmt: skip


def test_an_own_font_for_one_script_stands_in_for_it_on_paper(label, own):
    published(label, preset="voltage", type={"scripts": {"Arab": f"own:{own.id}"}})
    assert "SpaceGrotesk" in faces_in(statement(label, title="AB"))
    theme = service.live_theme(label)
    assert f"own:{own.id}" in theme.fonts


@pytest.mark.parametrize(("family", "weight", "width"), [("voltage", 800, 125), ("geometric", 500, 100)])
def test_a_preset_is_drawn_in_its_own_faces(label, family, weight, width):
    flat = published(label, preset=family).flat["font"]
    assert (flat["display_weight"], flat["display_width"]) == (weight, width)
    drawn = faces_in(statement(label, title="Łódź كشف"))
    wanted = {"voltage": {"Archivo", "ArchivoExt", "NotoKufiArabicArab"}, "geometric": {"IBMPlexSansArabicArab"}}
    assert wanted[family] <= drawn
    assert not any("Libertinus" in name for name in drawn)


def test_a_font_that_nothing_can_be_drawn_with_is_refused(label):
    with pytest.raises(FontRefused):
        paper.check_face(b"wOF2" + bytes(200))
