"""What `make check` runs: every rule of the house that a machine can keep. All of them run; any one fails the whole."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
CODE = ["app", "tenants", "themes", "admin", "migrations", "benchmarks"]


def _run(*command: str) -> list[str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [(done.stdout + done.stderr).strip()]


def _tool(name: str, *args: str) -> list[str]:
    return _run(str(BIN / name), *args)


def lint() -> list[str]:
    return _tool("ruff", "check", "--quiet", ".")


def shape() -> list[str]:
    return _tool("ruff", "format", "--check", "--quiet", ".")


def types() -> list[str]:
    return _tool("mypy", "--no-error-summary")


def tests_import() -> list[str]:
    """Types are not checked in tests, so that a name which moved is only missed when they are collected."""
    return [part[part.find("= ERRORS =") :] for part in _tool("python", "-m", "pytest", "--collect-only", "-qq")]


def architecture() -> list[str]:
    return _tool("lint-imports", "--no-cache")


def front_end() -> list[str]:
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = ["npm", "run", "--silent", "check"]
    done = subprocess.run(
        command, cwd=ROOT / "themes" / "base", env=environment, capture_output=True, text=True, check=False
    )
    return [] if done.returncode == 0 else [(done.stdout + done.stderr).strip()]


def security() -> list[str]:
    return _tool("bandit", "-q", "-r", *CODE, "-c", "pyproject.toml", "-lll")


def house_rules() -> list[str]:
    from tests.house import broken_rules

    return broken_rules(ROOT)


def translations() -> list[str]:
    from tests.house import broken_translations

    return broken_translations(ROOT)


def migrations() -> list[str]:
    from tests.house import broken_migrations

    return broken_migrations(ROOT)


CHECKS: list[Callable[[], list[str]]] = [
    lint,
    shape,
    types,
    front_end,
    tests_import,
    architecture,
    security,
    house_rules,
    translations,
    migrations,
]


def main() -> int:
    failed = 0
    for check in CHECKS:
        started = time.monotonic()
        problems = check()
        took = time.monotonic() - started
        print(f"{'ok  ' if not problems else 'FAIL'} {check.__name__:14} {took:5.1f} s", flush=True)
        for problem in problems:
            print(problem)
        failed += bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
