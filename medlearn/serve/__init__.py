"""A model at work: written as one file with its card, read again without Keras, and asked over a page.

Made for learning, not for use on patients.
"""

from medlearn.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    {
        "Card": "medlearn.serve.exported",
        "Served": "medlearn.serve.exported",
        "export": "medlearn.serve.exported",
        "greatest_change": "medlearn.serve.exported",
        "make_card": "medlearn.serve.exported",
        "read_upload": "medlearn.serve.reading",
        "as_json": "medlearn.serve.report",
        "as_sr": "medlearn.serve.report",
        "Log": "medlearn.serve.log",
        "read_log": "medlearn.serve.log",
    }
)
