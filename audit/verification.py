"""Whether the audit is whole."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from audit import entries, heads
from storage import chain
from storage.chain import Chain, Head


def verify(connection: Connection, known: Iterable[Head] = ()) -> Chain:
    """Check every entry from where the chain begins, and that what was its head is in it: each night, and as `known`.

    Of what was taken out because its term was over only the last one's hash is left to check.
    """
    known = (*heads.known(connection), *known)
    return chain.check(entries.everything(connection), entries.hash_of, known, entries.beginning(connection))
