"""Passwords at rest."""

from __future__ import annotations

import re

from app.kernel import passwords

AS_IN_PRODUCTION = passwords._hasher  # taken before the tests' own patience


def test_stored_passwords_cost_a_thief_memory_and_time():
    stored = AS_IN_PRODUCTION().hash("correct horse battery staple")
    memory, rounds = map(int, re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),", stored).groups())
    assert memory >= 64 * 1024
    assert rounds >= 3


def test_a_password_fits_itself_alone():
    stored = passwords.hashed("correct horse battery staple")
    assert passwords.fits("correct horse battery staple", stored)
    assert not passwords.fits("correct horse battery stapler", stored)
    assert not passwords.fits("correct horse battery staple", None)
