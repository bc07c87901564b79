"""A web process that knows only the login's address, and so can do nothing to a schema even if it is taken over."""

from __future__ import annotations

import time

import httpx

from app.settings import Settings
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.servers import serving
from tests.services import Services


def test_the_web_serves_without_the_owners_address(
    services: Services, database_name: str, settings: Settings, label, connected: Settings
) -> None:
    login = settings.login_urls["home"]
    assert "boptone_login" in login
    member = a_member(label)
    with serving(services, database_name, DATABASE_URL="", DATABASE_LOGIN_URL=login) as (_, port):
        address = f"http://127.0.0.1:{port}"
        origin = {"host": "canary.localhost", "origin": "http://canary.localhost"}
        assert httpx.get(f"{address}/readyz").status_code == 200
        form = {"email": member.email, "password": PASSWORD}
        answer = httpx.post(f"{address}/portal/sign-in", data=form, headers=origin)
        assert answer.status_code == 303
        cookie = {"cookie": answer.headers["set-cookie"].partition(";")[0]}
        home = httpx.get(f"{address}/portal", headers=origin | cookie)
        assert home.status_code == 200
        assert "Canary Records" in home.text
        new = a_label()
        deadline = time.monotonic() + 10
        while httpx.get(f"{address}/portal/sign-in", headers={"host": f"{new.slug}.localhost"}).status_code != 200:
            assert time.monotonic() < deadline  # it follows the registry over the same address
            time.sleep(0.2)
