"""How good the films of the stored generator are: chapter 4's figures at 64 pixels.

    python benchmarks/stored_films.py

Each draw makes as many films as there are to learn from, by the diffusion model that comes with the course
and by a normal distribution of the pixels, and judges both by a classifier of its own. (`medlearn results
gan_64` does the same with generators that it trains anew.) All on simulated films; about three minutes a
draw.
"""

from __future__ import annotations

import argparse

import numpy as np

from medlearn import load
from medlearn.evaluation import auroc, auroc_difference, kernel_distance
from medlearn.models import diffusion
from medlearn.results import gan
from medlearn.results.classifier import train_classifier
from medlearn.training import predict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--draws", type=int, default=3)
    data = load("pneumonia_64", size="small")
    y, test = data.train.y, data.test
    print("| draw | films | kernel distance | in each class | TSTR AUROC |")
    print("| --- | --- | --- | --- | --- |")
    for draw in range(parser.parse_args().draws):
        eye = gan.Eye.train(data, seed=draw)
        against, others = eye.halves
        films = {
            "diffusion model": diffusion.sample(diffusion.load(), len(y), y, seed=draw),
            "normal distribution": gan.make_from_pixels(data, seed=draw),
        }
        scores = {}
        for name, made in films.items():
            recipe = {"mirror": False, "steps": gan.LESSONS, "width": gan.WIDTH, "seed": draw}
            learnt = train_classifier(made, y, classes=len(data.classes), **recipe)
            scores[name] = predict(learnt, test.x)[:, 0]
            seen = eye.features(made)
            whole = kernel_distance(eye.seen[against], seen[others])
            each = [kernel_distance(eye.seen[y == one], seen[y == one]) for one in np.unique(y)]
            shown = ", ".join(f"{one:.2f}" for one in each)
            print(
                f"| {draw} | {name} | {whole:.2f} | {shown} | {auroc(test.y, scores[name]):.3f} |", flush=True
            )
        print(f"| {draw} | real: the other half | {eye.floor()[0]:.2f} | | |")
        gain = auroc_difference(test.y, *scores.values(), patient=test.patient)
        print(f"\ndraw {draw}, TSTR AUROC, diffusion less normal distribution: {gain:+.3f}\n", flush=True)


if __name__ == "__main__":
    main()
