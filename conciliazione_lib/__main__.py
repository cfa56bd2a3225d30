"""``python -m conciliazione_lib`` is the command ``conciliazione``."""

import sys

from conciliazione_lib.cli import main

if __name__ == "__main__":
    sys.exit(main())
