from __future__ import annotations

import sys

from harness.toolchains.command_line import main

sys.exit(main())
