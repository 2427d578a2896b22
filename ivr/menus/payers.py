"""Whom a call is about: how the question of a login is put into words, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr import definition
from ivr.definition import CONSULTANT_KEY, OWN_KEY, PAYER_KEYS, REPEAT_KEY
from ivr.menus import schema
from ivr.menus.document import Path
from ivr.menus.groups import Told
from ivr.menus.phrases import Phrases
from ivr.menus.wording import options_text
from ivr.prompts import Prompt

PROMPT_FIELDS = ("ask", "payer", "number", "refused", "chosen", "unchosen")
KEYS = (OWN_KEY, *PAYER_KEYS, CONSULTANT_KEY, REPEAT_KEY)


def asking_whom(file: schema.MenuFile) -> Iterator[tuple[str, Path, schema.Payers]]:
    """The logins that ask whom the call is about: the step, the place and the part of the file that says how."""
    for name, step in file.steps.items():
        if isinstance(step, schema.Authentication) and step.payers is not None:
            yield name, ("steps", name, "payers"), step.payers


def payers_of(name: str, payers: schema.Payers | None) -> definition.Payers | None:
    """The question as the flow asks it."""
    if payers is None:
        return None
    named = {field: getattr(payers, field) for field in PROMPT_FIELDS}
    own, others = _own(name), _others(name)
    keys = tuple(_of_key(name, key) for key in PAYER_KEYS)
    return definition.Payers(**named, own=own, keys=keys, others=others, consultant=payers.consultant.to)


def prompts_of_payers(file: schema.MenuFile) -> Iterator[Prompt]:
    """What is composed from labels and keys, so that what is heard and what a key does cannot differ."""
    for name, _, payers in asking_whom(file):
        for lang in file.languages:
            others = {CONSULTANT_KEY: payers.consultant.label, REPEAT_KEY: payers.repeat}
            yield Prompt(_own(name), lang, options_text(file.phrases, {OWN_KEY: payers.own}, lang))
            yield Prompt(_others(name), lang, options_text(file.phrases, others, lang))
            for key, words in _words_of_keys(file.phrases, lang).items():
                yield Prompt(_of_key(name, key), lang, payers.key[lang].format(key=words))


def labels_of_payers(file: schema.MenuFile) -> Iterator[tuple[Path, dict[str, str]]]:
    """Texts that are there in every language."""
    for _, at, payers in asking_whom(file):
        yield (*at, "own"), payers.own
        yield (*at, "key"), payers.key
        yield (*at, "consultant", "label"), payers.consultant.label
        yield (*at, "repeat"), payers.repeat


def prompts_named_by_payers(file: schema.MenuFile) -> Iterator[tuple[Path, str]]:
    """The prompts that are named there, and where."""
    for _, at, payers in asking_whom(file):
        yield from (((*at, field), getattr(payers, field)) for field in PROMPT_FIELDS)


def faults_of_payers(file: schema.MenuFile) -> Iterator[Told]:
    """Everything that is wrong with the question but the names, texts and targets in it."""
    for name, _, _ in asking_whom(file):
        made = {_own(name), _others(name), *(_of_key(name, key) for key in PAYER_KEYS)}
        for section, names in (("prompts", file.prompts.keys()), ("steps", file.steps.keys())):
            for clash in sorted(made & names):
                message = f'"{clash}" is the name of a part of the question in "{name}"'
                yield (section, clash), message, "choose another name"


def _words_of_keys(phrases: Phrases, lang: str) -> Mapping[str, str]:
    return {key: phrases.keys[lang][key] for key in PAYER_KEYS}


def _own(name: str) -> str:
    return f"{name}-own"


def _others(name: str) -> str:
    return f"{name}-others"


def _of_key(name: str, key: str) -> str:
    return f"{name}-key-{key}"
