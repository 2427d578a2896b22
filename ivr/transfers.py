"""How consultants send callers on to another topic: by the keys by which callers choose it."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.definition import Flow, Menu, Transfer


def transfer_keys(flow: Flow) -> Mapping[str, str]:
    """The topic by its key; where menus differ, the first one in the file counts."""
    keys: dict[str, str] = {}
    for menu in flow.steps.values():
        if isinstance(menu, Menu):
            for key, option in menu.options.items():
                target = flow.steps.get(option.to)
                if isinstance(target, Transfer) and key.isdecimal():
                    keys.setdefault(key, target.topic)
    return keys
