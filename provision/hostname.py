"""The check for a host name that nothing on this machine resolves.

Asterisk looks its own host name up at each call. Where the name is not in /etc/hosts, the question goes to
DNS servers, and every call waits for an answer that nobody has.
"""

import socket
from pathlib import Path

HOSTS = Path("/etc/hosts")


def own_name_fault() -> str | None:
    """Return a warning for people, with its remedy, when this machine's own name is not in /etc/hosts."""
    return fault(socket.gethostname(), _hosts())


def fault(name: str, hosts: str) -> str | None:
    """Return the warning for a machine of this name whose hosts(5) file has this text."""
    if is_listed(name, hosts):
        return None
    return (
        f"this machine's own name, {name}, is not in {HOSTS}: every call will wait for DNS. Add it as root:"
        f" echo '127.0.1.1 {name}' >> {HOSTS}"
    )


def is_listed(name: str, hosts: str) -> bool:
    """Say whether a host name stands in the text of a hosts(5) file; names know no upper and lower case."""
    lines = (line.partition("#")[0].split() for line in hosts.splitlines())
    return name.lower() in {word.lower() for words in lines for word in words[1:]}


def _hosts() -> str:
    try:
        return HOSTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
