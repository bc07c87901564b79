"""What the generated client has of ours: what it raises, how it sends bytes, and what its own page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ERRORS: Final = '''"""What is raised where an answer is not what was asked for."""

import json
from typing import Any


class UnexpectedStatus(Exception):
    """The label declined, or could not answer.

    `problem` is what it says of that (RFC 9457): `type`, which stays the same, `title`, `detail`, and `errors` by
    field. It is empty where something between said no.
    """

    def __init__(self, status_code: int, content: bytes):
        self.status_code = status_code
        self.content = content
        try:
            said = json.loads(content)
        except ValueError:
            said = None
        self.problem: dict[str, Any] = said if isinstance(said, dict) else {}
        text = self.problem.get("detail") or self.problem.get("title") or content.decode(errors="replace")[:500]
        fields = [f"{each.get('field')}: {each.get('message')}" for each in self.problem.get("errors", [])]
        super().__init__("\\n".join([f"{status_code} {self.problem.get('type', '')} {text}", *fields]))


__all__ = ["UnexpectedStatus"]
'''
README: Final = """# boptone-client

The typed client of a label's API. Every label has a reference of it at `/api/v1/reference`; a program's id and secret
are made in the label's portal, under Settings.

```python
{start}```

Every operation has `sync`, `sync_detailed` (with status and headers), `asyncio` and `asyncio_detailed`. With
`raise_on_unexpected_status` whatever is declined is raised as `boptone_client.errors.UnexpectedStatus`, whose `problem`
says why. Bytes go and come as `boptone_client.types.File`.
"""
_SENT = re.compile(r'_kwargs\["content"\] = body\.payload\n(\s+)headers\["Content-Type"\] = ("[^"]+")')
_READ = r'_kwargs["content"] = body.payload.read()\n\1headers["Content-Type"] = body.mime_type or \2'


def finish(folder: Path, guide: str) -> None:
    """Put ours into a client that was generated into a folder; `guide` has the quick start."""
    package = folder / "boptone_client"
    (package / "errors.py").write_text(ERRORS)
    for module in (package / "api").rglob("*.py"):
        text = module.read_text()
        sent = _SENT.sub(_READ, text)
        if sent != text:
            module.write_text(sent)
    start = re.search(r"^```python quick-start\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    (folder / "README.md").write_text(README.format(start=start[1] if start else ""))
    project = folder / "pyproject.toml"
    about = 'description = "The typed client of a record label\'s API"'
    project.write_text(re.sub(r'^description = ".*"$', about, project.read_text(), flags=re.MULTILINE))
