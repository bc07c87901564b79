"""What hidden pages tell of: contracts that wait for a signature, links of mails, payouts, forms, a broken row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin.models import Operator
from admin.service import add_operator
from admin.service import factors as operator_factors
from app.api.models import ApiClient
from app.api.rules.wishes import KINDS
from app.api.service import devices
from app.api.service.places import resource_of
from app.contracts.models import Contract, ContractVersion
from app.contracts.service import bulk, sending, signing
from app.contracts.service.notices import LINKS, token_of
from app.contracts.service.sending import NewSigner, Sending
from app.fans.rules import CONSENTS
from app.fans.service import entry, letters, moving
from app.identity.models import Member, TotpSecret
from app.identity.service import add_member, factors, tickets
from app.kernel import clock, db, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.ledger.models import LedgerAccount
from app.main.scenes import OPERATOR
from app.payouts.service import sending as paying
from app.roster.models import Artist, Party, Payee
from app.roster.service import grants
from app.sso.service import connections
from app.sso.service.connections import OidcFacts
from app.storefront.models import Owned
from app.storefront.service import links, pages
from app.tax.models import SanctionsCase, TaxDraft, TaxInvitation
from app.tax.policies import link_hash
from app.tax.schemas import Filler
from app.tax.service import filling, inviting, screening
from tenants.provisioning.service import open_label
from tests.browser.test_consent import BACK
from tests.browser.test_payout_journey import the_artists_payee
from tests.factories.api import a_client
from tests.factories.catalog import a_release, narrowed
from tests.factories.fans import an_order
from tests.factories.labels import a_wish
from tests.factories.money import a_contract, a_payee, terms
from tests.factories.payouts import ask
from tests.factories.sso import a_visitor
from tests.tax.scene import W8BEN

Made = dict[str, str]
CODE, FRESH, SECOND = "135246", "fresh", "second"
CURRENCIES = {"bluehour": "EUR", "kite": "USD", "noor": "AED"}
LISTED = "name,aliases,country,birth_date,source\nViktor Besmertnov,,RU,1961-05-04,Invented\n"
STAGES = ("view", "later", "code", "wrong", "signed", "declined", "proposed")


def operators() -> None:
    """An operator with a second factor, and an app of the first one that waits for its code."""
    with db.platform_work() as session:
        for email in (OPERATOR[0], f"{SECOND}@boptone.test"):
            if email != OPERATOR[0]:
                add_operator(session, email=email, password=OPERATOR[1])
            one = session.scalars(select(Operator).where(Operator.email == email)).one()
            operator_factors.begin_app(session, one.id)
            one.totp_confirmed_at = None if email == OPERATOR[0] else clock.now()


def fresh() -> None:
    """A label of the smallest plan to which nobody has added an artist."""
    tenant = open_label(a_wish(FRESH, languages=("en", "ar"), plan="starter"))
    _member(tenant, "owner", "owner")


def made(tenant: Tenant, folder: Path) -> Made:
    """Everything of one label; what of it each address needs."""
    told: Made = {}
    for part in (_people, _programs, _signatures, _contracts, _money, _forms, _letters, _goods):
        told |= part(tenant, folder)
    return told


def _member(tenant: Tenant, who: str, role: str, *artists: str) -> Member:
    email = f"{who}@{tenant.slug}.test"
    with db.tenant_work(tenant) as session:
        held = session.scalar(select(Member).where(Member.email == email))
        if held is None:
            said: dict[str, Any] = {"email": email, "name": who.title(), "role": role, "language": "en"}
            held = add_member(
                session, Actor.system(tenant), password=f"{tenant.slug}-demo-2026", artists=artists, **said
            )
    return held


def _people(tenant: Tenant, _: Path) -> Made:
    """People with a second factor and with few permissions; a manager who is asked; a sign-in service."""
    _member(tenant, "intern", "accountant")
    second = _member(tenant, SECOND, "read_only")
    with db.tenant_work(tenant) as session:
        factors.begin_app(session, tenant, session.get_one(Member, second.id))
        session.get_one(TotpSecret, second.id).confirmed_at = clock.now()
        own = session.scalars(select(Member).where(Member.role == "artist")).first()
        artist = session.scalars(select(Artist).where(Artist.key.in_(own.artists))).first()
        email = f"manager-{ids.new_id().hex}@example.com"
        visitor = a_visitor(tenant, member=own)
        offered = grants.offer(session, tenant, visitor, artist, email=email, rights=["money"], until=None)
        token = ids.new_token()
        tickets.issue(session, grants.TICKET, token, subject_id=offered.id, life=grants.INVITATION_LIFE)
        owner = session.scalars(select(Member).where(Member.email == f"owner@{tenant.slug}.test")).one()
        facts = OidcFacts("https://sign-in.example", "portal", "a secret of theirs")
        connection = connections.add_oidc(session, tenant, a_visitor(tenant, member=owner), "Office", facts)
        session.flush()
    return {"manager": f"{grants.LINKS}/{token}", "connection": f"/portal/settings/sign-in/{connection.id}"}


def _programs(tenant: Tenant, _: Path) -> Made:
    """A program on a site, and one on a device that waits for somebody to type its code."""
    site, app = (
        a_client(
            tenant,
            name=name,
            scopes="openid profile catalog:read payouts:write",
            redirect_uris=(BACK,),
            auth_method=method,
            grant_types=ways,
        )
        for name, (method, ways) in {"Ledger Bridge": KINDS["site"], "Stage Box": KINDS["app"]}.items()
    )
    with db.tenant_work(tenant) as session:
        asked = {"scope": "catalog:read", "resource": resource_of(tenant)}
        code = devices.begin(session, tenant, session.get_one(ApiClient, app.client_id), asked)["user_code"]
    return {"site": str(site.client_id), "device": str(code)}


def _signatures(tenant: Tenant, _: Path) -> Made:
    """A contract for each stage in each language, with its signer's link."""
    told: Made = {}
    for stage in STAGES:
        for language in ("en", "ar"):
            contract = a_contract(
                tenant, terms(a_payee(tenant)), kind="producer", is_signed=False, title="Nocturnes", language=language
            )
            people = [
                NewSigner(name=name, email=f"{name}@{language}.test", language=language) for name in ("first", "ada")
            ]
            with db.tenant_work(tenant) as session:
                signers = _sent(session, tenant, contract, people[stage != "later" :], in_order=True)
                link = token_of(tenant, signers[-1])
                if stage in ("code", "wrong", "signed"):
                    asked = signing.asked_by(session, link)
                    signing.send_code(session, tenant, asked)
                    asked.signer.code_hash = signing._code_hash(tenant, asked.signer, CODE)
            told[f"{stage} {language}"] = f"{LINKS}/{link}"
    return told


def _sent(session: Session, tenant: Tenant, contract: Contract, people: list[NewSigner], **how: Any) -> list[Any]:
    held = session.get_one(Contract, contract.id)
    version = sending.send(session, tenant, Actor.system(tenant), held, Sending(signers=tuple(people), **how))
    return sending.signers_of(session, version.id)


def _contracts(tenant: Tenant, folder: Path) -> Made:
    """Contracts of the label's artist that went out twice, one of them with a row that cannot be read; a batch."""
    payee, actor, told = the_artists_payee(tenant, folder, CURRENCIES[tenant.slug]), Actor.system(tenant), {}
    ada = NewSigner(name="Ada", email="ada@contract.test")
    for name in ("contract", "broken"):
        contract = a_contract(
            tenant, terms(payee, currency=payee.currency), kind="producer", is_signed=False, title="Two versions"
        )
        with db.tenant_work(tenant) as session:
            _sent(session, tenant, contract, [ada])
            held = session.get_one(Contract, contract.id)
            first = session.scalars(select(ContractVersion).where(ContractVersion.contract_id == contract.id)).one()
            sending.counter(session, tenant, actor, held, first, "More, please.")
            held.title = "Two versions, really"
        with db.tenant_work(tenant) as session:
            _sent(session, tenant, contract, [ada])
            if name == "broken":
                session.execute(update(ContractVersion).where(ContractVersion.id == first.id).values(terms="{}"))
        told[name] = str(contract.id)
    with db.tenant_work(tenant) as session:
        rows = [{"contract": contract.number or "", "title": "Anew"}, {"contract": "none", "rate": "abc"}]
        batch = bulk.open_amendment(session, actor, name="Changes", rows=rows)
    return told | {"batch": f"/portal/contracts/batches/{batch.id}"}


def _money(tenant: Tenant, folder: Path) -> Made:
    currency = CURRENCIES[tenant.slug]
    payee = the_artists_payee(tenant, folder, currency)
    (payout,) = ask(tenant, payee, 90_00)
    paying.send_due(tenant)
    with db.tenant_read(tenant) as session:
        account = session.scalars(select(LedgerAccount.id)).first()
    return {"payee": str(payee.id), "payout": str(payout.id), "currency": currency, "account": str(account)}


def _forms(tenant: Tenant, folder: Path) -> Made:
    """Interviews that are answered and not signed, the artist's own and of people outside; somebody on a list."""
    payee, told = the_artists_payee(tenant, folder, CURRENCIES[tenant.slug]), {}
    _answer(tenant, payee)
    for language in ("en", "ar"):
        payee = a_payee(tenant, "Ada Beispiel")
        token = ids.new_token()
        with db.tenant_work(tenant) as session:
            session.get_one(Party, payee.party_id).email = f"{ids.new_id().hex}@example.com"
            session.flush()
            sent = inviting.invite(session, tenant, Actor.system(tenant), session.get_one(Payee, payee.id))
            row = session.get_one(TaxInvitation, sent.id)
            row.token_hash, row.language = link_hash(token), language
        _answer(tenant, payee)
        told[f"outside {language}"] = f"{inviting.LINKS}/{token}"
    a_payee(tenant, "Victor Besmertnov")
    with db.tenant_work(tenant) as session:
        screening.receive(session, Actor.system(tenant), LISTED.encode(), name="Invented")
    with db.tenant_work(tenant) as session:
        screening.screen_due(session, Actor.system(tenant))
        case = session.scalars(select(SanctionsCase.id)).first()
    return told | _unreadable(tenant) | {"case": f"/portal/tax/screening/cases/{case}"}


def _unreadable(tenant: Tenant) -> Made:
    """An artist whose answers cannot be read, which is a fault of ours."""
    payee, key = a_payee(tenant, "Broken"), f"broken-{ids.new_id().hex}"
    with db.tenant_work(tenant) as session:
        names = dict.fromkeys(("name", "sort_name"), "Broken") | dict.fromkeys(("name_key", "folded"), key)
        session.add(Artist(id=ids.new_id(), key=key, party_id=payee.party_id, **names))
    _answer(tenant, payee)
    with db.tenant_work(tenant) as session:
        session.execute(update(TaxDraft).where(TaxDraft.party_id == payee.party_id).values(sealed=b"none"))
    narrowed(tenant, _member(tenant, "broken", "artist", key), artists=[key])
    return {"unreadable": str(payee.id)}


def _answer(tenant: Tenant, payee: Payee) -> None:
    with db.tenant_work(tenant) as session:
        party = session.get_one(Party, payee.party_id)
        party.kind = "person"
        who = Filler(Actor.system(tenant), party.legal_name, "ada@example.com", "en")
        for step, typed in W8BEN.items():
            filling.answer(session, tenant, who, party, step=step, typed=typed)


def _letters(tenant: Tenant, _: Path) -> Made:
    """Links that mails bring to a fan."""
    email, told = f"mira-{ids.new_id().hex}@example.com", {}
    about = {"link": ("link", ""), "newsletter": ("consent", "newsletter"), "follow": ("follow", "label")}
    places = {"link": "", "newsletter": "/consents/newsletter/", "follow": "/follow/label/"}
    with db.tenant_work(tenant) as session:
        fan = entry.fan_of_email(session, email, "en")
        for name, (kind, which) in about.items():
            for spent in ("", " spent en", " spent ar"):
                token = ids.new_token()
                tickets.issue(session, entry._ticket(kind, which), token, subject_id=fan.id, life=entry.LIFE[kind])
                told[name + spent] = places[name] + token
        until = clock.now() + moving.LIFE
        move = moving.Move(fan.id, email, f"new-{email}", "en", until)
        told |= {"move": moving._sealed(tenant, move), "leave": "", "fan": str(fan.id)}
        path = letters.leave_link(tenant, fan.id, next(iter(CONSENTS)))
        told["leave"] = f"/unsubscribe/{path.rpartition('/')[2]}"
    return told


def _goods(tenant: Tenant, _: Path) -> Made:
    """A page of the label's own, and an order with music to keep, which once made is found again."""
    bought = select(Owned).where(
        Owned.order_id.is_not(None), Owned.release_id.is_not(None), Owned.gift_email.is_(None), Owned.fan_id.is_(None)
    )
    with db.tenant_read(tenant) as session:
        is_there = session.scalars(bought.limit(1)).first() is not None
    if not is_there:
        an_order(tenant, email=f"{ids.new_id().hex}@example.com", release=a_release(tenant, "Given"))
    with db.tenant_work(tenant) as session:
        page = pages.create(session, tenant, Actor.system(tenant), kind="page", title=f"About {ids.new_id().hex[-4:]}")
        pages.publish(session, Actor.system(tenant), page)
        slug = page.slug
        owned = session.scalars(bought.limit(1)).one()
    return {
        "page": f"/en/pages/{slug}",
        "order": links.order_path(tenant, "en", owned.order_id),
        "owned": str(owned.id),
        "bought": str(owned.order_id),
        "given": str(owned.release_id),
    }
