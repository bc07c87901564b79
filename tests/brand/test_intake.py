"""Logos and fonts from outside: what is a drawing, a picture or a face comes in; whatever else travels along does not."""

from __future__ import annotations

import io
import struct
import time
import zlib

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables.DefaultTable import DefaultTable
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.brand.errors import FontRefused, LogoAnimated, LogoEmpty, LogoRefused, LogoTooLarge, LogoUnsafe
from app.brand.rules import paper, raster, typeface, vector

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10">'
SHAPE = '<path d="M0 0h10v10z" fill="#14553f"/>'


def svg(inside: str, head: str = HEAD) -> bytes:
    return f"{head}{inside}</svg>".encode()


def test_a_drawing_keeps_its_shapes_paints_and_gradients():
    made = vector.sanitise(
        svg(
            "<style>.a{fill:#c6f432;position:fixed}</style><defs>"
            '<linearGradient id="g"><stop offset="0" stop-color="red"/></linearGradient>'
            '<clipPath id="c"><rect width="5" height="5"/></clipPath></defs>'
            '<g class="a" transform="rotate(45 5 5)" clip-path="url(#c)"><circle r="4" style="stroke:url(#g);x:y"/></g>'
        )
    )
    text = made.svg.decode()
    for kept in ('fill="#c6f432"', "rotate(45 5 5)", 'stroke="url(#g)"', "stop-color", "url(#c)"):
        assert kept in text, kept
    assert "position" not in text
    assert (made.width, made.height) == (10, 10)


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<svg:script xmlns:svg="http://www.w3.org/2000/svg">alert(1)</svg:script>',
        '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></body></foreignObject>',
        '<image href="http://evil.example/x.png"/>',
        '<image xlink:href="file:///etc/passwd"/>',
        '<use href="#a"/><use xlink:href="http://evil.example/#a"/>',
        '<a href="javascript:alert(1)"><text>x</text></a>',
        '<animate attributeName="href" to="javascript:alert(1)"/><set onbegin="alert(1)"/>',
        "<style>@import url(http://evil.example); path{fill:url(http://evil.example)}</style>",
        '<filter id="f"><feImage href="http://evil.example"/></filter>',
        "<handler>alert(1)</handler><iframe src='//evil.example'/><embed/><object/>",
        '<?xml-stylesheet href="http://evil.example/x.css"?>',
        '<metadata><rdf xmlns="urn:x">secret</rdf></metadata><title>secret</title>',
        '<g onload="alert(1)" onclick="alert(1)"/>',
        '<rect fill="url(http://evil.example/a)" style="fill:url(javascript:alert(1));background:url(//evil)"/>',
        '<linearGradient href="http://evil.example#g"/>',
        '<path d="M0 0" id="&quot; onload=&quot;alert(1)"/>',
        '<path d="M0 0" hx-get="/x" data-hx-on="alert(1)"/>',
    ],
)
def test_what_runs_or_loads_is_left_out(inside):
    text = vector.sanitise(svg(inside + SHAPE)).svg.decode().replace('xmlns="http://www.w3.org/2000/svg"', "")
    lowered = text.lower()
    for trace in (
        "script",
        "alert",
        "evil",
        "http",
        "file:",
        "foreign",
        "image",
        "<use",
        "onload",
        "secret",
        "hx-",
        "style",
    ):
        assert trace not in lowered, trace
    assert "<path" in text


@pytest.mark.parametrize(
    "raw",
    [
        b'<!DOCTYPE svg [<!ENTITY a "b">]>' + svg(SHAPE),
        b'<!DOCTYPE svg SYSTEM "file:///etc/passwd">' + svg(SHAPE),
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + svg("&b;" + SHAPE),
        svg(SHAPE).decode().encode("utf-16"),
        b'<?xml version="1.0" encoding="UTF-7"?>+ADw-svg+AD4-',
        svg("<g>" * 30 + SHAPE + "</g>" * 30),
        svg("<g/>" * 4_000 + SHAPE),
        b"<html><body/></html>",
        b"<svg><path d='M0 0h1'/></svg>",
        svg(SHAPE, '<svg xmlns="http://www.w3.org/2000/svg">'),
        svg(SHAPE, '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1e9 1">'),
        svg(SHAPE, '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 0 0">'),
        svg('<clipPath id="a"><rect clip-path="url(#a)"/></clipPath>' + SHAPE),
        svg("<path"),
        b"\x00\x01",
    ],
)
def test_what_is_more_than_a_drawing_is_refused(raw):
    with pytest.raises(LogoRefused):
        vector.sanitise(raw)


def test_a_drawing_that_is_too_long_or_empty_is_refused():
    with pytest.raises(LogoTooLarge):
        vector.sanitise(svg(SHAPE + " " * vector.LARGEST))
    with pytest.raises(LogoEmpty):
        vector.sanitise(svg("<text>x</text><defs/>"))
    with pytest.raises(LogoUnsafe):
        vector.sanitise(svg("&undefined;" + SHAPE))


def test_the_largest_drawing_that_is_taken_is_drawn_in_seconds():
    shapes = "".join(f'<circle cx="{i % 10}" cy="5" r="5" stroke="url(#g)" opacity=".5"/>' for i in range(2_900))
    gradient = '<radialGradient id="g"><stop offset="0" stop-color="red"/></radialGradient>'
    started = time.monotonic()
    paper.picture_png(vector.sanitise(svg(gradient + shapes)))
    assert time.monotonic() - started < 10


def test_one_colour_paints_everything_and_keeps_what_is_not_painted():
    made = vector.sanitise(svg('<path d="M0 0h9v9" fill="red" stroke="none"/><circle r="3"/>'))
    text = vector.in_one_colour(made, "#ffffff").svg.decode()
    assert "red" not in text
    assert 'stroke="none"' in text
    tones = raster.tones(paper.picture_png(vector.in_one_colour(made, "#ffffff")), light="#ffffff", dark="#000000")
    assert tones.on_light == pytest.approx(1.0)
    assert tones.on_dark == pytest.approx(21.0)


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), colour: str = "#14553f", **more: object) -> bytes:
    out = io.BytesIO()
    mode = "RGB" if kind == "JPEG" else "RGBA"
    Image.new(mode, size, colour).save(out, kind, **more)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_written_anew_as_png(kind):
    made = raster.clean(picture(kind))
    assert made.png.startswith(b"\x89PNG")
    assert (made.width, made.height) == (40, 20)


def test_nothing_that_came_with_a_picture_is_kept():
    info = PngInfo()
    info.add_text("Author", "a secret")
    info.add_itxt("XML:com.adobe.xmp", "a secret place")
    exif = Image.Exif()
    exif[0x010E] = "a secret description"
    exif.get_ifd(0x8825)[1] = "N"
    raw = picture(pnginfo=info, exif=exif, icc_profile=b"a secret profile" * 20) + b"<script>polyglot</script>"
    made = raster.clean(raw)
    assert b"secret" not in made.png
    assert b"polyglot" not in made.png
    assert set(Image.open(io.BytesIO(made.png)).info) <= {"transparency"}


def a_large_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress(b"\x00" * 1_000)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(20_000, 20_000), (12_000, 12_000), (4_001, 4_000)])
def test_too_many_pixels_are_refused_before_they_are_decoded(size):
    started = time.monotonic()
    with pytest.raises(LogoTooLarge):
        raster.clean(a_large_png(*size))
    assert time.monotonic() - started < 1


def test_a_picture_that_moves_is_refused():
    frames = [Image.new("RGBA", (8, 8), colour) for colour in ("red", "blue")]
    for kind in ("PNG", "WEBP"):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
        with pytest.raises(LogoAnimated):
            raster.clean(out.getvalue())


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "PPM", "ICO", "PDF", "TGA", "JPEG2000"])
def test_other_decoders_are_never_asked(kind):
    out = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(out, kind)
    with pytest.raises(LogoRefused):
        raster.clean(out.getvalue())


@pytest.mark.parametrize(
    "raw", [b"", b"\x89PNG\r\n\x1a\n", picture()[:-30], b"%!PS-Adobe EPSF", b"GIF89a/*", b"RIFF____WEBPVP8 "]
)
def test_broken_pictures_are_refused(raw):
    with pytest.raises(LogoRefused):
        raster.clean(raw)


def test_an_invisible_picture_is_refused():
    with pytest.raises(LogoEmpty):
        raster.clean(picture(colour="#00000000"))
    with pytest.raises(LogoTooLarge):
        raster.clean(b"\x89PNG" + b"x" * raster.LARGEST)


def test_a_picture_with_a_background_of_its_own_is_seen_everywhere():
    made = raster.clean(picture("JPEG", colour="white"))
    assert raster.tones(made.png, light="#ffffff", dark="#000000") == raster.Tones(None, None)


def a_font(*, embedding: int = 0, extra: dict[str, bytes] | None = None) -> bytes:
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((500, 700))
    pen.lineTo((500, 0))
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCharacterMap({65: "A"})
    builder.setupGlyf({".notdef": pen.glyph(), "A": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (600, 0), "A": (600, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Canary Grotesk", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, fsType=embedding)
    builder.setupPost()
    for tag, body in (extra or {}).items():
        builder.font[tag] = table = DefaultTable(tag)
        table.data = body
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


def test_a_font_is_written_anew_with_known_tables_only():
    face = typeface.clean(a_font(extra={"EVIL": b"<script>", "DSIG": b"\x00" * 8, "SVG ": b"<svg onload=alert(1)>"}))
    assert face.family == "Canary Grotesk"
    assert face.woff2.startswith(b"wOF2")
    tables = set(TTFont(io.BytesIO(face.woff2)).keys())
    assert not tables & {"EVIL", "DSIG", "SVG "}
    assert {"glyf", "cmap"} <= tables


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"MZ",
        b"wOF2" + b"\x00" * 100,
        b"wOFF" + b"\x00" * 100,
        b"ttcf" + b"\x00" * 100,
        b"\x00\x01\x00\x00" + b"\xff" * 200,
        a_font()[:300],
        a_font(embedding=2),
        b"\x00\x01\x00\x00" + b"x" * typeface.LARGEST,
    ],
)
def test_what_is_no_font_is_refused(raw):
    with pytest.raises(FontRefused):
        typeface.clean(raw)


def test_a_font_that_lies_about_its_tables_is_refused():
    raw = bytearray(a_font())
    raw[12 + 8 : 12 + 12] = struct.pack(">I", 0xFFFFFFF0)
    with pytest.raises(FontRefused):
        typeface.clean(bytes(raw))
