"""An exported model answers as the model does, carries its card, and whatever else a file is, is refused."""

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import keras
import numpy as np
import pytest

from medlearn.data.images import draw_films
from medlearn.errors import DataError
from medlearn.evaluation import recalibrate
from medlearn.explain import class_activation_map
from medlearn.models.cnn import articles_net, course_net
from medlearn.serve import exported
from medlearn.serve.exported import NO_ANSWER, Card, Served, export, greatest_change, make_card, save_sealed
from medlearn.training import predict, set_seed

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

ABOUT = {"name": "toy", "classes": ("normal", "pneumonia"), "threshold": 0.5}
ABOUT |= {"trained_on": "simulated films", "simulated": True}


CLOSE = 1e-5 if keras.backend.backend() == "tensorflow" else 1e-4  # another adds its numbers in another order


def net(classes=2):
    """A net whose weights and normalisations are drawn: it need not be good, but all of it must count."""
    set_seed(0)
    model, rng = course_net((28, 28, 1), classes, width=4), np.random.default_rng(0)
    for layer in model.layers:
        if layer.name.startswith("batch_norm"):
            layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    seen = exported._features(model, draw_films([0, 1] * 20, seed=4)[0])
    kernel, _ = model.layers[-1].get_weights()
    scale = 2 / (seen @ kernel).std(axis=0)
    model.layers[-1].set_weights([kernel * scale, -(seen @ kernel).mean(axis=0) * scale])
    return model


@pytest.fixture(scope="module")
def films():
    return draw_films([0, 1] * 20, seed=3)[0]


@pytest.fixture(scope="module")
def model():
    return net()


@pytest.fixture(scope="module")
def card(model, films):
    return make_card(model, films[:30], films[30:], **ABOUT)


@pytest.fixture(scope="module")
def path(model, card, tmp_path_factory):
    return export(model, tmp_path_factory.mktemp("exported") / "toy.onnx", card)


@pytest.fixture(scope="module")
def served(path):
    return Served.read(path)


# What it answers


def test_it_answers_as_the_model_does(model, served, films):
    answer = served.answer(films)
    np.testing.assert_allclose(answer.p, predict(model, films), atol=CLOSE)
    np.testing.assert_allclose(answer.map, class_activation_map(model, films), atol=10 * CLOSE)
    assert answer.p.shape == (40, 1) and answer.p.std() > 0.1, "or nothing was compared"
    assert answer.map.shape == (40, 7, 7) and answer.distance.shape == (40,)


def test_the_calibration_is_inside(model, films, tmp_path):
    p = predict(model, films)[:, 0]
    ill = (p > np.quantile(p, 0.7)) ^ (np.arange(len(films)) % 9 == 0)
    calibrated = recalibrate(ill, p)
    card = make_card(model, films[:30], films[30:], **ABOUT, calibrated=calibrated)
    assert card.calibration == calibrated.line and abs(card.calibration[1]) > 0.1
    answer = Served.read(export(model, tmp_path / "toy.onnx", card)).answer(films)
    np.testing.assert_allclose(answer.p[:, 0], calibrated(p), atol=CLOSE)
    np.testing.assert_allclose(answer.map, class_activation_map(model, films), atol=10 * CLOSE)


def test_a_calibration_in_steps_has_no_place_in_a_card(model, films):
    with pytest.raises(DataError, match=r"no straight line in the log-odds.*'platt'"):
        steps = recalibrate(np.arange(len(films)) % 2, predict(model, films)[:, 0], method="isotonic")
        make_card(model, films, films, **ABOUT, calibrated=steps)


def test_of_several_classes_the_map_is_of_the_one_it_names(films, tmp_path):
    model, classes = net(3), {"classes": ("a", "b", "c")}
    card = make_card(model, films, films, **ABOUT | classes)
    answer = Served.read(export(model, tmp_path / "three.onnx", card)).answer(films)
    np.testing.assert_allclose(answer.p, predict(model, films), atol=CLOSE)
    named = answer.p.argmax(1)
    assert len(set(named)) > 1
    for place, label in enumerate(named):
        wanted = class_activation_map(model, films[place : place + 1], label=int(label))[0]
        np.testing.assert_allclose(answer.map[place], wanted, rtol=1e-5, atol=100 * CLOSE)
    assert card.decide(answer.p[0], 0.0) == "abc"[named[0]]


def test_from_another_backend_it_is_exported_by_way_of_tensorflow(films, tmp_path, monkeypatch):
    model = net(3)
    card = make_card(model, films, films, **ABOUT | {"classes": ("a", "b", "c")})
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    answer = Served.read(export(model, tmp_path / "three.onnx", card)).answer(films)
    monkeypatch.undo()
    np.testing.assert_allclose(answer.p, predict(model, films), atol=CLOSE)


def test_an_export_that_fails_elsewhere_says_why(model, card, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setattr(exported, "CONVERT", "raise SystemExit('no TensorFlow here')")
    with pytest.raises(DataError, match=r"by way of TensorFlow, failed \(no TensorFlow here\)"):
        export(model, tmp_path / "a.onnx", card)


def test_many_films_and_many_at_once_are_answered_as_one_alone(served, films):
    many = np.tile(films, (15, 1, 1, 1))
    whole = served.answer(many)
    np.testing.assert_allclose(whole.p[560:], served.answer(films).p, atol=1e-6)
    with ThreadPoolExecutor(8) as pool:
        alone = list(pool.map(lambda place: served.answer(films[place : place + 1]), range(40)))
    np.testing.assert_allclose(np.concatenate([one.p for one in alone]), whole.p[:40], atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.astype("float32"), r"takes images of uint8, \(n, 28, 28, 1\), not float32"),
        (lambda x: x[..., 0], r"not uint8 of \(40, 28, 28\)"),
        (lambda x: x[:, :20], r"not uint8 of \(40, 20, 28, 1\)"),
        (lambda x: x[:0], "needs one image or more"),
    ],
)
def test_other_images_are_refused(served, films, change, message):
    with pytest.raises(DataError, match=message):
        served.answer(change(films))


# What is out of the ordinary


def test_most_other_films_lie_within_the_limit_and_what_is_no_film_beyond(served, card, films):
    usual = served.answer(draw_films([0, 1] * 20, seed=9)[0]).distance
    assert np.mean(usual <= card.limit) > 0.7
    stripes = np.tile(np.array([0, 255], np.uint8), (1, 28, 14))[..., None]
    assert served.answer(stripes).distance[0] > card.limit


def test_what_is_unusual_only_in_how_features_go_together_is_far():
    rng = np.random.default_rng(0)
    common = rng.normal(size=(500, 1))
    features = 5 + np.hstack([common, common]) + rng.normal(0, 0.1, (500, 2))
    axes, mean, inverse = exported._usual(features)
    together, apart = exported._distance(np.array([[6.0, 6.0], [6.0, 4.0]]) @ axes, mean, inverse)
    assert together < 2 and apart > 10
    covariance = np.cov(features, rowvar=False) + exported.FLOOR * np.var(
        features, axis=0, ddof=1
    ).mean() * np.eye(2)
    away = np.array([6.0, 4.0]) - features.mean(axis=0)
    assert apart == pytest.approx(np.sqrt(away @ np.linalg.inv(covariance) @ away))


def test_the_file_gives_the_distances_that_the_limit_was_set_by(model, served, card, films):
    wanted = card.distance(exported._features(model, films) @ card.axes)
    np.testing.assert_allclose(served.answer(films).distance, wanted, rtol=1e-3)
    assert np.mean(wanted[30:] <= served.card.limit) == pytest.approx(0.9), "all but the farthest of ten"


def test_a_card_from_a_file_fits_no_other_export(model, served, tmp_path):
    assert served.card.axes is True
    with pytest.raises(DataError, match="write one with make_card"):
        export(model, tmp_path / "a.onnx", served.card)


def test_the_limit_is_where_so_many_of_the_validation_films_are_kept(model, films):
    strict, lax = (make_card(model, films, films, **ABOUT, kept=kept) for kept in (0.5, 1.0))
    away = lax.distance(exported._features(model, films) @ lax.axes)
    assert np.mean(away <= strict.limit) == pytest.approx(0.5, abs=0.03) and (away <= lax.limit).all()


def test_a_decision(card):
    card = replace(card, threshold=0.3, limit=5.0)
    said = [card.decide([p], distance) for p, distance in [(0.29, 1), (0.3, 5), (0.9, 5.1), (0.9, np.nan)]]
    assert said == ["normal", "pneumonia", NO_ANSWER, NO_ANSWER]
    assert card.decide([np.nan], 1.0) == NO_ANSWER


def test_a_model_that_sees_no_difference_has_no_card(model):
    with pytest.raises(DataError, match="sees no difference"):
        make_card(model, np.zeros((4, 28, 28, 1)), np.zeros((4, 28, 28, 1)), **ABOUT)


# The card


def test_a_card_comes_back_from_its_text(card):
    assert Card.from_json(card.as_json()) == card
    assert json.loads(card.as_json())["notice"] == "made for learning, not for use on patients"
    assert card.version and card.made.startswith("20")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("classes", ["normal"]),
        ("classes", ["normal", "normal"]),
        ("classes", "ab"),
        ("pixels", 28.5),
        ("pixels", 10**9),
        ("threshold", 1.0),
        ("threshold", "high"),
        ("simulated", "yes"),
        ("mean", []),
        ("mean", [float("nan")]),
        ("inverse", [1.0]),
        ("limit", float("inf")),
        ("limit", 0),
        ("calibration", [1.0]),
        ("calibration", [-1.0, 0.0]),
        ("made", None),
        ("axes", [[1.0]]),
    ],
)
def test_a_wrong_card_is_named(card, field, value):
    text = json.dumps(json.loads(card.as_json()) | {field: value})
    with pytest.raises(DataError, match=f"a model's card is wrong: {field if field != 'mean' else ''}"):
        Card.from_json(text)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"name": "toy"}', '{"unheard": 1}', "[" * 100_000])
def test_a_damaged_card_is_refused(text):
    with pytest.raises(DataError, match="a model's card is damaged"):
        Card.from_json(text)


def test_several_classes_take_no_intercept(card):
    with pytest.raises(DataError, match="a slope alone"):
        replace(card, classes=("a", "b", "c"), calibration=(1.0, 0.5))


# Models that cannot be exported


def test_what_has_no_map_is_not_exported(card, tmp_path):
    with pytest.raises(DataError, match="does not end in a mean over the image"):
        export(articles_net((28, 28, 1)), tmp_path / "a.onnx", card)


def test_a_card_of_another_model_is_refused(model, card, tmp_path):
    with pytest.raises(DataError, match=r"the card says images of \(32, 32, 1\)"):
        export(model, tmp_path / "a.onnx", replace(card, pixels=32))
    with pytest.raises(DataError, match="knows 2 classes, and its card 3"):
        export(model, tmp_path / "a.onnx", replace(card, classes=("a", "b", "c")))
    with pytest.raises(DataError, match="other outputs than its card says"):
        export(model, tmp_path / "a.onnx", replace(card, mean=(0.0,), inverse=(1.0,), axes=None))
    with pytest.raises(DataError, match="of a model with 1 features, not 16"):
        export(model, tmp_path / "a.onnx", replace(card, mean=(0.0,), inverse=(1.0,), axes=np.ones((1, 1))))
    assert not list(tmp_path.iterdir()), "what was refused left something behind"


# Files


def test_the_file_is_known_by_its_digest(path, served, card):
    assert served.digest == hashlib.sha256(path.read_bytes()).hexdigest() and served.card == card
    assert served.content == path.read_bytes() and "session" not in repr(served)


@pytest.fixture
def changed(path, tmp_path):
    """A copy of the file with its parts changed, and the digest of the old ones."""

    def change(how):
        proto = onnx.load(path)
        how(proto)
        (tmp_path / "changed.onnx").write_bytes(proto.SerializeToString())
        return tmp_path / "changed.onnx"

    return change


def edit_weight(proto):
    weights = max(proto.graph.initializer, key=lambda one: len(one.raw_data))
    weights.raw_data = np.frombuffer(weights.raw_data, np.float32)[::-1].tobytes()


def edit_card(proto):
    for one in proto.metadata_props:
        one.value = one.value.replace('"threshold": 0.5', '"threshold": 0.1')


def drop_card(proto):
    del proto.metadata_props[:]


def drop_seal(proto):
    kept = [one for one in proto.metadata_props if one.key == exported.CARD]
    del proto.metadata_props[:]
    proto.metadata_props.extend(kept)


def raise_opset(proto):
    proto.opset_import[0].version = 99


def point_elsewhere(proto):
    proto.graph.initializer[0].data_location = exported.EXTERNAL


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (edit_weight, "was changed after it was exported"),
        (edit_card, "was changed after it was exported"),
        (drop_seal, "was changed after it was exported"),
        (drop_card, "has no card"),
        (raise_opset, "is written in ONNX opset 99, and opsets up to 22"),
        (point_elsewhere, "keeps its weights in another file"),
    ],
)
def test_a_changed_file_is_refused(changed, how, message):
    with pytest.raises(DataError, match=rf"changed\.onnx {message}") as error:
        Served.read(changed(how))
    assert "\n" not in str(error.value)


def test_what_was_changed_on_purpose_is_sealed_anew(path, served, films, tmp_path):
    proto = onnx.load(path)
    edit_weight(proto)
    again = Served.read(save_sealed(proto, tmp_path / "again.onnx"))
    assert again.card == served.card and again.digest != served.digest
    assert not np.allclose(again.answer(films).p, served.answer(films).p)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a model", b"\x89PNG\r\n\x1a\n", bytes(1000)])
def test_other_files_are_no_models(tmp_path, content):
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.onnx is no ONNX model"):
        Served.read(tmp_path / "a.onnx")


def test_a_file_that_was_cut_is_refused(path, tmp_path):
    content = path.read_bytes()
    for kept in (0.3, 0.9, 0.999):
        (tmp_path / "cut.onnx").write_bytes(content[: int(kept * len(content))])
        with pytest.raises(DataError, match=r"cut\.onnx"):
            Served.read(tmp_path / "cut.onnx")


def test_too_large_a_file_and_none_at_all(path, tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"none\.onnx cannot be read: No such file"):
        Served.read(tmp_path / "none.onnx")
    monkeypatch.setattr(exported, "MOST_BYTES", 1000)
    with pytest.raises(DataError, match="it is no model of this course"):
        Served.read(path)


def test_a_model_is_served_without_keras(path, python):
    done = python(
        "import sys; from medlearn.serve.exported import Served; "
        f"print(Served.read({str(path)!r}).card.name, 'keras' in sys.modules, 'tensorflow' in sys.modules)"
    )
    assert done.stdout == "toy False False\n", done.stderr


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_what_is_not_installed_is_named(path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DataError, match=rf"{package} is not installed: make electives"):
        Served.read(path)


# Two versions


def test_the_greatest_change_is_not_hidden_by_a_mean():
    first = np.full((1000, 1), 0.2)
    second = first.copy()
    second[7] = 0.7
    change = greatest_change(first, second, threshold=0.5)
    assert change.greatest == pytest.approx(0.5) and change.flipped == 1
    assert change.percentile_99 == pytest.approx(0)


def test_of_several_classes_a_flip_is_another_class():
    first, second = (
        np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]),
        np.array([[0.4, 0.45, 0.15], [0.2, 0.1, 0.7]]),
    )
    assert greatest_change(first, second).flipped == 1
    with pytest.raises(DataError, match="the same films"):
        greatest_change(first, second[:1])
