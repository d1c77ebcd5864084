"""A model and films for whoever has none: a small net, trained once on simulated films, and some to drag in.

They lie in the cache. The films are nobody's, and no answer about them says anything about patients.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medlearn.data import store
from medlearn.data.files import MARKER, explained, kind_of, new_folder
from medlearn.data.images.simulate.clinic import write_clinic
from medlearn.data.images.simulate.films import draw_films
from medlearn.errors import DataError
from medlearn.serve.exported import Card, Served, export, make_card

if TYPE_CHECKING:
    import keras

VERSION = 1
MODEL, FILMS = "model.onnx", "example_films"
CLASSES = ("normal", "pneumonia")
SOUGHT = 0.9  # sensitivity: the threshold is chosen for it, on films that the net did not learn from
SEED = 71
PLAIN_FILMS, PLAIN_CLINIC = (71, 6), 1  # seeds whose films a net of this size reads as they were drawn


def example_model(*, films: int = 2400, width: int = 8, epochs: int = 8) -> Path:
    """The file with the example's model, made now if it is not in the cache; its films lie beside it.

    Two processes may ask at once: both get a whole folder.

    Parameters
    ----------
    films : how many are drawn to train with; a sixth of them is set aside for validation.
    width : of the net's first convolution.
    epochs : how often the net sees the others.
    """
    place = store.cache_folder() / "small" / f"serve-example-{films}-{width}-{epochs}-v{VERSION}"
    if kind_of(place) and not _is_whole(place):
        print(f"! {place} is damaged and is made anew")
        with explained(place):
            shutil.rmtree(place)
    if not kind_of(place):
        print("Training a small net on simulated films, once: about 20 seconds", flush=True)
        with new_folder(place) as draft:
            net, card = _trained(films, width, epochs)
            export(net, draft / MODEL, card)
            _write_films(draft / FILMS)
    return place / MODEL


def _is_whole(place: Path) -> bool:
    try:
        return bool(Served.read(place / MODEL)) and kind_of(place / FILMS / MARKER) == "file"
    except DataError:
        return False


def _trained(films: int, width: int, epochs: int) -> tuple[keras.Model, Card]:
    """The net, trained on simulated films, and its card."""
    from medlearn.models.cnn import course_net
    from medlearn.training import fit, predict, set_seed

    label = np.arange(films) % 2
    images, _ = draw_films(label, seed=SEED)
    cut = films - films // 6
    set_seed(SEED)
    net = course_net((28, 28, 1), width=width)
    net.compile("adam", "binary_crossentropy")
    fit(net, (images[:cut], label[:cut]), (images[cut:], label[cut:]), epochs=epochs)
    p = predict(net, images[cut:])[:, 0]
    threshold = np.clip(np.quantile(p[label[cut:] == 1], 1 - SOUGHT), 0.01, 0.99)
    card = make_card(
        net,
        images[:cut],
        images[cut:],
        name="the example's small net",
        classes=CLASSES,
        threshold=round(float(threshold), 3),
        trained_on=f"{cut:,} drawn chest films",
        simulated=True,
    )
    return net, card


def _write_films(folder: Path) -> None:
    """Films as PNG and DICOM, named by what was drawn on them, and two pictures that get no answer."""
    from PIL import Image

    folder.mkdir()
    for name, image in _pictures():
        Image.fromarray(image).save(folder / f"{name}.png")
    with tempfile.TemporaryDirectory() as clinic:
        for name, file in _two_ways(write_clinic(Path(clinic), seed=PLAIN_CLINIC, visits=40)):
            shutil.copyfile(file, folder / f"{name}.dcm")
    (folder / MARKER).write_text("Nobody's films: simulated.\n", encoding="utf-8")


def _pictures() -> Iterator[tuple[str, np.ndarray]]:
    names = ("normal", "pneumonia", "pneumonia_other_scanner")
    images, _ = draw_films([0, 1, 1], seed=PLAIN_FILMS, pixels=256, severity=0.8, scanner=[0, 0, 1])
    yield from zip(names, images[..., 0], strict=True)
    down, across = np.mgrid[:200, :200].astype(np.uint8)
    yield "no_film_in_colour", np.stack([down, across, 255 - down], axis=-1)
    yield "no_film_stripes", (down // 28 % 2 * 255).astype(np.uint8)


def _two_ways(clinic: Path) -> Iterator[tuple[str, Path]]:
    """Of a `clinic` a normal film stored as it looks, and one with pneumonia stored as its negative."""
    from pydicom import dcmread

    found = {}
    with (clinic / "visits.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            file = clinic / row["file"]
            stored = dcmread(file, stop_before_pixels=True).PhotometricInterpretation
            found.setdefault((row["label"], stored), file)
    yield "normal", found["0", "MONOCHROME2"]
    yield "pneumonia_stored_as_negative", found["1", "MONOCHROME1"]
