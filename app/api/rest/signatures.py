"""How a contract comes into force: versions, their text, who is asked to sign, and what came back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.errors import PaperUnset
from app.api.rest.contracts import CONTRACTS, Language, version_of
from app.api.rest.conventions import Answer, Body, Call, Section, View
from app.api.rest.conventions.schemas import Count, Day, Id, Moment, Name
from app.api.rest.links import LinkView, link_to
from app.contracts.errors import StateUnfit
from app.contracts.models import Contract, ContractComment, ContractVersion
from app.contracts.policies import contract_to_change, contract_to_read, contract_to_sign
from app.contracts.queries import lists
from app.contracts.rules import redline
from app.contracts.rules import signing as rules
from app.contracts.rules.terms import Terms
from app.contracts.service import drafting, reminding, sending, signing, writing
from app.contracts.service.sending import NewSigner, Sending
from app.contracts.service.signing import Came
from app.identity.policies import require_recent

SECTION = Section("Signatures", "From a draft to a contract in force: its text, who signs, and what came back.")
Side = Literal["party", "label"]


class SignerView(View):
    """Somebody who is asked to sign."""

    id: Id
    position: int
    side: Side
    name: str
    email: str | None
    role: str
    state: Literal["waiting", "asked", "viewed", "signed", "declined"]
    asked_at: Moment | None
    viewed_at: Moment | None
    decided_at: Moment | None
    reason: str | None


class CommentView(View):
    """What somebody proposed to change."""

    id: Id
    author: str
    text: str
    at: Moment


class VersionView(View):
    """The terms as they stood at one time, and how far its signatures are."""

    number: Annotated[int, Meta(examples=[1])]
    terms: Terms
    terms_sha256: str
    effective_from: Day | None
    signed_at: Moment | None
    sent_at: Moment | None
    in_order: bool
    expires_at: Moment | None
    closed_at: Moment | None
    closed_as: Literal["countered", "declined", "expired", "withdrawn"] | None
    signers: list[SignerView]
    comments: list[CommentView]


class VersionList(View):
    """Every version of a contract, the newest first."""

    items: list[VersionView]


class TextView(View):
    """The text of a version, as it was sent or as it would be if it were sent now; `seen` names exactly this text."""

    number: int
    text: str
    is_sent: bool
    seen: str


class PieceView(View):
    """Some words of a text: they stayed, came or went."""

    change: Literal["same", "ins", "del"]
    text: str


class FieldChangeView(View):
    """One field of the terms, and what it was and is."""

    field: str
    before: str
    after: str


class ComparisonView(View):
    """What a version changed of the one before."""

    words: list[PieceView]
    fields: list[FieldChangeView]


class SignerSaid(Body, frozen=True):
    """Somebody who shall sign; for the label's side any member who may sign for it can."""

    name: Name
    email: Annotated[str, Meta(max_length=254, examples=["ada@example.com"])] = ""
    side: Side = "party"
    role: Annotated[str, Meta(max_length=200, examples=["managing director"])] = ""
    language: Language = ""


class SendingSaid(Body, frozen=True):
    """Who signs, in which order, and how many days there are. Without signers: whom it is with, and the label."""

    signers: Annotated[list[SignerSaid], Meta(max_length=20)] | None = None
    in_order: bool = False
    days: Annotated[int, Meta(ge=1, le=365)] = rules.DAYS


class Words(Body, frozen=True):
    """What somebody says."""

    text: Annotated[str, Meta(min_length=1, max_length=2_000)]


class SignatureSaid(Body, frozen=True):
    """A signature for the label: the member's name as it is signed, and `seen` of the text that was read."""

    name: Name
    seen: Annotated[str, Meta(max_length=200)]
    agrees: bool


class Reminded(View):
    """How many were reminded: those who were neither asked nor reminded within three days."""

    reminded: Count


@SECTION.get("/contracts/{contract_id}/versions", scope="contracts:read", gives=VersionList)
def list_versions(call: Call, session: Session) -> Answer:
    """List the versions of a contract. With who is asked to sign and how far that is."""
    contract = contract_to_read(session, call.visitor, call.id("contract_id"))
    return Answer({"items": [_version(session, each) for each in session.scalars(lists.versions(contract.id))]})


def _version(session: Session, version: ContractVersion) -> dict[str, Any]:
    comments = session.scalars(
        select(ContractComment).where(ContractComment.version_id == version.id).order_by(ContractComment.at)
    )
    own = ("number", "effective_from", "signed_at", "sent_at", "in_order", "expires_at", "closed_at", "closed_as")
    return {name: getattr(version, name) for name in own} | {
        "terms": version.read(),
        "terms_sha256": version.terms_hash,
        "signers": [
            {name: getattr(row, name) for name in SignerView.__struct_fields__}
            for row in sending.signers_of(session, version.id)
        ],
        "comments": [{name: getattr(row, name) for name in CommentView.__struct_fields__} for row in comments],
    }


@SECTION.get("/contracts/{contract_id}/versions/{number}/text", scope="contracts:read", gives=TextView)
def read_text(call: Call, session: Session) -> Answer:
    """Read the text of a version."""
    contract = contract_to_read(session, call.visitor, call.id("contract_id"))
    version = version_of(session, contract, call.word("number"))
    text = writing.text_of(session, call.tenant, contract, version)
    asked = sending.signers_of(session, version.id)
    seen = asked[0].digest if asked else version.terms_hash
    return Answer({"number": version.number, "text": text, "is_sent": version.sent_at is not None, "seen": seen})


@SECTION.get("/contracts/{contract_id}/versions/{number}/document", scope="contracts:read", gives=LinkView)
def read_document(call: Call, session: Session) -> Answer:
    """Read a link to the paper of a version. The sealed PDF once all have signed; there is none before it is sent."""
    contract = contract_to_read(session, call.visitor, call.id("contract_id"))
    version = version_of(session, contract, call.word("number"))
    paper = version.sealed_id or version.document_id
    if paper is None:
        raise PaperUnset
    return Answer(link_to(call, paper))


@SECTION.get("/contracts/{contract_id}/versions/{number}/comparison", scope="contracts:read", gives=ComparisonView)
def compare_versions(call: Call, session: Session) -> Answer:
    """Compare a version with the one before. Word by word, and field by field of the terms."""
    contract = contract_to_read(session, call.visitor, call.id("contract_id"))
    now = version_of(session, contract, call.word("number"))
    before = version_of(session, contract, str(now.number - 1))
    texts = [writing.text_of(session, call.tenant, contract, each) for each in (before, now)]
    return Answer(
        {
            "words": [piece._asdict() for piece in redline.words(*texts)],
            "fields": [change._asdict() for change in redline.fields(before.read(), now.read())],
        }
    )


@SECTION.put("/contracts/{contract_id}/sending", scope="contracts:write", takes=SendingSaid, resource=CONTRACTS)
def send_contract(call: Call, session: Session, body: SendingSaid) -> Answer:
    """Send a contract to be signed. Its text is frozen, and everybody is asked, at once or in order."""
    contract = contract_to_change(session, call.visitor, call.id("contract_id"))
    usual = sending.usual(session, call.tenant, contract)
    signers = usual.signers if body.signers is None else tuple(_signer(each) for each in body.signers)
    wanted = Sending(signers=signers, in_order=body.in_order, days=body.days)
    sending.send(session, call.tenant, call.actor, contract, wanted)
    return _done(call, session, contract)


def _signer(signer: SignerSaid) -> NewSigner:
    return NewSigner(**{name: getattr(signer, name) for name in SignerSaid.__struct_fields__})


def _done(call: Call, session: Session, contract: Contract) -> Answer:
    session.flush()
    return CONTRACTS.one(call, session, contract.id)


@SECTION.delete("/contracts/{contract_id}/sending", scope="contracts:write", resource=CONTRACTS)
def withdraw_contract(call: Call, session: Session) -> Answer:
    """Take back a contract that was sent."""
    contract = contract_to_change(session, call.visitor, call.id("contract_id"))
    sending.withdraw(session, call.tenant, call.actor, contract)
    return _done(call, session, contract)


@SECTION.put("/contracts/{contract_id}/negotiation", scope="contracts:write", resource=CONTRACTS)
def reopen_contract(call: Call, session: Session) -> Answer:
    """Begin a further version. Of what was declined or not signed in time."""
    contract = contract_to_change(session, call.visitor, call.id("contract_id"))
    sending.reopen(session, call.actor, contract)
    return _done(call, session, contract)


@SECTION.post("/contracts/{contract_id}/comments", scope="contracts:write", takes=Words, gives=CommentView)
def comment_contract(call: Call, session: Session, body: Words) -> Answer:
    """Say something to what is negotiated."""
    contract = contract_to_change(session, call.visitor, call.id("contract_id"))
    row = sending.comment(session, call.actor, drafting.latest(session, contract.id), body.text)
    session.flush()
    return Answer({name: getattr(row, name) for name in CommentView.__struct_fields__}, status=201)


@SECTION.post("/contracts/{contract_id}/reminders", scope="contracts:write", gives=Reminded, status=200)
def remind_signers(call: Call, session: Session) -> Answer:
    """Remind of missing signatures."""
    contract = contract_to_change(session, call.visitor, call.id("contract_id"))
    version = drafting.latest(session, contract.id)
    if not version.is_open:
        raise StateUnfit
    return Answer({"reminded": reminding.remind(session, call.tenant, call.actor, [(contract, version)])})


@SECTION.put("/contracts/{contract_id}/force", scope="contracts:write", resource=CONTRACTS)
def enforce_contract(call: Call, session: Session) -> Answer:
    """Bring a signed contract into force. One that contradicted another when all had signed."""
    from app.contracts.service import sealing  # it brings the library that seals, which few requests need

    contract = contract_to_change(session, call.visitor, call.id("contract_id"))
    sealing.enforce(session, call.actor, contract)
    return _done(call, session, contract)


@SECTION.put("/contracts/{contract_id}/signature", scope="contracts:sign", takes=SignatureSaid, resource=CONTRACTS)
def sign_contract(call: Call, session: Session, body: SignatureSaid) -> Answer:
    """Sign for the label. Only for a member who proved lately who they are and had no hand in writing it."""
    require_recent(call.visitor)
    contract = contract_to_sign(session, call.visitor, call.id("contract_id"))
    asked = signing.asked_of_label(session, contract)
    came = Came(call.realm.client, call.request.headers.get("user-agent", ""))
    given: dict[str, Any] = {"name": body.name, "seen": body.seen, "agrees": body.agrees}
    signing.sign_for_label(session, call.tenant, call.visitor, asked, came=came, **given)
    return _done(call, session, contract)


@SECTION.put("/contracts/{contract_id}/refusal", scope="contracts:sign", takes=Words, resource=CONTRACTS)
def decline_contract(call: Call, session: Session, body: Words) -> Answer:
    """Decline for the label."""
    require_recent(call.visitor)
    contract = contract_to_sign(session, call.visitor, call.id("contract_id"))
    asked = signing.asked_of_label(session, contract)
    signing.decline(session, call.tenant, call.actor, asked, body.text)
    return _done(call, session, contract)
