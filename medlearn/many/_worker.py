"""One process of a training on JAX: medlearn/many/train.py starts it, with a folder and the process's number.

In the folder lie what is asked, as JSON, and the shards, as npz. The process prints a line of JSON when it is
here, one when it and all others have joined, and one at the end: losses, and checksums of its weights and of
the cases that it read. Several processes hand each other gradients over sockets of this machine alone.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from medlearn.many.train import ASKED, SHARD
from medlearn.models.augment import Augment
from medlearn.models.cnn import course_net
from medlearn.training import fit, optimizer


def main() -> None:
    """Train as the folder asks that the command line names, beside the number of this process."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    folder, number = Path(sys.argv[1]), int(sys.argv[2])
    asked = json.loads((folder / ASKED).read_text("utf-8"))
    _say({"here": number})
    sys.modules["tensorflow"] = None  # or Keras imports it to seed it, too: seconds, and a gigabyte
    keras.utils.set_random_seed(asked["seed"])  # without one, joining would draw a seed and exchange it
    if asked["processes"] > 1:
        _join(asked["address"], asked["processes"], number)
    devices = keras.distribution.list_devices()
    if len(devices) != asked["processes"] * asked["devices"]:
        sys.exit(f"JAX sees {', '.join(devices)}, and not {asked['devices']} in each process")
    if len(devices) > 1:  # each process hands in its own part of a batch: Keras must not split that again
        keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
    _say({"joined": len(devices)})
    _say(_train(_Cases(folder, asked["reading"][number], asked), asked))


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, and with it the other end of standard input."""
    os.read(0, 1)
    os._exit(1)


def _say(what: Mapping[str, object]) -> None:
    print(json.dumps(what), flush=True)


def _join(address: str, processes: int, number: int) -> None:
    """Meet the other processes at `address`; returns when all are there.

    Left alone, Gloo, which carries the gradients, listens at the address that the machine's name stands for,
    and others may reach that. JAX's coordinator is told by JAX_COORDINATOR_BIND_ADDRESS.
    """
    jaxlib = importlib.import_module("jaxlib._jax")
    host = address.rpartition(":")[0]
    jaxlib.make_gloo_tcp_collectives = functools.partial(jaxlib.make_gloo_tcp_collectives, hostname=host)
    keras.distribution.initialize(job_addresses=address, num_processes=processes, process_id=number)


class _Cases(keras.utils.PyDataset):
    """The batches of the shards that this process reads, each shard in an order of its own, new each epoch.

    A batch is a slice of the first shard and then one of the second, whoever reads them: with two processes
    JAX sets the slices side by side. So all ways see the same batches, and draw the same dropout for them.
    """

    def __init__(self, folder: Path, numbers: Sequence[int], asked: Mapping):
        super().__init__()
        self.shards = [np.load(folder / SHARD.format(number)) for number in numbers]
        self.shards = [(shard["x"], shard["y"]) for shard in self.shards]
        self.slice, self.steps = asked["slice"], asked["steps"]
        self.rngs = [np.random.default_rng([asked["seed"], number]) for number in numbers]
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        self.orders = [rng.permutation(len(y)) for rng, (_, y) in zip(self.rngs, self.shards, strict=True)]

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        here = slice(index * self.slice, (index + 1) * self.slice)
        rows = [order[here] for order in self.orders]
        some = [(x[row], y[row]) for row, (x, y) in zip(rows, self.shards, strict=True)]
        return tuple(np.concatenate(parts) for parts in zip(*some, strict=True))

    def digest(self) -> str:
        """The sha256 of all cases that were read."""
        found = hashlib.sha256()
        for x, y in self.shards:
            found.update(x.tobytes() + y.tobytes())
        return found.hexdigest()


def _train(cases: _Cases, asked: Mapping) -> dict[str, object]:
    """Train the course's net and say how: the results that `train.Share` names."""
    start = time.perf_counter()
    model = _build(cases.shards[0][0].shape[1:], asked)
    weight = {number: share for number, share in enumerate(asked["class_weight"]) if share}
    table = fit(model, cases, epochs=asked["epochs"], patience=None, class_weight=weight)
    seconds = time.perf_counter() - start
    weights = [np.asarray(keras.ops.convert_to_numpy(one)) for one in model.trainable_variables]
    found = hashlib.sha256(b"".join(one.tobytes() for one in weights))
    return {
        "losses": table["loss"].tolist(),
        "weights": float(np.sqrt(sum((one.astype(float) ** 2).sum() for one in weights))),
        "digest": found.hexdigest(),
        "seen": cases.digest(),
        "cases": sum(len(y) for _, y in cases.shards),
        "seconds": seconds,
    }


def _build(shape: Sequence[int], asked: Mapping) -> keras.Model:
    """The course's net behind augmentation, compiled by the course's recipe."""
    classes = asked["classes"]
    keras.utils.set_random_seed(asked["seed"])
    net = course_net(tuple(shape), classes, width=asked["width"])
    model = keras.Sequential([keras.Input(tuple(shape)), Augment(seed=asked["seed"]), net])
    kind = keras.losses.BinaryCrossentropy if classes == 2 else keras.losses.CategoricalCrossentropy
    way = optimizer(asked["epochs"] * asked["steps"], weight_decay=0.02, peak=asked["learning_rate"])
    model.compile(way, kind(label_smoothing=0.1))
    return model


if __name__ == "__main__":
    main()
