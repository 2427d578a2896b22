"""Asterisk, SIPp and espeak-ng: the installed one where it will do, else an unpacked copy."""

import re
from dataclasses import dataclass
from pathlib import Path

from provision import packages, running, versions
from provision.apt import Wish
from provision.errors import ProvisionError
from provision.packages import OWN, UNSTABLE, Closure
from provision.running import Program

OLDEST_ASTERISK = "22.1"
"""Before it, MixMonitor cannot keep the two sides in step."""

_ASTERISK = "usr/sbin/asterisk"
_SIPP = "usr/bin/sipp"
_ESPEAK = "usr/bin/espeak-ng"
_SETTING = re.compile(r"^\s*(astmoddir|astdatadir)\s*=>?\s*([^;\s]+)", re.MULTILINE)
_MODULE_FOLDERS = ("lib/*-linux-gnu*/asterisk/modules", "lib/asterisk/modules", "lib64/asterisk/modules")
_DATA_FOLDERS = ("share/asterisk", "../var/lib/asterisk")


@dataclass(frozen=True, slots=True)
class Asterisk:
    """An Asterisk to start as `[*command, "-C", "asterisk.conf", "-f"]`.

    `modules` and `data` are for astmoddir and astdatadir in asterisk.conf.
    """

    command: tuple[str, ...]
    modules: Path
    data: Path
    version: str


def asterisk() -> Asterisk:
    """Return an Asterisk of version 22.1 or newer.

    Raises:
        ProvisionError: none can be had.
    """
    return running.installed("asterisk", vetted_asterisk) or _unpacked_asterisk()


def sipp() -> Program:
    """Return SIPp, built to play keys and streams.

    Raises:
        ProvisionError: none can be had.
    """
    return running.installed("sipp", vetted_sipp) or _unpacked_sipp()


def espeak_ng() -> Program:
    """Return espeak-ng with its voices.

    Raises:
        ProvisionError: none can be had.
    """
    return running.installed("espeak-ng", vetted_espeak) or _unpacked_espeak()


def vetted_asterisk(binary: Path) -> Asterisk:
    """Return an installed Asterisk; raise ProvisionError where it is too old or its modules are not found."""
    version = versions.find(running.answer([str(binary), "-V"]))
    if versions.numbers(version) < versions.numbers(OLDEST_ASTERISK):
        raise running.unfit(binary, f"version {version} is older than {OLDEST_ASTERISK}")
    folders = asterisk_folders(binary.resolve().parent.parent, Path("/etc/asterisk/asterisk.conf"))
    if folders is None:
        raise running.unfit(binary, "its modules are not where they are looked for")
    return Asterisk((str(binary),), *folders, version)


def vetted_sipp(binary: Path) -> Program:
    """Return an installed SIPp; raise ProvisionError where it cannot press keys."""
    said = running.answer([str(binary), "-v"])
    if "PCAP" not in said:
        raise running.unfit(binary, "it is built without PCAP, so it cannot press keys")
    return Program((str(binary),), versions.find(said))


def vetted_espeak(binary: Path) -> Program:
    """Return an installed espeak-ng; raise ProvisionError where it does not start."""
    return Program((str(binary),), versions.find(running.answer([str(binary), "--version"])))


def asterisk_folders(prefix: Path, configuration: Path) -> tuple[Path, Path] | None:
    """Find the module and data folders of an Asterisk installed under `prefix`; None when a folder is missing.

    What its asterisk.conf says comes first, then the places where distributions and `make install` put them.
    """
    try:
        said = dict(_SETTING.findall(configuration.read_text(errors="replace")))
    except OSError:
        said = {}
    modules = [Path(said["astmoddir"])] if "astmoddir" in said else []
    data = [Path(said["astdatadir"])] if "astdatadir" in said else []
    modules += [folder for pattern in _MODULE_FOLDERS for folder in prefix.glob(pattern)]
    data += [(prefix / folder).resolve() for folder in _DATA_FOLDERS]
    found_modules = next((folder for folder in modules if (folder / "chan_pjsip.so").is_file()), None)
    found_data = next((folder for folder in data if (folder / "documentation").is_dir()), None)
    return (found_modules, found_data) if found_modules and found_data else None


def _unpacked_asterisk() -> Asterisk:
    tree = packages.obtain(Closure("asterisk", Wish("asterisk"), UNSTABLE, _probe_asterisk))
    modules = next(tree.root.glob("usr/lib/*/asterisk/modules"))
    command = running.with_own_loader(tree.root, _ASTERISK)
    return Asterisk(command, modules, tree.root / "usr/share/asterisk", tree.version)


def _probe_asterisk(root: Path) -> str:
    version = versions.find(running.answer([*running.with_own_loader(root, _ASTERISK), "-V"]))
    if versions.numbers(version) < versions.numbers(OLDEST_ASTERISK):
        raise ProvisionError(
            f"the mirror offers Asterisk {version}, older than {OLDEST_ASTERISK}.",
            f"Use a mirror of Debian unstable that is up to date, or install Asterisk {OLDEST_ASTERISK}.",
        )
    return version


def _unpacked_sipp() -> Program:
    tree = packages.obtain(Closure("sipp", Wish("sip-tester"), OWN, _probe_sipp))
    return Program((str(tree.root / _SIPP),), tree.version, running.environment(tree.root))


def _probe_sipp(root: Path) -> str:
    return versions.find(running.answer([str(root / _SIPP), "-v"], running.environment(root)))


def _unpacked_espeak() -> Program:
    tree = packages.obtain(Closure("espeak-ng", Wish("espeak-ng"), OWN, _probe_espeak))
    return Program((str(tree.root / _ESPEAK),), tree.version, _espeak_environment(tree.root))


def _probe_espeak(root: Path) -> str:
    return versions.find(running.answer([str(root / _ESPEAK), "--version"], _espeak_environment(root)))


def _espeak_environment(root: Path) -> dict[str, str]:
    environment = running.environment(root)
    for voices in (*root.glob("usr/lib/*/espeak-ng-data"), *root.glob("usr/share/espeak-ng-data")):
        environment["ESPEAK_DATA_PATH"] = str(voices.parent)
    return environment
