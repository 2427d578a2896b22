"""What callers expect of a menu: keys in order, and few of them."""

from __future__ import annotations

from ivr.menus import schema
from ivr.menus.fields import KEYS
from ivr.menus.reporter import Reporter

MOST_OPTIONS = 9


def keys_in_order(file: schema.MenuFile, report: Reporter) -> None:
    """Callers find a key faster where keys ascend, and remember few."""
    for name, step in file.steps.items():
        if not isinstance(step, schema.Menu | schema.Offices):
            continue
        keys = list(step.options)
        if keys != sorted(keys, key=KEYS.index):
            wanted = " ".join(sorted(keys, key=KEYS.index))
            report.warn(("steps", name, "options"), f'the keys of "{name}" are out of order', f"say {wanted}")
        if len([key for key in keys if key.isdigit()]) > MOST_OPTIONS:
            report.warn(("steps", name, "options"), f'"{name}" has more than {MOST_OPTIONS} options', "split it")
