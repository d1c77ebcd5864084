"""Figures with one look: readable for the colour-blind, small, and stamped where the data are simulated.

Each file here is one kind of picture and offers the names in its `__all__`. A new file is found by its place.
`drawings` holds the schematic ones.
"""

from pathlib import Path

from medlearn.lazy import hand_on, offered

__getattr__, __dir__, __all__ = hand_on(offered(Path(__file__).parent, __name__))
