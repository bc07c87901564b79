"""Libraries that others wrote complete every flow against the product's own web process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.kernel.web.assets import THEME
from tests.api.programs import BACK, a_site, an_app
from tests.factories.api import a_client
from tests.factories.members import PASSWORD, a_member
from tests.servers import serving

FLOWS = Path(__file__).parent / "flows"
EXPECTED = {
    "oauth4webapi": [
        "metadata", "code with a secret", "pushed question", "refresh", "introspection and revocation",
        "app with a proof of possession", "device", "client credentials", "registration and private_key_jwt", "refusal",
    ],
    "openid-client": [
        "code with a secret", "refresh, introspection, revocation", "pushed question", "app with a proof of possession",
        "device", "client credentials", "registration",
    ],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("library", sorted(EXPECTED))
def test_a_library_completes_every_flow(services, database_name, label, library):
    person = a_member(label)
    site, service = a_site(label), a_client(label, scopes="catalog:read clients:write")
    app = an_app(label, redirect_uris=("http://127.0.0.1:49152/back",))
    with serving(services, database_name) as (_, port):
        issuer = f"http://{label.slug}.localhost:{port}"
        told = {
            "modules": str(THEME / "node_modules"),
            "issuer": issuer,
            "resource": f"{issuer}/api/v1",
            "tracks": f"{issuer}/api/v1/tracks",
            "email": person.email,
            "password": PASSWORD,
            "scope": "openid profile email catalog:read",
            "site": {"client_id": str(site.client_id), "secret": site.secret, "back": BACK},
            "app": {"client_id": str(app.client_id), "back": "http://127.0.0.1:49152/back"},
            "service": {"client_id": str(service.client_id), "secret": service.secret},
        }
        run = subprocess.run(
            [str(Path(sys.executable).parent / "node"), str(FLOWS / f"{library}.mjs")],
            env=os.environ | {"FLOW": json.dumps(told)},
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == EXPECTED[library]
