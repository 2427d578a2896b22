"""A menu file that is watched: a better one replaces the running one, a broken one never does."""

from __future__ import annotations

from pathlib import Path

import structlog

from centrala import context
from ivr.audio import AudioError, PromptStore
from ivr.definition import Flow
from ivr.library import Library
from ivr.menus.faults import MenuError
from ivr.menus.loading import Loaded, load_menus
from ivr.surroundings import Variant, as_it_is
from routing.asterisk import rendered

log = structlog.get_logger()

# Of a file: when it was changed, and its size. None where it cannot be read.
Stamp = tuple[int, int] | None


class MenuWatch:
    """Publishes a menu file whenever it, or a table that it names, has changed for the better.

    Menus that lead to a queue which Asterisk has not been given (`asterisk` is its run folder) wait until it has. Some
    callers meet a `variant` of the service, which has prompts of its own.
    """

    def __init__(
        self,
        path: Path,
        library: Library,
        store: PromptStore,
        asterisk: Path,
        pin_digits: int | None = None,
        variant: Variant = as_it_is,
    ) -> None:
        self._path = path
        self._pin_digits = pin_digits
        self._variant = variant
        self._library = library
        self._store = store
        self._asterisk = asterisk
        self._tables: tuple[str, ...] = ()
        self._refused: dict[Path, Stamp] = {}
        self._taken: dict[Path, Stamp] = {}

    def open(self) -> Loaded:
        """Load, render and publish the file that the service begins with. Raises MenuError and AudioError."""
        stamps = self._stamps()
        loaded = load_menus(self._path, self._pin_digits)
        self._build(loaded.flow)
        self._publish(loaded, stamps)
        return loaded

    def look(self) -> bool:
        """Look once; whether a new version was published. What is refused for a passing reason is tried again."""
        stamps = self._stamps()
        if stamps in (self._taken, self._refused):
            return False
        try:
            loaded = load_menus(self._path, self._pin_digits)
            if unknown := rendered.unknown_queues(self._asterisk, _needed(loaded.flow)):
                self._refuse(stamps, "Asterisk lacks these queues: run centrala asterisk render", queues=unknown)
                return False
            self._build(loaded.flow)
        except MenuError as error:
            faults = [fault.show(str(self._path)) for fault in error.faults if fault.severity == "error"]
            self._refuse(stamps, "the menus have faults", faults=faults)
            return False
        except AudioError as error:
            log.error("prompts cannot be rendered; the menus are tried again", reason=str(error))
            return False
        is_new = loaded.flow.version != self._library.current.version
        self._publish(loaded, stamps)
        if is_new:
            log.info("menus published", version=loaded.flow.version)
        return is_new

    def _build(self, flow: Flow) -> None:
        """Make what is said; also to callers who meet another variant of the service."""
        if (other := self._variant(flow)) is not flow:
            self._store.build(other)
        self._store.build(flow)

    def _publish(self, loaded: Loaded, stamps: dict[Path, Stamp]) -> None:
        self._library.publish(loaded, context.now())
        self._tables = tuple(loaded.source.tables)
        # A table that is named for the first time has not been stamped yet.
        self._taken = {path: stamps.get(path, _stamp(path)) for path in self._watched()}

    def _refuse(self, stamps: dict[Path, Stamp], reason: str, **details: object) -> None:
        log.error("menus were not taken", reason=reason, kept=self._library.current.version, **details)
        self._refused = stamps

    def _stamps(self) -> dict[Path, Stamp]:
        return {path: _stamp(path) for path in self._watched()}

    def _watched(self) -> list[Path]:
        tables = (self._path.parent / table for table in self._tables)
        return [self._path, *tables, self._asterisk / rendered.FILE]


def _needed(flow: Flow) -> tuple[str, ...]:
    return (*flow.queues, *((rendered.CALLBACKS,) if flow.callbacks else ()))


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
