"""A role of PostgreSQL's that a service works as: it uses every table, and can change nothing of what only grows.

Triggers refuse that, too, but who owns a table can take its triggers away. So the role that owns the tables migrates
them and runs what removes by terms, and the service is another. SQLite has no roles: who can write the file owns it.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, quoted_name, text

TABLES = "SELECT, INSERT, UPDATE, DELETE"


def grant(connection: Connection, role: str, *, growing: Collection[str], fixed: Collection[str]) -> None:
    """Let a role use all tables of today and of later; to `growing` ones it only adds, `fixed` ones it only reads.

    In the caller's transaction, as the tables' owner. Raises ProgrammingError for a role that is not there.
    """
    quote = connection.dialect.identifier_preparer.quote
    to, schema = quote(quoted_name(role, quote=True)), quote(_schema(connection))
    only_read, only_added = (", ".join(map(quote, sorted(names))) for names in (fixed, growing))
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {to}",
        f"GRANT {TABLES} ON ALL TABLES IN SCHEMA {schema} TO {to}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {to}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT {TABLES} ON TABLES TO {to}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE ON SEQUENCES TO {to}",
        f"REVOKE UPDATE, DELETE ON {only_added} FROM {to}",
        f"REVOKE INSERT, UPDATE, DELETE ON {only_read} FROM {to}",
    ):
        connection.execute(text(statement))


def owns(connection: Connection, role: str | None, table: str) -> bool:
    """Whether a role (None: the one that is connected) may do to a table what its owner may; a superuser may to all."""
    owner = "(SELECT relowner FROM pg_class WHERE oid = to_regclass(:table))"
    query = text(f"SELECT pg_has_role(coalesce(:role, current_user), {owner}, 'USAGE')")
    return bool(connection.execute(query, {"role": role, "table": table}).scalar())


def _schema(connection: Connection) -> str:
    return str(connection.execute(text("SELECT current_schema()")).scalar())
