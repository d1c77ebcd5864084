"""The smears' recipe: a detector in one pass, with priors, beside what is purple.

In short: cuts of the pictures are turned, enlarged and stained otherwise; a grid with priors of the sizes of
the cells learnt from says what is where. The test pictures are scored once a seed.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

import keras
import numpy as np

from medlearn.data.dataset import Split
from medlearn.errors import UndefinedMeasure
from medlearn.evaluation import Estimate, detection
from medlearn.features.priors import boxes_of, prior_boxes, sizes_of, targets
from medlearn.features.stain import purple_boxes
from medlearn.models.detector import STRIDE, detection_loss, one_stage
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.segmenter import train_on_drawn
from medlearn.results.table import OURS, Column, Published, Table
from medlearn.training import predict, set_seed

NAMES = ("smears",)
SIDE = 224  # pixels of what is cut from a training picture
PRIORS = 5
STEPS, BATCH, PEAK = 1500, 8, 3e-3
OVERLAP = 0.45  # of two finds that are one cell
ZOOM, STAIN = 0.25, 0.3  # how far cuts differ in size and colour, as logarithms
WHITE = 1
COLUMNS = {
    "map50": Column("mAP at IoU .5"),
    "map": Column("mAP, mean of .5 to .95"),
    "ap50_rbc": Column("AP at .5, red cells"),
    "ap50_wbc": Column("AP at .5, white cells"),
    "ap50_platelets": Column("AP at .5, platelets"),
    "count_error": Column("white cells, count off by", 0, float("inf")),
}
PUBLISHED = [
    Published("NBCDC-YOLOv8, its own split", {"map50": 0.947}, "doi:10.1049/cvi2.12341"),
    Published("YOLOv8n, the same", {"map50": 0.924}, "doi:10.1049/cvi2.12341"),
    Published("YOLO-Dense, split not stated", {"map50": 0.86}, "as doi:10.3390/math13183023 cites it"),
]
RULE = "AP as COCO counts it: precision at 101 recalls, at most 100 finds a picture and class."

Boxes = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Detector:
    """A trained net, with the priors that it answers for.

    Parameters
    ----------
    model : the net.
    sizes : width and height of its priors.
    cut : the score from which a find is counted as a white cell.
    """

    model: keras.Model
    sizes: np.ndarray
    cut: float = 0.5


class Answer(NamedTuple):
    """What is said of the cases of a `test`: boxes a picture, and the `cut` from which a find is counted."""

    test: Split
    found: Sequence[Boxes]
    cut: float


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    parser.add_argument(
        "--train", metavar="PATH", help="learn from this file, and score on --file's test pictures"
    )


def run(name: str, *, file: str | None = None, seeds: int = 3, train: str | None = None) -> Table:
    """Train and score ours and the baseline.

    Parameters
    ----------
    name : one of NAMES.
    file : one's own pictures with boxes; see `read_boxes`.
    seeds : how many trainings from scratch.
    train : another file to learn from.
    """
    data = load_data(name, file=file, train=train)
    test, intervals = data.test, []

    def answer(seed: int, tick: Callable) -> dict[str, Answer]:
        detector = train_detector([data.train, data.validation], seed=seed)
        tick()
        return {OURS: Answer(test, find(detector, test.x), detector.cut)}

    def measure(ours: Answer) -> dict[str, float]:
        found = measures(ours)
        intervals.append(found["map50"])
        return {name: one.value for name, one in found.items()}

    purple = [purple_boxes(image) for image in test.x]
    table = tabulate(
        data,
        seeds=seeds,
        ticks=1,
        answer=answer,
        measure=measure,
        fixed={"what is purple is a white cell": measures(Answer(test, purple, 0))},
        published=PUBLISHED,
        notes=[
            f"Mean over {seeds} seeds, with 95 % intervals for training again, on the same test pictures.",
            RULE,
        ],
        columns=COLUMNS,
    )
    said = "; ".join(f"{one:.3f}" for one in intervals)
    table.notes.append(f"mAP at .5 a seed, with its interval for other test pictures: {said}.")
    return table


def measures(answer: Answer) -> dict[str, Estimate]:
    """The measures of an `answer`: mAP by two thresholds, AP of each class, and how far the count is off.

    Intervals count by patient. A class that no test picture has, or too few for an interval, is left out.
    """
    pair, patient, each = (answer.test.y, answer.found), {"patient": answer.test.patient}, {}
    for kind, key in enumerate(("ap50_rbc", "ap50_wbc", "ap50_platelets")):
        with contextlib.suppress(UndefinedMeasure):
            each[key] = detection.average_precision(*pair, label=kind, **patient)
    return {
        "map50": detection.mean_average_precision(*pair, **patient),
        "map": detection.mean_average_precision(*pair, at=detection.COCO, **patient),
        **each,
        "count_error": detection.count_error(*pair, label=WHITE, cut=answer.cut, **patient),
    }


# The net, and what is made of its answer


def train_detector(
    learnt: Sequence[Split], *, seed: int, steps: int = STEPS, width: int = 16, classes: int = 3
) -> Detector:
    """A trained detector; nothing is chosen on the pictures that it learns from but what is counted.

    Parameters
    ----------
    learnt : the splits that it learns from.
    seed : draws it, in `steps` steps.
    width : see `one_stage`; so `classes`.
    """
    pictures, boxes = (list(chain(*of)) for of in zip(*((part.x, part.y) for part in learnt), strict=True))
    sizes = sizes_of(np.concatenate([one["corners"] for one in boxes]), PRIORS)
    priors = prior_boxes(SIDE // STRIDE, SIDE // STRIDE, sizes)

    def draw(case: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        picture, there = altered(pictures[case], boxes[case], rng)
        return picture, targets(there, priors, classes)

    set_seed(seed)
    model = one_stage((None, None, 3), classes, PRIORS, width=width)
    train_on_drawn(
        model, draw, len(pictures), loss=detection_loss, batch=BATCH, steps=steps, seed=seed, peak=PEAK
    )
    detector = Detector(model, sizes)
    return replace(detector, cut=choose(find(detector, learnt[-1].x), learnt[-1].y))


def altered(x: np.ndarray, boxes: Boxes, rng: np.random.Generator) -> tuple[np.ndarray, Boxes]:
    """A square cut of a picture `x`, turned, enlarged and stained by `rng`, and its `boxes` likewise.

    A cell has no sides, and no size or colour that the microscope does not give it. A cell of which the cut
    holds less than a third is not judged; of which it holds less than a tenth, not there.
    """
    from PIL import Image

    height, width = x.shape[:2]
    side = min(SIDE / np.exp(rng.uniform(-ZOOM, ZOOM)), height, width)
    left, top = rng.uniform(0, width - side), rng.uniform(0, height - side)
    cut = (left, top, left + side, top + side)
    image = np.asarray(Image.fromarray(x).resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=cut))
    corners = (boxes["corners"] - [left, top, left, top]) * (SIDE / side)
    whole = _area(corners)
    corners = np.clip(corners, 0, SIDE)
    share = _area(corners) / np.maximum(whole, 1e-9)
    ignore = boxes["ignore"] | (share < 1 / 3)
    for axis in (0, 1):
        if rng.random() < 0.5:
            image = np.flip(image, 1 - axis)
            corners[:, [axis, axis + 2]] = SIDE - corners[:, [axis + 2, axis]]
    if rng.random() < 0.5:
        image, corners = image.transpose(1, 0, 2), corners[:, [1, 0, 3, 2]]
    stain = np.exp(rng.uniform(-STAIN, STAIN, 3))
    image = 255 * (image / np.float32(255)) ** stain.astype(np.float32)
    kept = share > 0.1
    return image, {"corners": corners[kept], "label": boxes["label"][kept], "ignore": ignore[kept]}


def _area(corners: np.ndarray) -> np.ndarray:
    return (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])


def find(detector: Detector, x: np.ndarray) -> list[Boxes]:
    """What a `detector` finds in pictures `x` (n, height, width, 3), each side a multiple of 16.

    It looks at each as it is and in its three mirror images; the mean answer counts.
    """
    rows, columns = (side // STRIDE for side in x.shape[1:3])
    answer = 0.0
    for turned in ((), (1,), (2,), (1, 2)):
        one = predict(detector.model, np.flip(x, turned), batch_size=8)
        one = np.flip(one.reshape(len(x), rows, columns, *one.shape[2:]), turned).copy()
        for axis in turned:
            one[..., -3 if axis == 1 else -4] *= -1  # left of the prior is right of it in a mirror
        answer = answer + one / 4
    priors = prior_boxes(rows, columns, detector.sizes)
    return [
        boxes_of(one.reshape(len(priors), *one.shape[2:]), priors, cut=0.02, at=OVERLAP, shape=x.shape[1:3])
        for one in answer
    ]


def choose(found: Sequence[Boxes], y_true: Sequence[Boxes]) -> float:
    """The score from which the white cells among `found` are about as many as in `y_true`: off least."""
    grid = np.arange(0.1, 0.7, 0.05)
    return float(min(grid, key=lambda cut: detection.count_error(y_true, found, label=WHITE, cut=cut).value))
