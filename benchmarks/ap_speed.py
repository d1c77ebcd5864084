"""Mean average precision with its interval, against pycocotools, which gives none.

    pip install pycocotools==2.0.11
    python benchmarks/ap_speed.py

Simulated pictures with about 14 boxes of three classes and three times as many finds; some boxes are ignored,
some scores tied. The two are timed in turns, three times over, and the quickest counts. Both figures must be
equal. Ours matches the boxes once and then draws the pictures 1,000 times; below 1 it is the slower.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import time

import numpy as np

from medlearn.evaluation import detection

CLASSES = (12, 1, 1)  # boxes of each in a picture
ROUNDS = 3


def simulated(pictures: int, extra: int, seed: int = 0) -> tuple[list[dict], list[dict]]:
    """The true boxes of each picture, and what a middling detector finds, with `extra` wrong finds."""
    rng = np.random.default_rng(seed)
    true, found = [], []
    for _ in range(pictures):
        label = np.repeat(np.arange(len(CLASSES)), rng.poisson(CLASSES))
        places, sides = rng.integers(0, 500, (len(label), 2)), rng.integers(20, 100, (len(label), 2))
        boxes = np.concatenate([places, places + sides], 1)
        true.append({"corners": boxes, "label": label, "ignore": rng.random(len(label)) < 0.05})
        twice = np.repeat(np.arange(len(label)), rng.integers(0, 3, len(label)))
        near = boxes[twice] + rng.integers(-7, 8, (len(twice), 4))
        places, sides = rng.integers(0, 500, (extra, 2)), rng.integers(20, 100, (extra, 2))
        corners = np.concatenate([near, np.concatenate([places, places + sides], 1)])
        labels = np.concatenate([label[twice], rng.integers(0, len(CLASSES), extra)])
        score = np.concatenate([rng.beta(3, 2, len(twice)), rng.beta(1, 4, extra)]).round(3)
        found.append({"corners": corners, "label": labels, "score": score})
    return true, found


def as_coco(true: list[dict], found: list[dict]) -> tuple:
    """The same as pycocotools wants it: x, y, width, height, and an ignored box is a crowd."""
    from pycocotools.coco import COCO

    def rows(cases):
        for image, case in enumerate(cases, 1):
            x0, y0, x1, y1 = np.asarray(case["corners"], float).T
            boxes = np.stack([x0, y0, x1 - x0, y1 - y0], 1).tolist()
            for place, box in enumerate(boxes):
                row = {"image_id": image, "category_id": int(case["label"][place]), "bbox": box}
                if "score" in case:
                    yield row | {"score": float(case["score"][place])}
                else:
                    yield row | {"area": box[2] * box[3], "iscrowd": int(case["ignore"][place])}

    coco = COCO()
    coco.dataset = {
        "images": [{"id": image + 1} for image in range(len(true))],
        "categories": [{"id": label} for label in range(len(CLASSES))],
        "annotations": [row | {"id": number} for number, row in enumerate(rows(true), 1)],
    }
    coco.createIndex()
    return coco, coco.loadRes(list(rows(found)))


def theirs(coco, results, thresholds: np.ndarray) -> float:
    """The mAP of pycocotools."""
    from pycocotools.cocoeval import COCOeval

    judge = COCOeval(coco, results, "bbox")
    judge.params.iouThrs = np.array(thresholds)
    judge.params.areaRng, judge.params.areaRngLbl = judge.params.areaRng[:1], judge.params.areaRngLbl[:1]
    judge.params.maxDets = [100]
    judge.evaluate()
    judge.accumulate()
    precision = judge.eval["precision"]
    return float(precision[precision > -1].mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pictures", type=int, nargs="+", default=[72, 364], help="how many (72 364)")
    parser.add_argument("--extra", type=int, default=30, help="wrong finds a picture (30)")
    options = parser.parse_args()
    try:
        import pycocotools  # noqa: F401  the opponent, which the course does not need
    except ImportError:
        raise SystemExit("the opponent is not here: pip install pycocotools==2.0.11") from None
    print("| pictures | finds | IoU | pycocotools, s | ours with interval, s | times as fast | differ by |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for pictures in options.pictures:
        true, found = simulated(pictures, options.extra)
        finds = sum(len(case["score"]) for case in found)
        for name, at in {".5": (0.5,), ".5 to .95": detection.COCO}.items():
            slow, fast = np.inf, np.inf
            for _ in range(ROUNDS):
                with contextlib.redirect_stdout(io.StringIO()):
                    coco, results = as_coco(true, found)
                    start = time.perf_counter()
                    judged = theirs(coco, results, at)
                slow = min(slow, time.perf_counter() - start)
                start = time.perf_counter()
                ours = detection.mean_average_precision(true, found, at=at)
                fast = min(fast, time.perf_counter() - start)
            apart = abs(ours.value - judged)
            assert apart < 1e-9, f"pycocotools says {judged}, ours is {ours.value}"
            times = f"{slow:.3f} | {fast:.3f} | {slow / fast:.2f}"
            print(f"| {pictures} | {finds:,} | {name} | {times} | {apart:.0e} |")


if __name__ == "__main__":
    main()
