"""One film by the server's route, and how many a second: onnxruntime against Keras behind the same route.

    python benchmarks/serve_speed.py [--films 200] [--at-once 8]

A real server on a free port, in a thread of its own; a film is a PNG of 256 × 256 pixels, read, answered,
and its line in the log on the disk before the answer comes. Both must give the same answers. What
the page weighs stands below.
"""

from __future__ import annotations

import argparse
import dataclasses
import http.client
import io
import json
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from medlearn.models.cnn import course_net
from medlearn.serve import Log, Served, export, make_card
from medlearn.serve.app import PAGE, RUNTIME, running
from medlearn.serve.exported import Answer
from medlearn.training import set_seed

TOKEN = "of-this-benchmark"


@dataclasses.dataclass(frozen=True)
class ByKeras(Served):
    """The same model with Keras behind it."""

    model: keras.Model | None = None

    def answer(self, images: np.ndarray) -> Answer:
        """What the model says of `images`; where it looks, and how unusual they are, is left out."""
        p = self.model.predict_on_batch(images)
        return Answer(p.astype(float), np.zeros((len(images), 7, 7)), np.zeros(len(images)))


def exported(folder: Path) -> tuple[keras.Model, Served]:
    """An untrained net of the course's size, and the same exported to `folder`."""
    set_seed(0)
    net, noise = course_net((28, 28, 1)), np.random.default_rng(0).integers(0, 256, (64, 28, 28, 1), "uint8")
    about = {"name": "untrained", "classes": ("normal", "pneumonia"), "threshold": 0.5}
    card = make_card(net, noise, noise, **about, trained_on="noise", simulated=True)
    card = dataclasses.replace(card, limit=1e6)
    return net, Served.read(export(net, folder / "model.onnx", card))


def film(seed: int) -> bytes:
    """A PNG with a smooth grey picture, drawn by `seed`."""
    grey = np.random.default_rng(seed).integers(0, 256, (16, 16), dtype="uint8")
    out = io.BytesIO()
    Image.fromarray(grey).resize((256, 256), Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


def asked(port: int, films: Sequence[bytes]) -> tuple[list[float], list[float]]:
    """The probability and the milliseconds of each of the `films`, asked one after the other at a `port`."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    p, milliseconds = [], []
    for content in films:
        start = time.perf_counter()
        line.request("POST", "/answer?name=film.png", content, {"Authorization": f"Bearer {TOKEN}"})
        said = json.loads(line.getresponse().read())
        milliseconds.append(1000 * (time.perf_counter() - start))
        p.append(said["p"][-1])
    line.close()
    return p, milliseconds


def measured(served: Served, films: Sequence[bytes], at_once: int, log: Path) -> tuple[list[float], str]:
    """The answers of a `served` model, and a row: one film's time; `films` a second, so many `at_once`."""
    with running(served, Log(log), TOKEN) as port:
        asked(port, films[:20])  # the first are slow
        p, milliseconds = asked(port, films)
        start = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(lambda part: asked(port, part), [films[k::at_once] for k in range(at_once)]))
        rate = len(films) / (time.perf_counter() - start)
    middle, high = np.quantile(milliseconds, [0.5, 0.95])
    return p, f"{middle:.2f} | {high:.2f} | {rate:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=8)
    options = parser.parse_args()
    films = [film(seed) for seed in range(options.films)]
    with tempfile.TemporaryDirectory() as folder:
        net, served = exported(Path(folder))
        fields = {field.name: getattr(served, field.name) for field in dataclasses.fields(served)}
        print(f"| | one film, ms | 95 of 100 within | films a second, {options.at_once} at once |")
        print("| --- | --- | --- | --- |")
        found = []
        for name, one in (("onnxruntime", served), ("Keras", ByKeras(**fields, model=net))):
            p, row = measured(one, films, options.at_once, Path(folder, f"{name}.jsonl"))
            found.append(p)
            print(f"| {name} | {row}")
    np.testing.assert_allclose(*found, atol=1e-5)
    page = sum(path.stat().st_size for path in PAGE.iterdir()) / 1e3
    runtime, model = sum(file.size for file in RUNTIME.files) / 1e6, len(served.content) / 1e6
    print(
        f"the page has {page:.0f} kB; answers in a browser need {runtime:.1f} MB, and {model:.2f} of a model"
    )


if __name__ == "__main__":
    main()
