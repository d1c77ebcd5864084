"""Notebook 4's table of results on the real X-rays is the one that the command wrote."""

import json
import re

from tools import ROOT

RESULTS = json.loads((ROOT / "site" / "results" / "gan.json").read_text("utf-8"))
SOURCE = (ROOT / "notebooks" / "src" / "04_gan_synthesis.py").read_text("utf-8")
ROWS = {
    "real X-rays": RESULTS["baselines"]["real films"],
    "normal distribution of the pixels": RESULTS["baselines"]["normal distribution of the pixels"],
    "GAN": RESULTS["ours"],
}


def minus(text):
    return re.sub(r"-(?=\d)", "−", text)


def test_the_table_is_the_commands():
    for name, row in ROWS.items():
        tstr, kernel = (row[what] for what in ("tstr_auroc", "kernel_distance"))
        cells = [
            "{mean:.3f} ({low:.3f} to {high:.3f})".format(**tstr),
            "{mean:.2f} ({low:.2f} to {high:.2f})".format(**kernel),
            f"{row['nearest_train_share']['mean']:.2f}",
            f"{row['membership_auroc']['mean']:.2f}",
        ]
        assert minus(f"# | {name} | {' | '.join(cells)} |") in SOURCE, name
