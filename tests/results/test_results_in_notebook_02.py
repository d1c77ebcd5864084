"""The table of real X-rays in notebook 02 says what `medlearn results pneumonia` wrote."""

import json

from tools import ROOT

RESULTS = json.loads((ROOT / "site" / "results" / "pneumonia.json").read_text("utf-8"))
SOURCE = (ROOT / "notebooks" / "src" / "02_cnn_diagnosis.py").read_text("utf-8")
ROWS = {
    "always pneumonia": RESULTS["baselines"]["majority class"],
    "logistic regression on the pixels": RESULTS["baselines"]["logistic regression on the pixels"],
    "the articles' network": RESULTS["baselines"]["the articles' one-convolution net"],
    "the course's, three seeds": RESULTS["ours"],
}
MEASURES = ("auroc", "accuracy", "sensitivity", "specificity")


def test_the_table_of_real_x_rays_is_what_was_measured():
    for name, row in ROWS.items():
        values = " | ".join(f"{row[measure]['mean']:.3f}" for measure in MEASURES)
        assert f"# | {name} | {values} |" in SOURCE
