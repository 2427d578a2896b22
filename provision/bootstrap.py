"""pip for a Python that came without it: Debian keeps it out of python3, in packages that only root installs."""

from pathlib import Path

from provision import packages, versions
from provision.apt import Wish
from provision.errors import ProvisionError
from provision.packages import OWN, Closure

_PACKAGE = Wish("python3-pip-whl", with_dependencies=False)


def pip() -> str:
    """Return the path of pip's wheel, which Python can run as it is.

    Raises:
        ProvisionError: the machine's own package sources do not hold it.
    """
    return str(_wheel(packages.obtain(Closure("pip", _PACKAGE, OWN, _probe)).root))


def _probe(root: Path) -> str:
    return versions.find(_wheel(root).name)


def _wheel(root: Path) -> Path:
    for wheel in root.glob("usr/share/python-wheels/pip-*.whl"):
        return wheel
    raise ProvisionError(
        f"no wheel of pip under {root}.",
        "Install the package python3-venv.",
    )
