"""Papers wear a label's own fonts, and other faces stand in for the letters those lack."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from app.brand import service
from app.brand.errors import FontRefused
from app.brand.rules import faces, paper
from app.kernel.actor import Actor
from tests.brand.test_intake import a_font
from tests.brand.test_themes import published
from tests.servers import ROOT

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


def letters_of(face):
    with TTFont(face, lazy=True) as font:
        return set(font.getBestCmap())


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


SAYS = {
    "ja": ("東京の夜 ヴァイオリン", "NotoSansJP"),
    "ko": ("서울의 밤 바이올린", "NotoSansKR"),
    "zh-Hans": ("上海之夜 小提琴", "NotoSansSC"),
}


@pytest.mark.parametrize("language", SAYS)
def test_a_paper_in_an_east_asian_language_is_drawn_in_faces_that_have_its_letters(label, language):
    published(label, preset="plain")
    title, face = SAYS[language]
    pdf = statement(label, title=title, language=language)
    assert faces_in(pdf) == {"Inter", face}
    assert len(pdf) < 200_000, "of a face, a paper takes the letters that stand on it"


def test_a_title_may_mix_the_scripts(label):
    published(label, preset="voltage")
    drawn = faces_in(statement(label, title="氷 Łódź 서울 かな كشف", language="ko"))
    assert {"NotoSansKR", "NotoSansJP", "Archivo", "NotoKufiArabicArab"} <= drawn
    assert not any("Libertinus" in name for name in drawn)


@pytest.mark.parametrize("weight", [400, 700])
def test_everything_that_is_said_in_these_languages_has_letters_to_be_drawn_with(weight):
    known = set().union(*map(letters_of, (faces.BUILT / "paper").glob(f"*-{weight}.ttf")))
    for language in SAYS:
        catalogue = ROOT / "locales" / language.replace("-", "_") / "LC_MESSAGES" / "boptone.po"
        said = {char for char in catalogue.read_text() if faces.east_asian_folder(char)}
        assert len(said) > 100
        assert sorted(char for char in said if ord(char) not in known) == []


def test_what_has_no_such_letter_does_not_look_at_their_faces():
    assert faces.east_asian_folder("Łódź كشف – “quoted” … 12 €") is None
    assert all(faces.east_asian_folder(char) for char in "あ漢한、！𠮷")


CUT = """
from app.brand.rules import faces
print(faces.folder_for({"text": "Inter", "display": "Archivo", "display_weight": 700, "display_width": 100}, "Łódź"))
"""


def test_what_one_process_has_cut_the_next_one_finds_and_what_somebody_else_laid_there_is_not_looked_at(tmp_path):
    def cut():
        env = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
        said = subprocess.run([sys.executable, "-c", CUT], env=env, capture_output=True, text=True, check=True)
        return Path(said.stdout.strip())

    first = cut()
    moments = {file.name: file.stat().st_mtime_ns for file in first.iterdir()}
    assert len(moments) == 6
    second = cut()
    assert (second, {file.name: file.stat().st_mtime_ns for file in second.iterdir()}) == (first, moments)
    first.parent.chmod(0o777)  # as whoever came before us would leave it, for all to write into
    assert cut().parent != first.parent
