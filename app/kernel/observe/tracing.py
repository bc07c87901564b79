"""OpenTelemetry spans when an exporter is set; otherwise nothing of ours imports its tracing or sends a byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from app.kernel.observe.context import log_fields
from app.settings import Settings

Tell = Callable[..., None]

_provider: Any = None


def configure_tracing(settings: Settings, *, process: str) -> None:
    """Send spans to the exporter that the settings name, in the background; without one, send none any more."""
    global _provider  # noqa: PLW0603 a process has one, and a forked child makes its own
    if _provider is not None:
        _provider.shutdown()
    endpoint = settings.otel_exporter_otlp_endpoint
    _provider = _made(endpoint, process) if endpoint else None


@contextmanager
def traced(name: str, **attributes: str) -> Iterator[Tell]:
    """Time the block as a span with the label and request of this moment, and take what is known only at its end."""
    if _provider is None:
        yield _tell_nobody
        return
    tracer = _provider.get_tracer("boptone")
    # An exception's message may quote what a person sent: the log has it under the same request, the trace does not.
    options = {"record_exception": False, "set_status_on_exception": False}
    with tracer.start_as_current_span(name, attributes={**log_fields(), **attributes}, **options) as span:

        def tell(*, name: str, **facts: str | int) -> None:
            span.update_name(name)
            span.set_attributes(facts)

        yield tell


def _made(endpoint: str, process: str) -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"boptone-{process}"}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _tell_nobody(**_: str | int) -> None:
    """Without a span there is nobody to tell."""
