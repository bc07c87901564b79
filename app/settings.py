"""What the environment chooses: typed, checked once at start, and never printed."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import tempfile
from collections.abc import Mapping
from functools import cached_property
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

DEMO_SECRET = "demo-secret-for-development-only-never-in-production"  # noqa: S105 production refuses it
HOME_CELL = "home"
MINIMUM_SECRET_LENGTH = 32
STRIPE_API_VERSION = "2026-10-28.endive"
"""The version of the processor's interface whose shapes the payouts read; it moves with the library, not alone."""

_SCHEMES = {
    "database_url": ("postgresql",),
    "database_login_url": ("postgresql",),
    "broker_url": ("redis", "rediss", "redis+socket", "amqp", "amqps"),
    "cache_url": ("redis", "rediss", "unix"),
    "storage_url": ("file", "s3"),
    "smtp_url": ("smtp", "smtps"),
}


class SettingsError(Exception):
    """A setting that cannot be used; the message is one sentence for the person who starts the process."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Every choice a machine makes for the product. Unset addresses mean the embedded services in `data`."""

    boptone_env: Literal["development", "test", "production"] = "development"
    boptone_data: Path = Path(".boptone")
    base_domain: str = "localhost"
    operator_name: str = "Boptone"
    host: str = "127.0.0.1"
    port: int = 8000
    secret_key: str = DEMO_SECRET
    database_url: str | None = None
    database_login_url: str | None = None
    cell_urls: dict[str, str] = {}
    broker_url: str | None = None
    cache_url: str | None = None
    storage_url: str | None = None
    smtp_url: str | None = None
    trusted_proxies: list[str] = []
    metrics_token: str | None = None
    otel_exporter_otlp_endpoint: str | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    web_workers: int = 1
    worker_processes: int = 2
    pool_size: int = 8
    spare_labels: int = 4
    demo_media: bool = True
    slow_query_ms: int = 500
    task_lease_seconds: float = 15.0
    prepare_statements: bool = True
    breached_passwords: Path | None = None
    stripe_secret_key: str | None = None
    stripe_webhook_secret: str | None = None
    stripe_store_webhook_secret: str | None = None
    stripe_api_base: str = "https://api.stripe.com"
    printful_api_base: str = "https://api.printful.com"
    printful_files_base: str = "https://files.cdn.printful.com"
    egress_local_hosts: list[str] = []
    """Names that mean this machine when we ask an address that a label gave; http and any port will do for them."""

    @property
    def data(self) -> Path:
        """The folder of the embedded services and caught mail, absolute."""
        return self.boptone_data.absolute()

    @property
    def is_production(self) -> bool:
        """Whether demo secrets and demo labels are refused."""
        return self.boptone_env == "production"

    @cached_property
    def sockets(self) -> Path:
        """A folder short enough for unix socket paths (107 bytes at most on Linux)."""
        near = self.data / "run"
        if len(str(near)) < 70:
            return near
        digest = hashlib.sha256(str(self.data).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"boptone-{os.geteuid()}-{digest}"

    @cached_property
    def owner_urls(self) -> dict[str, str]:
        """Cell name to the address that owns its schemas; the home cell holds the registry."""
        return {HOME_CELL: self.database_url or self.embedded_database_url(), **self.cell_urls}

    @cached_property
    def login_urls(self) -> dict[str, str]:
        """Cell name to the address that requests and tasks use: a role that owns nothing."""
        urls = {cell: self._as_login(url) for cell, url in self.owner_urls.items()}
        if self.database_login_url:
            urls[HOME_CELL] = self.database_login_url
        return urls

    @cached_property
    def listening_urls(self) -> dict[str, str]:
        """Cell name to the address for sessions that listen or hold locks, which no pooler may stand before."""
        direct = {cell: self._as_login(url) for cell, url in self.owner_urls.items()}
        return direct if self.database_url or not self.database_login_url else direct | self.login_urls

    @property
    def login_password(self) -> str:
        """The password of the login role, derived so that one secret serves every process."""
        return self.derived_key("database-login").hex()

    @cached_property
    def celery_broker_url(self) -> str:
        """The address of the broker."""
        return self.broker_url or f"redis+socket://{self.sockets}/valkey.sock?virtual_host=0"

    @cached_property
    def redis_url(self) -> str:
        """The address of the cache and the limits."""
        return self.cache_url or f"unix://{self.sockets}/valkey.sock?db=1"

    @cached_property
    def objects_url(self) -> str:
        """The address of the object store."""
        return self.storage_url or f"file://{self.data}/objects"

    def embedded_database_url(self, name: str = "boptone") -> str:
        """The address of a database of the embedded server."""
        return f"postgresql://postgres@/{name}?host={quote(str(self.sockets), safe='')}"

    def derived_key(self, purpose: str) -> bytes:
        """32 bytes of key for one purpose; knowing one tells nothing of another."""
        return hmac.new(self.secret_key.encode(), purpose.encode(), hashlib.sha256).digest()

    def _as_login(self, url: str) -> str:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"boptone_login:{self.login_password}@{host}"))

    def __repr__(self) -> str:
        return f"Settings(boptone_env={self.boptone_env!r})"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ` (default: the process's own), or refuse with one clear sentence."""
    environ = os.environ if environ is None else environ
    values: dict[str, object] = {}
    for field in msgspec.structs.fields(Settings):
        raw = environ.get(field.name.upper())
        if raw is not None and raw != "":
            values[field.name] = _decoded(field.name, raw)
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_as_path)
    except msgspec.ValidationError as problem:
        raise SettingsError(_sentence(str(problem))) from None
    _check(settings)
    return settings


def _as_path(kind: type, raw: object) -> object:
    if kind is Path and isinstance(raw, str):
        return Path(raw)
    raise NotImplementedError


def _decoded(name: str, raw: str) -> object:
    if name == "cell_urls":
        try:
            return msgspec.json.decode(raw, type=dict[str, str])
        except msgspec.DecodeError:
            raise SettingsError('CELL_URLS must be a JSON object such as {"east": "postgresql://…"}.') from None
    if name in ("trusted_proxies", "egress_local_hosts"):
        return [part.strip() for part in raw.split(",") if part.strip()]
    return raw


def _sentence(problem: str) -> str:
    what, _, where = problem.partition(" - at `$.")
    name = where.rstrip("`").split("[")[0].upper()
    return f"{name or 'A setting'} cannot be used: {what[:1].lower()}{what[1:]}."


def _check(settings: Settings) -> None:
    for name, schemes in _SCHEMES.items():
        _check_url(name.upper(), getattr(settings, name), schemes)
    for url in settings.cell_urls.values():
        _check_url("CELL_URLS", url, ("postgresql",))
    if HOME_CELL in settings.cell_urls:
        raise SettingsError(f'CELL_URLS must not name "{HOME_CELL}"; DATABASE_URL is that cell.')
    for network in settings.trusted_proxies:
        _check_network(network)
    for name, low, high in (
        ("port", 0, 65535),
        ("pool_size", 1, 500),
        ("web_workers", 1, 64),
        ("spare_labels", 0, 200),
    ):
        if not low <= getattr(settings, name) <= high:
            raise SettingsError(f"{name.upper()} must be between {low} and {high}.")
    _check_file("BREACHED_PASSWORDS", settings.breached_passwords)
    _check_stripe(settings)
    _check_printful(settings)
    if settings.is_production:
        _check_production(settings)


def _check_url(name: str, url: str | None, schemes: tuple[str, ...]) -> None:
    if url is None:
        return
    try:
        parts = urlsplit(url)
        whole = parts.scheme in schemes and bool(parts.netloc or parts.path.strip("/") or "host=" in parts.query)
        _ = parts.port
    except ValueError:
        whole = False
    if not whole:
        raise SettingsError(f"{name} must be an address that starts with {' or '.join(s + '://' for s in schemes)}.")


def _check_network(network: str) -> None:
    try:
        ip_network(network)
    except ValueError:
        raise SettingsError("TRUSTED_PROXIES must list networks such as 10.0.0.0/8, separated by commas.") from None


def _check_file(name: str, file: Path | None) -> None:
    if file is not None and not file.is_file():
        raise SettingsError(f"{name} must name a file that is there.")


_STRIPE_KEY = re.compile(r"(sk|rk)_(live|test)_[A-Za-z0-9_]{1,200}")


def _check_stripe(settings: Settings) -> None:
    key, secret = settings.stripe_secret_key, settings.stripe_webhook_secret
    if key is not None and _STRIPE_KEY.fullmatch(key) is None:
        raise SettingsError("STRIPE_SECRET_KEY must be a secret or restricted key, such as sk_live_….")
    secrets = {"STRIPE_WEBHOOK_SECRET": secret, "STRIPE_STORE_WEBHOOK_SECRET": settings.stripe_store_webhook_secret}
    for name, each in secrets.items():
        if each is not None and re.fullmatch(r"whsec_[!-~]{8,200}", each) is None:
            raise SettingsError(f"{name} must be the signing secret of an endpoint, such as whsec_….")
    if not _is_safe_base(settings.stripe_api_base):
        raise SettingsError(
            "STRIPE_API_BASE must be an address that starts with https://; http:// only on this machine."
        )


def _check_printful(settings: Settings) -> None:
    for name in ("printful_api_base", "printful_files_base"):
        base: str = getattr(settings, name)
        if not _is_safe_base(base) or (settings.is_production and not base.startswith("https://")):
            raise SettingsError(
                f"{name.upper()} must be an address that starts with https://; http:// only on this machine."
            )


def _is_safe_base(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username or parts.query or parts.fragment or parts.path.strip("/"):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_stripe_in_production(settings: Settings) -> None:
    if settings.stripe_secret_key is None:
        return
    if "_test_" in settings.stripe_secret_key[:8]:
        raise SettingsError("STRIPE_SECRET_KEY must be a live key in production.")
    if not settings.stripe_api_base.startswith("https://"):
        raise SettingsError("STRIPE_API_BASE must be an address that starts with https:// in production.")
    if settings.stripe_webhook_secret is None:
        raise SettingsError("STRIPE_WEBHOOK_SECRET must be set in production where STRIPE_SECRET_KEY is.")


def _check_production(settings: Settings) -> None:
    if settings.secret_key == DEMO_SECRET or len(settings.secret_key) < MINIMUM_SECRET_LENGTH:
        raise SettingsError(
            f"SECRET_KEY must be a secret of your own of at least {MINIMUM_SECRET_LENGTH} characters in production."
        )
    if settings.base_domain == "localhost":
        raise SettingsError("BASE_DOMAIN must name your own domain in production.")
    for name in ("database_url", "broker_url", "cache_url", "storage_url", "smtp_url"):
        if getattr(settings, name) is None and not (name == "database_url" and settings.database_login_url):
            raise SettingsError(f"{name.upper()} must be set in production.")
    _check_stripe_in_production(settings)
    if settings.egress_local_hosts:
        raise SettingsError("EGRESS_LOCAL_HOSTS is for development and must not be set in production.")
