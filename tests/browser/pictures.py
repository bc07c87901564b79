"""The README's pictures: the product starts on services of its own, its people sign in, and a browser looks."""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from app.main.scenes import OPERATOR, SCENES
from tests.main.test_up import answers, up
from tests.servers import ROOT, free_port

FOLDER = ROOT / "docs" / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIETLY = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESK = (1440, 900)
PHONE = (390, 844)
COLOURS = 256
MOST_BYTES = 150_000
PATIENCE_MS = 60_000


@dataclass(frozen=True)
class Picture:
    """One page as one person sees it; the browser asks for the scheme, and the page may follow."""

    name: str
    host: str
    path: str
    email: str
    password: str
    language: str
    size: tuple[int, int] = DESK
    scheme: str = "light"


def of_owner(slug: str, language: str, *, size: tuple[int, int] = DESK, scheme: str = "light") -> Picture:
    scene = next(scene for scene in SCENES if scene.slug == slug)
    email = f"owner@{slug}.test"
    return Picture(f"{slug}-home", slug, "/portal", email, scene.password, language, size, scheme)


PICTURES = (
    of_owner("bluehour", "en-GB"),
    Picture("bluehour-shop", "bluehour", "/en/releases", "", "", "en-DE", size=(1280, 800)),
    of_owner("kite", "en-US", scheme="dark"),
    of_owner("noor", "ar-AE", size=PHONE),
    Picture("console", "admin", "/admin", *OPERATOR, "en-GB"),
)


def executable() -> str:
    """The machine's own browser."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        sys.exit(f"No browser is here: install one of {', '.join(BROWSERS)}.")
    return found


def signed_in(page: Page, picture: Picture, base: str) -> None:
    """Go through the door as a person does."""
    if not picture.email:
        _look_at_the_first(page, f"{base}{picture.path}")
        return
    page.goto(f"{base}{picture.path}/sign-in")
    page.fill("input[name=email]", picture.email)
    page.fill("input[name=password]", picture.password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{base}{picture.path}")
    page.evaluate("document.fonts.ready")


def _look_at_the_first(page: Page, lists: str) -> None:
    """Go where the first thing of a list is, as anybody may."""
    page.goto(lists)
    page.locator("main a[href*='/releases/']").first.click()
    page.wait_for_url("**/releases/*")
    page.evaluate("document.fonts.ready")
    page.wait_for_load_state("networkidle")


def taken(browser: Browser, picture: Picture, port: int) -> bytes:
    """The page as a PNG."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=picture.language,
        color_scheme=picture.scheme,  # type: ignore[arg-type]  # one of the two it knows
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    signed_in(page, picture, f"http://{picture.host}.localhost:{port}")
    shot = page.screenshot()
    context.close()
    return shot


def small(shot: bytes) -> bytes:
    """The same picture in a palette: flat pages lose nothing that an eye sees."""
    out = BytesIO()
    Image.open(BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> int:
    chosen, port = executable(), free_port()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, up(Path(folder) / "data", port, BOPTONE_ENV="development"):
        if not answers(port):
            print((Path(folder) / f"up-{port}.log").read_text()[-2000:])
            return 1
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chosen, args=list(QUIETLY))
            for picture in PICTURES:
                content = small(taken(browser, picture, port))
                (FOLDER / f"{picture.name}.png").write_bytes(content)
                print(f"docs/pictures/{picture.name}.png {len(content) / 1000:.0f} kB")
                if len(content) > MOST_BYTES:
                    return 1
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
