"""Whether what is written to a folder may come to lie on a disk as it is, for whoever carries the disk away.

What Linux tells is read: mounts, swap, and of which devices a device is made. What cannot be told (a disk that encrypts
by itself, ZFS) counts as plain, and the words for people say no more than that.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path, PurePath

IN_MEMORY = frozenset({"tmpfs", "ramfs"})
ENCRYPTING = frozenset({"ecryptfs", "fuse.cryfs", "fuse.encfs", "fuse.gocryptfs", "fuse.securefs"})
# Of dm-crypt, whoever set it up: https://docs.kernel.org/admin-guide/device-mapper/dm-uevent.html, cryptsetup(8)
DM_CRYPT = "CRYPT-"
# linux/fs.h: FS_IOC_GETFLAGS, and the flag of files that fscrypt encrypts (ext4, F2FS, UBIFS).
FS_IOC_GETFLAGS, FS_ENCRYPT_FL = 0x80086601, 0x00000800

_BLANKS = re.compile(r"[ \t]+")
_ESCAPED = re.compile(r"\\([0-7]{3})")
_PROC, _SYS = Path("/proc"), Path("/sys")


@dataclass(frozen=True, slots=True)
class Mount:
    """What is mounted at `point`: a file system of a `kind` on a `device` ("8:1"; "0:22" is none)."""

    point: PurePath
    device: str
    kind: str
    source: str
    options: frozenset[str]

    @property
    def is_swapped(self) -> bool:
        """Whether it lies in memory that may be swapped out."""
        return self.kind == "tmpfs" and "noswap" not in self.options


def parse_mounts(mountinfo: str) -> tuple[Mount, ...]:
    """The mounts that /proc/self/mountinfo lists (proc_pid_mountinfo(5)); lines that are none are left out."""
    found = []
    for line in mountinfo.split("\n"):
        before, _, after = line.partition(" - ")
        here, there = before.split(" "), after.split(" ")
        if len(here) >= 6 and len(there) >= 3:
            options = frozenset((*here[5].split(","), *there[2].split(",")))
            found.append(Mount(PurePath(_plain(here[4])), here[2], there[0], _plain(there[1]), options))
    return tuple(found)


def mount_of(mounts: tuple[Mount, ...], path: PurePath) -> Mount | None:
    """The mount that a path lies in: the innermost, and of several at one point the last."""
    around = [mount for mount in mounts if path.is_relative_to(mount.point)]
    return max(reversed(around), key=lambda mount: len(mount.point.parts), default=None)


def parse_swaps(swaps: str) -> tuple[Path, ...]:
    """What /proc/swaps lists, without that which lies in memory itself."""
    lines = (_BLANKS.split(line) for line in swaps.split("\n")[1:])
    paths = (Path(_plain(words[0])) for words in lines if words[0])
    return tuple(path for path in paths if not path.name.startswith("zram"))


def exposure(folder: Path, proc: Path = _PROC, sys: Path = _SYS) -> str | None:
    """What is wrong with the place of a folder for what is not to lie on a disk as it is, and what to do; or None."""
    mounts = parse_mounts(_read(proc / "self" / "mountinfo"))
    mount = mount_of(mounts, folder.resolve())
    if mount is None:
        return f"{folder}: where it lies cannot be told; see that it is a tmpfs or an encrypted volume"
    if mount.kind in IN_MEMORY:
        plain = [swap for swap in parse_swaps(_read(proc / "swaps")) if not _is_encrypted(mounts, swap, sys)]
        if mount.is_swapped and plain:
            return (
                f"{folder}: lies in memory that may be swapped out to {plain[0]}, which is not known to be encrypted; "
                "encrypt the swap, or switch it off"
            )
        return None
    if _is_encrypted(mounts, folder, sys):
        return None
    return (
        f"{folder}: lies on {mount.source} ({mount.kind}), which is neither memory nor known to be encrypted; mount a "
        "tmpfs there, or an encrypted volume"
    )


def _is_encrypted(mounts: tuple[Mount, ...], path: Path, sys: Path) -> bool:
    """Whether what lies at a path is encrypted: a file or folder by itself or by its volume; a device of its own."""
    if path.is_block_device():
        return device_is_encrypted(_number(path.stat().st_rdev), sys)
    mount = mount_of(mounts, path.resolve())
    if mount is None:
        return False
    if mount.kind in ENCRYPTING or _has_encrypted_flag(path):
        return True
    source = Path(mount.source)
    # Btrfs and others have no device of their own there.
    device = _number(source.stat().st_rdev) if source.is_block_device() else mount.device
    return device_is_encrypted(device, sys)


def device_is_encrypted(device: str, sys: Path = _SYS) -> bool:
    """Whether dm-crypt stands between a block device ("253:0") and each disk that it is made of."""
    folder = sys / "dev" / "block" / device
    if _read(folder / "dm" / "uuid").startswith(DM_CRYPT):
        return True
    if (folder / "partition").exists():
        below = [folder.resolve().parent]
    else:
        below = sorted((folder / "slaves").iterdir()) if (folder / "slaves").is_dir() else []
    numbers = [_read(one / "dev").strip() for one in below]
    return bool(numbers) and all(number and device_is_encrypted(number, sys) for number in numbers)


def _has_encrypted_flag(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        flags = fcntl.ioctl(descriptor, FS_IOC_GETFLAGS, struct.pack("l", 0))
    except OSError:
        # Most file systems have no such flags.
        return False
    finally:
        os.close(descriptor)
    return bool(struct.unpack("l", flags)[0] & FS_ENCRYPT_FL)


def _number(device: int) -> str:
    return f"{os.major(device)}:{os.minor(device)}"


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""


def _plain(escaped: str) -> str:
    """The kernel writes spaces, tabs, line ends and backslashes as three octal digits."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), escaped)
