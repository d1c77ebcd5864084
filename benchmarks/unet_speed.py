"""How long a U-Net takes to a given Dice: the course's widths against those of the papers, in one loop.

    python benchmarks/unet_speed.py [nuclei] [hippocampus]

Nuclei: a net with 16 channels at full size against the 64 channels and five sizes of Ronneberger et al.,
arXiv:1505.04597. Hippocampus: 8 channels against the 32 of the 3-D U-Net, Cicek et al., arXiv:1606.06650.
Simulated pictures and volumes, the same batches, loss and rate; after every few steps the Dice on the
validation cases, whose time is not counted. The first step, in which Keras compiles, is not counted either.
"""

from __future__ import annotations

import argparse
import time

import keras
import numpy as np

from medlearn import load
from medlearn.data.dataset import Dataset
from medlearn.evaluation import segmentation
from medlearn.features.masks import edge_distance
from medlearn.models.unet import nuclei_loss, parts_loss, unet
from medlearn.training import predict, set_seed

GOAL = {"nuclei": 0.90, "hippocampus": 0.85}
WIDTHS = {"nuclei": ((16, 3), (64, 4)), "hippocampus": ((8, 3), (32, 3))}  # channels, poolings


def target_of(name: str, labels: np.ndarray) -> np.ndarray:
    """What a net for the set called `name` learns from `labels`."""
    if name == "hippocampus":
        return np.eye(3, dtype="float32")[labels]
    maps = [np.stack([one > 0, edge_distance(one), np.ones(one.shape)], -1) for one in labels]
    return np.stack(maps).astype("float32")


def dice_of(name: str, model: keras.Model, data: Dataset) -> float:
    """The mean Dice of any object on the validation cases of the set called `name`."""
    maps = predict(model, data.validation.x, batch_size=4)
    answer = maps[..., 0] > 0.5 if name == "nuclei" else maps.argmax(-1) > 0
    return segmentation.dice(data.validation.y > 0, answer).value


def seconds_to(name: str, data: Dataset, *, width: int, depth: int, every: int, most: float) -> tuple:
    """Seconds and steps until the goal, the last Dice and the number of weights; None if not in `most` s."""
    set_seed(0)
    cases, batch = (4, 4) if name == "nuclei" else (2, 2)
    loss, outputs = (nuclei_loss, 2) if name == "nuclei" else (parts_loss, 3)
    model = unet(data.train.x.shape[1:], outputs, width=width, depth=depth)
    model.compile(keras.optimizers.Adam(1e-3), loss)
    rng, target = np.random.default_rng(0), target_of(name, data.train.y)
    model.train_on_batch(data.train.x[:cases], target[:cases])
    spent, steps, reached = 0.0, 0, 0.0
    while spent < most:
        start = time.perf_counter()
        for _ in range(every):
            chosen = rng.choice(len(target), batch, replace=False)
            model.train_on_batch(data.train.x[chosen], target[chosen])
        spent, steps = spent + time.perf_counter() - start, steps + every
        reached = dice_of(name, model, data)
        if reached >= GOAL[name]:
            return spent, steps, reached, model.count_params()
    return None, steps, reached, model.count_params()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(GOAL), metavar="SET", help="nuclei, hippocampus")
    parser.add_argument("--every", type=int, default=10, help="steps between two looks (10)")
    parser.add_argument("--most", type=float, default=900, help="seconds a net gets (900)")
    chosen = parser.parse_args()
    print("| set | channels | weights | steps | Dice | seconds | ours takes, of it |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in chosen.names:
        data, ours = load(name, size="small"), None
        for width, depth in WIDTHS[name]:
            took, steps, reached, weights = seconds_to(
                name, data, width=width, depth=depth, every=chosen.every, most=chosen.most
            )
            ours = ours or took
            share = f"{ours / took:.3f}" if ours and took else "-"
            shown = f"{took:.0f}" if took else f"over {chosen.most:.0f}"
            print(f"| {name} | {width} | {weights:,} | {steps} | {reached:.3f} | {shown} | {share} |")


if __name__ == "__main__":
    main()
