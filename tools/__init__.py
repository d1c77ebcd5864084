"""What builds and publishes the course from a checkout.

Run from its root, as in `python -m tools.notebooks`. Never in the wheel, and never imported by the package.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
