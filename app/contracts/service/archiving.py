"""The papers of contracts as a ZIP with an index."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
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

ARCHIVED = 2_000
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
    limit: int,
) -> Sequence[Any]:
    """The newest papers of contracts that a visitor sees, by their numbers: those under a filter, those of a sheet.

    Each has its contract, with whom it is, when it was signed and the paper's hash.
    """
    paper, newest = files.StoredFile, ContractVersion
    earlier = aliased(ContractVersion)
    last = select(func.max(earlier.number)).where(earlier.contract_id == Contract.id, earlier.document_id.is_not(None))
    query = (
        select(Contract, Party.legal_name, newest.signed_at, paper.sha256)
        .join(Party, Party.id == Contract.party_id)
        .join(newest, (newest.contract_id == Contract.id) & (newest.number == last.scalar_subquery()))
        .join(paper, paper.id == func.coalesce(newest.sealed_id, newest.document_id))
        .where(may_see_contract(visitor), *only)
    )
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
    index = io.StringIO()
    writer = csv.writer(index)
    writer.writerow([say(head) for head in HEAD_SENTENCES.values()])
    with zipfile.ZipFile(spool, "w") as archive:
        for contract, party, signed_at, sha256 in rows:
            name = f"{contract.number}.pdf"
            with archive.open(name, "w") as entry:
                for chunk in read_object(tenant, sha256):
                    entry.write(chunk)
            said = say(STATE_SENTENCES[contract.state])
            facts = (contract.number, contract.title, party, said, contract.starts_on, contract.ends_on, signed_at)
            writer.writerow([cell(value) for value in (*facts, sha256, name)])
        archive.writestr("index.csv", index.getvalue().encode("utf-8-sig"))
    spool.seek(0)
    return spool
