"""The guides say what is there: every command, option, setting, series, file and test that they name exists."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import msgspec
import pytest

from app.kernel.observe import metrics
from app.kernel.tenant import Limits
from app.main.cli import boptone
from app.settings import Settings
from tenants.registry.queries import fresh_tenant
from tests.factories.labels import a_label
from tests.servers import ROOT
from tests.services import Services

GUIDES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
SPAN = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?<![\w/.-])boptone +([a-z][^|;&\n]*)")
SETTING = re.compile(r"\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=|\b)")
ELSEWHERE = {"PROMETHEUS_MULTIPROC_DIR", "BOPTONE_DEBUG", "BOPTONE_WEB", "CADDY_OPTIONS"}
OF_DEVELOPERS = {"LABEL_URL", "CLIENT_ID", "CLIENT_SECRET", "HOOK_URL", "WEBHOOK_SECRET"}
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ADDRESS = re.compile(r"https?://(?!(?:[\w.{}*-]*\b(?:localhost|example\.com|127\.0\.0\.1))[\s:/`)])")
MACHINE = re.compile(r"/(?:home|root|work|tmp|Users)/")

guides = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)


def fences(text: str) -> list[str]:
    return [content for _, kind, content in FENCE.findall(text) if kind in ("sh", "bash", "console", "")]


def commands(text: str) -> list[tuple[str, bool]]:
    """Every command line of ours, and whether it stands in a block, where it must be whole."""
    whole = [(found, True) for block in fences(text) for found in COMMAND.findall(block.replace("\\\n", " "))]
    spans = [span for span in SPAN.findall(FENCE.sub("", text)) if span.startswith("boptone ")]
    return whole + [(span.removeprefix("boptone "), False) for span in spans]


def problem_of(line: str, *, is_whole: bool) -> str | None:
    """Why nobody could type this, if so."""
    words = shlex.split(line, comments=True)
    command: click.Command = boptone
    context = click.Context(boptone, info_name="boptone")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        known = command.get_command(context, words[0])
        if known is None:
            return f"there is no command {words[0]}"
        context, command, words = click.Context(known, context, info_name=words[0]), known, words[1:]
    if isinstance(command, click.Group):
        return None if not is_whole or words == ["--help"] else "it ends before a command"
    try:
        given, rest, _ = command.make_parser(context).parse_args(words)
    except click.UsageError as refused:
        return refused.format_message()
    if rest:
        return f"it takes no {rest[0]}"
    if not words and not is_whole:
        return None
    missing = [parameter.name for parameter in command.params if parameter.required and not _is_given(given, parameter)]
    return f"it needs {missing}" if missing else None


def _is_given(given: dict[str, object], parameter: click.Parameter) -> bool:
    """Tell a value from the several ways in which click says that there is none."""
    return isinstance(given.get(str(parameter.name)), str | bool)


@guides
def test_every_command_exists_with_its_options(guide: Path) -> None:
    found = commands(guide.read_text())
    wrong = [f"boptone {line}: {why}" for line, whole in found if (why := problem_of(line, is_whole=whole))]
    assert wrong == []


def test_the_guides_name_commands_at_all() -> None:
    named = {line.split()[0] for guide in GUIDES for line, _ in commands(guide.read_text())}
    assert {"tenants", "migrate", "doctor", "jobs", "operators"} <= named


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("tenants vanish kite", "there is no command"),
        ("migrate --drily", "No such option"),
        ("tenants show", "it needs"),
        ("tenants show kite noor", "takes no"),
        ("tenants close kite --grace-days", "requires an argument"),
        ("tenants erase kite", "it needs"),
        ("tenants", "ends before"),
    ],
)
def test_a_command_that_nobody_could_type_is_noticed(line: str, why: str) -> None:
    assert why in (problem_of(line, is_whole=True) or "")


@guides
def test_every_setting_exists(guide: Path) -> None:
    known = {field.name.upper() for field in msgspec.structs.fields(Settings)} | ELSEWHERE | OF_DEVELOPERS
    text = guide.read_text()
    named = {name for span in [*SPAN.findall(FENCE.sub("", text)), *fences(text)] for name in SETTING.findall(span)}
    assert named <= known


@guides
def test_every_test_that_is_named_exists(guide: Path) -> None:
    for file, name in TEST.findall(guide.read_text()):
        assert re.search(rf"^ *(?:async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE), f"{file}::{name}"


@guides
def test_every_series_exists(guide: Path) -> None:
    known = set()
    for family in metrics.REGISTRY.collect():
        known |= {family.name, f"{family.name}_total"} if family.type == "counter" else {family.name}
    named = set(re.findall(r"`(boptone_[a-z_]+)`", guide.read_text())) - {f"boptone_{role}" for role in ROLES}
    assert named <= known


ROLES = ("login", "owner", "platform")


@guides
def test_every_file_and_every_heading_that_is_linked_exists(guide: Path) -> None:
    text = guide.read_text()
    headings = {
        re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif "://" not in target:
            assert (guide.parent / target.partition("#")[0]).exists(), target


@guides
def test_no_guide_names_a_registry_or_somebodys_machine(guide: Path) -> None:
    text = guide.read_text()
    assert not MACHINE.search(text)
    assert not ADDRESS.search(text), ADDRESS.search(text)


def block(kind: str, word: str) -> str:
    """The one fenced block of this kind in the operations guide that holds this word."""
    blocks = [
        text for _, k, text in FENCE.findall((ROOT / "docs/operations.md").read_text()) if k == kind and word in text
    ]
    assert len(blocks) == 1
    return blocks[0]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl on this machine")
def test_the_logins_password_is_what_the_guide_prints(settings: Settings) -> None:
    printed = subprocess.run(
        ["sh", "-c", block("sh", "openssl")],
        env={"SECRET_KEY": settings.secret_key, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.strip() == settings.login_password


def test_the_guides_statement_changes_one_labels_limits(
    services: Services, database_name: str, connected: Settings
) -> None:
    label, neighbour = a_label(), a_label()
    with services.superuser(database_name) as connection:
        connection.execute(block("sql", "limits").replace("kite", label.slug).encode())
    changed = fresh_tenant(label.id)
    assert changed is not None
    assert (changed.limits.requests, changed.limits.connections) == (16, 2)
    assert changed.limits.streams == label.limits.streams
    assert fresh_tenant(neighbour.id) == neighbour


def test_every_default_limit_in_the_guide_is_the_real_one() -> None:
    text = (ROOT / "docs/operations.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d,]+)", text, re.MULTILINE))
    limits = Limits()
    for name in ("upload_bytes", "batch_bytes", "archive_bytes", "step_bytes"):
        assert int(rows.pop(name)) * 1024**3 == getattr(limits, name)
    assert len(rows) == 13
    for name, value in rows.items():
        assert int(value.replace(",", "")) == getattr(limits, name), name
