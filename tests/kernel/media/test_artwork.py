"""Pictures are what their content says, bombs do not go off, and copies suit browsers."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageFilter

from app.kernel.media import ArtworkFacts, Fault, Limits, Unreadable, artwork
from tests.media import a_cover, bomb

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def saved(folder: Path, image: Image.Image, form: str, **options: object) -> Path:
    path = folder / f"cover.{form.lower()}"
    image.save(path, form, **options)
    return path


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_each_format_is_told_by_its_content(tmp_path: Path, form: str) -> None:
    path = saved(tmp_path, a_cover().crop((0, 0, 400, 300)), form)
    path = path.rename(tmp_path / "cover.dat")
    facts = artwork.inspect(path)
    assert (facts.fault, facts.format, facts.width, facts.height, facts.mode) == (None, form.lower(), 400, 300, "rgb")
    assert (facts.size, facts.sha256) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    assert (facts.alpha, facts.profile) == (False, "")


@pytest.mark.parametrize(
    ("mode", "form", "told", "alpha"),
    [
        ("CMYK", "JPEG", "cmyk", False),
        ("L", "PNG", "grey", False),
        ("RGBA", "PNG", "rgb", True),
        ("P", "PNG", "palette", False),
    ],
)
def test_colour_is_told(tmp_path: Path, mode: str, form: str, told: str, alpha: bool) -> None:
    facts = artwork.inspect(saved(tmp_path, a_cover(mode=mode), form))
    assert (facts.fault, facts.mode, facts.alpha) == (None, told, alpha)


def test_a_profile_is_named(tmp_path: Path) -> None:
    assert "sRGB" in artwork.inspect(saved(tmp_path, a_cover(), "JPEG", icc_profile=SRGB)).profile


def test_sixteen_bits_are_told(tmp_path: Path) -> None:
    deep = Image.fromarray(np.linspace(0, 65_535, 90_000).reshape(300, 300).astype(np.uint16))
    path = saved(tmp_path, deep, "PNG")
    facts = artwork.inspect(path)
    assert (facts.fault, facts.bits, facts.mode) == (None, 16, "grey")
    assert facts.entropy > 6
    assert artwork.thumbnails(path, sizes=(96,))


def test_a_turned_picture_is_measured_as_it_is_seen(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path, a_cover().crop((0, 0, 400, 200)), "JPEG", exif=exif)
    facts = artwork.inspect(path)
    assert (facts.width, facts.height) == (200, 400)
    small = Image.open(io.BytesIO(artwork.thumbnails(path, sizes=(96,))[0].data))
    assert (small.size, dict(small.getexif())) == ((48, 96), {})


def test_what_is_blurred_or_plain_is_seen_at_any_size(tmp_path: Path) -> None:
    for side in (600, 3_000):
        sharp = a_cover(side)
        blurred = sharp.filter(ImageFilter.GaussianBlur(side / 60))
        plain = Image.new("RGB", (side, side), (200, 10, 10))
        facts: list[ArtworkFacts] = [
            artwork.inspect(saved(tmp_path, image, "JPEG", quality=95)) for image in (sharp, blurred, plain)
        ]
        assert facts[0].sharpness > 100
        assert facts[1].sharpness < 10
        assert facts[2].entropy < 0.1 < 3 < facts[0].entropy


def test_pictures_that_look_alike_have_hashes_alike(tmp_path: Path) -> None:
    cover = a_cover(800)
    kinds = [cover, cover.resize((300, 300)), a_cover(800, seed=9)]
    first, small, other = (
        int(artwork.inspect(saved(tmp_path, image, "JPEG", quality=70)).perceptual_hash, 16) for image in kinds
    )
    assert (first ^ small).bit_count() <= 6
    assert (first ^ other).bit_count() >= 16


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    assert artwork.inspect(bomb(tmp_path, 60_000)).fault == Fault.TOO_LARGE
    with pytest.raises(Unreadable) as refusal:
        artwork.thumbnails(bomb(tmp_path, 60_000))
    assert refusal.value.fault == Fault.TOO_LARGE


@pytest.mark.parametrize(
    ("whole", "fault"),
    [
        (b"", Fault.NOT_A_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Fault.NOT_A_PICTURE),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", Fault.NOT_A_PICTURE),
        (b"GIF89a" + bytes(30), Fault.NOT_A_PICTURE),
    ],
)
def test_what_is_no_picture_of_ours_is_refused(tmp_path: Path, whole: bytes, fault: Fault) -> None:
    path = tmp_path / "cover.jpg"
    path.write_bytes(whole)
    assert artwork.inspect(path).fault == fault


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_half_a_picture_is_damaged(tmp_path: Path, form: str) -> None:
    path = saved(tmp_path, a_cover(), form)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert artwork.inspect(path).fault == Fault.CORRUPT


def test_a_moving_picture_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, a_cover(), "WEBP", save_all=True, append_images=[a_cover(seed=4)])
    assert artwork.inspect(path).fault == Fault.ANIMATED


def test_a_file_that_is_too_large_is_not_opened(tmp_path: Path) -> None:
    assert artwork.inspect(saved(tmp_path, a_cover(), "PNG"), Limits(picture_bytes=100)).fault == Fault.TOO_LARGE


def test_thumbnails_come_in_two_formats_and_no_larger_than_the_picture(tmp_path: Path) -> None:
    made = artwork.thumbnails(saved(tmp_path, a_cover(700, mode="CMYK"), "JPEG"))
    assert [(one.size, one.media_type) for one in made] == [
        (size, kind) for size in (640, 320, 96) for kind in ("image/avif", "image/webp")
    ]
    for one in made:
        with Image.open(io.BytesIO(one.data)) as image:
            assert (max(image.size), image.mode) == (one.size, "RGB")
            assert image.get_format_mimetype() == one.media_type


def test_a_small_picture_still_gets_a_copy(tmp_path: Path) -> None:
    made = artwork.thumbnails(saved(tmp_path, a_cover(60, mode="RGBA"), "PNG"))
    assert {one.size for one in made} == {60}
    assert len(made) == 2


def test_a_thumbnail_keeps_colours_and_nothing_else(tmp_path: Path) -> None:
    red = Image.new("RGB", (300, 300), (200, 30, 40))
    path = saved(tmp_path, red, "JPEG", icc_profile=SRGB, comment=b"secret", quality=95)
    for one in artwork.thumbnails(path, sizes=(96,)):
        with Image.open(io.BytesIO(one.data)) as image:
            assert np.abs(np.array(image.convert("RGB").getpixel((40, 40))) - (200, 30, 40)).max() < 6
            assert not {"icc_profile", "exif", "xmp", "comment"} & {key for key, value in image.info.items() if value}
