"""All single changes of a sequence in one batch, against one call of the network for each change.

    python benchmarks/mutants_speed.py [--length 200]

A sequence of DNA has three changes a letter. The loop asks the network for one changed sequence at a time, as
in code that goes from variant to variant; it is run on a few of them and scaled up.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from medlearn.features.sequences import mutants, one_hot
from medlearn.models.sequences import scanner
from medlearn.training import predict, set_seed

ASKED = 60  # changes that the loop is timed on


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--length", type=int, default=200)
    length = parser.parse_args().length
    set_seed(0)
    net = scanner(length, pool=8)
    letters = np.random.default_rng(0).choice(list("ACGT"), length)
    changed = mutants(one_hot(["".join(letters)])[0]).reshape(-1, length, 4)
    together, single = predict(net, changed), predict(net, changed[:1])  # compiled
    start = time.perf_counter()
    together = predict(net, changed)
    batch = time.perf_counter() - start
    start = time.perf_counter()
    single = np.concatenate([predict(net, changed[place : place + 1]) for place in range(ASKED)])
    loop = (time.perf_counter() - start) / ASKED * len(changed)
    assert np.allclose(single, together[:ASKED], atol=1e-5)
    seconds = f"one batch {batch:.3f} s, one call each {loop:.2f} s"
    print(f"{len(changed)} sequences: {seconds}, ratio {loop / batch:.0f}")


if __name__ == "__main__":
    main()
