"""A trained model as one ONNX file with its card inside, and the file asked without Keras.

The file takes `images`, (n, pixels, pixels, 1) from 0 to 255 as 32-bit numbers, and gives three outputs:

- `p`: probabilities after calibration, (n, 1) for two classes and (n, classes) for more;
- `features`: what the last layer sees, (n, k), turned onto the axes along which it varies independently from
  one training image to the next; the card says how far from the usual they may lie;
- `map`: how much each place speaks for class 1, or for the most probable of several: (n, height, width).

Scaling and calibration are part of the graph. The threshold and the limit are in the card, as JSON in the
file's metadata under `medlearn.card`. Keras is needed to export, and only there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import hashlib
import importlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from medlearn.data.files import new_file, opened, path_of
from medlearn.errors import DataError

if TYPE_CHECKING:
    import keras
    import onnx
    import onnxruntime

    from medlearn.evaluation.calibration import Recalibration

INSTALL = "make electives in the course's folder, or pip install onnx onnxruntime starlette tf2onnx uvicorn"
NOTICE = "made for learning, not for use on patients"
NO_ANSWER = "no answer"
CARD, SEAL = "medlearn.card", "medlearn.seal"  # the keys in the file's metadata
INPUT, OUTPUTS = "images", ("p", "features", "map")
OPSET = 15  # what is written
NEWEST_OPSET = 22  # what onnxruntime in a browser reads, too
MOST_BYTES = 100_000_000  # of a file with a model
AT_ONCE = 256  # images computed at a time, so that memory does not grow with their number
EXTERNAL = 1  # onnx's name for weights that lie in another file
CONVERT = "import sys; from medlearn.serve import exported; exported._convert_file(*sys.argv[1:])"
FLOOR = 0.001  # of the mean variance: along some axes the training images do not differ at all
SAME = 1e-4  # how far an exported file's answers may lie from the model's before the export is refused

# The card


@dataclasses.dataclass(frozen=True)
class Card:
    """What must be known beside the weights to use a model's answers; it travels inside the file.

    Parameters
    ----------
    name : the model's.
    classes : in the order of its outputs; of two, the second is what it looks for.
    pixels : the side of the images it takes.
    threshold : from this probability on, a film is called class 1 (two classes only).
    trained_on : the data it learnt from, in words.
    simulated : whether those were simulated.
    mean, inverse : of each of the file's features, over the training images: the mean, and one divided by the
        variance.
    limit : films farther away than this get no answer.
    calibration : slope and intercept for the log-odds; in the exported graph they are already applied.
    made : the day, as 2026-11-27.
    version : of medlearn.
    axes : what turns the features, (k, k), until the export has put it into the graph; then True, and None
        where they are not turned.
    """

    name: str
    classes: tuple[str, ...]
    pixels: int
    threshold: float
    trained_on: str
    simulated: bool
    mean: tuple[float, ...]
    inverse: tuple[float, ...]
    limit: float
    calibration: tuple[float, float] = (1.0, 0.0)
    made: str = dataclasses.field(default_factory=lambda: datetime.date.today().isoformat())
    version: str = dataclasses.field(default_factory=lambda: vars(sys.modules["medlearn"])["__version__"])
    axes: np.ndarray | bool | None = dataclasses.field(default=None, compare=False, repr=False)

    def __post_init__(self):
        for field in ("classes", "mean", "inverse", "calibration"):
            if isinstance(getattr(self, field), list):  # as JSON gives them
                object.__setattr__(self, field, tuple(getattr(self, field)))
        for field, holds, wanted in _conditions(self):
            if not holds:
                raise DataError(f"a model's card is wrong: {field} must be {wanted}")

    def as_json(self) -> str:
        """The card as text, with what the model is for."""
        fields = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        fields["axes"] = None if self.axes is None else True
        return json.dumps({"notice": NOTICE} | fields, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Card:
        """The card that a `text` holds, which may be anybody's; what is missing or wrong is named."""
        try:
            fields = json.loads(text)
            fields.pop("notice", None)
            return cls(**fields)
        except DataError:
            raise
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise DataError(f"a model's card is damaged ({error}): export the model again") from error

    def distance(self, features: ArrayLike) -> np.ndarray:
        """How far `features` (n, k) lie from those of the training images, (n,): beyond `limit` is too far.

        It is the root of the sum, over the features, of the squared distance from `mean` times `inverse`:
        Mahalanobis's distance, since the file's features vary independently.
        """
        return _distance(np.asarray(features, float), np.array(self.mean), np.array(self.inverse))

    def decide(self, p: ArrayLike, distance: float) -> str:
        """The class that one film's probabilities `p` stand for, or NO_ANSWER.

        It is NO_ANSWER where the film's `distance` is beyond the limit, or is no number.
        """
        p = np.asarray(p, float)
        if not (distance <= self.limit and np.isfinite(p).all()):
            return NO_ANSWER
        if len(self.classes) == 2:
            return self.classes[int(p[-1] >= self.threshold)]
        return self.classes[int(p.argmax())]


def _conditions(card: Card) -> Iterator[tuple[str, bool, str]]:
    """What must hold of each field: its name, whether it holds, and what was wanted."""
    for field in ("name", "trained_on", "made", "version"):
        value = getattr(card, field)
        yield field, isinstance(value, str) and 0 < len(value) <= 2000, "a text"
    texts = isinstance(card.classes, tuple) and all(isinstance(one, str) and one for one in card.classes)
    yield "classes", texts and len(set(card.classes)) == len(card.classes) >= 2, "two names or more"
    whole = isinstance(card.pixels, int) and not isinstance(card.pixels, bool)
    yield "pixels", whole and 8 <= card.pixels <= 1024, "a whole number from 8 to 1024"
    yield "threshold", _finite(card.threshold) and 0 < card.threshold < 1, "a number between 0 and 1"
    yield "simulated", isinstance(card.simulated, bool), "true or false"
    yield "mean", _finite(*_tuple(card.mean)) and len(_tuple(card.mean)) > 0, "a number for each feature"
    paired = len(_tuple(card.inverse)) == len(_tuple(card.mean))
    positive = _finite(*_tuple(card.inverse)) and min(_tuple(card.inverse), default=0) > 0
    yield "inverse", paired and positive, "a number above 0 for each feature"
    yield "limit", _finite(card.limit) and card.limit > 0, "a number above 0"
    pair = _finite(*_tuple(card.calibration)) and len(_tuple(card.calibration)) == 2
    yield "calibration", pair and card.calibration[0] > 0, "a slope above 0 and an intercept"
    turns = card.axes is None or card.axes is True or np.shape(card.axes) == (len(card.mean),) * 2
    yield "axes", turns, "true, null, or a number for each two features"
    plain = len(card.classes) == 2 or card.calibration[1] == 0
    yield "calibration", plain, "a slope alone, its intercept 0, where there are more than two classes"


def _tuple(value: object) -> tuple:
    return value if isinstance(value, tuple) else ()


def _finite(*values: object) -> bool:
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in values)
    return numbers and all(abs(one) < 1e300 for one in values)  # false for NaN, too


def _distance(features: np.ndarray, mean: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    return np.sqrt((np.square(features - mean) * inverse).sum(axis=1))


def make_card(
    model: keras.Model,
    train: ArrayLike,
    validation: ArrayLike,
    *,
    name: str,
    classes: tuple[str, ...],
    threshold: float,
    trained_on: str,
    simulated: bool,
    calibrated: Recalibration | None = None,
    kept: float = 0.99,
) -> Card:
    """The card of a trained `model`, with how its features usually lie.

    Parameters
    ----------
    model : ends in a mean over the image and one dense layer.
    train : the images it learnt from: (n, pixels, pixels, 1). Mean and variance of its features come from
        them.
    validation : other images; the limit comes from them.
    name, classes, trained_on, simulated : as in `Card`.
    threshold : on the calibrated probability.
    calibrated : what `evaluation.recalibrate` learnt by "platt", "intercept" or "temperature".
    kept : the share of the validation images that lie within the limit.
    """
    features, others = _features(model, train), _features(model, validation)
    axes, mean, inverse = _usual(features)
    return Card(
        name=name,
        classes=tuple(classes),
        pixels=model.input_shape[1],
        threshold=float(threshold),
        trained_on=trained_on,
        simulated=bool(simulated),
        mean=tuple(mean.tolist()),
        inverse=tuple(inverse.tolist()),
        limit=float(np.quantile(_distance(others @ axes, mean, inverse), kept)),
        calibration=(1.0, 0.0) if calibrated is None else _line(calibrated),
        axes=axes,
    )


def _usual(features: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The axes along which `features` (n, k) vary independently, and mean and inverse variance along them.

    Without turning, what is unusual only in how features go together would pass, such as most negatives.
    """
    variance, axes = np.linalg.eigh(np.atleast_2d(np.cov(features, rowvar=False)))
    if len(features) < 2 or not variance.mean() > 0:
        raise DataError("the model sees no difference between the training images, so nothing is unusual")
    floor = FLOOR * variance.mean()
    return axes, (features @ axes).mean(axis=0), 1 / (np.maximum(variance, 0) + floor)


def _features(model: keras.Model, images: ArrayLike) -> np.ndarray:
    import keras

    from medlearn.explain import last_layers
    from medlearn.training import predict

    pooling, _ = last_layers(model)
    return predict(keras.Model(model.input, pooling.output), np.asarray(images), batch_size=AT_ONCE)


def _line(calibrated: Recalibration) -> tuple[float, float]:
    if calibrated.line is None:
        raise DataError(
            f"a calibration by {calibrated.method} is no straight line in the log-odds, and a card holds "
            "slope and intercept: learn it by the method 'platt'"
        )
    return calibrated.line


# Keras to ONNX


def export(model: keras.Model, path: str | Path, card: Card) -> Path:
    """Write a trained model, its calibration and its card as one ONNX file; the file's path.

    What was written is asked at once, and refused if it does not answer as the model does.

    Parameters
    ----------
    model : takes grey images as they lie in the file, and ends in a mean over the image and one dense layer.
    path : of the new file, such as "model.onnx".
    card : the model's, as `make_card` writes it.
    """
    path = path_of(path)
    takes = (card.pixels, card.pixels, 1)
    if tuple(model.input_shape[1:]) != takes:
        raise DataError(f"the card says images of {takes}, and the model takes {model.input_shape[1:]}")
    whole = _with_all_outputs(model, card)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft.onnx"
        _convert(whole, draft)
        proto = _library("onnx").load(draft)
        _rename(proto.graph)
        proto.doc_string = NOTICE
        del proto.metadata_props[:]
        proto.metadata_props.add(key=CARD, value=card.as_json())
        _compare(whole, Served.read(save_sealed(proto, draft)))
        return save_sealed(proto, path)


def save_sealed(proto: onnx.ModelProto, path: str | Path) -> Path:
    """Write a model that carries a card, with a digest of both, so that a later edit is noticed; its path.

    Parameters
    ----------
    proto : the model, as onnx holds it; it gets the new digest.
    path : where to. A file there stays as it was until the new one is whole.
    """
    metadata = {one.key: one.value for one in proto.metadata_props}
    del proto.metadata_props[:]
    for key, value in (metadata | {SEAL: _seal(proto, metadata.get(CARD, ""))}).items():
        proto.metadata_props.add(key=key, value=value)
    with new_file(path_of(path)) as draft:
        draft.write_bytes(proto.SerializeToString(deterministic=True))
    return path_of(path)


def _seal(proto: onnx.ModelProto, card: str) -> str:
    return hashlib.sha256(card.encode() + proto.graph.SerializeToString(deterministic=True)).hexdigest()


def _with_all_outputs(model: keras.Model, card: Card) -> keras.Model:
    """The model with p, features and map, in this order; slope and intercept are in its last layer."""
    import keras
    from keras import layers, ops

    from medlearn.explain import last_layers

    pooling, dense = last_layers(model)
    kernel = ops.convert_to_numpy(dense.kernel)  # (features, outputs)
    bias = ops.convert_to_numpy(dense.bias) if dense.use_bias else np.zeros(kernel.shape[1], "float32")
    activation = _check_head(model, dense, card)
    slope, intercept = card.calibration
    last = layers.Dense(kernel.shape[1], activation=activation, name="calibrated")
    p = last(pooling.output)
    last.set_weights([kernel * slope, bias * slope + intercept])
    each = layers.Conv2D(kernel.shape[1], 1, use_bias=False, name="for_each_class")
    maps = each(pooling.input)  # (n, height, width, outputs)
    each.set_weights([kernel[None, None]])
    if kernel.shape[1] > 1:
        height, width, outputs = maps.shape[1:]
        chosen = ops.cast(p >= ops.max(p, axis=-1, keepdims=True), "float32")
        maps = layers.Dot(axes=-1)([layers.Reshape((height * width, outputs))(maps), chosen])
    one_map = layers.Reshape(pooling.input.shape[1:3])(maps)
    return keras.Model(model.input, [p, _turned(pooling.output, card), one_map], name=model.name)


def _turned(features: keras.KerasTensor, card: Card) -> keras.KerasTensor:
    """The features along the card's axes."""
    from keras import layers

    if card.axes is True:
        raise DataError("this card was read from a file, whose features it fits: write one with make_card")
    if card.axes is None:
        return features
    if len(card.axes) != features.shape[-1]:
        raise DataError(f"the card is of a model with {len(card.axes)} features, not {features.shape[-1]}")
    turn = layers.Dense(len(card.axes), use_bias=False, name="axes")
    turned = turn(features)
    turn.set_weights([card.axes])
    return turned


def _check_head(model: keras.Model, dense: keras.layers.Layer, card: Card) -> str:
    """The activation that goes with the number of outputs; the model must have it, the card the classes."""
    activation = "sigmoid" if dense.units == 1 else "softmax"
    if dense.activation.__name__ != activation:
        raise DataError(f"{model.name} ends in {dense.activation.__name__}, and {activation} was expected")
    if max(2, dense.units) != len(card.classes):
        raise DataError(f"{model.name} knows {max(2, dense.units)} classes, and its card {len(card.classes)}")
    return activation


def _convert(model: keras.Model, target: Path) -> None:
    """Write a model as ONNX by way of TensorFlow, the one backend whose converter needs no other JAX."""
    import keras

    if keras.backend.backend() == "tensorflow":
        _library("tf2onnx")
        with _silence(), warnings.catch_warnings(action="ignore"):  # of its converter's own age
            model(np.zeros((1, *model.input_shape[1:]), "float32"), training=False)
            model.export(str(target), format="onnx", verbose=False, opset_version=OPSET)
        return
    kept = target.with_name("model.keras")
    model.save(kept)
    done = subprocess.run(
        [sys.executable, "-c", CONVERT, str(kept), str(target)],
        env=os.environ | {"KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DataError(f"the export, which goes by way of TensorFlow, failed ({said}): install TensorFlow")


def _convert_file(source: str, target: str) -> None:
    """The same for a model in a `.keras` file, in a process whose backend is TensorFlow."""
    import keras

    importlib.import_module("medlearn.models.cnn")  # its layers
    _convert(keras.saving.load_model(source, compile=False), Path(target))


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """No word from the converter below an error."""
    logger = logging.getLogger("tf2onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _rename(graph: onnx.GraphProto) -> None:
    """Call a graph's input and outputs INPUT and OUTPUTS; the converter gave them names of its own."""
    names = {graph.input[0].name: INPUT}
    names |= {output.name: name for output, name in zip(graph.output, OUTPUTS, strict=True)}
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in (*graph.input, *graph.output, *graph.value_info):
        value.name = names.get(value.name, value.name)


def _compare(model: keras.Model, served: Served) -> None:
    """Refuse an exported file that does not answer as its model does."""
    from keras import ops

    images = np.random.default_rng(0).integers(0, 256, (8, *model.input_shape[1:]), dtype=np.uint8)
    wanted = [ops.convert_to_numpy(one) for one in model(images.astype("float32"), training=False)]
    found = served.answer(images)
    for name, one, other in zip(("p", "map"), wanted[::2], (found.p, found.map), strict=True):
        away = np.abs(one - other).max() / max(1.0, np.abs(one).max())
        if not away <= SAME:
            raise DataError(f"the exported file's {name} differs from the model's by {away:.1g}: not written")


# The file, asked


class Answer(NamedTuple):
    """What a model says of images.

    Parameters
    ----------
    p : probabilities after calibration: (n, 1) for two classes, else (n, classes).
    map : how much each place speaks for the class, (n, height, width).
    distance : from the usual, (n,); beyond the card's limit there is no answer.
    """

    p: np.ndarray
    map: np.ndarray
    distance: np.ndarray


@dataclasses.dataclass(frozen=True)
class Served:
    """An exported model, ready to answer; several threads may ask it at once.

    Parameters
    ----------
    path : of its file.
    card : the model's.
    digest : sha256 of the file: it says which version gave an answer.
    content : the bytes of the file.
    session : onnxruntime's.
    """

    path: Path
    card: Card
    digest: str
    content: bytes = dataclasses.field(repr=False)
    session: onnxruntime.InferenceSession = dataclasses.field(repr=False)

    @classmethod
    def read(cls, path: str | Path) -> Served:
        """The model in the file at `path`; whatever is not an exported model of this course is refused."""
        path = path_of(path)
        with opened(path) as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            most = MOST_BYTES / 10**6
            raise DataError(f"{path} has more than {most:g} MB: it is no model of this course")
        card = _card_in(_parsed(content, path), path)
        served = cls(path, card, hashlib.sha256(content).hexdigest(), content, _session(content, path))
        _check_shapes(served)
        return served

    def answer(self, images: ArrayLike) -> Answer:
        """What the model says of `images`: uint8, (n, pixels, pixels, 1), one or more."""
        images, side = np.asarray(images), self.card.pixels
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (side, side, 1):
            raise DataError(
                f"{self.card.name} takes images of uint8, (n, {side}, {side}, 1), not {images.dtype} of "
                f"{images.shape}"
            )
        if not len(images):
            raise DataError(f"{self.card.name} needs one image or more")
        parts = [self._run(images[start : start + AT_ONCE]) for start in range(0, len(images), AT_ONCE)]
        p, features, maps = (np.concatenate(one) for one in zip(*parts, strict=True))
        return Answer(p.astype(float), maps, self.card.distance(features))

    def _run(self, images: np.ndarray) -> list[np.ndarray]:
        return self.session.run(OUTPUTS, {INPUT: images.astype(np.float32)})


def _parsed(content: bytes, path: Path) -> onnx.ModelProto:
    """A model's parts, without anything being run: it must be ONNX, alone, and of an opset that is known."""
    onnx = _library("onnx")
    try:
        proto = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's own
        raise DataError(f"{path} is no ONNX model, or it is cut short: export the model again") from error
    if not proto.graph.node:
        raise DataError(f"{path} is no ONNX model: it holds no computation; export the model again")
    opset = max((one.version for one in proto.opset_import if one.domain in ("", "ai.onnx")), default=0)
    if not 0 < opset <= NEWEST_OPSET:
        raise DataError(
            f"{path} is written in ONNX opset {opset}, and opsets up to {NEWEST_OPSET} are read here: export "
            f"it with opset {OPSET}"
        )
    if any(one.data_location == EXTERNAL for one in proto.graph.initializer):
        raise DataError(f"{path} keeps its weights in another file: save it as one file")
    return proto


def _card_in(proto: onnx.ModelProto, path: Path) -> Card:
    """The card that a file carries, if neither it nor the graph was changed since."""
    metadata = {one.key: one.value for one in proto.metadata_props}
    if CARD not in metadata:
        raise DataError(
            f"{path} has no card, so threshold and classes are unknown: write it with serve.export"
        )
    if metadata.get(SEAL) != _seal(proto, metadata[CARD]):
        raise DataError(f"{path} was changed after it was exported: do not use it, export the model again")
    try:
        return Card.from_json(metadata[CARD])
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _session(content: bytes, path: Path) -> onnxruntime.InferenceSession:
    """onnxruntime on one thread, which for small images is as fast as several."""
    onnxruntime = _library("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own, and there are many
        said = " ".join(str(error).split())[:200]
        raise DataError(f"{path} cannot be run here ({said}): export the model again") from error


def _check_shapes(served: Served) -> None:
    """Ask for one black image: what comes out must fit the card."""
    card, side = served.card, served.card.pixels
    takes = [one.name for one in served.session.get_inputs()]
    gives = [one.name for one in served.session.get_outputs()]
    if takes != [INPUT] or not set(OUTPUTS) <= set(gives):
        raise DataError(f"{served.path} does not take {INPUT} and give {', '.join(OUTPUTS)}: export it again")
    try:
        p, features, one_map = served._run(np.zeros((1, side, side, 1), np.uint8))
    except Exception as error:
        raise DataError(f"{served.path} takes no images of {side} x {side}, as its card says") from error
    outputs = (1, 2) if len(card.classes) == 2 else (len(card.classes),)
    if p.ndim != 2 or p.shape[1] not in outputs or features.shape != (1, len(card.mean)) or one_map.ndim != 3:
        raise DataError(f"{served.path} gives other outputs than its card says: export the model again")


def _library(name: str) -> ModuleType:
    """The optional package of this `name`."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DataError(f"{name} is not installed: {INSTALL}") from error


# Two versions compared


class Change(NamedTuple):
    """How two versions of a model differ on the same films.

    Parameters
    ----------
    greatest : the greatest change of one probability.
    percentile_99 : 99 of 100 films change less than this.
    flipped : how many films are called differently.
    """

    greatest: float
    percentile_99: float
    flipped: int


def greatest_change(first: ArrayLike, second: ArrayLike, *, threshold: float = 0.5) -> Change:
    """What a mean hides: how far single answers move between two versions of a model.

    Parameters
    ----------
    first, second : probabilities of the same films: (n,), (n, 1) or (n, classes).
    threshold : from which on a film is called class 1, where there is one probability a film. With several, a
        film is called the most probable class.

    >>> change = greatest_change([0.1, 0.45, 0.9], [0.1, 0.55, 0.9])
    >>> f"{change.greatest:.2f}", change.flipped
    ('0.10', 1)
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    if first.shape != second.shape or not len(first):
        raise DataError(
            f"two versions answer the same films, one or more, not {first.shape} and {second.shape}"
        )
    first, second = (one.reshape(len(one), -1) for one in (first, second))
    away = np.abs(first - second).max(axis=1)
    called = [one[:, 0] >= threshold if one.shape[1] == 1 else one.argmax(1) for one in (first, second)]
    flipped = int((called[0] != called[1]).sum())
    return Change(float(away.max()), float(np.quantile(away, 0.99)), flipped)
