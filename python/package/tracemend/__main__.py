"""The command, with the process's arguments."""

import sys

from ._tracemend import main as _main


def main() -> int:
    """Runs the command and returns its exit code."""
    sys.stdout.flush()
    return _main(["tracemend", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
