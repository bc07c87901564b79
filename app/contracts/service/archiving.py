"""The papers of contracts as a ZIP with an index."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from app.contracts.models import Contract, ContractBatchItem, ContractVersion
from app.contracts.policies import may_see_contract
from app.contracts.rules.states import STATE_SENTENCES
from app.identity.policies import Visitor
from app.kernel import files
from app.kernel.files.store import read_object
from app.kernel.tenant import Tenant
from app.kernel.web.tables import cell
from app.roster.models import Party

IN_MEMORY = 16 * 1024 * 1024
HEAD_SENTENCES = {
    "number": "Number",
    "title": "Title",
    "party": "With whom",
    "state": "State",
    "starts_on": "First day",
    "ends_on": "Last day",
    "signed_at": "Signed",
    "sha256": "SHA-256",
    "file": "File",
}


def papers(
    session: Session,
    visitor: Visitor,
    *,
    only: Sequence[ColumnElement[bool]] = (),
    batch_id: UUID | None = None,
    after: str = "",
    limit: int | None = None,
) -> Sequence[Any]:
    """The newest papers of contracts that a visitor sees, by their numbers: those under a filter, those of a sheet.

    Each has its contract's number, title, party, state and days, when it was signed and the paper's hash.
    """
    paper, newest = files.StoredFile, ContractVersion
    earlier = aliased(ContractVersion)
    last = select(func.max(earlier.number)).where(earlier.contract_id == Contract.id, earlier.document_id.is_not(None))
    query = (
        select(
            Contract.number, Contract.title, Party.legal_name, Contract.state, Contract.starts_on, Contract.ends_on,
            newest.signed_at, paper.sha256,
        )
        .join(Party, Party.id == Contract.party_id)
        .join(newest, (newest.contract_id == Contract.id) & (newest.number == last.scalar_subquery()))
        .join(paper, paper.id == func.coalesce(newest.sealed_id, newest.document_id))
        .where(may_see_contract(visitor), *only)
    )  # fmt: skip
    if batch_id is not None:
        in_batch = select(ContractBatchItem.contract_id)
        in_batch = in_batch.where(ContractBatchItem.state != "refused")
        query = query.where(Contract.id.in_(in_batch.where(ContractBatchItem.batch_id == batch_id)))
    if after:
        query = query.where(Contract.number > after)
    return session.execute(query.order_by(Contract.number).limit(limit)).all()


def packed(tenant: Tenant, rows: Sequence[Any], say: Callable[[str], str]) -> SpooledTemporaryFile[bytes]:
    """Papers in one archive, whose index says in a reader's words what each is; whoever reads it closes it."""
    spool: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 whoever reads it closes it
    for _ in _written(tenant, spool, rows, say):
        pass
    spool.seek(0)
    return spool


def streamed(tenant: Tenant, rows: Sequence[Any], say: Callable[[str], str]) -> Iterator[bytes]:
    """The same archive piece by piece, a paper each, however many there are: nothing of it is kept."""
    sink = _Sink()
    for _ in _written(tenant, sink, rows, say):
        yield sink.taken()
    yield sink.taken()


class _Sink:
    """What an archive is written to that is sent on at once; it has no place to go back to."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, piece: bytes) -> int:
        """Take a piece."""
        self._held += piece
        return len(piece)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def taken(self) -> bytes:
        """What came since it was asked last."""
        taken, self._held = bytes(self._held), bytearray()
        return taken


def _written(tenant: Tenant, out: Any, rows: Sequence[Any], say: Callable[[str], str]) -> Iterator[None]:
    """Write an archive, paper by paper; its index comes last."""
    index = io.StringIO()
    writer = csv.writer(index)
    writer.writerow([say(head) for head in HEAD_SENTENCES.values()])
    with zipfile.ZipFile(out, "w") as archive:
        for number, title, party, state, starts_on, ends_on, signed_at, sha256 in rows:
            name = f"{number}.pdf"
            with archive.open(name, "w") as entry:
                for chunk in read_object(tenant, sha256):
                    entry.write(chunk)
            facts = (number, title, party, say(STATE_SENTENCES[state]), starts_on, ends_on, signed_at, sha256, name)
            writer.writerow([cell(value) for value in facts])
            yield
        archive.writestr("index.csv", index.getvalue().encode("utf-8-sig"))
