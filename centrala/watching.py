"""A menu file that is watched: a better one replaces the running one, a broken one never does."""

from __future__ import annotations

from pathlib import Path

import structlog

from centrala import context
from ivr.audio import AudioError, PromptStore
from ivr.library import Library
from ivr.menus.faults import MenuError
from ivr.menus.loading import load_menus

log = structlog.get_logger()

Stamp = tuple[int, int]


class MenuWatch:
    """Publishes the file whenever it has changed and is free of faults. The tables beside it are watched with it."""

    def __init__(self, path: Path, library: Library, store: PromptStore) -> None:
        self._path = path
        self._library = library
        self._store = store
        self._seen = self._stamps()

    def look(self) -> bool:
        """Look once; whether a new version was published."""
        stamps = self._stamps()
        if stamps == self._seen:
            return False
        self._seen = stamps
        try:
            loaded = load_menus(self._path)
            self._store.build(loaded.flow)
        except MenuError as error:
            faults = [fault.show(str(self._path)) for fault in error.faults if fault.severity == "error"]
            log.error("menus have faults and were not taken", kept=self._library.current.version, faults=faults)
            return False
        except AudioError as error:
            log.error("prompts cannot be rendered; menus were not taken", reason=str(error))
            return False
        if loaded.flow.version != self._library.current.version:
            self._library.publish(loaded, context.now())
            log.info("menus published", version=loaded.flow.version)
        return True

    def _stamps(self) -> dict[Path, Stamp]:
        return {path: stamp for path in self._watched() if (stamp := _stamp(path))}

    def _watched(self) -> list[Path]:
        return [self._path, *sorted(self._path.parent.glob("*.csv"))]


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
