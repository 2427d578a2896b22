"""Programs that the project needs from Debian: the installed ones, or an unpacked copy in the cache."""
