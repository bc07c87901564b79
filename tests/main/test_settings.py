"""What the environment may say, and the one sentence for what it may not."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import msgspec
import pytest
from click.testing import CliRunner

from app.main.cli import COMMANDS
from app.main.cli import boptone as commands
from app.settings import DEMO_SECRET, Settings, SettingsError, load
from tests.kernel.jobs.nursery import nursery

OWN = "a-secret-of-our-own-that-is-long-enough-to-hold"
PRODUCTION = {
    "BOPTONE_ENV": "production",
    "SECRET_KEY": OWN,
    "BASE_DOMAIN": "labels.example",
    "DATABASE_URL": "postgresql://owner:pw@db/boptone",
    "BROKER_URL": "redis://broker/0",
    "CACHE_URL": "redis://cache/1",
    "STORAGE_URL": "s3://bucket",
    "SMTP_URL": "smtp://mail",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x"), ("DATABASE_URL", "postgresql"), ("DATABASE_URL", "postgresql://h:port/x"),
        ("BROKER_URL", "http://x"), ("CACHE_URL", "file:///x"), ("STORAGE_URL", "ftp://x"), ("SMTP_URL", "mail.example"),
        ("PORT", "eighty"), ("PORT", "70000"), ("POOL_SIZE", "0"), ("BOPTONE_ENV", "prod"), ("LOG_LEVEL", "loud"),
        ("CELL_URLS", "east=postgresql://x"), ("CELL_URLS", '{"home": "postgresql://h/x"}'), ("CELL_URLS", '{"e": "x"}'),
        ("TRUSTED_PROXIES", "everyone"), ("PREPARE_STATEMENTS", "maybe"), ("TASK_LEASE_SECONDS", "soon"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_in_one_sentence(name, value):
    with pytest.raises(SettingsError) as refused:
        load({name: value})
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", sorted(set(PRODUCTION) - {"BOPTONE_ENV"}))
def test_production_refuses_to_start_without(name):
    with pytest.raises(SettingsError, match=name):
        load({key: value for key, value in PRODUCTION.items() if key != name})


@pytest.mark.parametrize("secret", [DEMO_SECRET, "short"])
def test_production_refuses_a_secret_that_is_none(secret):
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        load(PRODUCTION | {"SECRET_KEY": secret})


def test_production_starts_with_everything_set():
    assert load(PRODUCTION).is_production


def test_nothing_secret_is_in_the_settings_own_words():
    settings = load(PRODUCTION)
    assert OWN not in repr(settings)
    assert "pw" not in repr(settings)
    assert OWN not in settings.login_password


def test_the_login_is_derived_from_the_owners_address():
    settings = load(PRODUCTION)
    assert settings.login_urls["home"].startswith("postgresql://boptone_login:")
    assert "owner" not in settings.login_urls["home"]
    other = load(PRODUCTION | {"DATABASE_LOGIN_URL": "postgresql://boptone_login:x@pooler/boptone"})
    assert other.login_urls["home"].endswith("@pooler/boptone")


def test_a_long_folder_still_has_short_sockets(tmp_path):
    settings = load({"BOPTONE_DATA": str(tmp_path / ("deep/" * 30))})
    assert len(str(settings.sockets / ".s.PGSQL.5432")) < 108


def test_the_example_names_every_setting_and_no_other():
    from pathlib import Path

    text = (Path(__file__).parents[2] / ".env.example").read_text()
    named = {line.lstrip("# ").partition("=")[0].lower() for line in text.splitlines() if "=" in line}
    assert named == {field.name for field in msgspec.structs.fields(Settings)}


def boptone(*words, **environment):
    return nursery().boptone(*words, environment=os.environ | environment)


def boptone_from_nothing(*words, **environment):
    command = [sys.executable, "-m", "app.main", *words]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


def test_a_wrong_address_stops_a_command_with_a_sentence_and_no_trace():
    done = boptone_from_nothing("tenants", "list", DATABASE_URL="mysql://nowhere")
    assert done.returncode == 2
    assert done.stderr.strip().startswith("DATABASE_URL must be an address")
    assert "Traceback" not in done.stderr


def test_an_unreachable_database_is_told_in_a_sentence():
    done = boptone("tenants", "list", DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "database" in done.stderr


def test_with_json_there_is_one_document_and_nothing_else(services, database_name):
    environment = services.environment(database_name)
    listed = boptone("tenants", "list", "--json", **environment)
    assert {row["slug"] for row in json.loads(listed.stdout)} >= {"canary", "rival"}
    missing = boptone("tenants", "show", "nobody-here", "--json", **environment)
    assert missing.returncode == 2
    assert json.loads(missing.stdout)["error"] == "UnknownLabel"
    doctor = boptone("doctor", "--json", **environment)
    assert isinstance(json.loads(doctor.stdout), list)


def test_every_command_explains_itself():
    listing = boptone_from_nothing("--help").stdout
    assert len(COMMANDS) > 10
    for name in COMMANDS:
        assert name in listing
        told = CliRunner().invoke(commands, [name, "--help"])
        assert told.exit_code == 0, name
        assert told.output.startswith("Usage:"), name


def test_a_list_of_stolen_passwords_that_is_not_there_stops_the_start(tmp_path):
    with pytest.raises(SettingsError, match="BREACHED_PASSWORDS"):
        load({"BREACHED_PASSWORDS": str(tmp_path / "nowhere.txt")})


LIVE = {"STRIPE_SECRET_KEY": "sk_live_a1b2", "STRIPE_WEBHOOK_SECRET": "whsec_abcdefgh"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_SECRET_KEY", "pk_live_a1b2"), ("STRIPE_SECRET_KEY", "sk_live_"), ("STRIPE_SECRET_KEY", "sk_live_a\nb"),
        ("STRIPE_WEBHOOK_SECRET", "secret"), ("STRIPE_WEBHOOK_SECRET", "whsec_short"),
        ("STRIPE_API_BASE", "http://api.stripe.com"), ("STRIPE_API_BASE", "http://127.0.0.1.evil.example"),
        ("STRIPE_API_BASE", "http://localhost.evil.example"), ("STRIPE_API_BASE", "ftp://127.0.0.1"),
        ("STRIPE_API_BASE", "https://"), ("STRIPE_API_BASE", "https://name:word@api.stripe.com"),
        ("STRIPE_API_BASE", "https://api.stripe.com/v1"), ("STRIPE_API_BASE", "https://api.stripe.com:port"),
        ("STRIPE_API_BASE", "http://10.0.0.1"), ("PRINTFUL_API_BASE", "http://api.printful.com"),
        ("PRINTFUL_API_BASE", "https://api.printful.com/v2"), ("PRINTFUL_FILES_BASE", "http://10.0.0.1"),
    ],
)  # fmt: skip
def test_a_card_processor_or_a_printer_that_cannot_be_is_named_in_one_sentence(name, value):
    with pytest.raises(SettingsError, match=name) as refused:
        load({name: value})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "base", ["https://api.stripe.com/", "http://127.0.0.1:8123", "http://[::1]:8123", "http://localhost:1"]
)
def test_the_card_processor_is_reached_safely_or_on_this_machine(base):
    assert load({"STRIPE_API_BASE": base}).stripe_api_base == base


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"STRIPE_SECRET_KEY": "sk_test_a1b2"}, "STRIPE_SECRET_KEY"), ({"STRIPE_SECRET_KEY": "rk_test_a1"}, "STRIPE_SECRET_KEY"),
        ({"STRIPE_API_BASE": "http://127.0.0.1:8123"}, "STRIPE_API_BASE"), ({"STRIPE_WEBHOOK_SECRET": ""}, "STRIPE_WEBHOOK"),
        ({"PRINTFUL_API_BASE": "http://127.0.0.1:8123"}, "PRINTFUL_API_BASE"),
    ],
)  # fmt: skip
def test_production_pays_in_earnest_or_not_at_all(change, named):
    with pytest.raises(SettingsError, match=named):
        load(PRODUCTION | LIVE | change)


def test_production_starts_with_a_card_processor_and_without():
    assert load(PRODUCTION | LIVE).stripe_secret_key == LIVE["STRIPE_SECRET_KEY"]
    assert load(PRODUCTION).stripe_secret_key is None
    assert "a1b2" not in repr(load(PRODUCTION | LIVE))
