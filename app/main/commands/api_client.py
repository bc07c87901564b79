"""`boptone api-client` and `boptone api-collection`: what developers take along, made from the API's document."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import msgspec

from app.main.commands import client_files
from app.main.commands.output import answer, as_json

PACKAGE = "boptone-client"
BYTES = "application/octet-stream"
REF = "#/components/schemas/"
JSON = {
    "application/merge-patch+json": "application/json",
    "application/schema+json": "application/json",
}
RENAMED = {"File": "StoredFile"}
"""What the client has another thing of the same name for."""
BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
CONFIG: dict[str, Any] = {
    "project_name_override": PACKAGE,
    "package_name_override": "boptone_client",
    "literal_enums": True,
    "post_hooks": [],
}
TITLE, ORIGIN = "Label API", "https://your-label.example"
GUIDE = Path(__file__).parents[3] / "docs" / "api.md"


@click.command("api-client")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--build/--no-build", default=False, help="Build a wheel in FOLDER/dist, ready to be published.")
@as_json
def client(folder: Path, build: bool, json: bool) -> None:
    """Generate the typed Python client `boptone-client` into FOLDER.

    It is not kept in the repository: it follows from the document, which follows from what runs. Publishing a release
    is this command and an upload of the wheel.
    """
    if find_spec("openapi_python_client") is None:
        raise click.ClickException("The generator is not installed here. “make client” installs it and does this.")
    told, kinds = for_generator(_document())
    version = ".".join(str(int(part)) for part in told["info"]["version"].split("-"))
    with tempfile.TemporaryDirectory() as kept:
        document, config = Path(kept) / "openapi.json", Path(kept) / "config.json"
        document.write_bytes(msgspec.json.encode(told))
        overrides = {"package_version_override": version, "content_type_overrides": JSON | dict.fromkeys(kinds, BYTES)}
        config.write_bytes(msgspec.json.encode(CONFIG | overrides))
        generate = [
            sys.executable, "-m", "openapi_python_client", "generate", "--path", str(document), "--config", str(config),
            "--output-path", str(folder), "--meta", "uv", "--overwrite", "--fail-on-warning",
        ]  # fmt: skip
        said = subprocess.run(generate, capture_output=True, text=True, check=False)
    if said.returncode:
        raise click.ClickException(f"The client could not be made: {(said.stdout + said.stderr)[-2_000:]}")
    client_files.finish(folder, GUIDE.read_text())
    wheel = _built(folder) if build else None
    answer(
        {"folder": str(folder), "package": PACKAGE, "wheel": wheel}, f"{PACKAGE} is in {wheel or folder}.", json=json
    )


def for_generator(document: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """A document as the generator understands it, and the kinds of bytes in it.

    Bytes say that they are; a body is of one kind, and a caller may say another. What is declined is raised, so that
    an answer's type is what was asked for.
    """
    told: dict[str, Any] = _renamed(document)
    kinds: set[str] = set()
    for operation in (each for methods in told["paths"].values() for each in methods.values()):
        operation["responses"] = {s: each for s, each in operation["responses"].items() if "$ref" not in each}
        body = operation.get("requestBody", {})
        for said in (*operation["responses"].values(), body):
            content = said.get("content", {})
            bytes_of = [kind for kind, each in content.items() if not each["schema"] and kind not in JSON]
            kinds.update(bytes_of)
            content.update({kind: {"schema": BINARY} for kind in bytes_of})
            content.update({kind: {"schema": {"type": "object"}} for kind in content if not content[kind]["schema"]})
        if len(body.get("content", {})) > 1:
            usual = BYTES if BYTES in body["content"] else next(iter(body["content"]))
            body["content"] = {usual: body["content"][usual]}
    return told, kinds


def _renamed(document: dict[str, Any]) -> dict[str, Any]:
    """A copy in which nothing is called what the client calls something of its own."""
    text = msgspec.json.encode(document).decode()
    for name, other in RENAMED.items():
        text = text.replace(f'"{REF}{name}"', f'"{REF}{other}"')
    told: dict[str, Any] = msgspec.json.decode(text)
    named = told["components"]["schemas"]
    told["components"]["schemas"] = {RENAMED.get(name, name): each for name, each in named.items()}
    return told


def _built(folder: Path) -> str:
    from hatchling.builders.wheel import WheelBuilder

    project = folder / "pyproject.toml"
    backend = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    wheel = '\n[tool.hatch.build.targets.wheel]\npackages = ["boptone_client"]\n'
    # The generator names a backend that our environment does not have; hatchling is there, as our own package needs it.
    text = re.sub(r"\[(build-system|tool\.uv[^\]]*)\][^\[]*(?:\[\"[^\]]*\][^\[]*)*", "", project.read_text())
    project.write_text(f"{text.rstrip()}\n\n{backend}{wheel}")
    return str(next(WheelBuilder(str(folder)).build(directory=str(folder / "dist"))))


@click.command("api-collection")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@as_json
def collection(file: Path, json: bool) -> None:
    """Write a collection that Postman imports (format 2.1) into FILE."""
    told = made(_document())
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1))
    count = sum(len(folder["item"]) for folder in told["item"])
    answer({"file": str(file), "requests": count}, f"{count} requests are in {file}.", json=json)


def _document() -> dict[str, Any]:
    from app.api import rest
    from app.api.rest.conventions.document import document

    rest.load()
    return document(title=TITLE, origin=ORIGIN)


def made(document: dict[str, Any]) -> dict[str, Any]:
    """A collection: a folder a chapter, a request an operation, the token and the address as variables."""
    folders: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            folders[told["tags"][0]].append(_request(method, path, told))
    return {
        "info": {
            "name": document["info"]["title"],
            "description": document["info"]["description"],
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [{"key": "origin", "value": document["servers"][0]["url"]}, {"key": "token", "value": ""}],
        "item": [{"name": name, "item": items} for name, items in folders.items() if items],
    }


def _request(method: str, path: str, told: dict[str, Any]) -> dict[str, Any]:
    parts = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.strip("/").split("/")]
    request: dict[str, Any] = {
        "method": method.upper(),
        "description": told.get("description", ""),
        "header": [],
        "url": {
            "raw": "{{origin}}/" + "/".join(parts),
            "host": ["{{origin}}"],
            "path": parts,
            "variable": [{"key": part[1:], "value": ""} for part in parts if part.startswith(":")],
        },
    }
    if "requestBody" in told:
        kind, said = next(iter(told["requestBody"]["content"].items()))
        request["header"].append({"key": "Content-Type", "value": kind})
        raw = msgspec.json.format(msgspec.json.encode(said["example"]), indent=2).decode() if "example" in said else ""
        request["body"] = {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}
    if {"$ref": "#/components/parameters/IfMatch"} in told["parameters"]:
        request["header"].append({"key": "If-Match", "value": "*"})
    if method == "post":
        request["header"].append({"key": "Idempotency-Key", "value": "{{$guid}}"})
    return {"name": told["summary"], "request": request, "response": []}
