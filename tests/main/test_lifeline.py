"""A process that is to end with its parent ends, though it should never hear the signal."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
import pytest

CHILD = """
import signal, time
from app.main.lifeline import end_for_certain_with_parent, end_with_parent
signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as one that comes while its handler cannot see it
{asked}
end_for_certain_with_parent(0.5)
print("ready", flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def orphan():
    """Give a child whose parent was killed, asked or not to end with it."""
    born = []

    def orphan(asked: str) -> psutil.Process:
        command = [sys.executable, "-c", PARENT, CHILD.format(asked=asked)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
            born.append(psutil.Process(int(parent.stdout.readline())))
            parent.kill()
        return born[-1]

    yield orphan
    for child in born:
        if child.is_running():
            child.kill()


def lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_child_that_missed_the_signal_ends_after_its_patience_and_one_that_was_not_asked_goes_on(orphan):
    bound, free = orphan("end_with_parent()"), orphan("")
    assert lives(bound)
    deadline = time.monotonic() + 20
    while lives(bound) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not lives(bound)
    assert lives(free)


LATE = """
import multiprocessing, os, time
from app.main.lifeline import end_with_parent

def late(parent):
    print(os.getpid(), flush=True)
    while os.getppid() == parent:
        time.sleep(0.02)
    {asked}
    time.sleep(60)

multiprocessing.get_context("fork").Process(target=late, args=(os.getpid(),)).start()
"""


@pytest.mark.parametrize(("asked", "goes_on"), [("end_with_parent()", False), ("", True)])
def test_a_child_whose_parent_died_before_it_asked_to_end_with_it_ends_at_once(asked, goes_on):
    with subprocess.Popen([sys.executable, "-c", LATE.format(asked=asked)], stdout=subprocess.PIPE) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    try:
        deadline = time.monotonic() + (2 if goes_on else 20)
        while lives(child) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert lives(child) == goes_on
    finally:
        if lives(child):
            child.kill()
