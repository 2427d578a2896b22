"""The project's modules as they stand in the tree: what each imports and how long it is."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGES = (
    *("audit", "auth_pin", "bench", "centrala", "demo", "ivr"),
    *("personal_data", "provision", "recordings", "routing", "speech", "storage", "subjects"),
)

PROGRAMS = ("retention_job",)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A module by its dotted name; a package is named like its folder."""

    name: str
    path: Path
    tree: ast.Module
    lines: int

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name of everything imported, wherever it stands in the file."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Import(names=names):
                    yield from ((node.lineno, alias.name) for alias in names)
                case ast.ImportFrom(module=str(module), names=names, level=0):
                    yield from ((node.lineno, _imported(module, alias.name)) for alias in names)
                case ast.ImportFrom():
                    yield node.lineno, "a relative import"

    def functions(self) -> Iterator[Function]:
        """Every function and method."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


def _imported(module: str, name: str) -> str:
    """`from package import module` imports the module, `from module import name` only what is in it."""
    path = ROOT.joinpath(*module.split("."), name)
    return f"{module}.{name}" if path.is_dir() or path.with_suffix(".py").is_file() else module


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the project, tests aside."""
    programs = [ROOT / f"{name}.py" for name in PROGRAMS]
    packaged = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return tuple(_module(path) for path in (*programs, *packaged))


def _module(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    source = path.read_text("utf-8")
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, path, ast.parse(source), source.count("\n"))


def library(name: str) -> str | None:
    """The library that an import needs, or None for the standard library and the project itself."""
    top = name.split(".")[0]
    return None if top in sys.stdlib_module_names or is_ours(top) else top


def is_ours(name: str) -> bool:
    """Whether the name is of the project."""
    return name.split(".")[0] in (*PACKAGES, *PROGRAMS)
