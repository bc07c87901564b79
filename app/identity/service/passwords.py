"""Choosing a password: long enough, not the mail address, not in a thief's list."""

from __future__ import annotations

import hashlib
import mmap
from pathlib import Path

from app.identity.errors import PasswordBreached
from app.identity.rules import check_password
from app.kernel import passwords
from app.kernel.db import current


def chosen(password: str, *, email: str) -> str:
    """What is stored of a password that somebody chose, or a refusal that says how to choose better."""
    check_password(password, email=email)
    file = current().settings.breached_passwords
    if file is not None and is_listed(password, file):
        raise PasswordBreached(fields={"password": PasswordBreached.message})
    return passwords.hashed(password)


def is_listed(password: str, file: Path) -> bool:
    """Look a password up in a sorted file of SHA-1 hashes or prefixes, one a line, with or without ":count" behind."""
    digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as source:
        if file.stat().st_size == 0:
            return False
        with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as lines:
            found = _last_not_after(lines, digest)
    return bool(found) and digest.startswith(found)


def _last_not_after(lines: mmap.mmap, digest: bytes) -> bytes:
    """The last hash of the file that is not greater than `digest`, found by halving."""
    low, high, best = 0, len(lines), b""
    while low < high:
        start = lines.rfind(b"\n", 0, (low + high) // 2) + 1
        end = lines.find(b"\n", start)
        end = len(lines) if end < 0 else end
        value = lines[start:end].partition(b":")[0].strip().upper()
        if value <= digest:
            best, low = value or best, end + 1
        else:
            high = start
    return best
