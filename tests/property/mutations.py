"""Damage to menu files, as people and editors do it, and worse. Every mutation is a function of its random source."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Mutation = Callable[[Random, str], str]

VALUES = (
    "7",
    "-1",
    "1.5",
    "true",
    "null",
    "~",
    "[]",
    "{}",
    "[a, b]",
    "{a: b}",
    '""',
    "'",
    "2026-01-01",
    "0x1F",
    ".nan",
)
NUMBERS = ("9" * 400, "9" * 5000, "1e999", "-0", "0o777", "1_000_000", "18446744073709551616")
CHARACTERS = "\x00\x07\x1b\x85\xa0\u2028\u200f\ufeff\ufffe\U0001f600\u0301ż\r\t{}[]&*#!|>%@`\"'\\:,-?"
ESCAPES = (r"\ud800", r"\UFFFFFFFF", r"\U00110000", r"\0", r"\n", r"\x07", r"\u2028", r"\q")


def mutated(seed: int, text: str) -> bytes:
    """The text with one to three mutations and perhaps damaged bytes, always the same for a seed."""
    random = Random(seed)
    damaged = text
    for _ in range(random.randint(1, 3)):
        damaged = random.choice(MUTATIONS)(random, damaged)
    while damaged == text:  # some mutations find nothing to change on their line
        damaged = random.choice(MUTATIONS)(random, damaged)
    raw = damaged.encode("utf-8")
    return random_bytes(random, raw) if random.random() < 0.08 else raw


def random_bytes(random: Random, raw: bytes) -> bytes:
    """Some bytes replaced by any others."""
    damaged = bytearray(raw)
    for _ in range(random.randint(1, 5)):
        damaged[random.randrange(len(damaged))] = random.randrange(256)
    return bytes(damaged)


def _line(random: Random, lines: list[str]) -> int:
    """A line of some content: comments are too easy to damage."""
    full = [index for index, line in enumerate(lines) if line.strip() and not line.startswith("#")]
    return random.choice(full or [0])


def _on_lines(change: Callable[[Random, list[str], int], None]) -> Mutation:
    def mutation(random: Random, text: str) -> str:
        lines = text.split("\n")
        change(random, lines, _line(random, lines))
        return "\n".join(lines)

    return mutation


def _delete(_: Random, lines: list[str], at: int) -> None:
    del lines[at]


def _delete_block(random: Random, lines: list[str], at: int) -> None:
    del lines[at : at + random.randint(2, 30)]


def _duplicate(_: Random, lines: list[str], at: int) -> None:
    lines.insert(at, lines[at])


def _swap(random: Random, lines: list[str], at: int) -> None:
    other = _line(random, lines)
    lines[at], lines[other] = lines[other], lines[at]


def _indent(random: Random, lines: list[str], at: int) -> None:
    lines[at] = random.choice([" ", "  ", "\t", " " * 40]) + lines[at]


def _outdent(random: Random, lines: list[str], at: int) -> None:
    lines[at] = lines[at].removeprefix(" " * random.randint(1, 6))


def _join(_: Random, lines: list[str], at: int) -> None:
    lines[at : at + 2] = [" ".join(line.strip() for line in lines[at : at + 2])]


def _unquote(_: Random, lines: list[str], at: int) -> None:
    lines[at] = lines[at].replace('"', "")


def _anchor(random: Random, lines: list[str], at: int) -> None:
    lines[at] = lines[at].replace(": ", random.choice([": &a ", ": *a ", ": !!int ", ": !a ", ": << "]), 1)


def _value(random: Random, lines: list[str], at: int) -> None:
    lines[at] = re.sub(r": .*", lambda _: ": " + random.choice(VALUES), lines[at], count=1)


def _number(random: Random, lines: list[str], at: int) -> None:
    lines[at] = re.sub(r": .*", lambda _: ": " + random.choice(NUMBERS), lines[at], count=1)


def _escape(random: Random, lines: list[str], at: int) -> None:
    lines[at] = re.sub(r": .*", lambda _: f': "{random.choice(ESCAPES)}"', lines[at], count=1)


def _truncate(random: Random, text: str) -> str:
    return text[: random.randrange(len(text) + 1)]


def _character(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(CHARACTERS) + text[at + random.randint(0, 1) :]


def _name_for_name(random: Random, text: str) -> str:
    """Another name of the file in the place of one: often a working file that says something else."""
    names = list(re.finditer(r"(?<=[:\[] )[a-z][a-z-]+(?=[,\]}\n])|(?<=\[)[a-z-]+(?=\])", text))
    if not names:
        return text
    place, other = random.choice(names), random.choice(names)
    return text[: place.start()] + other[0] + text[place.end() :]


def _key_for_key(random: Random, text: str) -> str:
    keys = list(re.finditer(r'"[0-9*#]"(?=:)', text))
    if not keys:
        return text
    place = random.choice(keys)
    return f'{text[: place.start()]}"{random.choice("0123456789*#")}"{text[place.end() :]}'


MUTATIONS: tuple[Mutation, ...] = (
    *(_on_lines(change) for change in (_delete, _delete_block, _duplicate, _swap, _indent, _outdent, _join, _unquote)),
    *(_on_lines(change) for change in (_anchor, _value, _number, _escape)),
    _truncate,
    _character,
    _name_for_name,
    _name_for_name,
    _key_for_key,
)
