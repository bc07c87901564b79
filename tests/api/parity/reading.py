"""What a page reads of what a form sends, told from its code: the fields of its struct, or the names that it asks for.

A handler that takes a plain mapping is followed line by line, with all to which it hands the mapping. A name that is put
together has `{}` where it differs from row to row (`s{}_subject`); `*` stands for whatever names are sent.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import inspect
import itertools
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType
from typing import Any, get_type_hints

import msgspec

from app.kernel.web.strict import decode

WHATEVER = "*"
PLACE = "{}"
Found = tuple[Any, ...]
"""What an expression may be: each of the objects that it can stand for; nothing where that is not known."""

READS = ("get", "getall", "pop")
MOST = 500


@dataclass(frozen=True)
class Sent:
    """What a form sent, or an object that reads it."""

    reader: type[Any] | None = None


@dataclass(frozen=True)
class Several:
    """A list that was made: what may be in it."""

    inside: Found


def function_of(handler: Any) -> FunctionType:
    """The function behind a route."""
    found = handler.fn
    while hasattr(found, "func"):
        found = found.func
    assert isinstance(found, FunctionType)
    return found


def fields_of(function: FunctionType) -> set[str]:
    """The names of what a handler reads of a form; none where it takes none."""
    kind = get_type_hints(function).get("data")
    if _is_struct(kind):
        return set(kind.__struct_encode_fields__)
    reading = Reading()
    reading.follow(function, {"data": (Sent(),), "body": (Sent(),)})
    return reading.names


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


@cache
def _tree(function: FunctionType) -> ast.FunctionDef:
    [tree] = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    return tree  # type: ignore[return-value]


@dataclass
class Reading:
    """Follows what was sent through functions, and gathers the names under which it is asked for."""

    names: set[str] = field(default_factory=set)
    seen: dict[tuple[Any, ...], Found] = field(default_factory=dict)

    def follow(self, function: FunctionType, known: Mapping[str, Found]) -> Found:
        """All that a function does with what it is given, and what it may give back."""
        key = (function, repr(sorted(known.items(), key=lambda pair: pair[0])))
        if key not in self.seen:
            self.seen[key] = ()
            walk = Walk(self, function.__globals__, dict(known))
            walk.lines(_tree(function).body)
            self.seen[key] = _once(walk.given)
        return self.seen[key]

    def asked(self, names: Found) -> None:
        """Something is asked for under one of these names."""
        self.names |= {name for name in names if isinstance(name, str)} or {WHATEVER}


@dataclass
class Walk:
    """One function as it is read: what its names stand for, and what it may give."""

    reading: Reading
    around: Mapping[str, Any]
    known: dict[str, Found]
    given: list[Any] = field(default_factory=list)

    def lines(self, lines: list[ast.stmt]) -> None:
        """Every line of a block, whatever it depends on."""
        for line in lines:
            self._line(line)

    def _line(self, line: ast.stmt) -> None:
        if isinstance(line, ast.FunctionDef | ast.AsyncFunctionDef):
            return self.lines(line.body)
        if isinstance(line, ast.For):
            gone = self.of(line.iter)
            self._bind(line.target, _inside(gone))
            if any(isinstance(one, Sent) for one in gone):
                self.reading.asked(())
        elif isinstance(line, ast.Assign):
            for target in line.targets:
                self._bind(target, self.of(line.value), line.value)
            return None
        elif isinstance(line, ast.AnnAssign | ast.AugAssign):
            self._bind(line.target, self.of(line.value) if line.value else ())
            return None
        elif isinstance(line, ast.Return):
            self.given += self.of(line.value) if line.value else ()
            return None
        for child in ast.iter_child_nodes(line):
            self._child(child)
        return None

    def _child(self, child: ast.AST) -> None:
        if isinstance(child, ast.stmt):
            self._line(child)
        elif isinstance(child, ast.expr):
            self.of(child)
        else:
            for inner in ast.iter_child_nodes(child):
                self._child(inner)

    def _bind(self, target: ast.expr, found: Found, value: ast.expr | None = None) -> None:
        if isinstance(target, ast.Name):
            self.known[target.id] = found
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for each, part in zip(target.elts, value.elts, strict=False):
                self._bind(each, self.of(part))
        elif isinstance(target, ast.Tuple):
            for place, each in enumerate(target.elts):
                self._bind(each, tuple(one[place] for one in found if isinstance(one, tuple) and len(one) > place))
        else:
            self.of(target)

    def of(self, node: ast.expr) -> Found:
        """What an expression may be; whatever of the form it asks for is noted."""
        made = getattr(self, f"_{type(node).__name__.lower()}", None)
        if made is None:
            self._children(node)
            return ()
        found: Found = made(node)
        return found[:MOST]

    def _children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self._child(child)

    def _constant(self, node: ast.Constant) -> Found:
        return (node.value,)

    def _name(self, node: ast.Name) -> Found:
        if node.id in self.known:
            return self.known[node.id]
        if node.id in self.around:
            return (self.around[node.id],)
        return (getattr(builtins, node.id),) if hasattr(builtins, node.id) else ()

    def _attribute(self, node: ast.Attribute) -> Found:
        found: list[Any] = []
        for each in self.of(node.value):
            with suppress(Exception):  # what cannot be told without a row is not known
                found += [each] if isinstance(each, Sent) else [getattr(each, node.attr)]
        return tuple(found)

    def _joinedstr(self, node: ast.JoinedStr) -> Found:
        parts = [self._spelled(value) for value in node.values]
        return tuple("".join(each).replace(PLACE + PLACE, PLACE) for each in itertools.product(*parts))

    def _spelled(self, value: ast.expr) -> list[str]:
        found = self.of(value.value if isinstance(value, ast.FormattedValue) else value)
        return sorted({each for each in found if isinstance(each, str)}) or [PLACE]

    def _tuple(self, node: ast.Tuple | ast.List | ast.Set) -> Found:
        parts = [self.of(each) for each in node.elts]
        if all(len(part) == 1 for part in parts):
            return (tuple(part[0] for part in parts),)
        return (Several(_once(itertools.chain.from_iterable(parts))),)

    _list = _set = _tuple

    def _dict(self, node: ast.Dict) -> Found:
        spread = [
            each for key, value in zip(node.keys, node.values, strict=True) if key is None for each in self.of(value)
        ]
        for value in (*filter(None, node.keys), *node.values):
            self.of(value)
        return tuple(each for each in spread if isinstance(each, Sent))

    def _ifexp(self, node: ast.IfExp) -> Found:
        self.of(node.test)
        return _once((*self.of(node.body), *self.of(node.orelse)))

    def _boolop(self, node: ast.BoolOp) -> Found:
        return _once(each for value in node.values for each in self.of(value))

    def _namedexpr(self, node: ast.NamedExpr) -> Found:
        found = self.of(node.value)
        self._bind(node.target, found)
        return found

    def _starred(self, node: ast.Starred) -> Found:
        return self.of(node.value)

    def _subscript(self, node: ast.Subscript) -> Found:
        keys, found = self.of(node.slice), []
        for each in self.of(node.value):
            if isinstance(each, Sent):
                self.reading.asked(keys)
            elif isinstance(each, Several):
                found += each.inside
            else:
                found += [one for key in keys for one in _taken(each, key)]
        return _once(found)

    def _listcomp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Found:
        self._generators(node.generators)
        return (Several(self.of(node.elt)),)

    _setcomp = _generatorexp = _listcomp

    def _dictcomp(self, node: ast.DictComp) -> Found:
        first = node.generators[0]
        sent = [each for each in self.of(first.iter) if isinstance(each, Sent)]
        is_same = isinstance(node.key, ast.Name) and node.key.id in _names(first.target)
        self._generators(node.generators, goes_on=is_same)
        keys = self.of(node.key)
        self.of(node.value)
        return tuple(sent) if sent and is_same else (Several(keys),)

    def _generators(self, generators: list[ast.comprehension], *, goes_on: bool = False) -> None:
        """What is gone through; where the form itself is, every name of a beginning, or any, unless it goes on as it is."""
        for each in generators:
            gone = self.of(each.iter)
            begun = self._begun(each.ifs) if any(isinstance(one, Sent) for one in gone) else ()
            self._bind(each.target, begun or _inside(gone))
            if begun or (not goes_on and any(isinstance(one, Sent) for one in gone)):
                self.reading.asked(begun)
            for condition in each.ifs:
                self.of(condition)

    def _begun(self, conditions: list[ast.expr]) -> Found:
        """What names begin with, where only such are meant."""
        found = [
            self.of(each.args[0])
            for each in conditions
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "startswith"
        ]
        return tuple(f"{text}{PLACE}" for part in found for text in part)

    def _call(self, node: ast.Call) -> Found:
        told = [self.of(each) for each in node.args]
        spoken = [(each.arg, self.of(each.value)) for each in node.keywords]
        named = {name: found for name, found in spoken if name}
        if isinstance(node.func, ast.Attribute):
            owners = self.of(node.func.value)
            if any(isinstance(each, Sent) for each in owners):
                return self._asked(node.func.attr, owners, told, named)
        if not any(isinstance(each, Sent) for part in (*told, *named.values()) for each in part):
            return self._made(node, told, named)
        found: list[Any] = []
        for each in self.of(node.func):
            found += self._handed(each, told, named)
        return _once(found)

    def _asked(self, verb: str, owners: Found, told: list[Found], named: dict[str, Found]) -> Found:
        """A verb of what was sent: it is asked for a name, gone through, or read by an object's own verb."""
        found: list[Any] = []
        for each in owners:
            method = getattr(each.reader, verb, None) if isinstance(each, Sent) else None
            if isinstance(method, FunctionType):
                found += self._handed(method, [(each,), *told], named)
            elif verb in READS:
                self.reading.asked(told[0] if told else ())
            elif verb in ("items", "values", "keys"):
                found.append(each)
        return tuple(found)

    def _handed(self, function: Any, told: list[Found], named: dict[str, Found]) -> Found:
        """What was sent goes on into a function of ours, or into an object that reads it from then on."""
        if not getattr(function, "__module__", "").startswith("app."):
            return self._elsewhere(function, told)
        if isinstance(function, type):
            return (Sent(function),)
        if function is decode:
            kinds = [each for part in told for each in part if _is_struct(each)]
            self.reading.names |= {name for each in kinds for name in each.__struct_encode_fields__}
        if not isinstance(function, FunctionType) or function is decode:
            return ()
        names = list(inspect.signature(function).parameters)
        defaults = {
            name: (each.default,)
            for name, each in inspect.signature(function).parameters.items()
            if each.default is not inspect.Parameter.empty
        }
        return self.reading.follow(function, defaults | dict(zip(names, told, strict=False)) | named)

    def _elsewhere(self, function: Any, told: list[Found]) -> Found:
        """A function of somebody else's does nothing with it, unless it is given one of ours to do it elsewhere."""
        given = function is asyncio.to_thread and told and told[0]
        return _once(each for one in given or () for each in self._handed(one, told[1:], {}))

    def _await(self, node: ast.Await) -> Found:
        said = node.value.func if isinstance(node.value, ast.Call) else None
        if isinstance(said, ast.Attribute) and said.attr == "body":
            return (Sent(),)
        return self.of(node.value)

    def _made(self, node: ast.Call, told: list[Found], named: dict[str, Found]) -> Found:
        """What a call without the form gives, where it is plain enough to be told."""
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("items", "keys", "values") and not node.args:
            return tuple(
                tuple(getattr(each, node.func.attr)()) for each in self.of(node.func.value) if isinstance(each, Mapping)
            )
        found: list[Any] = []
        for each in self.of(node.func):
            if each in (tuple, list, set, frozenset, sorted):
                found += told[0] if told else ()
            elif isinstance(each, FunctionType) and each.__module__ == self.around["__name__"]:
                found += self._handed(each, told, named)
        return _once(found)


def _names(target: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}


def _inside(found: Found) -> Found:
    """What may be met in going through something."""
    gone: list[Any] = []
    for each in found:
        if isinstance(each, Several):
            gone += each.inside
        elif isinstance(each, tuple | list | set | frozenset | Mapping):
            gone += each
    return _once(gone)


def _taken(owner: Any, key: Any) -> Iterator[Any]:
    with suppress(Exception):  # what has no such place has none
        yield owner[key]


def _once(found: Any) -> Found:
    """The same, each once; what cannot be compared stays."""
    kept: list[Any] = []
    for each in found:
        if not any(each is one or (isinstance(each, str | Sent | Several | tuple) and each == one) for one in kept):
            kept.append(each)
    return tuple(kept[:MOST])
