"""The table of results on the real stays in notebook 3 is what `medlearn results icu` wrote."""

import json
import re

from tools import ROOT


def test_the_table_is_the_json():
    written = json.loads((ROOT / "site" / "results" / "icu.json").read_text("utf-8"))
    systems = {"network and trees together": written["ours"]} | written["baselines"]
    source = (ROOT / "notebooks" / "src" / "03_rnn_ehr.py").read_text("utf-8")
    table = re.search(r"# \| model \| AUROC \| AUPRC \| Event 1 \|\n# \|[-|]+\n((?:# \|.*\n)+)", source)[1]
    rows = [[cell.strip() for cell in row.strip("# |").split("|")] for row in table.splitlines()]
    assert [name for name, *_ in rows][::5] == ["network and trees together", "SAPS-I"]
    for name, *figures in rows:
        measures = [systems[name][measure]["mean"] for measure in ("auroc", "auprc", "event1")]
        assert figures == [f"{mean:.3f}" for mean in measures], name
    over_patients = written["together"]["auroc"]
    assert f"interval of {over_patients['low']:.3f} to {over_patients['high']:.3f}" in source
