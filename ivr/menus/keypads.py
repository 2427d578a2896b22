"""The service as it is where nobody may log in by keys: with a carrier that would keep what is keyed.

Logins are not offered, and whatever else leads to one leads past it, to where its last try would.
"""

from __future__ import annotations

from dataclasses import replace

from ivr import definition
from ivr.menus import schema


def without_offers(file: schema.MenuFile) -> schema.MenuFile:
    """The file whose menus do not lead to logins; a menu that leads nowhere else stays as it is."""
    logins = {name for name, step in file.steps.items() if isinstance(step, schema.Authentication)}
    return file.model_copy(update={"steps": {name: _without(step, logins) for name, step in file.steps.items()}})


def _without(step: schema.Step, logins: set[str]) -> schema.Step:
    if not isinstance(step, schema.Menu):
        return step
    options = {key: option for key, option in step.options.items() if option.to not in logins}
    return step.model_copy(update={"options": options}) if options else step


def past_logins(flow: definition.Flow) -> definition.Flow:
    """The flow in which a login is a step that is passed."""
    return replace(flow, steps={name: _passed(step) for name, step in flow.steps.items()})


def _passed(step: definition.Step) -> definition.Step:
    if isinstance(step, definition.Authentication):
        return definition.Message(step.name, (), step.otherwise)
    return step
