"""A tagged sentence, and the words that a model goes by: with made-up inputs, but for their data."""

from functools import partial

from medlearn import plots

TEXT = "No sign of Wilson disease , but he has gout and takes 100 mg of allopurinol ."
TRUE = [0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 3, 0]
PRED = [0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]

EXAMPLES = [
    partial(plots.tagged, TEXT.split(), TRUE, PRED, classes=("disease", "drug")),
    partial(plots.weights, ["nausea", "great", "relief", "worse"], [1.2, -2.0, -0.7, 2.1]),
]
