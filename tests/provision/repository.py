"""A package repository in a folder, with real packages of a few hundred bytes, for a real apt to read."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from provision import checksums, running, versions
from provision.apt import Apt, Wish
from provision.packages import Closure, Source

GREETER = "usr/bin/greeter"


@dataclass(frozen=True, slots=True)
class Repository:
    """Packages and their index; `trust` is what a sources.list says about it in brackets."""

    folder: Path
    trust: str = "[trusted=yes]"

    def sources(self) -> str:
        """Return the sources.list that names this repository."""
        return f"deb {self.trust} copy:{self.folder} ./\n"

    def add(self, name: str, version: str, files: dict[str, str], depends: str = "") -> Path:
        """Build a package of executable files and index the repository anew."""
        package = _build(self.folder, name, version, files, depends)
        stanzas = [_stanza(path) for path in sorted(self.folder.glob("*.deb"))]
        (self.folder / "Packages").write_text("\n".join(stanzas))
        return package

    def closure(self) -> Closure:
        """Return the wish for the program greeter, to be fetched from here."""
        source = Source(
            "a repository in a folder", lambda cache: Apt(cache / "apt" / "test", self.sources()), with_c_library=True
        )
        return Closure("greeter", Wish("greeter"), source, greeting)


def with_greeter(folder: Path, version: str = "1.2.3", words: str = "echo greeter $VERSION") -> Repository:
    """Make a repository of a program and the library that it depends on, which holds the program's words."""
    folder.mkdir(parents=True)
    repository = Repository(folder)
    repository.add("libgreeter", version, {"usr/lib/greeter/words": words + "\n"})
    script = f'#!/bin/sh\nVERSION={version}\n. "$(dirname "$0")/../lib/greeter/words"\n'
    repository.add("greeter", version, {GREETER: script}, depends=f"libgreeter (= {version})")
    return repository


def greeting(root: Path) -> str:
    """Run the unpacked greeter and return the version that it prints."""
    return versions.find(running.answer([str(root / GREETER), "--version"]))


def _build(folder: Path, name: str, version: str, files: dict[str, str], depends: str) -> Path:
    content = folder / "building" / f"{name}_{version}"
    for path, text in files.items():
        (content / path).parent.mkdir(parents=True, exist_ok=True)
        (content / path).write_text(text)
        (content / path).chmod(0o755)
    control = content / "DEBIAN" / "control"
    control.parent.mkdir(mode=0o755)
    control.write_text(_control(name, version, depends))
    package = folder / f"{name}_{version}_all.deb"
    command = ["dpkg-deb", "--root-owner-group", "--build", str(content), str(package)]
    subprocess.run(command, check=True, capture_output=True)
    return package


def _control(name: str, version: str, depends: str) -> str:
    lines = [f"Package: {name}", f"Version: {version}", "Architecture: all", "Maintainer: Nobody <nobody@example>"]
    return "\n".join([*lines, *([f"Depends: {depends}"] if depends else []), "Description: a test", ""])


def _stanza(package: Path) -> str:
    control = subprocess.run(["dpkg-deb", "--field", str(package)], check=True, capture_output=True, text=True).stdout
    facts = f"Filename: ./{package.name}\nSize: {package.stat().st_size}\nSHA256: {checksums.of(package)}\n"
    return control + facts
