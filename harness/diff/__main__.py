"""`python -m harness.diff A B`."""

import sys

from harness.diff.command_line import main

sys.exit(main())
