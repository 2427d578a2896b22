"""Programs that the project needs from Debian: the installed ones, or an unpacked copy in the cache.

Nothing is installed system-wide and nobody need be root. Only the standard library is used, so that this runs
before anything else is there.
"""

from provision.database import PostgreSQL, Server, postgresql
from provision.errors import ProvisionError
from provision.hostname import own_name_fault
from provision.programs import Asterisk, asterisk, espeak_ng, sipp
from provision.running import Program

__all__ = [
    "Asterisk",
    "PostgreSQL",
    "Program",
    "ProvisionError",
    "Server",
    "asterisk",
    "espeak_ng",
    "own_name_fault",
    "postgresql",
    "sipp",
]
