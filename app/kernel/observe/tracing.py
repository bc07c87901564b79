"""OpenTelemetry spans when an exporter is set; otherwise nothing is even imported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.kernel.observe.context import log_fields
from app.settings import Settings

_tracer: Any = None


def configure_tracing(settings: Settings, *, process: str) -> None:
    """Send spans to the exporter that the settings name, in the background."""
    global _tracer  # noqa: PLW0603 set once at start
    if not settings.otel_exporter_otlp_endpoint:
        return
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": process}))
    exporter = OTLPSpanExporter(endpoint=f"{settings.otel_exporter_otlp_endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    _tracer = trace.get_tracer(process)


@contextmanager
def traced(name: str, **attributes: str) -> Iterator[None]:
    """Time the block as a span with the label and request of this moment."""
    if _tracer is None:
        yield
        return
    with _tracer.start_as_current_span(name, attributes={**log_fields(), **attributes}):
        yield
