"""How often `groups_found` sees planted kinds of patients, and how often kinds where there are none.

    python benchmarks/groups_power.py [--seeds 20] [--cases 900]

Each seed draws patients as "phenotypes" does, three kinds 2, 3, 3.5 (as usual there) or 4 spreads of a kind
apart, across a severity that moves them further; besides, the null twin of those 3 apart. The recipe is a
mixture of equal bell curves on five principal components. Counted is which number of groups was found.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn.decomposition import PCA

from medlearn.data.tables.simulate_groups import draw_phenotypes
from medlearn.evaluation.clusters import groups_found, null_twin
from medlearn.features.tables import Preparation


def patients(cases: int, distance: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """So many made-up patients, prepared, and the kind of each."""
    drawn = draw_phenotypes(cases, distance=distance, seed=seed)
    prepared = Preparation.of(drawn["x"])(drawn["x"])
    return PCA(5, random_state=0).fit_transform(prepared), drawn["kind"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--cases", type=int, default=900, help="patients of each seed (900)")
    parser.add_argument("--most", type=int, default=5, help="the highest number of groups that is tried (5)")
    options = parser.parse_args()
    from sklearn.metrics import adjusted_rand_score

    from medlearn.models.groups import mixture

    numbers = range(1, options.most + 1)
    print(f"| kinds | no groups | {' | '.join(map(str, numbers[1:]))} | ARI where 3 | seconds |")
    print("| --- " * (len(numbers) + 3) + "|")
    for distance in (0, 2, 3, 3.5, 4):
        found, agreed, start = [], [], time.perf_counter()
        for seed in range(1, options.seeds + 1):
            x, kind = patients(options.cases, distance or 3, seed)
            x = x if distance else null_twin(x, seed=seed)
            found.append(groups_found(x, mixture, most=options.most, seed=seed).k)
            if distance and found[-1] == 3:
                agreed.append(adjusted_rand_score(kind, mixture(x, 3, seed)(x)))
        counts = " | ".join(str(found.count(number)) for number in numbers)
        name = f"three, distance {distance}" if distance else "none, a null twin"
        ari = f"{np.mean(agreed):.2f}" if agreed else "–"
        print(f"| {name} | {counts} | {ari} | {time.perf_counter() - start:.0f} |", flush=True)


if __name__ == "__main__":
    main()
