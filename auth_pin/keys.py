"""The secret keys that profiles depend on."""

from __future__ import annotations

from dataclasses import dataclass, field

from auth_pin.pin_seal import PinSeal


@dataclass(frozen=True, slots=True)
class Keys:
    """32 random bytes each: `identifier` makes pseudonyms and hides identifiers, `pin` peppers PINs; and their seal."""

    identifier: bytes = field(repr=False)
    pin: bytes = field(repr=False)
    seal: PinSeal = field(repr=False)
