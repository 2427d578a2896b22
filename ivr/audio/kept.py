"""What flows can say, kept in files: to find it out takes seconds, and a process that is started again has none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import structlog

import ivr
from ivr.audio.files import write_shared
from ivr.audio.saying import sequences_of
from ivr.definition import Flow
from ivr.exploration import Said
from ivr.prompts import Prompt
from routing import hours

log = structlog.get_logger()


def kept_sequences(folder: Path, flow: Flow) -> tuple[Said, ...]:
    """All that a flow can say (`sequences_of`), from a file of the folder, or found out and kept there."""
    path = folder / f"{key_of(flow)}.json"
    try:
        found = json.loads(path.read_text("utf-8"))
        return tuple(tuple(Prompt(*prompt) for prompt in said) for said in found)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError) as error:
        log.warning("what the menus say is found out anew", file=str(path), reason=str(error))
    sequences = sequences_of(flow)
    _keep(path, sequences)
    return sequences


def _keep(path: Path, sequences: tuple[Said, ...]) -> None:
    plain = [[(prompt.name, prompt.lang, prompt.text) for prompt in said] for said in sequences]
    text = json.dumps(plain, ensure_ascii=False).encode()
    try:
        write_shared(path, lambda raw: raw.write(text))
    except OSError as error:
        # Sound goes to the same disk, and tells of it.
        log.warning("what the menus say is not kept", file=str(path), reason=error.strerror)


def key_of(flow: Flow) -> str:
    """Of the flow, whatever version it says it is, and of the program: another one may say other things."""
    said = replace(flow, version="")
    return hashlib.sha256(f"{_program()} {said!r}".encode()).hexdigest()[:40]


@cache
def _program() -> str:
    digest = hashlib.sha256()
    for package in (Path(ivr.__file__), Path(hours.__file__)):
        for path in sorted(package.parent.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
