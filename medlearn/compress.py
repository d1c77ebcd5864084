"""A trained model made smaller: fewer weights, fewer channels, a small net that imitates it, 8-bit numbers.

What each way costs is for the caller to measure, and not by a mean alone. Nothing here knows a data set.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from numpy.typing import ArrayLike

from medlearn.errors import DataError
from medlearn.serve.exported import INPUT, Served, save_sealed
from medlearn.training import Labelled, fit

TINY = 1e-6  # a probability below it is rounding
AT_ONCE = 50  # films at a time, in the search for scales

# Along these a channel can be followed; what adds, joins or flattens needs a plan of its own.
CHAIN = (
    layers.InputLayer,
    layers.Rescaling,
    layers.LayerNormalization,
    layers.Conv2D,
    layers.BatchNormalization,
    layers.ReLU,
    layers.Activation,
    layers.AveragePooling2D,
    layers.MaxPooling2D,
    layers.GlobalAveragePooling2D,
    layers.Dropout,
    layers.Dense,
)

# Fewer weights


def prune(model: keras.Model, share: float) -> keras.Model:
    """A copy of a `model` in which the smallest weights of each kernel are 0.

    The zeros take as much room as the weights did, and are multiplied like them: neither the file nor the
    time shrinks. Biases and normalisation stay as they are.

    Parameters
    ----------
    model : trained; it stays as it is.
    share : of the weights of each kernel, from 0 to below 1, by magnitude.

    >>> dense = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    >>> dense.layers[0].set_weights([np.array([[3.0], [-0.1], [0.2], [-4.0]]), np.zeros(1)])
    >>> ops.convert_to_numpy(prune(dense, 0.5).layers[0].kernel).ravel().tolist()
    [3.0, 0.0, 0.0, -4.0]
    """
    _check_share(share)
    pruned = _copy(model)
    kernels = [weight for weight in pruned.weights if weight.name.endswith("kernel")]
    if not kernels:
        raise DataError(f"{model.name} has no kernel, so there is nothing to prune")
    for kernel in kernels:
        values = ops.convert_to_numpy(kernel).reshape(-1).copy()
        values[np.argsort(np.abs(values), kind="stable")[: round(share * values.size)]] = 0
        kernel.assign(values.reshape(kernel.shape))
    return pruned


def prune_channels(model: keras.Model, share: float) -> keras.Model:
    """A narrower copy of a `model`: of each convolution those channels are gone whose weights are smallest.

    This does shrink the file and the time. The answers change much, and the copy has to be trained on.

    Parameters
    ----------
    model : a chain of convolutions, as `course_net` is; it stays as it is.
    share : of the channels of each convolution, from 0 to below 1, by the sum of their weights' magnitudes.
        One channel always stays.

    >>> from medlearn.models.cnn import course_net
    >>> prune_channels(course_net(width=8), 0.5).count_params() == course_net(width=4).count_params()
    True
    """
    _check_share(share)
    for layer in model.layers:
        if not isinstance(layer, CHAIN) or getattr(layer, "groups", 1) > 1:
            raise DataError(
                f"{model.name} has a layer {layer.name}, behind which channels cannot be told apart: they "
                "are pruned in a chain of convolutions such as course_net"
            )
    narrow = keras.models.clone_model(model, clone_function=lambda layer: _narrower(layer, share))
    kept = np.arange(model.input_shape[-1])
    for layer in (layer for layer in model.layers if layer.weights):
        kept = _hand_on(layer, narrow.get_layer(layer.name), kept)
    return narrow


def _check_share(share: float) -> None:
    if not 0 <= share < 1:
        raise DataError(f"share must be from 0 to below 1, not {share}")


def _copy(model: keras.Model) -> keras.Model:
    """A model of its own with the same weights."""
    copy = keras.models.clone_model(model)
    for mine, theirs in zip(copy.weights, model.weights, strict=True):
        mine.assign(ops.convert_to_numpy(theirs))
    return copy


def _narrower(layer: layers.Layer, share: float) -> layers.Layer:
    """The same layer, without weights; a convolution has fewer channels."""
    config = layer.get_config()
    if isinstance(layer, layers.Conv2D):
        config["filters"] = max(1, layer.filters - round(share * layer.filters))
    return type(layer).from_config(config)


def _hand_on(old: layers.Layer, new: layers.Layer, kept: np.ndarray) -> np.ndarray:
    """Give a `new` layer the weights of the `old` that are `kept`, and return which channels come out."""
    values = [ops.convert_to_numpy(weight) for weight in old.weights]
    if isinstance(old, layers.Conv2D):
        kernel = values[0]  # (height, width, in, out)
        order = np.argsort(-np.abs(kernel).sum(axis=(0, 1, 2)), kind="stable")
        out = np.sort(order[: new.filters])
        values = [kernel[:, :, kept][..., out], *(bias[out] for bias in values[1:])]
        kept = out
    elif isinstance(old, layers.Dense):
        values[0] = values[0][kept]
        kept = np.arange(old.units)
    else:  # a normalisation has one number a channel
        values = [one[kept] for one in values]
    new.set_weights(values)
    return kept


# A smaller net that imitates


def distil(
    teacher: keras.Model,
    student: keras.Model,
    train: Labelled | tuple | keras.utils.PyDataset,
    *,
    temperature: float = 3.0,
    hard: float = 0.1,
    epochs: int = 10,
    batch_size: int = 64,
    optimizer: keras.optimizers.Optimizer | str = "adam",
    seed: int | None = None,
) -> pd.DataFrame:
    """Train a `student` to answer as a `teacher` does: Keras's `Distiller` on the answers that we have.

    Keras's loss wants a score a class, before softmax. With one probability for two classes it is 0 whatever
    the student says, and nothing is learnt; so both nets are shown to it by the logarithms of the
    probabilities of all classes. One row of the result is one epoch.

    Parameters
    ----------
    teacher : trained; it stays as it is.
    student : with the same inputs and outputs; its weights change, and it need not be compiled.
    train : a `Split`, a pair `(x, y)`, or what draws its own batches; y are numbers of classes.
    temperature : by how much the log-odds are divided before teacher and student are compared. Above 1, it
        counts more how a teacher's small probabilities differ.
    hard : what y counts in the loss, from 0 to below 1; the rest is the teacher's.
    epochs, batch_size, seed : as in `fit`.
    optimizer : a new one, or the name of one.
    """
    if teacher.output_shape != student.output_shape or teacher.input_shape != student.input_shape:
        raise DataError(
            f"the teacher turns {teacher.input_shape} into {teacher.output_shape}, and the student "
            f"{student.input_shape} into {student.output_shape}: they must be alike"
        )
    if temperature <= 0 or not 0 <= hard < 1:
        raise DataError(
            f"temperature must be above 0 and hard from 0 to below 1, not {temperature} and {hard}"
        )
    # Asked for by its name, which is the default, it would be taken without a softmax, and teach nothing.
    divergence = keras.losses.KLDivergence()
    distiller = keras.distillation.Distiller(
        teacher=_log_probabilities(_copy(teacher)),  # a copy, since Keras freezes it for good
        student=_log_probabilities(student),
        distillation_losses=keras.distillation.LogitsDistillation(temperature, divergence),
        student_loss_weight=hard,
    )
    distiller.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return fit(distiller, train, epochs=epochs, batch_size=batch_size, seed=seed)


def _log_probabilities(model: keras.Model) -> keras.Model:
    """The same model with the same weights, which answers with the logarithm of each class's probability."""
    (p,) = model.outputs  # also of a Sequential, which has no `output`
    if p.shape[-1] == 1:
        p = ops.concatenate([1 - p, p], axis=-1)
    return keras.Model(model.inputs, ops.log(ops.clip(p, TINY, 1.0)))


# 8-bit numbers


def quantise(source: Path | str, target: Path | str, images: ArrayLike, *, everything: bool = False) -> Path:
    """Write an exported model with 8-bit numbers in place of 32-bit ones; the path of the new file.

    Weights get a scale for each channel. What flows between two layers gets one scale and zero point, by the
    least and the greatest value that the `images` lead to: this is called static quantisation. Weights use 7
    of the 8 bits, because processors without the newer instructions overflow otherwise, and would answer the
    same film differently. The model's card goes with it, and so its calibration and its threshold.

    Parameters
    ----------
    source : an ONNX file, as `medlearn.serve.exported.export` writes it.
    target : where the new one goes; it may be `source`.
    images : some hundred, of those that the model learnt from: uint8, (n, pixels, pixels, 1). Test images
        would leak into the scales.
    everything : also what comes before and behind the convolutions, which hold nearly all weights: scaling
        and the last layer. It makes the file hardly smaller, and the answers coarser.
    """
    served, images = Served.read(source), np.asarray(images)
    served.answer(images[:1])  # or says why it cannot
    import onnx
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder:
        whole, ready, small = (Path(folder) / f"{name}.onnx" for name in ("whole", "ready", "small"))
        whole.write_bytes(served.content)
        quant_pre_process(whole, ready, skip_symbolic_shape=True)
        quantization.quantize_static(
            ready,
            small,
            _Batches(images),
            op_types_to_quantize=None if everything else ["Conv", "Relu"],
            per_channel=True,
            reduce_range=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )
        quantised = onnx.load(small)
    del quantised.metadata_props[:]
    quantised.metadata_props.extend(onnx.load_model_from_string(served.content).metadata_props)
    return save_sealed(quantised, target)


class _Batches:
    """What onnxruntime asks for when it looks for scales: `images` in batches, by the input's name."""

    def __init__(self, images: np.ndarray):
        starts = range(0, len(images), AT_ONCE)
        self.batches = ({INPUT: images[start : start + AT_ONCE].astype("float32")} for start in starts)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next batch, or None after the last."""
        return next(self.batches, None)
