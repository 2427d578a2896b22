"""Whether the audit is whole."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from audit import entries
from storage import chain
from storage.chain import Chain, Head


def verify(connection: Connection, known: Iterable[Head] = ()) -> Chain:
    """Check every entry from where the chain begins, and that the heads that are `known` are in it.

    Of what was taken out because its term was over only the last one's hash is left to check.
    """
    return chain.check(entries.everything(connection), entries.hash_of, known, entries.beginning(connection))
