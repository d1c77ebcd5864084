"""Groups of sequences dealt out to three splits, also where there are fewer groups than splits."""

from __future__ import annotations

import numpy as np

from medlearn.data.dataset import SPLITS, Note, Split
from medlearn.data.splitting import split_by_patient

FEWEST = 4  # groups that can be dealt out 60 : 20 : 20


def dealt_out(everyone: Split, *, group: str, seed: int) -> tuple[list[Split], list[Note]]:
    """Training, validation and test, which share no `patient`, and a note of those that stay empty.

    Parameters
    ----------
    everyone : all cases. Of three groups or fewer each split gets one: training first, the test next.
    group : what a group is called in the note, such as "family".
    seed : deals them out.
    """
    groups = np.unique(everyone.patient)
    if len(groups) >= FEWEST:
        return [everyone.take(at) for at in split_by_patient(everyone.patient, seed=seed)], []
    dealt = np.random.default_rng(seed).permutation(groups).tolist()
    owner = dict(zip(("train", "test", "validation"), dealt, strict=False))
    splits = [everyone.take(np.flatnonzero(everyone.patient == owner.get(name, -1))) for name in SPLITS]
    empty = [name for name in SPLITS if name not in owner]
    return splits, [Note.of(f"split without a {group}, since there are too few", empty)]
