"""Filters and patches as the standard says and as real directories send them."""

from __future__ import annotations

from time import process_time

import pytest

from app.sso.errors import ScimInvalid
from app.sso.rules.scim.attributes import GROUPS, USERS, document_of
from app.sso.rules.scim.filters import parse
from app.sso.rules.scim.patches import patched


def test_patches_do_what_real_directories_send():
    held = document_of(
        USERS, {"userName": "ada", "emails": [{"type": "work", "value": "a@b.example", "primary": True}]}
    )
    entra = {"Operations": [
        {"op": "Add", "path": 'emails[type eq "home"].value', "value": "h@b.example"},
        {"op": "Replace", "path": "name.givenName", "value": "Ada"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "w@b.example"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "x"},
        {"op": "Add", "path": "title", "value": "x"},
        {"op": "Replace", "path": "active", "value": "False"},
    ]}  # fmt: skip
    assert patched(USERS, held, entra) == {
        "userName": "ada",
        "emails": [{"type": "work", "value": "w@b.example", "primary": True}, {"type": "home", "value": "h@b.example"}],
        "name": {"givenName": "Ada"},
        "active": False,
    }
    okta = {
        "Operations": [{"op": "replace", "value": {"active": True, "name.familyName": "Office", "displayName": "A"}}]
    }
    assert patched(USERS, held, okta)["name"] == {"familyName": "Office"}
    primary = {"Operations": [{"op": "add", "path": "emails", "value": [{"value": "n@b.example", "primary": True}]}]}
    assert [each.get("primary") for each in patched(USERS, held, primary)["emails"]] == [False, True]
    group = document_of(GROUPS, {"displayName": "g", "members": [{"value": "1"}, {"value": "2"}]})
    gone = {"Operations": [{"op": "Remove", "path": "members", "value": [{"value": "1"}]}]}
    assert patched(GROUPS, group, gone)["members"] == [{"value": "2"}]
    everybody = {"Operations": [{"op": "remove", "path": "members"}]}
    assert "members" not in patched(GROUPS, group, everybody)
    with pytest.raises(ScimInvalid):
        patched(USERS, held, {"Operations": [{"op": "remove", "path": "userName"}]})


def test_a_patch_costs_no_more_than_what_it_changes():
    group = {"displayName": "x", "members": [{"value": str(n), "type": "User"} for n in range(5_000)]}
    began = process_time()
    every = {"op": "replace", "path": "members[value pr].type", "value": "User"}
    assert len(patched(GROUPS, group, {"Operations": [every]})["members"]) == 5_000
    told = {"op": "add", "path": "members", "value": [{"value": str(n)} for n in range(4_000)]}
    assert len(patched(GROUPS, group, {"Operations": [told] * 3})["members"]) == 5_000
    with pytest.raises(ScimInvalid):
        patched(GROUPS, group, {"Operations": [every] * 1_000})
    many = [{"value": f"a{n}@b.example"} for n in range(51)]
    with pytest.raises(ScimInvalid):
        patched(USERS, {"userName": "x"}, {"Operations": [{"op": "add", "path": "emails", "value": many}]})
    assert process_time() - began < 10


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('userName eq "ADA"', True),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada"', True),
        ('userName ne "ada"', False),
        ('emails.value ew "@B.example"', True),
        ('emails[type eq "work" and value co "a@"]', True),
        ('emails[type eq "home"]', False),
        ("active pr", True),
        ("nickName pr", False),
        ("active eq true", True),
        ('active eq "true"', False),
        ('userName sw "b" or (active eq true and not (emails pr))', False),
        ('userName eq "b" or userName eq "ada" and active eq true', True),
        ('userName gt "aca"', True),
        ("userName gt 7", False),
    ],
)
def test_filters_mean_what_the_standard_says(text, fits):
    document = {"userName": "ada", "active": True, "emails": [{"type": "work", "value": "a@b.example"}]}
    assert parse(text).fits(document) is fits
