"""What the brand's forms send, and how their fields are called in a theme."""

from __future__ import annotations

from typing import Any

import msgspec

from themes.engine.inputs import SCRIPTS

LOGO_FIELDS = ("logo.wordmark", "logo.mark", "logo.on_dark", "logo.mono")


class DraftForm(msgspec.Struct, forbid_unknown_fields=True):
    """From what a draft starts: a preset by its key, a version by its id, or what is live."""

    preset: str = ""
    base: str = ""


class VersionForm(msgspec.Struct, forbid_unknown_fields=True):
    """Which version to go back to; the one before where none is named."""

    version: str = ""


class ScheduleForm(msgspec.Struct, forbid_unknown_fields=True):
    """When a draft is to be published, as the label's clocks show it ("2026-12-01T09:30")."""

    at: str


class WordForm(msgspec.Struct, forbid_unknown_fields=True):
    """A text in place of a sentence, or one for each form of a number; `q` is what was looked for."""

    language: str
    original: str
    text: str = ""
    form: list[str] | str = []
    q: str = ""

    @property
    def forms(self) -> list[str]:
        """The texts for a number's forms, in their order; a form with one field sends no list."""
        return [self.form] if isinstance(self.form, str) else self.form


class RemovalForm(msgspec.Struct, forbid_unknown_fields=True):
    """A sentence that is to be said as before."""

    language: str
    original: str
    q: str = ""


def _named(field: str) -> str:
    """How a field is called in the form: as its input, scripts by their ISO 15924 code."""
    group, separator, key = field.partition("__")
    key = key.title() if key.title() in SCRIPTS else key
    return f"{group}.{key}" if separator else field


class ThemeForm(msgspec.Struct, forbid_unknown_fields=True, rename=_named):
    """Every input by its name in the theme ("color.brand"); a field that is not sent stays as it is."""

    color__brand: str | None = None
    color__accent: str | None = None
    color__mood: str | None = None
    color__scheme: str | None = None
    color__contrast: str | None = None
    color__label_on_brand: str | None = None
    type__text: str | None = None
    type__display: str | None = None
    type__scale: float | None = None
    type__display_case: str | None = None
    type__display_tracking: float | None = None
    type__display_weight: int | None = None
    type__display_width: int | None = None
    type__arab: str | None = None
    type__jpan: str | None = None
    type__kore: str | None = None
    type__hans: str | None = None
    shape__radius: float | None = None
    shape__control: str | None = None
    shape__cover_radius: float | None = None
    shape__avatar: str | None = None
    shape__border: float | None = None
    shape__shadow: str | None = None
    density__portal: float | None = None
    density__store: float | None = None
    motion__level: str | None = None
    logo__wordmark: str | None = None
    logo__mark: str | None = None
    logo__on_dark: str | None = None
    logo__mono: str | None = None
    logo__clearspace: float | None = None
    logo__favicon: str | None = None
    layout__hero: str | None = None
    layout__header: str | None = None
    copy__voice: str | None = None
    blocks__announcement: str | None = None
    blocks__landing: str | None = None
    blocks__footer: str | None = None
    blocks__sign_in: str | None = None
    identity__legal_name: str | None = None
    identity__email_name: str | None = None
    identity__email_from: str | None = None
    identity__powered_by: str | None = None
    note: str | None = None

    def typed_blocks(self) -> dict[str, str]:
        """The blocks that were sent, by the names of their fields: nobody types a long text twice."""
        sent = msgspec.to_builtins(self)
        return {name: value for name, value in sent.items() if name.startswith("blocks.") and value is not None}

    def said(self, old: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The inputs that were sent, in their groups; `old` gives what lists held before."""
        sent = {name: value for name, value in msgspec.to_builtins(self).items() if value is not None}
        sent.pop("note", None)
        groups: dict[str, dict[str, Any]] = {}
        scripts = dict(old["type"]["scripts"])
        for name, value in sent.items():
            group, _, key = name.partition(".")
            if group == "type" and key in SCRIPTS:
                _set_or_drop(scripts, key, value)
            else:
                groups.setdefault(group, {})[key] = _value(name, value)
        if scripts != old["type"]["scripts"]:
            groups.setdefault("type", {})["scripts"] = scripts
        return groups


def _set_or_drop(values: dict[str, str], key: str, value: str) -> None:
    if value.strip():
        values[key] = value.strip()
    else:
        values.pop(key, None)


def _value(name: str, value: Any) -> Any:
    """A form knows no null and no truth, only empty fields and words."""
    if name == "identity.powered_by":
        return {"yes": True, "no": False}.get(value, value)
    if value == "" and (name in LOGO_FIELDS or name == "color.accent"):
        return None
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
