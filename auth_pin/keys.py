"""The two secret keys that profiles depend on."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Keys:
    """`identifier` makes pseudonyms and hides identifiers; `pin` peppers PINs. 32 random bytes each."""

    identifier: bytes = field(repr=False)
    pin: bytes = field(repr=False)
