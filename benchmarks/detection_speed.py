"""One pass of a small network over a whole picture, against the same network window by window.

    python benchmarks/detection_speed.py

Windows of 32 pixels, 4 pixels apart, in batches as `training.predict` takes them; cutting them out is timed,
since whoever slides must. The network is notebook 11's, and convolves only, so that it can be given a picture
of any size; 480 × 640 is the size of the real smears. Both must give the same answers.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import keras
import numpy as np
from keras import layers

from medlearn.data.images import draw_smears
from medlearn.training import predict, set_seed

SIDE, APART = 32, 4


def network() -> keras.Model:
    """A classifier of windows, whose last layer sees all of one."""
    return keras.Sequential(
        [
            keras.Input((None, None, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 5, strides=2, activation="relu"),
            layers.Conv2D(16, 5, strides=2, activation="relu"),
            layers.Conv2D(4, 5, activation="softmax"),
        ]
    )


def window_by_window(model: keras.Model, image: np.ndarray) -> np.ndarray:
    """The answer to each window, (rows, columns, classes)."""
    down, across = (range(0, side - SIDE + 1, APART) for side in image.shape[:2])
    windows = np.stack([image[y : y + SIDE, x : x + SIDE] for y in down for x in across])
    return predict(model, windows).reshape(len(down), len(across), -1)


def at_once(model: keras.Model, image: np.ndarray) -> np.ndarray:
    """The same from one pass over the picture."""
    return predict(model, image[None])[0]


def seconds(answer: Callable, model: keras.Model, image: np.ndarray, rounds: int) -> tuple:
    """The least that `answer` takes in so many `rounds`, after one that is not timed; and what it answers."""
    found, times = answer(model, image), []
    for _ in range(rounds):
        start = time.perf_counter()
        found = answer(model, image)
        times.append(time.perf_counter() - start)
    return min(times), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--heights", type=int, nargs="+", default=[144, 240, 480], help="of the pictures (144 240 480)"
    )
    options = parser.parse_args()
    set_seed(0)
    model = network()
    print("| picture | windows | one by one, s | at once, s | times as fast | differ by |")
    print("| --- | --- | --- | --- | --- | --- |")
    for height in options.heights:
        width = height * 4 // 3
        image = draw_smears(1, fields=1, shape=(height, width))["images"][0]
        slow, one_by_one = seconds(window_by_window, model, image, 3)
        fast, whole = seconds(at_once, model, image, 10)
        apart = abs(one_by_one - whole).max()
        print(
            f"| {height} × {width} | {whole.shape[0] * whole.shape[1]:,} | {slow:.3f} | {fast:.4f} "
            f"| {slow / fast:.0f} | {apart:.0e} |"
        )


if __name__ == "__main__":
    main()
