"""The OpenAPI document says what runs, the reference shows it, and both are a label's own."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import jsonschema
from openapi_spec_validator import validate

from app.api import rest
from app.api.rest.conventions import operations, sections, versions
from app.api.rest.conventions.document import document, operation_told
from app.api.rules.scopes import SCOPES
from app.identity.rules.permissions import PERMISSIONS
from tests.factories.api import api_of
from tests.whole import whole_product

rest.load()
DOCUMENT = document(title="Canary API", origin="https://canary.localhost")
OPERATIONS = [(path, method, told) for path, methods in DOCUMENT["paths"].items() for method, told in methods.items()]


def test_the_document_is_valid_openapi_3_1():
    validate(DOCUMENT)


def test_every_route_is_in_the_document_and_the_other_way_round():
    routes = {
        (method, re.sub(r":\w+}", "}", route.path))
        for route in whole_product().routes
        for method in getattr(route, "methods", ())
        if route.path.startswith("/api/v1") and method != "OPTIONS" and "{nothing" not in route.path
    }
    told = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert routes == told


def test_no_two_operations_have_one_name():
    names = [operation.name for operation in operations()]
    assert len(names) == len(set(names))


def test_every_operation_is_told_whole():
    for path, method, told in OPERATIONS:
        name = told["operationId"]
        assert told["summary"], name
        assert path.startswith("/api/v1/")
        assert all(scope in SCOPES for needed in told["security"] for scope in needed["oauth"]), name
        assert {"400", "429", "503"} <= set(told["responses"]), name
        if told["security"]:
            assert {"401", "403", "404"} <= set(told["responses"]), name
        if method == "post" and not path.endswith("/files"):
            assert {"$ref": "#/components/parameters/IdempotencyKey"} in told["parameters"], name
        if {"$ref": "#/components/parameters/IfMatch"} in told["parameters"]:
            assert {"412", "428"} <= set(told["responses"]), name
        if "requestBody" in told:
            assert {"413", "415"} <= set(told["responses"]), name


def test_every_example_fits_its_schema():
    for _, _, told in OPERATIONS:
        contents = [told["requestBody"]["content"]] if "requestBody" in told else []
        contents += [answer["content"] for answer in told["responses"].values() if "content" in answer]
        for said in (said for content in contents for said in content.values() if "example" in said):
            _validated(said["example"], said["schema"])


def test_every_problem_has_an_example_that_fits():
    for answer in DOCUMENT["components"]["responses"].values():
        for said in answer["content"].values():
            _validated(said["example"], said["schema"])


def _validated(value, schema):
    jsonschema.validate(value, schema | {"components": DOCUMENT["components"]}, jsonschema.Draft202012Validator)


def test_what_is_taken_refuses_unknown_fields():
    for methods in DOCUMENT["paths"].values():
        for told in methods.values():
            for said in told.get("requestBody", {"content": {}})["content"].values():
                if "$ref" in said["schema"]:
                    name = said["schema"]["$ref"].rpartition("/")[2]
                    assert DOCUMENT["components"]["schemas"][name]["additionalProperties"] is False, name


def test_the_document_and_the_reference_need_no_token_and_name_the_label(client_of, label):
    stranger = client_of(f"{label.slug}.localhost")
    told = stranger.get("/api/v1/openapi.json")
    assert told.status_code == 200
    assert told.json()["info"]["title"] == f"{label.name} API"
    assert told.json()["paths"].keys() == DOCUMENT["paths"].keys()
    again = stranger.get("/api/v1/openapi.json", headers={"if-none-match": told.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    page = stranger.get("/api/v1/reference", headers={"accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for operation in operations():
        assert f'id="{operation.name}"' in page.text
    for text in (told.text, page.text):
        assert "boptone" not in text.lower()
    assert not re.search(r"""(src|href|action)=["'](https?:)?//""", page.text)  # nothing comes from anywhere else


def test_a_problems_type_leads_to_what_it_means(client_of, label):
    api = api_of(client_of, label)
    told = api.get("/api/v1/artists/nobody").json()
    assert told["type"] == "/problems/artist-unknown"
    page = api.get(told["type"], headers={"accept": "text/html"})
    assert page.status_code == 200
    assert told["title"] in page.text
    assert api.get("/problems/nonsense").status_code == 404


ELSEWHERE = {
    "analytics.view": "figures come with the pages of analytics, which are another part",
    "marketing.view": "campaigns are another part",
    "marketing.edit": "campaigns are another part",
    "security.edit": "how people sign in is set by people, who prove that they can still come in",
}
"""What the portal lets people do and no operation has, with why."""


def test_everything_the_portal_lets_people_do_has_an_operation_or_a_reason():
    told = {name for operation in operations() if operation.scope for name in SCOPES[operation.scope].permissions}
    assert set(PERMISSIONS) - told == set(ELSEWHERE)


def test_what_will_go_is_told_in_the_document_and_on_its_answers_at_least_a_year_before():
    going = next(each for each in sections if each.operations)
    operation = replace(going.operations[0], sunset="2026-11-24/2027-11-30")
    said = versions.headers(operation)
    assert said == {
        "api-version": versions.CURRENT,
        "deprecation": "@1795478400",  # RFC 9745: a moment, as a structured field has it
        "sunset": "Tue, 30 Nov 2027 00:00:00 GMT",
    }
    assert set(versions.headers(going.operations[0])) == {"api-version"}
    assert operation_told(going, operation)["deprecated"] is True
    assert "deprecated" not in operation_told(going, going.operations[0])
    for each in operations():
        if each.sunset:
            announced, ends = map(date.fromisoformat, each.sunset.split("/"))
            assert (ends - announced).days >= 365, each.name
