"""`python -m inferscope`: the same program as the `inferscope` command."""

import sys

from inferscope.tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
