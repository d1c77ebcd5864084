"""The one-stage detector: its shapes, that all of it learns, that it comes back from a file; its loss."""

import keras
import numpy as np
import pytest

from medlearn.errors import DataError
from medlearn.features.priors import prior_boxes, targets
from medlearn.models.detector import STRIDE, detection_loss, one_stage

to_numpy = keras.ops.convert_to_numpy
CLASSES, SIZES = 2, np.array([[12, 12], [24, 24]])
CELLS = {"corners": np.array([[6, 4, 18, 16], [20, 22, 44, 46.0]]), "label": np.array([0, 1])}


@pytest.fixture(scope="module")
def picture():
    """One picture with two cells, and what is to be said of it."""
    x = np.full((1, 48, 64, 3), 200, np.uint8)
    for (left, top, right, bottom), colour in zip(CELLS["corners"].astype(int), [90, 30], strict=True):
        x[0, top:bottom, left:right] = [colour, 60, 255 - colour]
    priors = prior_boxes(48 // STRIDE, 64 // STRIDE, SIZES)
    return x, targets(CELLS, priors, CLASSES)[None]


def small():
    keras.utils.set_random_seed(0)
    return one_stage((None, None, 3), CLASSES, len(SIZES), width=4)


@pytest.fixture(scope="module")
def learnt(picture):
    """A model that learnt the picture by heart, its losses, and weights that its first step left alone."""
    model = small()
    model.compile(keras.optimizers.Adam(0.01), detection_loss, jit_compile=False)
    before = [to_numpy(weight) for weight in model.trainable_weights]
    losses = [float(model.train_on_batch(*picture))]
    weights = zip(model.trainable_weights, before, strict=True)
    still = [weight.path for weight, was in weights if np.array_equal(to_numpy(weight), was)]
    losses += [float(model.train_on_batch(*picture)) for _ in range(25)]
    return model, losses, still


def test_it_answers_for_every_place_and_prior():
    assert one_stage((48, 64, 1), 3, 4, width=2).output_shape == (None, 48, 4, 7)
    free = one_stage((None, None, 3), 1, 2, width=2)
    for height, width in ((32, 48), (16, 80)):
        places = (height // STRIDE) * (width // STRIDE)
        assert tuple(free(np.zeros((2, height, width, 3))).shape) == (2, places, 2, 5)


def test_the_places_lie_row_by_row(picture):
    """A spot changes the answers most around the place where it lies."""
    model, (x, _) = small(), picture
    plain = np.full_like(x, 200)
    spot = plain.copy()
    spot[0, 26:30, 50:54] = 0
    change = np.abs(to_numpy(model(spot)) - to_numpy(model(plain))).sum((0, 2, 3)).reshape(6, 8)
    down, across = np.unravel_index(change.argmax(), change.shape)
    assert abs(down - 28 // STRIDE) <= 1 and abs(across - 52 // STRIDE) <= 1


@pytest.mark.parametrize("shape", [(50, 64, 3), (48, 60, 3), (None, 24, 3), (48, 64)])
def test_other_sides_are_refused(shape):
    with pytest.raises(DataError, match="each side a multiple of"):
        one_stage(shape, 3, 4)


def test_it_begins_by_saying_that_nothing_is_there(picture):
    assert to_numpy(small()(picture[0]))[..., :CLASSES].max() < 0


def test_exposure_does_not_matter():
    model, x = small(), np.random.default_rng(0).integers(0, 120, (1, 32, 48, 3))
    exposed = np.array([1.9, 0.9, 1.5]) * x + [5, 30, 20]
    np.testing.assert_allclose(to_numpy(model(x)), to_numpy(model(exposed)), atol=1e-3)


def test_one_step_moves_every_weight(learnt):
    _, _, still = learnt
    assert not still


def test_the_loss_falls_as_it_learns_a_picture_by_heart(learnt):
    _, losses, _ = learnt
    assert losses[-1] < losses[0] / 2


def test_it_comes_back_from_a_file(learnt, picture, tmp_path):
    (model, *_), (x, _) = learnt, picture
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.loss is detection_loss
    np.testing.assert_allclose(to_numpy(again(x)), to_numpy(model(x)), atol=1e-5)


def test_a_mirrored_picture_has_a_grid_of_the_same_shape(picture):
    model, (x, _) = small(), picture
    answer, mirrored, turned = (to_numpy(model(one)) for one in (x, x[:, :, ::-1], x.transpose(0, 2, 1, 3)))
    assert answer.shape == mirrored.shape == turned.shape and not np.allclose(answer, mirrored)


# The loss


def perfect(y, sure=8.0):
    return np.concatenate([np.where(y[..., :CLASSES] > 0, sure, -sure), y[..., -4:]], -1)


def loss(y, answer):
    return to_numpy(detection_loss(y, answer))


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_the_loss_takes_arrays_and_gives_a_number_a_picture(picture, kind):
    y = np.repeat(picture[1], 3, 0)
    found = loss(y, perfect(y).astype(kind))
    assert found.shape == (3,) and np.allclose(found, found[0])


def test_the_right_answer_costs_next_to_nothing(picture):
    y = picture[1]
    right = perfect(y)
    assert 0 <= loss(y, right) < 1e-4
    for wrong in (-right[..., :CLASSES], np.full_like(right[..., :CLASSES], -8)):
        assert loss(y, np.concatenate([wrong, right[..., CLASSES:]], -1)) > 1


def test_a_box_costs_the_more_the_further_off_and_only_where_one_is(picture):
    y = picture[1]
    holds = y[..., :CLASSES].any(-1)
    costs = []
    for off in (0.0, 0.05, 0.2, 0.8):
        answer = perfect(y)
        answer[holds, CLASSES] += off
        costs.append(float(loss(y, answer)[0]))
    assert costs == sorted(costs) and costs[1] > 2 * costs[0]
    np.testing.assert_allclose((costs[3] - costs[2]) / 0.6, (costs[2] - costs[1]) / 0.15, rtol=0.5)
    elsewhere = perfect(y)
    elsewhere[~holds, CLASSES:] = 50
    np.testing.assert_allclose(loss(y, elsewhere), loss(y, perfect(y)), rtol=1e-5)


def test_a_prior_that_is_not_asked_may_say_what_it_likes(picture):
    y, answer = picture[1].copy(), perfect(picture[1])
    one = tuple(np.argwhere(~y[..., :CLASSES].any(-1))[0])
    answer[*one, :CLASSES] = 5
    y[*one, CLASSES] = 1
    assert loss(y, answer) > loss(y, perfect(y)) + 0.1
    y[*one, CLASSES] = 0
    np.testing.assert_allclose(loss(y, answer), loss(y, perfect(y)), rtol=1e-5)


def test_a_picture_with_twice_as_many_cells_costs_no_more(picture):
    y = picture[1]
    answer = 0.3 * perfect(y)
    twice = [np.concatenate([of, of], 1) for of in (y, answer)]
    np.testing.assert_allclose(loss(*twice), loss(y, answer), rtol=1e-5)


@pytest.mark.parametrize("wrong", ["class", "box"])
def test_a_prior_counts_by_its_weight(picture, wrong):
    y, answer = picture[1].copy(), perfect(picture[1])
    holds = y[..., :CLASSES].any(-1)
    answer[holds] += (
        np.repeat([-16, 0], [CLASSES, 4]) if wrong == "class" else np.repeat([0, 1], [CLASSES, 4])
    )
    costs = []
    for weight in (1, 3):
        y[holds, CLASSES + 1] = weight
        costs.append(loss(y, answer)[0])
    np.testing.assert_allclose(costs[1], 3 * costs[0], rtol=0.01)


def test_what_is_easy_counts_far_less_than_by_cross_entropy(picture):
    y = np.zeros_like(picture[1])
    y[..., CLASSES] = 1
    p = np.array([0.01, 0.5])
    costs = [
        loss(y, np.full((*y.shape[:-1], CLASSES + 4), np.log(one / (1 - one))))[0] / y[..., :CLASSES].size
        for one in p
    ]
    np.testing.assert_allclose(costs, -(p**2) * np.log(1 - p), rtol=1e-3)


def test_absurd_answers_stay_finite(picture):
    y = picture[1]
    for sure in (-1e4, 1e4):
        assert np.isfinite(loss(y, np.full((*y.shape[:-1], CLASSES + 4), sure))).all()
