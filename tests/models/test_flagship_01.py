"""Notebook 1's networks: what its cells build, and what its folded code says of self-training."""

import re

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from written_out import cell_with, flagships

from medlearn import evaluation, load


def biopsies():
    cells = load("breast_cancer")
    scaler = StandardScaler().fit(cells.train.x)
    names = {"np": np, "evaluation": evaluation, "LogisticRegression": LogisticRegression}
    for part, split in cells.splits.items():
        names[f"x_{part}"], names[f"y_{part}"] = scaler.transform(split.x), 1 - split.y
    return names


def test_the_network_by_hand_and_in_keras_are_one():
    names = biopsies()
    exec(cell_with("01", "def forward("), names)
    (flagship,) = flagships("01")
    exec(flagship, names)
    shapes = [weights.shape for weights in names["model"].get_weights()]
    assert shapes == [weights.shape for weights in names["start"]]
    x = names["x_test"]
    answers = np.asarray(names["model"].predict(x, verbose=0))
    np.testing.assert_allclose(answers, names["forward"](x, *names["start"])[1], atol=1e-4)


def test_two_networks_differ_in_the_kind_of_layer_alone():
    from medlearn import training

    names = {"training": training}
    exec("import keras\n" + cell_with("01", "def network("), names)
    exec(cell_with("01", "dense = network("), names)
    kinds = [
        [type(layer).__name__ for layer in names[name].layers if hasattr(layer, "kernel")]
        for name in ("dense", "convolutional")
    ]
    assert kinds == [["Dense"] * 4, ["Conv2D"] * 3 + ["Dense"]]
    assert names["dense"].count_params() > names["convolutional"].count_params()


def test_self_training_helps_with_three_labels_and_less_with_thirty():
    code = re.search(r"```python\n(.*?)```", cell_with("01", "SelfTrainingClassifier"), re.DOTALL)[1]
    names = biopsies()
    exec(code, names)
    few, many = (
        evaluation.over_seeds([names["gain"](count, seed) for seed in range(20)]) for count in (3, 30)
    )
    assert few.clears(0) and many.value < few.value / 2
