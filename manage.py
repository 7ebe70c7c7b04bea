#!/usr/bin/env python3
"""Sightglass on one machine: `python3 manage.py up` runs it, `python3 manage.py test` tests it.

Standard library only, and readable by old Pythons, until the right interpreter has been found or made.
"""

import sys


def main() -> int:
    if sys.platform == "win32":
        sys.stderr.write("Sightglass runs on Linux and macOS. On Windows, run it inside WSL.\n")
        return 1
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.stderr.write(
            "Sightglass needs Python 3.11 or newer; this is Python %d.%d.\n"  # noqa: UP031
            "Install a newer one and start again with it, for example: python3.11 manage.py up\n"
            % sys.version_info[:2]
        )
        return 1
    from fsm.launch.verbs import run

    return run(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
