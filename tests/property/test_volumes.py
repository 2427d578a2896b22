"""Where plain recordings lie, by what Linux tells of mounts, devices and swap."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.volumes import device_is_encrypted, exposure, mount_of, parse_mounts, parse_swaps

NAMES = st.text(st.characters(codec="ascii", exclude_characters="/\0"), min_size=1, max_size=6).filter(
    lambda name: name not in (".", "..")
)
PATHS = st.lists(NAMES, max_size=4).map(lambda names: PurePath("/", *names))
KINDS = st.sampled_from(["ext4", "tmpfs", "ramfs", "btrfs", "fuse.gocryptfs"])
SHM = Path("/dev/shm")


def escaped(path: PurePath | str) -> str:
    """A path as the kernel writes it there."""
    return "".join(f"\\{ord(letter):03o}" if letter in " \t\n\\" else letter for letter in str(path))


def line(point: PurePath | str, kind: str = "ext4", device: str = "8:1", source: str = "none", more: str = "rw") -> str:
    """A line of mountinfo."""
    return f"36 35 {device} / {escaped(point)} rw,noatime master:1 - {kind} {escaped(source)} {more}"


@given(st.lists(st.tuples(PATHS, KINDS), max_size=6), PATHS)
def test_a_path_lies_in_the_innermost_mount_around_it(mounted: list[tuple[PurePath, str]], path: PurePath) -> None:
    """Of several at one point it is the last; names may hold whatever a name may."""
    table = parse_mounts("\n".join(line(point, kind) for point, kind in mounted))
    assert mounted == [(mount.point, mount.kind) for mount in table]
    around = [(len(point.parts), number) for number, (point, _) in enumerate(mounted) if path.is_relative_to(point)]
    found = mount_of(table, path)
    assert (table[max(around)[1]] if around else None) is found


@given(st.text(max_size=200))
def test_what_is_no_table_of_mounts_is_none(text: str) -> None:
    """Nothing that stands there raises."""
    parse_mounts(text)
    parse_swaps(text)
    mount_of(parse_mounts(text), PurePath("/var"))


def block(sys: Path, device: str, *slaves: str, uuid: str | None = None) -> None:
    """A device and what it is made of, as /sys tells."""
    folder = sys / "dev" / "block" / device
    for slave in slaves:
        (folder / "slaves" / slave).mkdir(parents=True)
        (folder / "slaves" / slave / "dev").write_text(f"{slave}\n")
    if uuid is not None:
        (folder / "dm").mkdir(parents=True)
        (folder / "dm" / "uuid").write_text(f"{uuid}\n")
    folder.mkdir(parents=True, exist_ok=True)


@given(data=st.data())
def test_a_device_is_encrypted_when_every_way_down_is(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Through LVM and RAID to dm-crypt; a single plain disk below spoils it."""
    sys = tmp_path_factory.mktemp("sys")
    count = 0

    def make(depth: int) -> tuple[str, bool]:
        nonlocal count
        count += 1
        device = f"{8 + depth}:{count}"
        kind = data.draw(st.sampled_from(["disk", "crypt", "volume"] if depth else ["volume"]))
        below = [make(depth + 1) for _ in range(data.draw(st.integers(1, 3)))] if kind != "disk" and depth < 3 else []
        uuid = {"disk": None, "crypt": "CRYPT-LUKS2-0123-name", "volume": "LVM-0123"}[kind]
        block(sys, device, *(name for name, _ in below), uuid=uuid)
        return device, kind == "crypt" or (bool(below) and all(safe for _, safe in below))

    device, expected = make(0)
    assert expected == device_is_encrypted(device, sys)


def test_a_partition_is_as_its_disk(tmp_path: Path) -> None:
    """Partitions have no devices below them."""
    disk = tmp_path / "devices" / "dm-0"
    (disk / "dm-0p1").mkdir(parents=True)
    (disk / "dev").write_text("253:0\n")
    (disk / "dm-0p1" / "partition").write_text("1\n")
    block(tmp_path, "253:0", uuid="CRYPT-PLAIN-x")
    (tmp_path / "dev" / "block" / "259:1").symlink_to(disk / "dm-0p1")
    assert device_is_encrypted("259:1", tmp_path)
    (tmp_path / "dev" / "block" / "253:0" / "dm" / "uuid").write_text("LVM-x\n")
    assert not device_is_encrypted("259:1", tmp_path)


def told(proc: Path, sys: Path, folder: Path, mounts: str, swaps: str = "") -> str | None:
    """What is said of a folder where Linux tells this."""
    (proc / "self").mkdir(parents=True, exist_ok=True)
    (proc / "self" / "mountinfo").write_text(mounts)
    (proc / "swaps").write_text("Filename Type Size Used Priority\n" + swaps)
    return exposure(folder, proc, sys)


@pytest.mark.parametrize(
    ("mounts", "swaps", "words"),
    [
        (line("/", "ext4"), "", "neither memory nor known to be encrypted"),
        (line("/", "ext4", "253:0"), "", None),
        (line("/", "fuse.gocryptfs", "0:9"), "", None),
        (line("/", "ramfs", "0:9"), "/swapfile file 1 0 -2\n", None),
        (line("/", "tmpfs", "0:9"), "", None),
        (line("/", "tmpfs", "0:9"), "/dev/zram0 partition 1 0 -2\n", None),
        (line("/", "tmpfs", "0:9"), "/nowhere/swap file 1 0 -2\n", "may be swapped out to /nowhere/swap"),
        (line("/", "tmpfs", "0:9", more="rw,noswap"), "/nowhere/swap file 1 0 -2\n", None),
        (line("/nowhere", "ext4"), "", "cannot be told"),
    ],
)
def test_what_is_said(tmp_path: Path, mounts: str, swaps: str, words: str | None) -> None:
    """One line, with what to do; nothing where there is nothing to say."""
    block(tmp_path / "sys", "8:1")
    block(tmp_path / "sys", "253:0", uuid="CRYPT-LUKS2-x")
    said = told(tmp_path / "proc", tmp_path / "sys", tmp_path, mounts, swaps)
    assert (words is None) == (said is None)
    if words is not None and said is not None:
        assert words in said
        assert "\n" not in said


@pytest.mark.skipif(not SHM.is_mount(), reason="no tmpfs is mounted here")
def test_this_machine_is_read(tmp_path: Path) -> None:
    """A real tmpfs is known for one."""
    mounts = parse_mounts(Path("/proc/self/mountinfo").read_text())
    found = mount_of(mounts, SHM)
    assert found is not None
    assert "tmpfs" == found.kind
    said = exposure(SHM)
    assert said is None or "swapped" in said
