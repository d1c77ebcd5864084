"""Train the generator of made-up chest X-rays that comes with the course, on simulated films alone.

    python data_scripts/train_films.py --to films_64.npz

Takes about half an hour on two cores, needs no network and no real film. The course's own file is
medlearn/models/films_64.npz: under 500 KB, numbers and text only. Beside the weights it holds how they were
trained, a few of the films learnt from (32 × 32), and a few made-up films that the weights are to give again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm.keras import TqdmCallback

from medlearn.console import run_script, typed_path
from medlearn.data import load
from medlearn.data.dataset import Dataset
from medlearn.data.images.simulate import films
from medlearn.models import diffusion
from medlearn.results import gan
from medlearn.results.seeds import check_writable

SEED, SAMPLES = 0, 4


def main(argv: Sequence[str] | None = None) -> None:
    """Train, round, and write what the command line asks for."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--to", type=typed_path, required=True, metavar="NPZ", help="the file to write")
    parser.add_argument("--steps", type=int, default=gan.DENOISING, help="of training (%(default)s)")
    arguments = parser.parse_args(argv)
    path = check_writable(arguments.to, "--to")
    data = load("pneumonia_64", size="small", seed=SEED)
    bar = TqdmCallback(verbose=0, file=sys.stderr)
    model = gan.train_denoiser(data, seed=SEED, steps=arguments.steps, callbacks=[bar])
    write(model, path, data, steps=arguments.steps)
    print(f"{path}: {model.count_params():,} weights, {path.stat().st_size / 1000:.0f} KB")


def write(model, path: Path, data: Dataset, *, steps: int) -> None:
    """Put a trained `model` into `path`, with what shows where it came from."""
    recipe = recipe_of(data, steps=steps)
    learnt = thumbnails(data)
    diffusion.save(model, path, recipe=recipe, learnt=learnt)
    made = diffusion.sample(diffusion.load(path), SAMPLES, seed=SEED)  # by the weights as rounded
    diffusion.save(model, path, recipe=recipe, learnt=learnt, made=made)


def recipe_of(data: Dataset, *, steps: int) -> dict[str, object]:
    """How a model of `data` is trained in so many `steps`."""
    return {
        "data": data.name,
        "simulator": films.VERSION,
        "films": len(data.train),
        "seed": SEED,
        "steps": steps,
        "batch": gan.BATCH,
    }


def thumbnails(data: Dataset) -> np.ndarray:
    """The first training films of `data` at half their size."""
    few = data.train.x[:SAMPLES, :, :, 0].astype(float)
    n, height, width = few.shape
    return few.reshape(n, height // 2, 2, width // 2, 2).mean((2, 4)).round().astype("uint8")


if __name__ == "__main__":
    run_script(main)
