"""A process of its own that obtains the greeter: `python -m tests.provision.obtaining REPOSITORY`."""

import sys
from pathlib import Path

from provision import packages
from tests.provision.repository import Repository

if __name__ == "__main__":
    print(packages.obtain(Repository(Path(sys.argv[1])).closure()).version)
