"""The address behind a file's link."""

from __future__ import annotations

from itertools import chain
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Stream

from app.kernel.files.rules import content_disposition, parse_range
from app.kernel.files.service import verify_link
from app.kernel.files.store import read_object
from app.kernel.web.realm import tenant_of


@get("/files/{token:str}", sync_to_thread=True, opt={"link": True})
def open_file(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
    """Send the file that a signed link opens, or the range of it that was asked for."""
    tenant = tenant_of(request)
    stored, attachment = verify_link(tenant, token)
    tag = f'"{stored.sha256}"'
    headers = {
        "content-disposition": content_disposition(stored.name, stored.media_type, attachment=attachment),
        "accept-ranges": "bytes",
        "etag": tag,
        "cache-control": "private, max-age=300",
        "content-security-policy": "default-src 'none'; sandbox",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(None, status_code=304, headers=headers)
    try:
        wanted = parse_range(request.headers.get("range"), stored.size)
    except ValueError:
        return Response(b"", status_code=416, headers={"content-range": f"bytes */{stored.size}"})
    start, end = wanted or (0, stored.size)
    headers["content-length"] = str(end - start)
    if wanted:
        headers["content-range"] = f"bytes {start}-{end - 1}/{stored.size}"
    body = read_object(tenant, stored.sha256, start=start, end=end)
    first = next(body, b"")  # bytes that are broken are refused before a length and a status are promised
    content = chain([first], body)
    return Stream(content, media_type=stored.media_type, headers=headers, status_code=206 if wanted else 200)
