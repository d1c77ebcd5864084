"""Deep learning in medicine: the package under the course.

Importing it is cheap. Keras, pandas and matplotlib are loaded by the parts that need them.
"""

from medlearn import backend
from medlearn.lazy import hand_on

__version__ = "0.1.0"

backend.watch()

MODULES = ("claims", "compress", "data", "evaluation", "exercises", "explain", "features", "many", "models")
MODULES += ("plots", "serve", "training")
__getattr__, __dir__, __all__ = hand_on(
    {name: f"medlearn.{name}" for name in MODULES} | {"load": "medlearn.data", "claim": "medlearn.claims"}
)
