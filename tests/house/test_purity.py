"""What the pure modules may not call, beyond what import rules can see: files, clocks, chance, other processes."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN_BUILTINS = {"open", "input", "print", "exec", "eval", "compile", "__import__", "breakpoint"}
CLOCK_READS = {"now", "utcnow", "today"}
CLOCK_TYPES = {"datetime", "date", "dt"}
ID_MAKERS = {"uuid1", "uuid4", "uuid6", "uuid7", "uuid8", "urandom", "token_bytes", "token_hex"}
OUR_ID_MAKERS = "retail_core.domain.ids"  # its uuid7 takes time and chance as arguments


def pure_files() -> list[Path]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (sources,) = (
        entry["source_modules"] for entry in config["tool"]["importlinter"]["contracts"] if entry["id"] == "pure"
    )
    files: list[Path] = []
    for module in sources:
        path = ROOT / module.replace(".", "/")
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    return files


def impurities(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    ours = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == OUR_ID_MAKERS
        for alias in node.names
    }
    ours |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield f"line {node.lineno}: global {', '.join(node.names)}"
        if isinstance(node, ast.Call) and (name := _impure_call(node.func, ours)):
            yield f"line {node.lineno}: {name}()"


def _impure_call(called: ast.expr, ours: set[str]) -> str | None:
    match called:
        case ast.Name(id=name) if name in (FORBIDDEN_BUILTINS | ID_MAKERS) - ours:
            return name
        case ast.Attribute(value=owner, attr=name) if name in CLOCK_READS and _last_name(owner) in CLOCK_TYPES:
            return f"{_last_name(owner)}.{name}"
        case ast.Attribute(value=owner, attr=name) if name in ID_MAKERS and _last_name(owner) in {
            "uuid",
            "os",
            "secrets",
        }:
            return f"{_last_name(owner)}.{name}"
        case _:
            return None


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_pure_modules_call_nothing_impure() -> None:
    files = pure_files()
    assert files
    found = [f"{file.relative_to(ROOT)} {what}" for file in files for what in impurities(file.read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "planted",
    [
        "open('x').read()",
        "def f():\n    print(1)",
        "import datetime\nx = datetime.datetime.now()",
        "from datetime import date\nx = [date.today() for _ in ()]",
        "from uuid import uuid4\nx = uuid4()",
        "import uuid\nclass A:\n    x = uuid.uuid1()",
        "n = 0\ndef f():\n    global n\n    n += 1",
        "__import__('time').time()",
    ],
)
def test_a_planted_impurity_is_seen(planted: str) -> None:
    assert list(impurities(planted))


def test_pure_code_passes() -> None:
    assert not list(impurities("def f(clock):\n    return clock.now_ms()\n\ndef g(store):\n    return store.open()\n"))
