"""Labels for letters and translations: what fills up, what is seen, no letter told too early."""

import keras
import numpy as np
import pytest
from keras import ops

from medlearn.errors import DataError
from medlearn.models.structure import attention_of, masked_loss, structure_net, translate, translator
from medlearn.training import fit, predict

LETTERS = 7  # with 0, which fills up
NETS = {
    "convolutions": {"dilations": (1, 2)},
    "recurrent": {"dilations": (), "units": 8},
    "both": {"dilations": (1,), "units": 8},
    "overall": {"dilations": (1, 2), "overall": True},
}


def net(name, **how):
    keras.utils.set_random_seed(0)
    return structure_net(LETTERS, width=16, **NETS[name], **how)


def drawn(n, length, *, seed=0):
    return np.random.default_rng(seed).integers(1, LETTERS, (n, length)).astype("int32")


# The loss


def losses(y_true, y_pred):
    return float(masked_loss(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred.astype("float32"))))


def test_the_loss_is_the_mean_over_places_that_have_a_label():
    p = np.random.default_rng(0).dirichlet(np.ones(3), (2, 4))
    y = np.array([[0, 2, -1, -1], [1, -1, -1, -1]])
    expected = -np.log([p[0, 0, 0], p[0, 1, 2], p[1, 0, 1]]).mean()
    assert losses(y, p) == pytest.approx(expected, rel=1e-5)
    p[y < 0] = [1, 0, 0]  # what is said there does not count
    assert losses(y, p) == pytest.approx(expected, rel=1e-5)
    wider = np.pad(p, [(0, 0), (0, 9), (0, 0)])
    assert losses(np.pad(y, [(0, 0), (0, 9)], constant_values=-1), wider) == pytest.approx(expected, rel=1e-5)


def test_a_certain_error_has_a_finite_loss_and_no_label_none():
    certain = np.array([[[1.0, 0.0]]])
    assert 10 < losses(np.array([[1]]), certain) < 20
    assert losses(np.array([[-1]]), certain) == 0


# A label for each letter


@pytest.mark.parametrize("name", NETS)
def test_what_fills_a_sequence_up_changes_nothing(name):
    x, model = drawn(2, 9), net(name)
    p = predict(model, {"letters": x})
    assert p.shape == (2, 9, 3) and p.sum(-1) == pytest.approx(1)
    longer = predict(model, {"letters": np.pad(x, [(0, 0), (0, 7)])})
    np.testing.assert_allclose(longer[:, :9], p, atol=1e-5)


def test_another_number_may_fill_up():
    x = drawn(2, 9)
    model = net("convolutions", filling=6)
    x[x == 6] = 5
    p = predict(model, {"letters": x})
    longer = predict(model, {"letters": np.pad(x, [(0, 0), (0, 7)], constant_values=6)})
    np.testing.assert_allclose(longer[:, :9], p, atol=1e-5)
    zeros = predict(model, {"letters": np.pad(x, [(0, 0), (0, 7)])})
    assert np.abs(zeros[:, :9] - p).max() > 1e-4


@pytest.mark.parametrize("name", NETS)
def test_letters_to_both_sides_are_seen(name):
    x, model = drawn(1, 12), net(name)
    p = predict(model, {"letters": x})[0, 6]
    for place in (5, 7):
        other = x.copy()
        other[0, place] = other[0, place] % 6 + 1
        assert np.abs(predict(model, {"letters": other})[0, 6] - p).max() > 1e-5


def test_convolutions_see_so_far_and_no_further():
    x, model = drawn(1, 21), net("convolutions")  # 1 + 2 letters to either side
    p = predict(model, {"letters": x})[0, 10]
    near, far = x.copy(), x.copy()
    near[0, 13], far[0, 14] = (x[0, place] % 6 + 1 for place in (13, 14))
    assert np.abs(predict(model, {"letters": near})[0, 10] - p).max() > 1e-6
    np.testing.assert_allclose(predict(model, {"letters": far})[0, 10], p, atol=1e-6)


def test_of_the_mean_of_all_letters_each_is_told():
    x, model = drawn(1, 41), net("overall")
    p = predict(model, {"letters": x})[0, 10]
    x[0, 40] = x[0, 40] % 6 + 1
    assert np.abs(predict(model, {"letters": x})[0, 10] - p).max() > 1e-6


def test_letters_begin_as_the_vectors_given():
    vectors = np.random.default_rng(0).normal(size=(LETTERS, 5)).astype("float32")
    model = structure_net(vectors, width=8, dilations=(1,))
    np.testing.assert_array_equal(model.get_layer("vectors").get_weights()[0], vectors)


def between(n, *, seed):
    """The label says whether the letters on both sides are above 3; the last places fill up."""
    x = drawn(n, 14, seed=seed)
    high = np.pad(x > 3, [(0, 0), (1, 1)])
    y = high[:, :-2].astype(int) + high[:, 2:]
    x[:, 11:], y[:, 10:] = 0, -1
    return x, y


@pytest.mark.parametrize("name", ["overall", "both"])
def test_it_learns_from_neighbours_and_comes_back_from_a_file(name, tmp_path):
    x, y = between(300, seed=1)
    model = net(name, dropout=0.1)
    model.compile(keras.optimizers.Adam(0.01), masked_loss)
    fit(model, ({"letters": x}, y), epochs=10, batch_size=16, patience=None)
    x, y = between(50, seed=2)
    p = predict(model, {"letters": x})
    assert (p.argmax(-1) == y)[y >= 0].mean() > 0.95
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(predict(again, {"letters": x}), p, atol=1e-5)


# From one sequence to another


def both_ways(attention):
    keras.utils.set_random_seed(0)
    return translator(LETTERS - 1, 4, size=8, units=12, attention=attention)


@pytest.mark.parametrize("attention", [True, False])
def test_no_letter_is_told_before_it_is_asked_for(attention):
    model, source = both_ways(attention), drawn(2, 8)
    target = np.array([[2, 3, 4, 2, 1], [3, 3, 2, 1, 0]], "int32")
    p = predict(model, {"source": source, "target": target})
    assert p.shape == (2, 5, 4) and p.sum(-1) == pytest.approx(1)
    other = target.copy()
    other[:, 2] = other[:, 2] % 4 + 1
    changed = predict(model, {"source": source, "target": other})
    np.testing.assert_allclose(changed[:, :3], p[:, :3], atol=1e-6)
    assert np.abs(changed[:, 3:] - p[:, 3:]).max() > 1e-5


@pytest.mark.parametrize("attention", [True, False])
def test_what_fills_a_source_up_changes_nothing(attention):
    model, source, target = both_ways(attention), drawn(2, 8), np.array([[2, 3], [4, 1]], "int32")
    p = predict(model, {"source": source, "target": target})
    longer = predict(model, {"source": np.pad(source, [(0, 0), (0, 5)]), "target": target})
    np.testing.assert_allclose(longer, p, atol=1e-5)


@pytest.mark.parametrize("attention", [True, False])
def test_a_translation_is_the_likeliest_letter_after_its_own(attention):
    model, source = both_ways(attention), drawn(3, 8)
    said = translate(model, source, 6, end=1)
    p = predict(model, {"source": source, "target": said.numbers})
    going = np.cumsum(said.numbers == 1, axis=1) - (said.numbers == 1) == 0
    np.testing.assert_array_equal(said.numbers, np.where(going, p.argmax(-1) + 1, 0))
    np.testing.assert_array_equal(said.ended, (said.numbers == 1).any(1))


def test_a_translation_ends_at_the_end_or_is_cut_off_and_says_so():
    model, source = both_ways(True), drawn(3, 8)
    last = model.get_layer("decoder").layers[-1]
    kernel, _ = last.get_weights()
    for letter, ended in ((1, True), (3, False)):
        last.set_weights([0 * kernel, 9 * np.eye(4, dtype="float32")[letter - 1]])
        said = translate(model, source, 5)
        assert said.ended.tolist() == [ended] * 3
        assert said.numbers.tolist() == [[1, 0, 0, 0, 0] if ended else [3] * 5] * 3


def test_attention_is_shared_among_the_letters_that_are_there():
    source = np.pad(drawn(2, 5), [(0, 0), (0, 3)])
    weights = attention_of(both_ways(True), source, [[2, 3, 1], [4, 1, 0]])
    assert weights.shape == (2, 3, 8) and weights.sum(-1) == pytest.approx(1)
    assert (weights[..., 5:] == 0).all() and (weights[..., :5] > 0).all()
    with pytest.raises(DataError, match="has no attention: build it with attention=True"):
        attention_of(both_ways(False), source, [[1], [1]])


def test_it_learns_to_turn_letters_round_and_comes_back_from_a_file(tmp_path):
    def turned(n, seed):
        x = np.random.default_rng(seed).integers(1, 5, (n, 4)).astype("int32")
        return x, np.pad(x[:, ::-1] + 1, [(0, 0), (0, 1)], constant_values=1)

    keras.utils.set_random_seed(0)
    model = translator(4, 5, size=8, units=32)
    model.compile(keras.optimizers.Adam(0.02), masked_loss)
    source, target = turned(300, 0)
    fit(model, ({"source": source, "target": target}, target - 1), epochs=15, batch_size=30, patience=None)
    source, target = turned(60, 1)
    said = translate(model, source, 7)
    assert said.ended.mean() > 0.9 and (said.numbers[:, :5] == target).mean() > 0.9
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_array_equal(translate(again, source, 7).numbers, said.numbers)


@pytest.mark.parametrize(
    ("source", "most", "said"),
    [
        (np.zeros((0, 3), int), 4, "are whole numbers"),
        (np.ones(3, int), 4, r"not int64 of \(3,\)"),
        (np.ones((1, 3)), 4, r"not float64 of \(1, 3\)"),
        (np.ones((1, 3), int), 0, "1 or more, not 0"),
    ],
)
def test_what_cannot_be_translated_is_one_sentence(source, most, said):
    with pytest.raises(DataError, match=said):
        translate(both_ways(True), source, most)
