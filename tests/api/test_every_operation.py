"""Every operation, tried by generation from the document: as a fresh program, and with a rival's ids."""

from __future__ import annotations

import re

import msgspec
import pytest
from sqlalchemy import text

from app.api import rest
from app.api.rest.conventions.document import document
from app.api.rest.conventions.shapes import example_of
from app.api.rest.trying import Answered, Trial
from app.api.rules.scopes import SCOPES
from app.kernel import db
from app.kernel.tenant import Limits
from tests.factories.api import api_of
from tests.factories.catalog import a_release
from tests.factories.everything import share_one_id
from tests.factories.labels import a_label

rest.load()
NEEDS_A_PERSON = ("PersonNeeded", "ProofTooOld")
IN_PERSON = {name for name, row in SCOPES.items() if row.in_person}
ENDLESS = Limits(api_requests=1_000_000, api_client_requests=1_000_000)
DOCUMENT = document(title="Canary API", origin="https://canary.localhost")


def sender(client):
    def send(method, path, headers, body):
        answered = client.request(method, path, headers=headers, content=body)
        return Answered(answered.status_code, {k.lower(): v for k, v in answered.headers.items()}, answered.content)

    return send


def test_a_fresh_program_calls_every_operation_and_is_answered_as_the_document_says(client_of, product):
    fresh = a_label(limits=Limits())
    product._directory.by_host(f"{fresh.slug}.localhost")
    a_release(fresh, "Already There")
    tried = Trial(DOCUMENT, sender(api_of(client_of, fresh))).run()
    failed = [(each.operation, each.status, each.problems) for each in tried if each.outcome == "failed"]
    assert failed == [], "\n".join(map(str, failed))
    print(sorted((each.operation, each.status) for each in tried if each.outcome == "declined"))
    done = {each.operation for each in tried if each.outcome == "done"}
    assert {"add_artist", "add_release", "change_release", "add_track", "draft_contract", "add_work"} <= done


def _rows(label, shared):
    """One id that a row of every table has, and one of each table whose rows could not take it."""
    with db.tenant_work(label) as session:
        tables = session.scalars(
            text("SELECT table_name FROM information_schema.columns WHERE column_name = 'id' AND data_type = 'uuid' "
                 "AND table_schema = current_schema()")
        ).all()  # fmt: skip
        newest = 'SELECT id FROM "{}" ORDER BY id = :shared DESC, id DESC LIMIT 1'
        found = {str(session.scalar(text(newest.format(table)), {"shared": shared})) for table in tables}
    assert str(shared) in found
    return sorted(found - {"None"})


@pytest.mark.slow
def test_ids_of_a_rival_are_found_by_no_operation(client_of, product, services, database_name):
    label, rival = (a_label(limits=ENDLESS) for _ in range(2))  # not the room's: a trial changes even a label's name
    for each in (label, rival):
        product._directory.by_host(f"{each.slug}.localhost")
    a_release(rival, "Only the rival has it")
    Trial(DOCUMENT, sender(api_of(client_of, rival))).run()  # a row of everything that the API makes
    theirs = _rows(rival, share_one_id(rival, services, database_name, names=()))
    mine = api_of(client_of, label)
    wrong = []
    for path, methods in DOCUMENT["paths"].items():
        if "_id}" not in path:
            continue
        for method, told in methods.items():
            if any(scope in IN_PERSON for needed in told["security"] for scope in needed["oauth"]):
                continue  # a program by itself is told 403 before anything is looked for
            for found in theirs:
                address = re.sub(r"{\w+}", "1", re.sub(r"{\w+_id}", found, path))
                headers, body = {"if-match": "*"}, b""
                for each in told["parameters"]:
                    if each.get("in") == "header":
                        headers[each["name"].lower()] = str(example_of(each["schema"], each["name"]))
                if "requestBody" in told:
                    kind, said = next(iter(told["requestBody"]["content"].items()))
                    headers["content-type"] = kind
                    body = msgspec.json.encode(example_of(said["schema"])) if said["schema"] else b"\x89PNG"
                answer = mine.request(method, address, headers=headers, content=body)
                if answer.status_code == 403 and answer.json()["reason"] in NEEDS_A_PERSON:
                    break  # said before anything is looked for
                if answer.status_code != 404 or "Only the rival" in answer.text:
                    wrong.append((method, path, answer.status_code, answer.text[:200]))
                    break
    assert wrong == [], "\n".join(map(str, wrong))
