"""`python -m medlearn`, where the command `medlearn` is not on the path."""

import sys

from medlearn.cli import main

sys.exit(main())
