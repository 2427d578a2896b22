"""Virtual assistants: how their question is put together, and what can be wrong with one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr import definition
from ivr.definition import CONSULTANT_KEY
from ivr.menus import schema
from ivr.menus.document import Path
from ivr.menus.groups import Told
from ivr.menus.sayings import path_of, spoken_options
from ivr.menus.wording import options_text
from ivr.prompts import Prompt

SUBJECT_KEYS = "123456789"


def assistants(file: schema.MenuFile) -> Iterator[tuple[str, schema.Assistant]]:
    """The steps of that type, by name; a file without faults has one at most."""
    for name, step in file.steps.items():
        if isinstance(step, schema.Assistant):
            yield name, step


def assistant_of(
    file: schema.MenuFile, name: str, step: schema.Assistant, meant: Mapping[tuple[str, str], str]
) -> definition.Assistant:
    """The assistant as the flow knows it; `meant` are the questions whether an option was meant."""
    question = definition.Menu(
        name=name,
        play=(step.ask,),
        again=(step.ask_again or step.ask,),
        offers=(),
        options={
            key: definition.Option(option.to, None, meant.get((name, key)))
            for key, option in spoken_options(step).items()
        },
        no_input=step.no_input or file.gathering.no_input,
        no_match=file.gathering.no_match,
        exhausted=step.by_key,
    )
    return definition.Assistant(name, step.wording, step.notice, step.consent, step.declined, step.by_key, question)


def prompts_of_assistants(file: schema.MenuFile) -> Iterator[Prompt]:
    """The key of a person, behind the question: what is heard and what it does cannot differ."""
    for name, step in assistants(file):
        for lang in file.languages:
            person = {CONSULTANT_KEY: step.consultant.label}
            yield Prompt(name, lang, options_text(file.phrases, person, lang))


def labels_of_assistants(file: schema.MenuFile) -> Iterator[tuple[Path, dict[str, str]]]:
    """Texts that are there in every language."""
    for name, step in assistants(file):
        for key, option in spoken_options(step).items():
            yield (*path_of(file, name, key), "label"), option.label


def keys_of_assistants(file: schema.MenuFile) -> frozenset[str]:
    """The keys that need words."""
    return frozenset(key for _, step in assistants(file) for key in spoken_options(step))


def faults_of_assistants(file: schema.MenuFile) -> Iterator[Told]:
    """Everything that is wrong with an assistant but the names, texts and targets in it, and what can be said."""
    for number, (name, step) in enumerate(assistants(file)):
        at: Path = ("steps", name)
        if number:
            yield (*at, "type"), "there is an assistant already", "a caller consents to one: lead there, or delete this"
        for key in step.subjects:
            if key not in SUBJECT_KEYS:
                yield (*at, "subjects", key), f'"{key}" is no key of a subject', "take one of 1 to 9"
        if name in file.prompts:
            yield ("prompts", name), f'"{name}" is the name of an assistant', "choose another name for the prompt"
