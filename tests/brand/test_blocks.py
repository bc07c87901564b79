"""A label's own block shows what it was given and nothing else, within its time and its length."""

from __future__ import annotations

import time

import pytest

from app.brand.errors import BlockNotUnderstood, BlockRefused, BlockTooLong, BlockTooMuch
from app.brand.rules.blocks import render

VALUES = {"release": {"title": "Skinn & <Bone>", "tracks": [{"name": "One"}, {"name": "Two"}]}, "count": 3}


def test_a_block_shows_plain_values_escaped():
    source = "<h2>{{ release.title }}</h2><ul>{% for track in release.tracks %}<li>{{ track.name | upcase }}</li>{% endfor %}</ul>"
    assert render(source, VALUES) == "<h2>Skinn &amp; &lt;Bone&gt;</h2><ul><li>ONE</li><li>TWO</li></ul>"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ release.__class__.__mro__ }}", ""),
        ("{{ release.items }}{{ release.keys }}{{ release.pop }}", ""),
        ("{{ config }}{{ self }}{{ request }}{{ globals }}", ""),
        ("{{ release.title.format }}", ""),
        ("{{ count.real }}", ""),
        ("{{ 'a' | size }}", "1"),
    ],
)
def test_a_block_reaches_no_attribute(source, shown):
    assert render(source, VALUES) == shown


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{% include 'other' %}",
        "{% render 'other' %}",
        "{% layout 'x' %}",
        "{% liquid\necho 'x' %}",
        "{% tablerow i in (1..10) %}{% endtablerow %}",
        "{{ release.title | safe }}",
        "{{ release.title | replace: '', release.title }}",
        "{{ 'a' | append: 'b' }}",
        "{{ 'now' | date: '%999999999d' }}",
        "{{ 7 | times: 7 }}",
        "{{ 'a,b' | split: ',' | join: 'x' }}",
        "{{ 'x' | base64_decode }}",
        "{% for %}",
        "{{ unclosed",
        "{% if a %}",
        "{% macro x %}{% endmacro %}",
    ],
)
def test_what_is_not_offered_is_refused(source):
    with pytest.raises(BlockNotUnderstood):
        render(source, VALUES)


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..90000) %}{% for j in (1..90000) %}x{% endfor %}{% endfor %}",
        "{% for i in (1..100000000000) %}x{% endfor %}",
        "{% for a in (1..40) %}{% for b in (1..40) %}{% for c in (1..40) %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for i in (1..1900) %}{% endfor %}" * 50,
        "{% for i in (1..1900) %}{% assign a = i %}{% for j in release.tracks %}{% endfor %}{% endfor %}" * 9,
        "{% for i in (1..1000) %}" + "x" * 5_000 + "{% endfor %}",
        "{% capture a %}" + "x" * 9_000 + "{% endcapture %}" + "{% capture a %}{{ a }}{{ a }}{% endcapture %}" * 30,
        "{% if true %}" * 200 + "{% endif %}" * 200,
        "{% assign a = " + "(" * 300 + "1" + ")" * 300 + " %}",
        "{{ release" + ".a" * 9_000 + " }}",
        "{% for i in (1..99) %}{% cycle " + ",".join(["'x'"] * 900) + " %}{{ i | plus: 1 | minus: 1 }}{% endfor %}" * 3,
        "x" * 20_001,
    ],
)
def test_whatever_a_block_tries_it_ends_soon(source):
    started = time.monotonic()
    try:
        shown = render(source, VALUES)
    except BlockRefused:
        shown = ""
    assert time.monotonic() - started < 2
    assert len(shown) <= 200_000


def test_the_limits_say_what_they_are():
    with pytest.raises(BlockTooLong):
        render("x" * 20_001, {})
    with pytest.raises(BlockTooMuch):
        render("{% for i in (1..90000) %}x{% endfor %}", {})
    with pytest.raises(BlockTooMuch):
        render("{% for i in (1..1500) %}{% endfor %}" * 2, {})


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<a href='//evil.example'>x</a><a href='/\\evil.example'>x</a><a href='http://evil.example'>x</a>",
        "<img src='https://evil.example/pixel.png'><img src='//evil.example/x'>",
        "<p style='background:url(https://evil.example)'>x</p>",
        "<style>@import 'https://evil.example'</style>",
        "<link rel=stylesheet href=https://evil.example><meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<iframe src=https://evil.example></iframe><object data=https://evil.example></object><base href=//evil.example>",
        "<form action=https://evil.example><input name=password><button formaction=//evil.example>x</button></form>",
        "<div hx-get='/portal' hx-on:click='alert(1)' hx-trigger=load data-hx-get='/x' onclick=alert(1)>x</div>",
        "<p class='evil-skin'>x</p>",
        "<math><mtext></mtext><mglyph><style><!--</style><img src=x onerror=alert(1)>",
        "<p id=main name=evil>x</p>",
    ],
)
def test_what_a_block_writes_is_cleaned(html):
    shown = render("{% capture a %}x{% endcapture %}" + html, VALUES).lower()
    for trace in ("script", "alert(", "evil", "hx-", "onerror", "onclick", "style=", "<iframe", "<form", "<svg", "id="):
        assert trace not in shown, shown


def test_honest_links_own_pictures_and_documented_classes_stay():
    source = (
        '<p class="muted lead"><a href="https://label.example" title="t">x</a><img src="/theme/logos/1" alt="a"></p>'
    )
    shown = render(source, {})
    assert 'href="https://label.example"' in shown
    assert 'src="/theme/logos/1"' in shown
    assert 'class="muted lead"' in shown
    assert 'rel="noopener noreferrer nofollow"' in shown


def test_values_with_methods_never_enter():
    class Row:
        def delete(self) -> None: ...

    deep: dict[str, object] = {}
    inner = deep
    for _ in range(9):
        inner["a"] = inner = {}
    for values in ({"row": Row()}, {"a": {"b": object()}}, {"a": [print]}, deep, {"a": list(range(6_000))}):
        with pytest.raises(TypeError):
            render("{{ row.delete }}", values)
