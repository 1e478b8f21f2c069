"""The front door: `python -m inferscope` and the `inferscope` command.

It loads nothing of its own, so that an interrupt while the program is still being loaded ends it as any
other does.
"""

import sys


def main() -> int:
    """Run the program; returns its exit status."""
    try:
        from inferscope.tui.cli import main as run

        return run()
    except KeyboardInterrupt:
        if sys.stderr is not None:
            sys.stderr.write("inferscope: interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
