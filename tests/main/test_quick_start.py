"""The guide for developers, done word by word against the product as `make run` starts it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time

import pytest

from tests.guide import GUIDE, at_home, block
from tests.main.test_up import answers, folder, up
from tests.servers import free_port

__all__ = ["at_home", "folder"]


def command(folder, port, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    environment |= {"BOPTONE_DATA": str(folder), "PORT": str(port)}
    line = [sys.executable, "-m", "app.main", *words]
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)


def done(name: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", block(name)]
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)


def begun(log, environment: dict[str, str], port: int) -> subprocess.Popen[bytes]:
    """The receiver of the guide, on a port of its own; its secret comes later, as one learns it by asking for it."""
    program = block("webhook-receiver").replace("8400", str(port))
    return subprocess.Popen([sys.executable, "-u", "-c", program], env=environment, stdout=log, stderr=log)


def is_told(log, words: str, seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if words in log.read_text():
            return True
        time.sleep(0.2)
    return False


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_guide_is_done_word_by_word_against_the_product(folder, tmp_path, at_home):
    port, hook = free_port(), free_port()
    with up(folder, port, EGRESS_LOCAL_HOSTS="localhost", DEMO_MEDIA="false"):
        assert answers(port, seconds=600), (folder.parent / f"up-{port}.log").read_text()[-2000:]
        client = tmp_path / "client"
        made = command(folder, port, "api-client", str(client), "--build")
        assert made.returncode == 0, made.stderr
        scopes = re.search(r'boptone clients create bluehour --name "Quick start" --scope "([^"]+)"', GUIDE)[1]
        given = command(folder, port, "clients", "create", "bluehour", "--name", "Start", "--scope", scopes, "--json")
        program = json.loads(given.stdout)
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{client}:{at_home}", "HOOK_URL": f"http://localhost:{hook}/"}
        env |= {"LABEL_URL": f"http://bluehour.localhost:{port}"}
        env |= {"CLIENT_ID": program["client_id"], "CLIENT_SECRET": program["client_secret"]}
        first = done("quick-start", env)
        assert first.stdout == "Night Drive 2 True\n", first.stderr[-3_000:]
        second = done("quick-start-events", env)
        secret, declined, told = second.stdout.splitlines() or [second.stderr[-3_000:]]
        assert (declined, told) == ("412 /problems/changed", "file.stored True")
        heard = tmp_path / "heard.log"
        with heard.open("wb") as log:
            receiver = begun(log, env | {"WEBHOOK_SECRET": secret}, hook)
            try:  # what was sent before somebody listened is tried again
                assert is_told(heard, "file.stored"), heard.read_text()
            finally:
                receiver.kill()
                receiver.wait()
        assert "401" not in heard.read_text()
        checked = command(folder, port, "api-check")
        assert checked.returncode == 0, checked.stdout[-3_000:] + checked.stderr
        assert checked.stdout.endswith(" 0 failed.\n")
        collection = tmp_path / "new" / "collection.json"
        assert command(folder, port, "api-collection", str(collection)).returncode == 0
        assert json.loads(collection.read_text())["item"]
