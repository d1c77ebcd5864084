"""The negation recipe, short: its table, who is learnt from, what models are told, its refusals."""

import numpy as np
import pytest

from medlearn import cli
from medlearn.data import load
from medlearn.errors import DataError
from medlearn.evaluation import f1
from medlearn.results import main, negation
from medlearn.results.negation import BAG, RULE, WINDOW, Findings
from medlearn.results.table import OURS

FINDINGS = ("fever", "chills", "rash", "chest pain", "cough")
SENTENCES = (
    ("No {a} or {b}.", "negated", "negated"),
    ("She denies {a}, but has {b}.", "negated", "affirmed"),
    ("{a} and {b} since Monday.", "affirmed", "affirmed"),
    ("He has {a}; {b} was ruled out.", "affirmed", "negated"),
)


def write(path, reports=40, sentences=SENTENCES):
    """Findings of so many reports, in sentences of a few kinds."""
    rng, rows = np.random.default_rng(0), ["report,finding,sentence,negation"]
    for report in range(reports):
        for place in rng.integers(len(sentences), size=3):
            one, other = rng.choice(FINDINGS, 2, replace=False)
            text, *said = sentences[place]
            text = text.format(a=one, b=other)
            rows += [f'{report},{name},"{text}",{its}' for name, its in zip((one, other), said, strict=True)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "findings.csv")


def test_each_row_has_its_measures_and_the_rule_its_intervals_by_report(file, capsys):
    main(["negation", "--file", file, "--seeds", "2"])
    printed = capsys.readouterr().out
    for said in ("sensitivity | specificity | F1", "of 240 findings are negated", "even number in sight"):
        assert said in printed
    assert "NegEx, on other sentences | 0.778 | 0.945 |" in printed and file not in printed
    table = negation.run("negation", file=file, seeds=2)
    assert list(table.rows) == [OURS, BAG, WINDOW, RULE]
    assert all(len(row["f1"]) == 2 for system, row in table.rows.items() if system != RULE)
    findings = Findings.of(load("findings", file=file))
    assert table.rows[RULE]["f1"] == f1(findings.y, findings.rule, patient=findings.patient)
    assert np.mean(table.rows[OURS]["f1"]) > 0.97 > 0.85 > np.mean(table.rows[BAG]["f1"])


def test_no_report_is_learnt_from_and_answered(file, monkeypatch):
    findings = Findings.of(load("findings", file=file))
    told = [{"report": float(report)} for report in findings.patient]
    seen = []

    class Model:
        def fit(self, features, y):
            self.learnt = {each["report"] for each in features}
            assert len(y) == len(features)
            return self

        def predict(self, features):
            assert not self.learnt & {each["report"] for each in features}
            seen.extend(each["report"] for each in features)
            return np.ones(len(features), bool)

    monkeypatch.setattr("sklearn.pipeline.make_pipeline", lambda *_: Model())
    assert negation.answer_folds(told, findings, seed=0).all()
    assert sorted(seen) == sorted(findings.patient.astype(float))


def test_what_each_model_is_told():
    sentence = "no rash, but cough"
    data = {"x": [sentence] * 2, "finding": ["rash", "cough"], "begin": [3, 13]}
    words = [negation.around(*row) for row in zip(*data.values(), strict=True)]
    findings = Findings(data["x"], words, np.array([True, False]), np.array([1, 0]), np.array(["7", "7"]))
    assert negation.bag(findings) == [dict.fromkeys(("no", "rash,", "but", "cough"), 1)] * 2
    first, second = negation.window(findings)
    assert list(first) == ["before: no", "after: ,", "after: but", "after: cough"]
    assert list(second) == [f"before: {word}" for word in ("no", "rash", ",", "but")]
    first, second = negation.ours(findings)
    assert first["rule"] == 2 and first["in scope before: no"] == 1 and second["rule"] == 0
    assert not any(name.startswith("in scope") for name in second)


def test_a_sentence_of_many_words_is_seen_near_the_finding_alone():
    words = negation.Around([f"b{place}" for place in range(50)], [f"a{place}" for place in range(50)])
    findings = Findings([""], [words], np.array([False]), np.array([0]), np.array(["1"]))
    (told,) = negation.window(findings)
    assert len(told) == 2 * negation.REACH and {"before: b49", "after: a0"} <= set(told)


def test_too_few_reports_are_refused(tmp_path, capsys):
    few = write(tmp_path / "few.csv", reports=9)
    assert cli.main(["results", "negation", "--file", few]) == 1
    assert "report(s) have a finding that is" in capsys.readouterr().err
    with pytest.raises(DataError, match="which is too few: there should be 10 or more"):
        negation.run("negation", file=few)


def test_a_file_that_has_no_findings_is_one_sentence(tmp_path):
    (tmp_path / "odd.csv").write_text("report,text\n1,No fever.\n", encoding="utf-8")
    with pytest.raises(DataError, match="no column 'finding'"):
        negation.run("negation", file=str(tmp_path / "odd.csv"))
