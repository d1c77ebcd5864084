"""An exported model against Keras: what one film costs, what 256 cost, and what it costs to start.

    python benchmarks/onnx_speed.py [--rounds 20] [--starts 3]

The course's net, as drawn, exported and in 8 bits, asked on one thread by onnxruntime; and the same net
asked by `model.predict`, by `predict_on_batch`, and by the course's `predict`, on as many threads as Keras
takes. That all but the 8 bits answer alike is checked. Each is called once before it is timed, then in turns,
and the median counts. A start is an import in a Python of its own, less that of a bare one.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import keras
import numpy as np

from medlearn.compress import quantise
from medlearn.models.cnn import course_net
from medlearn.serve.exported import Served, export, make_card
from medlearn.training import predict, set_seed

COUNTS = (1, 256)  # films in a call
CALLS = "model.predict", "predict_on_batch", "medlearn's predict", "onnxruntime", "onnxruntime, 8 bits"
IMPORTS = {"keras": "import medlearn, keras", "onnxruntime": "import onnxruntime"}  # medlearn: without noise


def write(model: keras.Model, films: np.ndarray, folder: Path) -> tuple[Served, Served]:
    """The model as two files in a `folder`, exported and in 8 bits, ready to be asked."""
    card = make_card(
        model,
        films,
        films,
        name="net",
        classes=("no", "yes"),
        threshold=0.5,
        trained_on="nothing",
        simulated=True,
    )
    path = export(model, folder / "net.onnx", card)
    return Served.read(path), Served.read(quantise(path, folder / "small.onnx", films))


def ways(model: keras.Model, whole: Served, small: Served) -> Mapping[str, Callable]:
    """How films can be asked, by the names in CALLS: functions from films to probabilities."""
    functions = (
        lambda films: model.predict(films, verbose=0),
        lambda films: keras.ops.convert_to_numpy(model.predict_on_batch(films)),
        lambda films: predict(model, films),
        lambda films: whole.answer(films).p,
        lambda films: small.answer(films).p,
    )
    return dict(zip(CALLS, functions, strict=True))


def median_seconds(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median of the seconds that each of the `calls` takes, all in turns, over so many `rounds`."""
    seconds = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in seconds.items()}


def start(code: str) -> None:
    """Run `code` in a Python of its own."""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def show_answers(asked: Mapping[str, Callable], films: np.ndarray, rounds: int) -> None:
    """Print what each way of asking takes for one and for many of the `films`, in `rounds`."""
    print("| | " + " | ".join(f"{count} films, ms | to onnxruntime" for count in COUNTS) + " |")
    print("| --- |" + " --- | --- |" * len(COUNTS))
    cells = {name: [] for name in asked}
    for count in COUNTS:
        calls = {name: functools.partial(ask, films[:count]) for name, ask in asked.items()}
        answers = {name: call() for name, call in calls.items()}  # and nothing is compiled from here on
        for name in CALLS[:4]:
            np.testing.assert_allclose(answers[name], answers[CALLS[0]], atol=1e-5)
        seconds = median_seconds(calls, rounds)
        for name, value in seconds.items():
            cells[name] += [f"{1000 * value:.2f}", f"{value / seconds['onnxruntime']:.1f}"]
    for name, row in cells.items():
        print(f"| {name} | " + " | ".join(row) + " |")


def show_starts(rounds: int) -> None:
    """Print what the imports take, in `rounds`."""
    codes = {"bare": "pass", **IMPORTS}
    seconds = median_seconds({name: functools.partial(start, code) for name, code in codes.items()}, rounds)
    cost = {name: seconds[name] - seconds["bare"] for name in IMPORTS}
    for name, value in cost.items():
        print(f"import {name}: {value:.2f} s")
    print(f"onnxruntime starts {cost['keras'] / cost['onnxruntime']:.0f} times as fast")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="calls of each way that are timed (20)")
    parser.add_argument("--starts", type=int, default=3, help="imports of each that are timed (3)")
    options = parser.parse_args()
    films = np.random.default_rng(0).integers(0, 256, (max(COUNTS), 28, 28, 1), dtype=np.uint8)
    set_seed(0)
    model = course_net()
    with tempfile.TemporaryDirectory() as folder:
        whole, small = write(model, films, Path(folder))
        sizes = ", ".join(f"{len(one.content) / 1e6:.2f} MB" for one in (whole, small))
        print(f"exported and in 8 bits: {sizes}")
        show_answers(ways(model, whole, small), films, options.rounds)
    show_starts(options.starts)


if __name__ == "__main__":
    main()
