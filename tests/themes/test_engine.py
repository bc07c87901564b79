"""Whatever an author says, everything can be read; and the same words always give the same bytes."""

from __future__ import annotations

import json
import re
from itertools import product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from themes.engine import FONTS, PAIRS, InputRefused, build, changes, failing, modern, parse, presets, resolve
from themes.engine import inputs as inputs_module
from themes.engine import palette as palette_module
from themes.engine.colour import BLACK, WHITE, Colour, contrast, fit, solve
from themes.engine.inputs import Color, Inputs, plain
from themes.engine.pairs import LINES, SURFACES, TEXTS

MOODS = ("neutral", "tinted", "paper", "ink")
SCHEMES = ("light", "dark")
LEVELS = ("AA", "AAA")
CONTEXTS = list(product(MOODS, SCHEMES, LEVELS))


def lattice(step: int) -> list[str]:
    """Brand colours spread evenly over the RGB cube."""
    return ["#{:02x}{:02x}{:02x}".format(*point) for point in product(range(0, 256, step), repeat=3)]


def unreadable(brands: list[str], **details: object) -> list[tuple[object, ...]]:
    """Every failing pair of every theme that these brand colours give, and every brand that was changed."""
    found: list[tuple[object, ...]] = []
    for brand, (mood, scheme, level) in product(brands, CONTEXTS):
        palette = build(Color(brand=brand, mood=mood, contrast=level, **details), scheme)
        found += [(brand, mood, scheme, level, *missed) for missed in failing(palette, level)]
        if level == "AA" and palette["accent"].hex != brand:
            found.append((brand, mood, scheme, "the brand was changed"))
    return found


def test_every_pair_can_be_read_for_brands_all_over_the_cube():
    assert unreadable(lattice(85)) == []


@pytest.mark.parametrize("red", range(0, 256, 23))
def test_every_pair_can_be_read_for_the_whole_lattice(red):
    brands = [brand for brand in lattice(23) if brand.startswith(f"#{red:02x}")]
    assert len(brands) == 12 * 12
    assert unreadable(brands) == []


COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@settings(max_examples=60, deadline=None)
@given(COLOURS, COLOURS, st.sampled_from(CONTEXTS), st.sampled_from(["auto", "light", "dark"]))
def test_a_second_colour_and_a_wish_for_the_label_break_nothing(brand, accent, context, wish):
    mood, scheme, level = context
    palette = build(Color(brand=brand, accent=accent, mood=mood, contrast=level, label_on_brand=wish), scheme)
    assert failing(palette, level) == []


def test_a_broken_solver_is_noticed(monkeypatch):
    monkeypatch.setattr(palette_module, "solve", lambda base, *_: base)
    assert unreadable(["#c6f432"]) != []


def test_every_declared_name_is_a_colour_and_every_text_lies_on_every_surface():
    palette = build(Color(brand="#14553f"), "light")
    declared = {name for pair in PAIRS["AA"] for name in pair[:2]}
    assert declared <= set(palette)
    assert set(palette) - declared == {"line", "line-soft"}
    assert {(pair.foreground, pair.background) for pair in PAIRS["AA"]} >= set(product(TEXTS + LINES, SURFACES))


@settings(max_examples=200, deadline=None)
@given(COLOURS)
def test_a_colour_survives_its_way_through_oklch(text):
    assert Colour.of_hex(text).hex == text


@settings(max_examples=200, deadline=None)
@given(COLOURS)
def test_white_or_black_can_be_read_on_any_colour(text):
    colour = Colour.of_hex(text)
    assert contrast(colour, WHITE) * contrast(colour, BLACK) == pytest.approx(21, rel=1e-9)
    assert max(contrast(colour, WHITE), contrast(colour, BLACK)) >= 4.58


def test_fitting_reduces_chroma_alone():
    fitted = Colour.of(0.7, 0.4, 150)
    assert (fitted.lightness, fitted.hue) == (0.7, 150)
    assert 0.1 < fitted.chroma < 0.3
    assert fit(0.5, 0.01, 20) == 0.01
    assert Colour.of(7, 0.2, 400) == Colour(1.0, pytest.approx(0, abs=1e-4), 40)


def test_solving_leaves_what_already_holds_and_moves_the_rest_no_further_than_needed():
    assert solve(BLACK, [WHITE], 4.5, "dark") == BLACK
    solved = solve(Colour.of_hex("#c6f432"), [WHITE], 4.5, "dark")
    assert 4.5 <= contrast(solved, WHITE) < 4.7
    assert solved.hue == pytest.approx(Colour.of_hex("#c6f432").hue)


def test_an_edge_appears_only_where_the_brand_is_too_close_to_the_page():
    lime = build(Color(brand="#c6f432"), "light")
    assert lime["accent"].hex == "#c6f432"
    assert lime["accent-edge"].hex != "#c6f432"
    assert build(Color(brand="#c6f432"), "dark")["accent-edge"].hex == "#c6f432"


def test_a_wish_for_the_label_is_kept_where_it_can_be_read():
    mid = "#777777"
    assert build(Color(brand=mid, label_on_brand="dark"), "light")["on-accent"].luminance < 0.05
    assert build(Color(brand="#ffff00", label_on_brand="light"), "light")["on-accent"].luminance < 0.05


def test_only_aaa_may_move_a_brand_and_keeps_its_hue():
    brand = "#777fff"
    moved = build(Color(brand=brand, contrast="AAA"), "light")["accent"]
    assert moved.hex != brand
    assert abs(moved.hue - Colour.of_hex(brand).hue) < 0.01


def test_the_presets_are_as_different_as_companies_and_nothing_but_inputs():
    found = presets()
    assert set(found) == {"plain", "editorial", "voltage", "geometric"}
    for attribute in ("type.display", "type.text", "color.mood", "shape.radius", "color.brand"):
        group, name = attribute.split(".")
        values = [getattr(getattr(preset.inputs, group), name) for preset in found.values()]
        assert len(set(values)) == len(values), attribute
    assert len({resolve(preset.inputs).sha256 for preset in found.values()}) == 4
    assert "Arab" in FONTS[found["geometric"].inputs.type.text].scripts


def a_theme(**groups: dict[str, object]) -> dict[str, object]:
    return {"color": {"brand": "#14553F"}} | groups


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "color"),
        (a_theme(color={"brand": "#14553f;}body{display:none"}), "color.brand"),
        (a_theme(color={"brand": "#14553f\n"}), "color.brand"),
        (a_theme(color={"brand": "red"}), "color.brand"),
        (a_theme(color={"brand": 5}), "color.brand"),
        (a_theme(color={"brand": "#14553f", "mood": "loud"}), "color.mood"),
        (a_theme(color={"brand": "#14553f", "accent": "url(//x)"}), "color.accent"),
        (a_theme(color={"brand": "#14553f", "overrides": {}}), "color.overrides"),
        (a_theme(extra={}), "extra"),
        (a_theme(shape={"radius": 25}), "shape.radius"),
        (a_theme(shape={"radius": -1}), "shape.radius"),
        (a_theme(shape={"radius": float("nan")}), "shape.radius"),
        (a_theme(shape={"radius": float("inf")}), "shape.radius"),
        (a_theme(shape={"radius": "6"}), "shape.radius"),
        (a_theme(shape={"radius": True}), "shape.radius"),
        (a_theme(density={"portal": 9}), "density.portal"),
        (a_theme(type={"text": "Comic Sans"}), "type.text"),
        (a_theme(type={"display": 'x";}@import url(//evil)'}), "type.display"),
        (a_theme(type={"display": "own:../../etc/passwd"}), "type.display"),
        (a_theme(type={"scripts": {"Arab": "nothing"}}), "type.scripts"),
        (a_theme(type={"scripts": {"Xxxx": "system"}}), "type.scripts"),
        (a_theme(type={"display_width": 130}), "type.display_width"),
        (a_theme(logo={"mark": "asset:1"}), "logo.mark"),
        (a_theme(layout={"grid": 7}), "layout.grid"),
        (a_theme(copy={"terms": {"cart": "x"}}), "copy.terms"),
        (a_theme(copy={"strings": {"*": {"Cart": "bas\u202eket"}}}), "copy.strings"),
        (a_theme(copy={"plurals": {"*": {"%(n)s unread": ["x"]}}}), "copy.plurals"),
        (a_theme(copy={"plurals": {"en": {"%(n)s unread": ["a", "b\u202e"]}}}), "copy.plurals"),
        (a_theme(copy={"plurals": {"en": {"%(n)s unread": ["x"] * 7}}}), "copy.plurals"),
        (a_theme(layout={"player": "bar"}), "layout.player"),
        (a_theme(blocks={"footer": "x" * 20_001}), "blocks.footer"),
        (a_theme(blocks={"footer": "a\u202eb"}), "blocks.footer"),
        (a_theme(blocks={"header": "a"}), "blocks.header"),
        (a_theme(copy={"strings": {"../de": {"a": "b"}}}), "copy.strings"),
        (a_theme(copy={"strings": {"de": {str(i): "b" for i in range(501)}}}), "copy.strings"),
        (a_theme(copy={"strings": {"de": {"a": "x" * 2001}}}), "copy.strings"),
        (a_theme(identity={"legal_name": "A\nB"}), "identity.legal_name"),
        (a_theme(identity={"email_from": "a@b.c\r\nBcc: x@y.z"}), "identity.email_from"),
        (a_theme(identity={"email_from": "<a@b.cc>"}), "identity.email_from"),
        (a_theme(identity={"powered_by": 1}), "identity.powered_by"),
    ],
)
def test_hostile_and_impossible_inputs_are_refused_by_name(raw, field):
    with pytest.raises(InputRefused) as refused:
        parse(raw)
    assert refused.value.field == field
    assert refused.value.sentence


def test_every_input_has_a_sentence_of_its_own():
    def names(kind: type, prefix: str = "") -> list[str]:
        found = []
        for entry in msgspec.structs.fields(kind):
            name = f"{prefix}{entry.encode_name}"
            inner = entry.type
            found += (
                names(inner, f"{name}.") if isinstance(inner, type) and issubclass(inner, msgspec.Struct) else [name]
            )
        return found

    told = {name for name in names(Inputs) if name in inputs_module.SENTENCES}
    assert set(names(Inputs)) - told <= {"logo.wordmark", "logo.mark", "logo.on_dark", "logo.mono"}
    assert len(names(Inputs)) >= 25


def test_equal_inputs_give_equal_bytes_and_every_input_counts():
    one, other = parse(a_theme(shape={"radius": 6})), parse({"shape": {"radius": 6.0}, "color": {"brand": "#14553f"}})
    assert resolve(one) == resolve(other)
    assert resolve(one).sha256 != resolve(parse(a_theme(shape={"radius": 7}))).sha256
    assert resolve(one).sha256 != resolve(parse(a_theme(shape={"radius": 6}, copy={"voice": "bold"}))).sha256
    assert parse(plain(one)) == one
    assert parse(json.loads(json.dumps(plain(one)))) == one


def test_the_stylesheet_is_made_of_tokens_alone():
    own = "own:0190a8b2-0000-7000-8000-000000000001"
    css = resolve(parse(a_theme(type={"display": own, "scripts": {"Arab": "noto-kufi-arabic"}}))).css
    addresses = re.findall(r"url\(([^)]*)\)", css)
    assert addresses == ["/theme/fonts/0190a8b2-0000-7000-8000-000000000001.woff2"]
    assert "//" not in css
    assert "!important" not in css
    outside = re.sub(r"--[a-z0-9-]+:[^;]*;|@font-face\{[^}]*\}", "", css)
    assert set(re.sub(r"[:@(){}\[\],=\"\s]", " ", outside).split()) <= {
        "root", "data-surface", "store", "lang", "ar", "ja", "ko", "zh", "media", "prefers-contrast", "more",
        "prefers-reduced-motion", "reduce",
    }  # fmt: skip
    assert css.count("{") == css.count("}")
    assert len(css) < 6_000


def test_a_scheme_is_the_labels_unless_the_reader_chose_one():
    fixed = resolve(parse(a_theme(color={"brand": "#14553f", "scheme": "dark"}))).css
    assert ":root:not([data-scheme]){color-scheme:dark;}" in fixed
    assert "color-scheme:" not in resolve(parse(a_theme())).css


def test_design_tokens_follow_the_format():
    tokens = resolve(parse(a_theme())).tokens
    accent = tokens["color"]["light"]["accent"]["$value"]
    assert tokens["color"]["light"]["$type"] == "color"
    assert accent["colorSpace"] == "oklch"
    assert len(accent["components"]) == 3
    assert accent["hex"] == "#14553f"
    assert tokens["radius"]["base"]["$value"] == {"value": 8.0, "unit": "px"}


def test_flat_values_hold_no_variable():
    flat = resolve(parse(a_theme())).flat
    assert all(re.fullmatch("#[0-9a-f]{6}", value) for shade in SCHEMES for value in flat[shade].values())
    assert "var(" not in json.dumps(flat)


def test_a_difference_names_each_changed_input_with_old_and_new():
    before = parse(a_theme())
    after = parse(a_theme(shape={"radius": 12}, copy={"strings": {"en": {"Cart": "basket"}}}, type={"text": "archivo"}))
    assert [tuple(change) for change in changes(before, after)] == [
        ("copy.strings.en.Cart", None, "basket"),
        ("shape.radius", 8.0, 12.0),
        ("type.text", "inter", "archivo"),
    ]
    assert changes(before, before) == []


def test_every_font_is_open_and_says_what_it_is():
    for key, font in FONTS.items():
        assert font.key == key
        assert font.licence == "OFL-1.1"
        assert font.package in (f"@fontsource/{key}", f"@fontsource-variable/{key}")
        assert font.scripts


def test_what_an_older_version_kept_is_read_as_it_is_said_today():
    kept = a_theme(
        layout={"hero": "split", "grid": 5, "player": "card"},
        copy={
            "terms": {"cart": "basket", "store": "Stall"},
            "strings": {"en": {"Store": "Shop"}, "*": {"Store": "Stand"}},
        },
    )
    inputs = parse(modern(kept))
    assert inputs.layout.hero == "split"
    assert inputs.copy.strings == {"en": {"Store": "Shop"}, "*": {"Cart": "basket", "Store": "Stand"}}
    assert kept["layout"]["player"] == "card"
    assert parse(modern(a_theme())) == parse(a_theme())


def test_what_a_newer_version_kept_is_read_without_what_is_not_known_yet():
    blocks = [{"kind": "hero"}, {"kind": "concerts", "city": "Oslo"}, {"kind": "releases", "count": 4, "shape": "row"}]
    kept = a_theme(
        front={"sections": blocks, "pinned": True}, shape={"radius": 12, "grain": "film"}, sound={"intro": "chime"}
    )
    inputs = parse(modern(kept))
    assert inputs.shape.radius == 12
    assert [(block.kind, block.count) for block in inputs.front.sections] == [("hero", None), ("releases", 4)]
    with pytest.raises(InputRefused, match="not part of a theme"):
        parse(kept)
