"""The units of systemd: read by systemd itself where it is, and held against what the code needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.kernel.jobs.registry import tasks
from app.main import cli, composition
from app.main.broker import HARD_LIMIT_MARGIN
from app.main.scheduler import PAUSE_AFTER_TROUBLE
from app.main.web import STOP_SECONDS
from tests.servers import ROOT

UNITS = ROOT / "deploy/systemd"
SERVICES = ("web", "worker", "scheduler", "migrate")
LASTING = ("web", "worker", "scheduler")

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze on this machine"
)


def unit(name: str) -> dict[str, list[str]]:
    """Every setting of a unit with its values, as systemd reads them: a name may come several times."""
    found: dict[str, list[str]] = {}
    for line in (UNITS / name).read_text().splitlines():
        key, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def service(name: str) -> dict[str, list[str]]:
    return unit(f"boptone-{name}.service")


@pytest.fixture
def installed(tmp_path: Path) -> list[str]:
    """The units with the program where it is on this machine."""
    program = str(Path(sys.executable).parent / "boptone")
    for file in UNITS.glob("boptone*"):
        text = file.read_text().replace("/opt/boptone/.venv/bin/boptone", program)
        (tmp_path / file.name).write_text(text)
    return sorted(str(file) for file in tmp_path.iterdir())


@needs_systemd
def test_systemd_has_nothing_to_say_against_them(installed: list[str]) -> None:
    read = subprocess.run(["systemd-analyze", "verify", *installed], capture_output=True, text=True, check=False)
    ours = [line for line in read.stderr.splitlines() if "boptone" in line]
    assert ours == []
    assert read.returncode == 0, read.stderr


@needs_systemd
def test_systemd_finds_little_exposed(installed: list[str]) -> None:
    services = [file for file in installed if file.endswith(".service")]
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", *services]
    read = subprocess.run(command, capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stdout[-2000:] + read.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_each_runs_its_command_as_nobody_in_particular(name: str) -> None:
    settings = service(name)
    assert settings["ExecStart"] == [f"/opt/boptone/.venv/bin/boptone {name}"]
    assert name in cli.COMMANDS
    assert settings["User"] == settings["Group"] == ["boptone"]
    assert settings["EnvironmentFile"] == ["/etc/boptone/env"]
    assert settings["CapabilityBoundingSet"] == [""]
    for wall in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "RestrictSUIDSGID"):
        assert settings[wall] == ["yes"], wall
    assert settings["ProtectSystem"] == ["strict"]


@pytest.mark.parametrize("name", LASTING)
def test_each_comes_back_for_ever_and_is_told_to_stop_through_its_main_process(name: str) -> None:
    settings = service(name)
    assert settings["Restart"] == ["always"]
    assert settings["StartLimitIntervalSec"] == ["0"]
    assert settings["KillMode"] == ["mixed"]
    assert settings["PartOf"] == settings["WantedBy"] == ["boptone.target"]


def test_the_time_to_stop_is_longer_than_what_must_be_finished() -> None:
    composition.load_slices()
    longest_task = max(task.time_limit for task in tasks.values()) + HARD_LIMIT_MARGIN
    assert int(service("web")["TimeoutStopSec"][0]) > STOP_SECONDS
    assert int(service("worker")["TimeoutStopSec"][0]) > longest_task
    assert int(service("scheduler")["TimeoutStopSec"][0]) > 5 * PAUSE_AFTER_TROUBLE


def test_a_migration_is_asked_for_comes_first_and_takes_its_time() -> None:
    settings = service("migrate")
    assert settings["Type"] == ["oneshot"]
    assert settings["TimeoutStartSec"] == ["infinity"]
    assert "WantedBy" not in settings
    assert "Restart" not in settings
    before = settings["Before"][0].split()
    for name in LASTING:
        assert f"boptone-{name}.service" in before
        assert "boptone-migrate.service" in service(name)["After"][0].split()


def test_one_target_has_every_process() -> None:
    wanted = set(unit("boptone.target")["Wants"][0].split())
    assert wanted == {f"boptone-{name}.service" for name in LASTING}


def test_the_processes_of_a_machine_share_their_numbers_and_none_takes_them_along() -> None:
    for name in LASTING:
        settings = service(name)
        assert "PROMETHEUS_MULTIPROC_DIR=/run/boptone/metrics" in settings["Environment"]
        assert "boptone/metrics" in settings["RuntimeDirectory"][0].split()
        assert settings["RuntimeDirectoryPreserve"] == ["yes"]
