"""How a login tells for how long no PIN is looked at: its words for each such wait, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ivr.menus import schema
from ivr.menus.document import Path
from ivr.menus.groups import Told
from ivr.menus.spoken_waits import up_to
from ivr.prompts import Prompt
from ivr.telling import DELAYS, delay_name

WAIT = "wait"
_FIELD = "{" + WAIT + "}"


def telling_delays(file: schema.MenuFile) -> Iterator[tuple[Path, str]]:
    """The prompts that tell such waits, and where a login names them."""
    for name, step in file.steps.items():
        if isinstance(step, schema.Authentication | schema.PinChange) and step.delayed is not None:
            yield ("steps", name, "delayed"), step.delayed


def prompts_of_delays(file: schema.MenuFile) -> Iterator[Prompt]:
    """One for each wait, with the words that waiting callers hear."""
    for prompt in dict.fromkeys(prompt for _, prompt in telling_delays(file)):
        for lang, text in file.prompts[prompt].items():
            phrases = file.phrases.waiting.get(lang)
            for minutes in DELAYS:
                words = {} if phrases is None else {WAIT: up_to(phrases, minutes)}
                yield Prompt(delay_name(prompt, minutes), lang, text.format(**words))


def faults_of_delays(file: schema.MenuFile) -> Iterator[Told]:
    """A wait that there are no words for, and names that are taken."""
    for path, prompt in telling_delays(file):
        texts = file.prompts.get(prompt, {})
        if not file.phrases.waiting and any(_FIELD in text for text in texts.values()):
            yield path, f'"{prompt}" tells a wait, and there are no words for waits', "add waiting: to phrases:"
        made = {delay_name(prompt, minutes) for minutes in DELAYS}
        for section, names in (("prompts", file.prompts.keys()), ("steps", file.steps.keys())):
            for clash in sorted(made & names):
                yield (section, clash), f'"{clash}" is the name of a wait that "{prompt}" tells', "choose another name"


def heard_elsewhere(file: schema.MenuFile, named: Iterable[tuple[Path, str]]) -> Iterator[Told]:
    """Where other parts of the file name such a prompt, of all places that name one: they know no wait."""
    waits = dict(telling_delays(file))
    for path, name in named:
        if name in waits.values() and path not in waits:
            yield path, f'"{name}" tells for how long no PIN is looked at', "name it under delayed: of a login alone"
