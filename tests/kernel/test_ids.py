"""Names for things: in order, never twice, and nothing else is taken for one."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import RFC_4122, UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel import ids
from app.kernel.tenant import Tenant, TenantState, is_tenant_id

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine is shared


def test_an_id_is_a_uuid_of_version_seven_that_tells_its_moment():
    before = time.time_ns() // 1_000_000
    new = ids.new_id()
    after = time.time_ns() // 1_000_000
    assert type(new) is UUID
    assert (new.version, new.variant) == (7, RFC_4122)
    assert before - 1 <= new.int >> 80 <= after + 1


def test_ids_of_one_process_rise_without_a_pause():
    made = [ids.new_id() for _ in range(50_000)]
    assert all(earlier < later for earlier, later in pairwise(made))
    assert [str(each) for each in made] == sorted(str(each) for each in made)


def test_ids_made_in_turn_by_many_threads_rise():
    turn, made = threading.Lock(), []

    def make() -> None:
        for _ in range(2_000):
            with turn:
                made.append(ids.new_id())

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 16_000
    assert all(earlier < later for earlier, later in pairwise(made))


def test_threads_never_make_the_same_id():
    with ThreadPoolExecutor(16) as threads:
        batches = list(threads.map(lambda _: [ids.new_id() for _ in range(2_000)], range(32)))
    assert len({each for batch in batches for each in batch}) == 64_000
    assert all(earlier < later for batch in batches for earlier, later in pairwise(batch))


FORKING = """
import os
from app.kernel import ids

ids.new_id()
pipes = []
for _ in range(4):
    read, write = os.pipe()
    if not os.fork():
        made = [str(ids.new_id()) for _ in range(5_000)] + [ids.new_token() for _ in range(100)]
        with os.fdopen(write, "w") as pipe:
            pipe.write(" ".join(made))
        os._exit(0)
    os.close(write)
    pipes.append(read)
print(" ".join(os.fdopen(read).read() for read in pipes))
"""


def test_forked_workers_never_make_the_same_id_or_token():
    """A worker forks its children with all it has in memory, a random generator's state included."""
    made = subprocess.run([sys.executable, "-c", FORKING], capture_output=True, text=True, check=True, timeout=60)
    assert len(made.stdout.split()) == len(set(made.stdout.split())) == 4 * 5_100


def test_a_token_is_a_long_secret_that_is_safe_in_an_address():
    tokens = [ids.new_token() for _ in range(2_000)]
    assert len(set(tokens)) == 2_000
    assert all(len(token) == 43 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)
    assert {token[0] for token in tokens}.issuperset("abcXYZ")


def test_a_labels_id_has_its_shape_and_its_order():
    made = [ids.new_tenant_id() for _ in range(5_000)]
    assert all(is_tenant_id(each) and len(each) == 28 for each in made)
    assert all(earlier < later for earlier, later in pairwise(made))
    assert not set("".join(made).replace("l_", "")) & set("ilou"), "letters that people misread"


@pytest.mark.parametrize(
    "hostile",
    ["", "l_", "l_" + "0" * 25, "l_" + "0" * 27, "L_" + "0" * 26, "l_" + "0" * 25 + "A", "l_" + "0" * 25 + "\n",
     "l_" + "0" * 26 + "\n", " l_" + "0" * 26, "l_" + "０" * 26, "l_" + "0" * 25 + "u", "l_" + "0" * 25 + '"',
     "l_" + "0" * 25 + "\x00", 'l_"; DROP SCHEMA shared; --00', "public", "shared", "l_" + "٣" * 26, "l-" + "0" * 26],
)  # fmt: skip
def test_what_is_no_labels_id_never_becomes_a_label(hostile):
    assert not is_tenant_id(hostile)
    with pytest.raises(ValueError, match="not a label id"):
        Tenant(id=hostile, cell="home", state=TenantState.ACTIVE)


@unhurried
@given(st.uuids(allow_nil=True), st.booleans())
def test_an_id_that_we_wrote_is_read_back(written, shout):
    text = str(written)
    assert ids.parse_uuid(text.upper() if shout else text) == written


@pytest.mark.parametrize(
    "hostile",
    ["", "0", "../../etc/passwd", "{00000000-0000-0000-0000-000000000000}", "00000000000000000000000000000000",
     "urn:uuid:00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-00000000000\n",
     "00000000-0000-0000-0000-0000000000000", " 00000000-0000-0000-0000-00000000000", "0" * 36, "-" * 36,
     "０0000000-0000-0000-0000-000000000000", "٣0000000-0000-0000-0000-000000000000",
     "0000_000-0000-0000-0000-000000000000", "+0000000-0000-0000-0000-000000000000",
     "0x000000-0000-0000-0000-000000000000", "000000000-000-0000-0000-000000000000", "{0000000000000000000000000000000000}",
     "urn:uuid:000000000000000000000000000", "\ud800" * 36, "\x00" * 36, "' OR 1=1 --" + "0" * 25, "İ" * 36],
)  # fmt: skip
def test_what_is_no_canonical_id_is_none(hostile):
    assert ids.parse_uuid(hostile) is None


@unhurried
@given(st.text(alphabet="0123456789abcdefABCDEF-_{}+ urn:x\n０٣İ\x00", min_size=36, max_size=36))
def test_a_text_of_the_right_length_is_an_id_only_in_its_one_spelling(text):
    found = ids.parse_uuid(text)
    assert found is None or str(found) == text.lower()


def test_an_id_of_another_version_is_still_only_an_id():
    assert ids.parse_uuid(str(other := uuid4())) == other
