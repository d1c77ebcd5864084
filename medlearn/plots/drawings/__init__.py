"""Schematic drawings: of a net, a convolution, a split. Each function returns a `Drawing`; none shows data.

Each file here is one subject and offers the names in its `__all__`. A new file is found by its place;
`canvas` holds what they are drawn with.
"""

from pathlib import Path

from medlearn.lazy import hand_on, offered

__getattr__, __dir__, __all__ = hand_on(offered(Path(__file__).parent, __name__))
