"""What people prove themselves anew for in the portal, and what programs may do of it: one list, with reasons.

A portal page that asks for a fresh proof of who somebody is protects against a session that others got hold of. A
program has no fresh proof: its token stands for the scopes that somebody let it have, and for nobody's presence. So:

* `scope`: the scope is leave enough, because others look at it before money leaves, or it is bounded and undone.
* `person`: only for a person who is there: a scope that no program has by itself, and a token of whose person the
  sign-in is no older than ten minutes (RFC 9470). No refreshed token and no program on its own gets here.
* `never`: in the portal alone.

A program has a member of its own, and two hands make no second pair of eyes: whoever made a program or took its secret
counts as the same person for all that it did (`app.identity.policies.hands_of`): they do not approve what it prepared.
Who came by a secret otherwise, from a file or a colleague, nobody can know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

How = Literal["scope", "person", "never"]
RECENT_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Ruling:
    """How programs may do what people prove themselves anew for, with which scope, and why."""

    how: How
    scope: str
    why: str


def _by_scope(scope: str, why: str) -> Ruling:
    return Ruling("scope", scope, why)


def _in_person(scope: str, why: str) -> Ruling:
    return Ruling("person", scope, why)


def _never(why: str) -> Ruling:
    return Ruling("never", "", why)


_OWN = _never("How a person signs in is theirs, and nothing that a program does for them.")
_BANK = _in_person("payouts:bank", "Where money goes is how money is stolen: somebody must be there.")
_PROCESSOR = _never("The card processor asks the payee in a browser.")
_LETS_GO = _in_person("payouts:approve", "Money leaves: the second pair of eyes is somebody's, and they are there.")
_TEAM = _by_scope("team:write", "Nobody gets more than the program has, and whoever is let in proves who they are.")
_ROLES = _in_person("roles:write", "A role gives rights to everybody who has it.")
_SIGNS = _never("A signature is a person's, given to what they see.")
_SIGNS_HERE = _in_person("contracts:sign", "Whoever signs for the label is there, and says which text they saw.")
_COST = _by_scope("contracts:write", "Neither whoever proposed it decides, nor who holds the program that did.")
_PAYEES = _by_scope("payouts:write", "A payee is nobody's account yet: where it goes is said in person.")
_PARTIES = _by_scope("contracts:write", "Who is behind an act pays nobody; whoever changed it does not approve.")
_ASKS = _by_scope("payouts:write", "It goes to accounts that somebody named in person; large ones wait for approval.")
_LISTS = _never("Lists of sanctioned persons are looked after by people who answer for them.")
_REFUND = _by_scope("store:write", "At most what was paid goes back, and only to whom it came from.")
_EXPORT = _by_scope("label:export", "The scope is for nothing else, and says so.")
_BANKFILE = _never("A bank's file holds everybody's full account numbers.")
_PROGRAMS = _by_scope("clients:write", "Whatever a program registers has at most what it has itself.")
_SECRETS = _never("What a program may do, and its secrets, are changed by people.")
_HOOKS = _by_scope("webhooks:write", "What is sent is what the scope may see, and only to addresses outside.")
_SIGN_IN = _never("How everybody comes in is set by people.")
_TRIAL = _never("A copy of the label is made and removed by people.")
_GRANTS = _in_person("team:write", "Leave to act for an artist is given by the artist or staff who are there.")

RULINGS: Final[dict[str, Ruling]] = {
    "/portal/settings/security/passkeys/options": _OWN,
    "/portal/settings/security/passkeys": _OWN,
    "/portal/settings/security/passkeys/{passkey_id}/remove": _OWN,
    "/portal/settings/security/password": _OWN,
    "/portal/settings/security/app": _OWN,
    "/portal/settings/security/app/confirm": _OWN,
    "/portal/settings/security/app/remove": _OWN,
    "/portal/settings/security/codes": _OWN,
    "/portal/settings/security/policy": _never("How everybody signs in is set by people."),
    "/portal/settings/security/support": _never("An owner lets support in, in person."),
    "/portal/settings/security/support/{grant_id}/allow": _never("An owner lets support in, in person."),
    "/portal/settings/team/invitations": _TEAM,
    "/portal/settings/team/invitations/{invitation_id}/resend": _TEAM,
    "/portal/settings/team/invitations/{invitation_id}/revoke": _TEAM,
    "/portal/settings/team/{member_id}/role": _TEAM,
    "/portal/settings/team/{member_id}/disable": _TEAM,
    "/portal/settings/team/{member_id}/enable": _TEAM,
    "/portal/settings/team/{member_id}/factors/removal": _never("Taking a second factor away opens an account."),
    "/portal/settings/roles": _ROLES,
    "/portal/settings/roles/{role_id}": _ROLES,
    "/portal/settings/roles/{role_id}/delete": _ROLES,
    "/portal/settings/export": _EXPORT,
    "/portal/settings/export/{export_id}/link": _EXPORT,
    "/artist/contracts/{contract_id}/signature": _SIGNS,
    "/artist/contracts/{contract_id}/refusal": _SIGNS,
    "/artist/team/{artist_id}/grants": _GRANTS,
    "/portal/artists/{artist_id}/grants": _GRANTS,
    "/portal/parties/{party_id}": _PARTIES,
    "/portal/parties/{party_id}/removal": _PARTIES,
    "/portal/parties/{party_id}/artists": _PARTIES,
    "/portal/parties/{party_id}/artists/removal": _PARTIES,
    "/portal/parties/{party_id}/payees": _PAYEES,
    "/portal/parties/{party_id}/payees/{payee_id}/removal": _PAYEES,
    "/portal/contracts/{contract_id}/signature": _SIGNS_HERE,
    "/portal/contracts/{contract_id}/signature/refusal": _SIGNS_HERE,
    "/portal/settings/signing-certificate": _never("The label's own signature is put in by whoever holds it."),
    "/portal/contracts/batches/{batch_id}/sending": _by_scope("contracts:write", "What is sent is signed in person."),
    "/portal/contracts/{contract_id}/costs/{cost_id}/approval": _COST,
    "/portal/contracts/{contract_id}/costs/{cost_id}/rejection": _COST,
    "/portal/payouts/{payout_id}/approval": _LETS_GO,
    "/portal/payouts/{payout_id}/rejection": _LETS_GO,
    "/portal/payouts/runs/{run_id}/approval": _LETS_GO,
    "/portal/payouts/bank/files": _BANKFILE,
    "/portal/payouts/bank/files/{file_id}": _BANKFILE,
    "/portal/payouts/bank/reports": _never("A bank's report says what arrived, and is believed."),
    "/portal/payees/{payee_id}/quote": _by_scope("payouts:write", "A quote moves nothing."),
    "/artist/money/{payee_id}/quote": _by_scope("payouts:write", "A quote moves nothing."),
    "/portal/payees/{payee_id}/payouts": _ASKS,
    "/artist/money/{payee_id}/payouts": _ASKS,
    "/portal/payees/{payee_id}/accounts": _BANK,
    "/artist/money/{payee_id}/accounts": _BANK,
    "/portal/payees/{payee_id}/accounts/{method_id}/removal": _BANK,
    "/artist/money/{payee_id}/accounts/{method_id}/removal": _BANK,
    "/portal/payees/{payee_id}/shares": _BANK,
    "/artist/money/{payee_id}/shares": _BANK,
    "/portal/payees/{payee_id}/schedule": _BANK,
    "/artist/money/{payee_id}/schedule": _BANK,
    "/portal/payees/{payee_id}/processor": _PROCESSOR,
    "/artist/money/{payee_id}/processor": _PROCESSOR,
    "/portal/settings/payouts": _never("What the label promises its payees is said by people."),
    "/portal/settings/payouts/account": _never("The label's own account is named by people."),
    "/portal/payees/{payee_id}/tax/signature": _SIGNS,
    "/artist/money/{payee_id}/tax/signature": _SIGNS,
    "/portal/settings/tax": _never("Who pays taxes in which name is said by people."),
    "/portal/tax/years/{year}/files": _never("The files hold everybody's full tax numbers."),
    "/portal/tax/screening/lists": _LISTS,
    "/portal/tax/screening/lists/{list_id}/removal": _LISTS,
    "/portal/tax/screening/cases/{case_id}/decision": _in_person(
        "payouts:approve", "Whether a payee is the person on a list is decided by somebody."
    ),
    "/portal/store/orders/{order_id}/refund": _REFUND,
    "/portal/store/differences/{difference_id}/resolution": _in_person(
        "store:write", "What differs is settled by somebody who answers for it."
    ),
    "/portal/settings/api/clients": _PROGRAMS,
    "/portal/settings/api/clients/{client_id}": _SECRETS,
    "/portal/settings/api/clients/{client_id}/end": _SECRETS,
    "/portal/settings/api/clients/{client_id}/secrets": _SECRETS,
    "/portal/settings/api/clients/{client_id}/secrets/old/end": _SECRETS,
    "/portal/settings/api/webhooks": _HOOKS,
    "/portal/settings/api/webhooks/deliveries/{delivery_id}/again": _HOOKS,
    "/portal/settings/api/webhooks/{endpoint_id}": _HOOKS,
    "/portal/settings/api/webhooks/{endpoint_id}/off": _HOOKS,
    "/portal/settings/api/webhooks/{endpoint_id}/on": _HOOKS,
    "/portal/settings/api/webhooks/{endpoint_id}/removal": _HOOKS,
    "/portal/settings/api/webhooks/{endpoint_id}/replays": _HOOKS,
    "/portal/settings/api/webhooks/{endpoint_id}/secret": _HOOKS,
    "/portal/settings/api/webhooks/{endpoint_id}/test": _HOOKS,
    "/portal/sandbox": _never("People go into the copy themselves."),
    "/portal/settings/sandbox": _TRIAL,
    "/portal/settings/sandbox/renewal": _TRIAL,
    "/portal/settings/sandbox/removal": _TRIAL,
    "/portal/settings/sandbox/clock": _by_scope("label:write", "Only a copy's clock moves, and only on."),
    "/portal/settings/sign-in/oidc": _SIGN_IN,
    "/portal/settings/sign-in/saml": _SIGN_IN,
    "/portal/settings/sign-in/policy": _SIGN_IN,
    "/portal/settings/sign-in/{connection_id}/description": _SIGN_IN,
    "/portal/settings/sign-in/{connection_id}/domains": _SIGN_IN,
    "/portal/settings/sign-in/{connection_id}/domains/{domain_id}/check": _SIGN_IN,
    "/portal/settings/sign-in/{connection_id}/domains/{domain_id}/removal": _SIGN_IN,
    "/portal/settings/sign-in/{connection_id}/groups": _SIGN_IN,
    "/portal/settings/sign-in/{connection_id}/groups/{rule_id}/removal": _SIGN_IN,
    "/portal/settings/sign-in/{connection_id}/live": _SIGN_IN,
    "/portal/settings/sign-in/{connection_id}/provider": _SIGN_IN,
    "/portal/settings/sign-in/{connection_id}/removal": _SIGN_IN,
    "/portal/settings/sign-in/{connection_id}/settings": _SIGN_IN,
    "/portal/settings/sign-in/{connection_id}/tokens": _SIGN_IN,
    "/portal/settings/sign-in/{connection_id}/tokens/{token_id}/end": _SIGN_IN,
    "/portal/settings/sign-in/{connection_id}/vouching": _SIGN_IN,
}  # fmt: skip
"""Every address whose portal page asks for a fresh proof; a test holds it against the pages."""
