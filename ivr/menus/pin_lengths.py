"""PINs have as many digits in the menus as in the settings, by which they are given out."""

from __future__ import annotations

from ivr.menus import schema
from ivr.menus.document import Document
from ivr.menus.faults import Fault


def faults_of_pins(file: schema.MenuFile, document: Document, pin_digits: int) -> list[Fault]:
    """The logins, and changes of PINs, that ask for another number of digits."""
    hint = "say the same in both, in the prompts as well; PINs that were given out keep their digits"
    return [
        Fault(
            *document.value_mark(("steps", name, "pin_digits")),
            f"a PIN of {step.pin_digits} digits, but the settings say authentication: pin_digits: {pin_digits}",
            hint,
        )
        for name, step in file.steps.items()
        if isinstance(step, schema.Authentication | schema.PinChange) and step.pin_digits != pin_digits
    ]
