"""The loss of imitation that notebook 71 writes out is the one that `compress.distil` trains with."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from written_out import flagships

from medlearn import compress


@pytest.fixture(scope="module")
def imitation_loss():
    found = {"keras": keras, "layers": layers, "ops": ops}
    for flagship in flagships("71"):
        exec(flagship, found)
    return found["imitation_loss"]


def answers(seed):
    return np.random.default_rng(seed).uniform(0.02, 0.98, (50, 1)).astype("float32")


@pytest.mark.parametrize("temperature", [1.0, 3.0, 8.0])
def test_the_loss_written_out_is_the_one_trained_with(imitation_loss, monkeypatch, temperature):
    trained_with = []

    class Distiller(keras.distillation.Distiller):
        def __init__(self, *models, distillation_losses, **how):
            trained_with.append(distillation_losses)
            super().__init__(*models, distillation_losses=distillation_losses, **how)

    monkeypatch.setattr(keras.distillation, "Distiller", Distiller)
    teacher, student = (
        keras.Sequential([keras.Input((1,)), layers.Dense(1, activation="sigmoid")]) for _ in range(2)
    )
    x = np.linspace(-1, 1, 8, dtype="float32")[:, None]
    compress.distil(teacher, student, (x, np.arange(8) % 2), temperature=temperature, epochs=1, seed=0)
    scores = [np.log(np.hstack([1 - p, p])) for p in (answers(0), answers(1))]
    (loss,) = trained_with
    expected = float(loss.compute_loss(*map(ops.convert_to_tensor, scores)))
    assert expected > 0.1
    assert float(imitation_loss(answers(0), answers(1), temperature)) == pytest.approx(expected, rel=1e-4)


def test_a_student_that_agrees_costs_nothing(imitation_loss):
    assert float(imitation_loss(answers(0), answers(0))) == pytest.approx(0, abs=1e-6)
    assert float(imitation_loss(answers(0), 1 - answers(0))) > 0.5
