"""A label's own block: Liquid under limits, plain values in, cleaned HTML out; never Jinja.

Every limit is counted for the whole block, loops one after another included, and time is looked at wherever a template
can go on: at each name, each assignment, each loop, each piece of text.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar, TextIO

import nh3
from liquid import BoundTemplate, Environment, Mode, RenderContext
from liquid.exceptions import LiquidError, LoopIterationLimitError, ResourceLimitError
from liquid.output import LimitedStringIO

from app.brand.errors import BlockNotUnderstood, BlockTooLong, BlockTooMuch

LONGEST_SOURCE = 20_000
LONGEST_OUTPUT = 200_000
MOST_ITERATIONS = 2_000
MOST_LOCALS = 100_000
MOST_SECONDS = 0.5
DEEPEST_CONTEXT = 6
MOST_VALUES = 5_000

TAGS = frozenset({
    "content", "output", "illegal", "if", "unless", "case", "for", "break", "continue", "assign", "capture", "comment",
    "cycle", "echo", "#", "doc",
})  # fmt: skip
FILTERS = frozenset({
    "escape", "upcase", "downcase", "capitalize", "strip", "truncate", "default", "size", "first", "last", "round",
    "plus", "minus", "newline_to_br",
})  # fmt: skip
"""Nothing that multiplies text (replace, join, append) or formats by a pattern (date) is among them."""
CLASSES = frozenset(["btn", "card", "pill", "muted", "small", "lead", "grid", "stack", "row", "center", "num"])
"""The documented class names: a label's block may use the kit, not restyle it."""
_PLAIN = ("p", "br", "hr", "strong", "em", "b", "i", "u", "s", "small", "code", "blockquote", "ul", "ol", "li", "a",
          "h2", "h3", "h4", "span", "div", "section", "figure", "figcaption", "img", "table", "thead", "tbody", "tr",
          "th", "td", "bdi")  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "th": {"scope"},
    "*": {"lang", "dir"},
}
_SCHEMES = {"https", "mailto"}


class _TimeUsed(ResourceLimitError):
    """The block ran for longer than it may."""


class _Context(RenderContext):
    """A context that counts for the whole block and looks at the clock."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ends_at = time.monotonic() + MOST_SECONDS
        self.iterations = 0

    def look_at_clock(self) -> None:
        """Stop a block whose time is used up."""
        if time.monotonic() > self.ends_at:
            raise _TimeUsed("time", token=None)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Count every pass of every loop, also of loops that follow each other."""
        self.look_at_clock()
        super().raise_for_loop_limit(length)
        self.iterations += length
        if self.iterations > MOST_ITERATIONS:
            raise LoopIterationLimitError("loops", token=None)

    def assign(self, key: str, val: Any) -> None:
        """Keep a value of the block's own."""
        self.look_at_clock()
        super().assign(key, val)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """Find a value by its path."""
        self.look_at_clock()
        return super().get(*args, **kwargs)


class _Template(BoundTemplate):
    context_class: ClassVar[type[RenderContext]] = _Context  # type: ignore[misc]


class _Blocks(Environment):
    template_class = _Template
    loop_iteration_limit = MOST_ITERATIONS
    output_stream_limit = LONGEST_OUTPUT
    local_namespace_limit = MOST_LOCALS
    context_depth_limit = 10
    block_nesting_limit = 12


class _Output(LimitedStringIO):
    """What the block writes, within its length and its time."""

    def __init__(self, context: _Context) -> None:
        super().__init__(LONGEST_OUTPUT)
        self._context = context

    def write(self, text: str) -> int:
        """Take a piece of text."""
        self._context.look_at_clock()
        return super().write(text)


def _environment() -> Environment:
    environment = _Blocks(tolerance=Mode.STRICT, autoescape=True)
    for name in set(environment.tags) - TAGS:
        del environment.tags[name]
    for name in set(environment.filters) - FILTERS:
        del environment.filters[name]
    return environment


_BLOCKS = _environment()


def render(source: str, values: Mapping[str, Any]) -> str:
    """The block's HTML for these plain values, safe to stand on a page; `BlockRefused` says why there is none."""
    template = _parsed(source)
    context = _Context(template, globals=_plain(values))
    out: TextIO = _Output(context)
    try:
        template.render_with_context(context, out)
    except ResourceLimitError:
        raise BlockTooMuch from None
    except (LiquidError, ValueError, TypeError, ArithmeticError, RecursionError):
        raise BlockNotUnderstood from None
    return tidy(out.getvalue())  # type: ignore[attr-defined]  # it is a StringIO


def tidy(html: str) -> str:
    """HTML of which only text, structure, own pictures and honest links are left."""
    return nh3.clean(
        html,
        tags=set(_PLAIN),
        attributes=_ATTRIBUTES,
        attribute_filter=_address,
        allowed_classes={tag: set(CLASSES) for tag in _PLAIN},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        clean_content_tags={"script", "style", "template", "noscript"},
    )


def _address(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("img", "src"):
        return value if _is_own(value) else None
    if (tag, name) == ("a", "href"):
        return value if value.startswith(("https://", "mailto:", "#")) or _is_own(value) else None
    return value


def _is_own(address: str) -> bool:
    """Tell an address on the label's own host; browsers read "//x" and "/\\x" as another one."""
    return address.startswith("/") and not address.startswith(("//", "/\\")) and "\\" not in address


def _parsed(source: str) -> BoundTemplate:
    if len(source) > LONGEST_SOURCE:
        raise BlockTooLong
    try:
        return _BLOCKS.from_string(source)
    except (LiquidError, ValueError, TypeError, RecursionError):
        raise BlockNotUnderstood from None


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy that holds text, numbers, lists and dicts alone; a thing with methods is a mistake of ours."""
    left = [MOST_VALUES]

    def copy(value: Any, depth: int) -> Any:
        left[0] -= 1
        if depth > DEEPEST_CONTEXT or left[0] < 0:
            raise TypeError("a block's values are too many or too deep")
        if value is None or type(value) in (str, int, float, bool):
            return value
        if isinstance(value, Mapping):
            return {str(key): copy(inner, depth + 1) for key, inner in value.items()}
        if type(value) in (list, tuple):
            return [copy(inner, depth + 1) for inner in value]
        raise TypeError(f"a block's values are plain, not {type(value).__name__}")

    return {str(key): copy(value, 1) for key, value in values.items()}
