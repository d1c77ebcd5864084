"""From data to arrays that a model takes: scaling and encoding of columns, and what is read off a stay.

NumPy and scikit-learn; nothing here knows Keras. Whatever is learnt, it is learnt from training cases only.
"""

from medlearn.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    {
        "EncodedInputs": "medlearn.features.stays",
        "Features": "medlearn.features.stays",
        "Inputs": "medlearn.features.stays",
        "QuantileEncoding": "medlearn.features.scaling",
        "Scaling": "medlearn.features.scaling",
        "add_ratios": "medlearn.features.stays",
        "carry_forward": "medlearn.features.stays",
        "summaries": "medlearn.features.stays",
        "summarise": "medlearn.features.stays",
        "typical_stay": "medlearn.features.stays",
    }
)
