"""What callers may say instead of keys: the phrases of each menu, the question whether one was meant, and faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.definition import CONSULTANT_KEY
from ivr.menus import schema
from ivr.menus.document import Path
from ivr.menus.groups import Told
from ivr.phrases import normal
from ivr.prompts import Prompt
from ivr.sayings import ASSISTANT, CONFIRMATION, NO_KEY, YES_KEY, Speech

# An AGI command is one line, of which Asterisk takes some 2,000 bytes.
MOST_BYTES = 1500


def said_options(file: schema.MenuFile) -> Iterator[tuple[str, str, schema.Spoken, schema.Sayings]]:
    """Every option that can be said: its menu or assistant, its key, itself and its phrases."""
    for name, step in file.steps.items():
        if file.speech is not None:
            for key, option in spoken_options(step).items():
                if option.say is not None:
                    yield name, key, option, option.say


def spoken_options(step: schema.Step) -> Mapping[str, schema.Spoken]:
    """What can be chosen at a menu or an assistant, by its keys."""
    match step:
        case schema.Menu():
            return step.options
        case schema.Assistant():
            return {**step.subjects, CONSULTANT_KEY: step.consultant}
        case _:
            return {}


def path_of(file: schema.MenuFile, name: str, key: str) -> Path:
    """Where in the file an option of a menu or an assistant stands."""
    if isinstance(file.steps[name], schema.Menu):
        return ("steps", name, "options", key)
    return ("steps", name, "consultant") if key == CONSULTANT_KEY else ("steps", name, "subjects", key)


def meant_names(file: schema.MenuFile) -> Mapping[tuple[str, str], str]:
    """The prompt that asks whether an option was meant, by menu and key; options of one label share it."""
    first: dict[tuple[tuple[str, str], ...], str] = {}
    return {
        (name, key): first.setdefault(tuple(sorted(option.label.items())), f"meant-{name}-{_word(key)}")
        for name, key, option, _ in said_options(file)
    }


def _word(key: str) -> str:
    return {"*": "star", "#": "hash"}.get(key, key)


def prompts_of_sayings(file: schema.MenuFile) -> Iterator[Prompt]:
    """The questions, so that what is heard and what is done cannot differ."""
    if file.speech is None:
        return
    names = meant_names(file)
    for name, key, option, _ in said_options(file):
        for lang in file.languages:
            yield Prompt(names[name, key], lang, file.speech.meant[lang].format(label=option.label[lang]))


def speech_of(file: schema.MenuFile) -> Speech | None:
    """What the flow knows of it."""
    speech = file.speech
    if speech is None:
        return None
    grammars: dict[tuple[str, str], dict[str, str]] = {
        (CONFIRMATION, lang): {
            **{normal(phrase): YES_KEY for phrase in speech.accept[lang]},
            **{normal(phrase): NO_KEY for phrase in speech.refuse[lang]},
        }
        for lang in file.languages
    }
    for step in file.steps.values():
        if isinstance(step, schema.Assistant):
            for lang in file.languages:
                person = {normal(phrase): CONSULTANT_KEY for phrase in step.consultant.say[lang]}
                grammars[ASSISTANT, lang] = {**person, **grammars[CONFIRMATION, lang]}
    for name, key, _, sayings in said_options(file):
        for lang, phrases in sayings.items():
            grammar = grammars.setdefault((name, lang), {})
            grammar.update((normal(phrase), key) for phrase in phrases)
    for name, key, _, _ in said_options(file):
        for lang in file.languages:
            # The key's own number is a word for it, too, unless it is one for another.
            if (name, lang) in grammars:
                grammars[name, lang].setdefault(normal(file.phrases.keys[lang][key]), key)
    return Speech(speech.sure, speech.unsure, speech.unheard, speech.by_key, grammars)


def faults_of_sayings(file: schema.MenuFile) -> Iterator[Told]:
    """Everything that is wrong with what may be said but the prompts that are named."""
    speech = file.speech
    if speech is None:
        for name, step in file.steps.items():
            for key in [key for key, option in spoken_options(step).items() if option.say is not None]:
                yield (*path_of(file, name, key), "say"), "nobody listens: there is no speech:", "add it, or delete"
        return
    if speech.unsure > speech.sure:
        yield ("speech", "unsure"), "unsure is more than sure", "ask below what is acted on"
    for field, sayings in (("accept", speech.accept), ("refuse", speech.refuse)):
        for lang in file.languages:
            if lang not in sayings:
                yield ("speech", field), f"{field}: the {lang} words are missing", f'add "{lang}:" here'
        yield from _languages(file, ("speech", field), sayings)
    for lang in file.languages:
        both = set(map(normal, speech.accept.get(lang, ()))) & set(map(normal, speech.refuse.get(lang, ())))
        for phrase in sorted(both):
            yield ("speech", "refuse", lang), f'"{phrase}" is both yes and no', "let it mean one"
    yield from _faults_of_menus(file)


def _faults_of_menus(file: schema.MenuFile) -> Iterator[Told]:
    meant: dict[tuple[str, str, str], str] = {}
    lengths: dict[tuple[str, str], int] = {}
    names = set(meant_names(file).values())
    for section, taken in (("prompts", file.prompts.keys()), ("steps", file.steps.keys())):
        for clash in sorted(names & taken):
            yield (
                (section, clash),
                f'"{clash}" is the name of the question whether an option was meant',
                "choose another",
            )
    for name, key, option, sayings in said_options(file):
        at: Path = (*path_of(file, name, key), "say")
        if schema.language_of(option) is not None:
            yield at, "a key that changes the language cannot be said", "its words are of a language not spoken yet"
        yield from _languages(file, at, sayings)
        for lang in file.languages:
            if lang not in sayings:
                yield at, f"say: the {lang} words are missing", f'add "{lang}:" here'
        for lang, phrases in sayings.items():
            for index, phrase in enumerate(phrases):
                other = meant.setdefault((name, lang, normal(phrase)), key)
                if other != key:
                    yield (*at, lang, index), f'"{phrase}" means the key "{other}" already', "let it mean one"
                lengths[name, lang] = lengths.get((name, lang), 0) + len(phrase.encode()) + len('"",')
            if lengths[name, lang] > MOST_BYTES:
                yield (*at, lang), f'"{name}" has more {lang} words than can be listened for', "say fewer"


def _languages(file: schema.MenuFile, at: Path, sayings: schema.Sayings) -> Iterator[Told]:
    for lang in sayings:
        if lang not in file.languages:
            yield (*at, lang), f'"{lang}" is not among the languages', "add it to languages: too"
