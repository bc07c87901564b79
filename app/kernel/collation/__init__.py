"""In which order names stand for the reader of a language, whatever the database was built with.

It is CLDR's order of letters, for 12 languages and every script. `weights` makes tables of it; `keys` turns a text
into what it is sorted by, and `columns` has the database do so, by the same tables. `data/pinyin.txt` has Chinese
characters in their order for Chinese, `data/hanja.txt` behind each Korean syllable those that are read so; Japanese has
them by JIS X 0208.
"""

from __future__ import annotations

from app.kernel.collation.columns import as_sorted
from app.kernel.collation.keys import sort_key
from app.kernel.collation.reader import read_in, reads

__all__ = ["as_sorted", "read_in", "reads", "sort_key"]
