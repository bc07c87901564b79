"""What the product defines in public and never refers to: only tests would keep such a thing alive."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

PRODUCT = ("app", "tenants", "themes", "admin", "migrations", "benchmarks")
LOOKED_AT = ("app", "tenants", "themes", "admin")
TEMPLATES = {".html", ".txt", ".xml", ".typ", ".svg", ".jinja"}
PLAIN = {
    "property",
    "cached_property",
    "staticmethod",
    "classmethod",
    "contextmanager",
    "cache",
    "lru_cache",
    "dataclass",
}
"""Decorators that hand nothing on; by any other one a function is entered somewhere, and found from there."""

_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_NAMING = ast.Name | ast.Attribute | ast.Constant | ast.Import | ast.ImportFrom
_LATE = re.compile(r"[\w.]+:\w+")
"""A place that is imported late."""

OWN_BASES = {"object", "NamedTuple", "Protocol", "Generic", "Struct", "LabelModel", "SharedModel"}
KEPT = {
    "app.catalog.rules.validation.validate_parties": "the rules of parties; what people type is refused by the same codes",
    "app.kernel.db.dialect.LabelDialect": "SQLAlchemy finds it by its name",
    "app.kernel.media.sandbox.Sandbox.pids": "tests end its children",
    "app.storefront.gateways.sandbox.decide": "the banks behind the sandbox, which tests play",
    "app.storefront.gateways.sandbox.dispute": "the banks behind the sandbox, which tests play",
    "app.ledger.service.posting.convert": "the books hold many currencies, and nothing has to move between two yet",
}
"""What nothing refers to, and why it stays."""


class _Module(NamedTuple):
    tree: ast.Module
    nodes: list[tuple[ast.stmt, list[ast.AST]]]
    """What may name something, by the statement that it stands in: the tree is walked once."""
    bound: dict[str, set[str]]
    """What each imported name may stand for, wherever in the file it is imported."""


class _Defined(NamedTuple):
    name: str
    """With its module before it."""
    place: str
    is_member: bool = False


def unused(root: Path) -> list[str]:
    """A sentence for each public function, class and method that nothing in the product names."""
    modules = dict(_modules(root))
    said = {each for name, module in modules.items() for each in _referred(name, module)}
    whole = {home for name in said for home in _homes(name, modules)}
    words = _words(root)
    spoken = words.union(*(_attributes(module) for module in modules.values()))
    defined = [each for name, module in modules.items() for each in _defined(name, module)]
    lost = {each.name: each for each in defined if not _is_named(each, whole, spoken, words)}
    problems = [
        f"{each.place}: nothing in the product refers to {name}" for name, each in lost.items() if name not in KEPT
    ]
    return problems + [f"tests/unused.py: {name} is referred to, or gone" for name in KEPT if name not in lost]


def _modules(root: Path) -> Iterator[tuple[str, _Module]]:
    for folder in PRODUCT:
        for path in sorted((root / folder).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            if "node_modules" in parts:
                continue  # other people's
            tree = ast.parse(path.read_text())
            nodes = [(top, [node for node in ast.walk(top) if isinstance(node, _NAMING)]) for top in tree.body]
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), _Module(tree, nodes, _bound(nodes))


def _attributes(module: _Module) -> set[str]:
    """What is asked of objects, and every text: some are asked for by it."""
    nodes = [node for _, found in module.nodes for node in found]
    asked = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return asked | {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _bound(nodes: list[tuple[ast.stmt, list[ast.AST]]]) -> dict[str, set[str]]:
    bound: dict[str, set[str]] = defaultdict(set)
    for node in (node for _, found in nodes for node in found):
        if isinstance(node, ast.ImportFrom):
            for each in node.names:
                bound[each.asname or each.name].add(f"{node.module}.{each.name}")
        elif isinstance(node, ast.Import):
            for each in node.names:
                first = each.name.partition(".")[0]
                bound[each.asname or first].add(each.name if each.asname else first)
    return bound


def _words(root: Path) -> set[str]:
    """What templates ask of what they are given: of objects, and of modules."""
    paths = [path for folder in PRODUCT for path in (root / folder).rglob("*") if path.suffix in TEMPLATES]
    texts = [path.read_text() for path in paths if "node_modules" not in path.parts]
    return {word for text in texts for word in re.findall(r"\.(\w+)", text)}


def _homes(name: str, modules: Mapping[str, _Module]) -> set[str]:
    """Where what is called so is defined, through the packages that hand it on."""
    module, _, last = name.rpartition(".")
    if module in modules and (further := modules[module].bound.get(last, set()) - {name}):
        return set().union(*(_homes(each, modules) for each in further))
    return {name}


def _referred(name: str, module: _Module) -> Iterator[str]:
    """What a module names, as it means it; a definition does not name itself, nor does a list of what is handed on."""
    for top, nodes in module.nodes:
        itself = f"{name}.{top.name}" if isinstance(top, _DEFINITIONS) else ""
        if isinstance(top, ast.Assign) and ast.unparse(top.targets[0]) == "__all__":
            continue
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _LATE.fullmatch(node.value):
                yield node.value.replace(":", ".")
            if chain := _chain(node):
                for begins in module.bound.get(chain[0], {f"{name}.{chain[0]}"}):
                    if (said := ".".join((begins, *chain[1:]))) != itself:
                        yield said


def _chain(node: ast.AST) -> tuple[str, ...]:
    """The parts of `a.b.c`; of anything else none."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute) and (before := _chain(node.value)):
        return (*before, node.attr)
    return ()


def _defined(name: str, module: _Module) -> Iterator[_Defined]:
    if not name.startswith(LOOKED_AT):
        return
    for node in module.tree.body:
        if isinstance(node, _DEFINITIONS) and _is_plain(node):
            if isinstance(node, ast.ClassDef):
                yield from _members(name, module, node)
                if any(ast.unparse(each).startswith("__tablename__") for each in node.body):
                    continue  # a table is there for the database
            yield _Defined(f"{name}.{node.name}", f"{name}:{node.lineno}")


def _members(name: str, module: _Module, of: ast.ClassDef) -> Iterator[_Defined]:
    """The methods of a class that no one else's machinery calls."""
    bases = [ast.unparse(base).partition("[")[0] for base in of.bases]
    if not all(base.rpartition(".")[2] in OWN_BASES or _is_ours(name, module, base) for base in bases):
        return
    for node in of.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_plain(node):
            yield _Defined(f"{name}.{of.name}.{node.name}", f"{name}:{node.lineno}", is_member=True)


def _is_ours(name: str, module: _Module, base: str) -> bool:
    homes = module.bound.get(base.partition(".")[0], {name})
    return all(home.startswith(LOOKED_AT) for home in homes)


def _is_plain(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Public, and entered nowhere by a decorator."""
    by = {ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in node.decorator_list}
    return not node.name.startswith("_") and by <= PLAIN


def _is_named(each: _Defined, whole: set[str], spoken: set[str], words: set[str]) -> bool:
    last = each.name.rpartition(".")[2]
    return last in spoken if each.is_member else each.name in whole or last in words
