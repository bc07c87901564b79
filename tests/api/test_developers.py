"""What a developer takes along works: the generated client, the quick start, the collection; a fuzzer finds nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import httpx
import pytest

from app.api import rest
from app.api.rest.conventions import operations
from app.main.commands.api_client import made
from tests.factories.api import a_client
from tests.guide import at_home, block
from tests.servers import ROOT, serving
from tests.storefront.printful_wire import printer_here

__all__ = ["at_home"]


@pytest.fixture
def served(services, database_name, label):
    with (
        printer_here() as printer,
        serving(services, database_name, WEB_WORKERS="1", PRINTFUL_API_BASE=printer.base) as (_, port),
    ):
        yield f"http://{label.slug}.localhost:{port}"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_generated_client_runs_the_quick_start(served, label, tmp_path, at_home):
    folder = tmp_path / "client"
    command = [sys.executable, "-m", "app.main", "api-client", str(folder), "--build"]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True)
    assert [wheel.name for wheel in (folder / "dist").iterdir()] == ["boptone_client-2026.11.1-py3-none-any.whl"]
    for module in (folder / "boptone_client" / "api").rglob("*.py"):
        compile(module.read_text(), module.name, "exec")
        assert "isinstance(body, Any)" not in module.read_text(), module
    program = a_client(label)
    env = {"PYTHONPATH": f"{folder}:{at_home}", "LABEL_URL": served, "PATH": os.environ["PATH"]}
    env |= {"CLIENT_ID": str(program.client_id), "CLIENT_SECRET": program.secret}
    said = subprocess.run(
        [sys.executable, "-c", block("quick-start")], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert said.stdout == "Night Drive 2 True\n", said.stderr[-3_000:]


def test_the_collection_has_every_operation():
    rest.load()
    from app.main.commands.api_client import _document

    told = made(_document())
    assert sum(len(folder["item"]) for folder in told["item"]) == len(operations())
    assert "boptone" not in str(told).lower()


def test_the_receiver_in_the_guide_is_a_program():
    compile(block("webhook-receiver"), "receiver", "exec")


"""Left out: what would move the clock of a sandbox, jobs of lines, and the bytes of tus, which a fuzzer cannot spell."""
CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance,status_code_conformance"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_fuzzer_finds_no_fault_and_no_answer_that_is_not_declared(served, label, tmp_path, at_home):
    program = a_client(label)
    form = {"grant_type": "client_credentials"}
    port = served.rpartition(":")[2]
    where, host = f"http://127.0.0.1:{port}/oauth/token", {"host": f"{label.slug}.localhost:{port}"}
    token = httpx.post(where, auth=program.basic, data=form, headers=host).json()["access_token"]
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{served}/api/v1/openapi.json", "--no-color",
        "--header", f"Authorization: Bearer {token}", "--checks", CHECKS, "--max-examples", "2",
        "--phases", "examples,fuzzing", "--generation-deterministic", "--request-timeout", "60",
        "--suppress-health-check", "all", "--exclude-path-regex", "/clock|/bulk|/files/.file_id.$",
    ]  # fmt: skip
    env = os.environ | {"PYTHONPATH": at_home}
    said = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout[-6_000:] + said.stderr[-1_000:]
