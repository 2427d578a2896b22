"""Languages that menus offer: each in its own words, and never alone."""

from __future__ import annotations

from ivr.menus import schema
from ivr.menus.reporter import Reporter


def languages_are_offered(file: schema.MenuFile, report: Reporter) -> None:
    """What a menu that offers languages says on return, and what its offers are called."""
    for name, step in file.steps.items():
        if not isinstance(step, schema.Menu):
            continue
        languages = [option.language for option in step.options.values()]
        if None not in languages:
            message = f'"{name}" offers languages only: nothing would be heard of it on return'
            report.at_key(("steps", name, "options"), message, "add an option without language:")
        for offer in (schema.offer_name(name, lang) for lang in languages if lang is not None):
            for section, named in (("prompts", file.prompts), ("steps", file.steps)):
                if offer in named:
                    message = f'"{offer}" is the name of the offer of a language in "{name}"'
                    report.at_key((section, offer), message, "choose another name")
