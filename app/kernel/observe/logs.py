"""One JSON object a line: encoded, cut to size, secrets taken out, the label and request put in."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict

from app.kernel.observe.context import log_fields
from app.settings import Settings

LONGEST_VALUE = 1_000
LONGEST_READ = 20_000
"""What lies beyond is never shown, and is not worth the time of looking for secrets in it."""

REDACTED = "[redacted]"

_SECRET_NAMES = re.compile(
    r"pass(word|wd)?|secret|token|cookie|authori[sz]ation|api_?key|credential|signature", re.IGNORECASE
)
_SECRET_HEADER = re.compile(r"(?i)\b(set-cookie|cookie|(?:proxy-)?authori[sz]ation)([\"']?\s{0,9}[:=]\s{0,9})[^\r\n]+")
_SECRET_PAIR = re.compile(
    r"(?i)((?:password|passwd|secret|token|api_?key|credential|signature)[\w-]{0,20}[\"']?\s{0,9}[:=]\s{0,9}[\"']?)[^\s\"'&,;}]+"
)
_URL_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):([^/\s@]+)@")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s{1,9}[\w.~+/=-]{8,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_TRACES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_TRACE = "exception"
_secret_values: tuple[str, ...] = ()


def configure_logs(settings: Settings, *, process: str) -> None:
    """Set up logging for one process; the standard library's loggers and warnings go the same way."""
    global _secret_values  # noqa: PLW0603 known once, at start
    _secret_values = tuple(value for value in (settings.secret_key, settings.metrics_token) if value)
    level = getattr(logging, settings.log_level.upper())
    shared = [_add_fields(process), structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso")]
    human = settings.boptone_env == "development" and sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer(colors=False) if human else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, _clean, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Forward()]
    root.setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)


def log(name: str) -> Any:
    """A logger whose lines say which part of the product speaks."""
    return structlog.get_logger(part=name)


def _add_fields(process: str) -> Any:
    def add(_logger: Any, _method: str, record: EventDict) -> EventDict:
        return {"process": process, **log_fields(), **record}

    return add


def _clean(_logger: Any, _method: str, record: EventDict) -> EventDict:
    return {name: REDACTED if _SECRET_NAMES.search(name) else _cleaned(name, value) for name, value in record.items()}


def _cleaned(name: str, value: Any) -> Any:
    """Text on one line, without secrets, cut to size; what is no text stays what it is, and a trace keeps its lines."""
    if isinstance(value, bool | int | float) or value is None:
        return value
    text = value if isinstance(value, str) else repr(_uncovered(value))
    if name == _TRACE:  # its end says what happened
        return _escaped(_CONTROL_IN_TRACES, _without_secrets(text[-LONGEST_READ:]))[-5 * LONGEST_VALUE :]
    text = _escaped(_CONTROL, _without_secrets(text[:LONGEST_READ]))
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"


def _escaped(control: re.Pattern[str], text: str) -> str:
    return control.sub(lambda found: f"\\x{ord(found.group()):02x}", text)


def _uncovered(value: Any) -> Any:
    """A structure with the values of secret names taken out, however deep they lie."""
    if isinstance(value, Mapping):
        return {key: REDACTED if _SECRET_NAMES.search(str(key)) else _uncovered(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_uncovered(held) for held in value]
    return value


def _without_secrets(text: str) -> str:
    for secret in _secret_values:
        text = text.replace(secret, REDACTED)
    text = _SECRET_HEADER.sub(rf"\1\2{REDACTED}", _URL_PASSWORD.sub(rf"\1:{REDACTED}@", text))
    return _SECRET_PAIR.sub(rf"\1{REDACTED}", _BEARER.sub(rf"\1 {REDACTED}", text))


class _Forward(logging.Handler):
    """Hands the standard library's records to structlog, so that there is one way out."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        logger = structlog.get_logger(part=record.name)
        method = getattr(logger, record.levelname.lower(), logger.warning)
        method(record.getMessage(), **({"exc_info": record.exc_info} if record.exc_info else {}))
