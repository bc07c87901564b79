"""Processes that end with the one that started them, so that a kill leaves no stranger serving old code."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import threading
import time

_PR_SET_PDEATHSIG, _PR_GET_PDEATHSIG = 1, 2
_BEAT = 1.0


def end_with_parent() -> None:
    """Ask the kernel to send this process SIGTERM when its parent dies, however that dies.

    Whose parent died before it could ask, such as a worker that was just being started anew, ends at once.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    parent = multiprocessing.parent_process()
    if parent is not None and os.getppid() != parent.pid:
        os._exit(1)


def end_for_certain_with_parent(patience: float) -> None:
    """End this process with its parent if it was to, though its main thread should miss the signal.

    Granian's main process waits for an event that its signal handler sets: a signal that comes while it takes or clears
    that event is lost, and the process would serve old code for ever.
    """
    number = ctypes.c_int()
    ctypes.CDLL(None).prctl(_PR_GET_PDEATHSIG, ctypes.byref(number))
    if number.value:
        threading.Thread(target=_watch, args=(os.getppid(), patience), name="lifeline", daemon=True).start()


def _watch(parent: int, patience: float) -> None:
    while os.getppid() == parent:
        time.sleep(_BEAT)
    time.sleep(patience)
    os._exit(1)
