"""Why banks refuse and return payments, in their codes (ISO 20022, external code sets; Nacha return reasons)."""

from __future__ import annotations

from typing import Final

_CODES: Final = {
    "account_closed": "AC04 AC07 AC05 MD07",
    "account_unknown": "AC01 AC03 AC02 BE06 AC14 AC15 AC12 BE08",
    "holder_differs": "BE01 BE17 BE22 NMTC NOMT",
    "bank_refused": (
        "AC06 MS02 MS03 FR01 LEGL RR01 RR02 RR03 RR04 RR05 RR06 RR07 RR08 RR09 RR10 RR11 RR12 ED05 ED06 SL01 SL11 SL12 "
        "SL13 SL14 DS01 DS02 DS04 DS0H FOCR AG07 REGU AB07 RUTA"
    ),
    "limit_reached": "AM02 AM14 AM15 AM13 AM17 AM18 AM19 AM20 AM21 AM23",
    "no_funds": "AM04 AM07 AM24",
    "not_supported": "AG01 AG02 AG03 AC13 AM03 AM11 AM12 AG10 AG11 ERIN CURR AC10 AC11",
    "unreachable": "AB05 AB06 AB08 AB09 AB10 AB11 AGNT CNOR DNOR TM01 AB01 AB02 AB03 AB04 ED03 NOAS MS01",
    "details_invalid": (
        "RC01 RC02 RC03 RC04 RC05 RC06 RC07 RC08 RC10 RC11 FF01 FF02 FF03 BE04 BE05 BE07 BE09 BE10 BE11 BE16 CH20"
    ),
}
REASONS: Final = {code: problem for problem, codes in _CODES.items() for code in codes.split()}

_RETURNS: Final = {
    "account_closed": "R02",
    "account_unknown": "R03 R04 R12",
    "bank_refused": "R14 R15 R16 R23 R31",
    "not_supported": "R20 R30 R33 R35 R36",
    "unreachable": "R13 R32 R34",
    "details_invalid": "R17 R18 R19 R21 R22 R25 R26 R27 R28",
}
"""Those that a credit can have; what is said of debits, was asked back (R06) or came twice (R24) is “other”."""

RETURNS: Final = {code: problem for problem, codes in _RETURNS.items() for code in codes.split()}


def problem_of(code: str) -> str:
    """Which of `PROBLEMS` a bank's code is; "other" for the rest, and empty where no code was given."""
    return REASONS.get(code.upper(), "other") if code else ""


def problem_of_return(code: str) -> str:
    """Which of `PROBLEMS` a return reason of an ACH entry is."""
    return RETURNS.get(code, "other")
