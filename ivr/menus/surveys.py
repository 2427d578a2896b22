"""Surveys: questions with names of their own, and answers that mean something."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.menus import schema
from ivr.menus.document import Path
from ivr.menus.groups import Told


def faults_of_surveys(file: schema.MenuFile) -> Iterator[Told]:
    """Everything that is wrong with the surveys but the names that they use."""
    for at, number, question, others in _questions(file):
        if question.name in (other.name for other in others[:number]):
            yield (*at, "name"), f'the question "{question.name}" stands here a second time', "choose another name"
        for field in ("keys", "satisfied"):
            keys = getattr(question, field)
            for index, key in enumerate(keys):
                if key in keys[:index]:
                    yield (*at, field, index), f'the key "{key}" stands here a second time', "delete it"
        for index, key in enumerate(question.satisfied):
            if key not in question.keys:
                yield (*at, "satisfied", index), f'"{key}" is not among the keys', f"known: {', '.join(question.keys)}"
        if set(question.keys) <= set(question.satisfied):
            yield (*at, "satisfied"), "every answer means satisfied: nothing would be learnt", "leave keys out"


def asking(file: schema.MenuFile) -> Iterator[tuple[Path, str]]:
    """The prompts that ask questions, and where they are named."""
    for at, _, question, _ in _questions(file):
        yield (*at, "ask"), question.ask


def _questions(file: schema.MenuFile) -> Iterator[tuple[Path, int, schema.Question, list[schema.Question]]]:
    for name, step in file.steps.items():
        if isinstance(step, schema.Survey):
            for number, question in enumerate(step.questions):
                yield ("steps", name, "questions", number), number, question, step.questions
