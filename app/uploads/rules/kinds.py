"""What a file of a batch is by its name, and how its path is kept."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from typing import Final, Literal

from app.kernel.errors import Invalid

Kind = Literal["audio", "artwork", "archive", "other"]

LONGEST_PATH: Final = 1_024
_AUDIO: Final = (
    "wav wave bwf rf64 w64 aif aiff aifc flac alac m4a mp4 caf mp3 mp2 aac ogg oga opus wma wv ape tta dsf dff ac3"
)
_ARTWORK: Final = "jpg jpeg jpe jfif png webp tif tiff avif gif bmp heic heif jp2 psd svg"
_KINDS: Final[dict[str, Kind]] = {
    **dict.fromkeys(_AUDIO.split(), "audio"),
    **dict.fromkeys(_ARTWORK.split(), "artwork"),
    "zip": "archive",
}

_NOISE: Final = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})
_TURNS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")


class PathUnusable(Invalid):
    """The name leads elsewhere, cannot be shown, or is too long."""

    message = "The name of this file cannot be used."


def kind_of(path: str) -> Kind:
    """The kind that a name says; what is inside is looked at later."""
    name = path.rpartition("/")[2]
    return _KINDS.get(name.rpartition(".")[2].lower(), "other") if "." in name else "other"


def media_type_of(path: str) -> str:
    """The media type that a name says."""
    return mimetypes.guess_type(path)[0] or "application/octet-stream"


def is_noise(path: str) -> bool:
    """Tell whether a file manager left it behind."""
    return any(part in _NOISE or part.startswith("._") for part in path.split("/"))


def clean_path(text: str) -> str:
    """A relative path with "/" between folders, composed (NFC); refused where it would lead out of its folder."""
    path = unicodedata.normalize("NFC", text.replace("\\", "/")).removeprefix("./")
    parts = path.split("/")
    is_strange = any(unicodedata.category(letter) in ("Cc", "Cs") for letter in path) or _TURNS.search(path)
    leaves = any(part in ("", ".", "..") for part in parts) or re.match(r"[A-Za-z]:", path)
    if is_strange or leaves or not parts[-1].strip(" .") or len(path.encode("utf-8", "replace")) > LONGEST_PATH:
        raise PathUnusable
    return path
