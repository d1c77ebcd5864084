"""How many steps a detector takes to a given mAP: with priors of several sizes, against one prior a place.

    python benchmarks/prior_speed.py

Simulated smears of 144 × 192 pixels, the same batches, loss and rate; after every few steps the mAP at an IoU
of .5 on the validation pictures, read as COCO does. Steps are counted, not seconds: both nets have the same
body, and differ in their last layers alone. Where a net does not get there, the steps that it got count.
"""

from __future__ import annotations

import argparse

import keras
import numpy as np

from medlearn import load
from medlearn.data.dataset import Dataset, Split
from medlearn.evaluation import detection
from medlearn.features.priors import boxes_of, prior_boxes, sizes_of, targets
from medlearn.models.detector import STRIDE, detection_loss, one_stage
from medlearn.training import predict, set_seed

SHAPE, WIDTH, BATCH, RATE = (144, 192), 8, 8, 2e-3


def map_of(model: keras.Model, part: Split, priors: np.ndarray) -> float:
    """The mAP at .5 of what a `model` finds in the pictures of a `part`."""
    answers = predict(model, part.x, batch_size=BATCH)
    found = [boxes_of(answer, priors, cut=0.02, shape=SHAPE) for answer in answers]
    return detection.mean_average_precision(part.y, found, classes=range(3)).value


def steps_to(data: Dataset, count: int, *, seed: int, goal: float, every: int, most: int) -> tuple:
    """Steps to the `goal` with `count` priors a place, None if not in `most`; and the last mAP."""
    set_seed(seed)
    rows, columns = (side // STRIDE for side in SHAPE)
    priors = prior_boxes(rows, columns, sizes_of(data.train.y["corners"], count))
    y = np.stack([targets(boxes, priors, classes=3) for boxes in data.train.y])
    model = one_stage((*SHAPE, 3), 3, count, width=WIDTH)
    model.compile(keras.optimizers.Adam(RATE), detection_loss)
    rng, reached = np.random.default_rng(seed), 0.0
    for step in range(1, most + 1):
        chosen = rng.choice(len(y), BATCH, replace=False)
        model.train_on_batch(data.train.x[chosen], y[chosen])
        if step % every == 0:
            reached = map_of(model, data.validation, priors)
            if reached >= goal:
                return step, reached
    return None, reached


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--priors", type=int, default=4, help="sizes at a place, against one (4)")
    parser.add_argument("--goal", type=float, default=0.7, help="mAP at which to stop (.7)")
    parser.add_argument("--seeds", type=int, default=2, help="trainings of each (2)")
    parser.add_argument("--every", type=int, default=40, help="steps between two looks (40)")
    parser.add_argument("--most", type=int, default=600, help="steps that a net gets (600)")
    options = vars(parser.parse_args())
    several, seeds = options.pop("priors"), options.pop("seeds")
    data, total = load("smears", size="small", shape=SHAPE), {several: 0, 1: 0}
    print("| seed | priors a place | steps | mAP at .5 |")
    print("| --- | --- | --- | --- |")
    for seed in range(seeds):
        for count in total:
            steps, reached = steps_to(data, count, seed=seed, **options)
            total[count] += steps or options["most"]
            shown = steps or f"over {options['most']}"
            print(f"| {seed} | {count} | {shown} | {reached:.3f} |", flush=True)
    print(f"{several} priors take {total[several] / total[1]:.2f} of the steps that one takes")


if __name__ == "__main__":
    main()
