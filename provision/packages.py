"""Getting a program's packages: resolved, checked against the pinned checksums, kept, unpacked, repaired."""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from provision import cache, checksums, keyring, mirror, tree
from provision.apt import Apt, Offer, Wish
from provision.errors import ProvisionError
from provision.progress import Bar, step

PINNED = Path(__file__).with_name("packages.lock")

_SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Source:
    """Where packages come from: `name` is for people, `apt` makes the apt that reads it, given the cache folder.

    A program of the machine's own release runs with the machine's loader, which works with the machine's own C
    library only; one of a newer release brings loader and library along (`with_c_library`).
    """

    name: str
    apt: Callable[[Path], Apt]
    with_c_library: bool


@dataclass(frozen=True, slots=True)
class Closure:
    """A program, the package that holds it, and where that is taken from.

    `probe` runs the program unpacked under the folder it is given and returns its version.
    """

    name: str
    wish: Wish
    source: Source
    probe: Callable[[Path], str]


def _own(folder: Path) -> Apt:
    return Apt(folder / "apt" / "own")


def _unstable(folder: Path) -> Apt:
    address = mirror.address()
    keys = keyring.path(_own(folder), folder / "keyring")
    return Apt(folder / "apt" / "unstable", f'deb [signed-by="{keys}"] {address} sid main\n')


OWN = Source("this machine's own release", _own, with_c_library=False)
UNSTABLE = Source("Debian unstable", _unstable, with_c_library=True)


def obtain(closure: Closure) -> tree.Tree:
    """Return a program's unpacked packages, fetched first if need be.

    Raises:
        ProvisionError: they cannot be had.
    """
    folder = cache.folder()
    home = folder / closure.name
    look = partial(tree.intact, home / "root", _origin(closure.source))
    try:
        return look() or _obtain_alone(closure, folder, home, look)
    except OSError as error:
        raise cache.unusable(folder, error) from error


def kept(folder: Path) -> list[Path]:
    """Return the lists of checksums of everything downloaded into a cache folder."""
    return sorted(folder.glob(f"*/packages/{_SUMS}"))


def _obtain_alone(closure: Closure, folder: Path, home: Path, look: Callable[[], tree.Tree | None]) -> tree.Tree:
    with cache.alone(folder):
        return look() or _rebuild(closure, folder, home)


def _rebuild(closure: Closure, folder: Path, home: Path) -> tree.Tree:
    archives = home / "packages"
    origin = _origin(closure.source)
    if not _usable(archives, origin):
        _fetch(closure, folder, archives)
        (archives / "origin").write_text(origin)
    return _unpack(closure, home, archives)


def _usable(archives: Path, origin: str) -> bool:
    """Say whether the kept packages can be unpacked; damaged ones are deleted, to be fetched again."""
    expected = checksums.read(archives / _SUMS)
    if not expected or _text(archives / "origin") != origin:
        return False
    broken = checksums.damaged(archives, expected)
    for name in broken:
        step(f"{name} in the cache is damaged, it is fetched again")
        (archives / name).unlink(missing_ok=True)
    return not broken


def _fetch(closure: Closure, folder: Path, archives: Path) -> None:
    apt = closure.source.apt(folder)
    step(f"reading the package lists of {closure.source.name} for {closure.wish.package}")
    complaints = apt.update()
    offers = _offers(apt, closure.wish, complaints)
    expected = {offer.file: offer.sha256 for offer in offers}
    _compare_with_pins(closure, expected)
    _discard_others(archives, expected)
    with Bar(f"downloading {closure.wish.package}: {len(offers)} packages, {_megabytes(offers)} MB") as bar:
        apt.download(closure.wish, archives, bar.to)
    _verify(archives, expected)
    (archives / _SUMS).write_text(checksums.render(expected))


def _offers(apt: Apt, wish: Wish, complaints: str) -> list[Offer]:
    try:
        return apt.offers(wish)
    except ProvisionError as error:
        if complaints:
            raise ProvisionError(f"{error.fault}\n{complaints}", error.remedy) from error
        raise


def _compare_with_pins(closure: Closure, offered: checksums.Checksums) -> None:
    pinned = checksums.read(PINNED)
    contradicted = checksums.contradictions(offered, pinned)
    if contradicted:
        raise ProvisionError(
            f"{', '.join(contradicted)}: offered with another checksum than the one in {PINNED.name}.",
            f"Do not trust this mirror. Use another one ({mirror.VARIABLE}) and tell its keeper.",
        )
    new = checksums.unpinned(offered, pinned)
    if new:
        step(
            f"{closure.source.name} has moved on: {len(new)} of {len(offered)} packages for {closure.name} are"
            f" not the pinned versions; taking what its signed index vouches for"
        )


def _discard_others(archives: Path, expected: checksums.Checksums) -> None:
    """Delete what an earlier run left: other versions, and files of the right name that are damaged.

    apt takes a file of the right size for the right one, so that damage must be found here.
    """
    for path in archives.glob("*.deb"):
        if path.name not in expected or checksums.of(path) != expected[path.name]:
            path.unlink()


def _verify(archives: Path, expected: checksums.Checksums) -> None:
    broken = checksums.damaged(archives, expected)
    for name in broken:
        (archives / name).unlink(missing_ok=True)
    if broken:
        raise ProvisionError(
            f"downloaded, but not what the signed index says: {', '.join(broken)}.",
            "Try again; if it stays so, use another mirror.",
        )


def _unpack(closure: Closure, home: Path, archives: Path) -> tree.Tree:
    names = sorted(checksums.read(archives / _SUMS))
    unfinished = home / "root.unfinished"
    with Bar(f"unpacking {closure.name}: {len(names)} packages") as bar:
        tree.unpack([archives / name for name in names if _belongs(name, closure)], unfinished, bar.to)
    version = _probed(closure, unfinished, archives)
    tree.publish(unfinished, home / "root", _origin(closure.source), version)
    return tree.Tree(home / "root", version)


def _probed(closure: Closure, root: Path, archives: Path) -> str:
    """Run the program; where it does not start, have the next attempt ask for newer packages."""
    try:
        return closure.probe(root)
    except ProvisionError:
        (archives / _SUMS).unlink()
        raise


def _belongs(file: str, closure: Closure) -> bool:
    return closure.source.with_c_library or not file.startswith("libc6_")


def _origin(source: Source) -> str:
    """Return what an unpacked copy is good for; libraries of another release or processor are of no use."""
    if source.with_c_library:
        return f"{source.name}, {platform.machine()}"
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        system = {}
    return f"{source.name}, {system.get('ID', '')} {system.get('VERSION_ID', '')}, {platform.machine()}"


def _megabytes(offers: list[Offer]) -> int:
    return round(sum(offer.size for offer in offers) / 1e6)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
