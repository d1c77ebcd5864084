"""Tables for treatment: what is read, and everything that is refused."""

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medlearn.data import load
from medlearn.data.catalogue import find
from medlearn.data.files import MARK
from medlearn.data.tables.treatments import read_treatments
from medlearn.errors import DataError

CASES = 400


def cells(cases=CASES, seed=0):
    """The columns of a small trial, as texts."""
    rng = np.random.default_rng(seed)
    age = rng.integers(40, 90, cases)
    return {
        "age": age.astype(str),
        "sex": rng.choice(["male", "female"], cases),
        "stage": rng.choice(["I", "II", "III", ""], cases),
        "arm": rng.choice(["placebo", "drug"], cases),
        "died": (rng.random(cases) < age / 150).astype(int).astype(str),
    }


def write(path, columns):
    rows = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "trial.csv"


def read(path, columns=None, **options):
    if columns:
        write(path, columns)
    return read_treatments(path, **{"treatment": "arm", "outcome": "died"} | options)


def whole(data, name):
    splits = data.splits.values()
    return np.concatenate(
        [split.about[name] if name in split.about else getattr(split, name) for split in splits]
    )


# What is read


def test_a_table_of_ones_own(path):
    columns = cells()
    data = read(path, columns)
    assert (data.task, data.classes, data.cases) == ("treatment", ("drug", "placebo"), "patients")
    assert data.columns == ("age", "sex=male", "stage=I", "stage=II", "stage=III")
    assert not data.simulated and not data.patients_known and not data.notes
    x, y, arm, row = (whole(data, name) for name in ("x", "y", "treatment", "patient"))
    assert (x.dtype, y.dtype, arm.dtype) == (np.float32, float, np.int64)
    order = row - 2  # as a spreadsheet counts
    assert np.array_equal(x[:, 0], columns["age"][order].astype(np.float32))
    assert np.array_equal(x[:, 1], columns["sex"][order] == "male")
    assert np.array_equal(np.isnan(x[:, 2]), columns["stage"][order] == "")
    assert np.array_equal(np.nan_to_num(x[:, 3]), columns["stage"][order] == "II")
    assert np.array_equal(y, columns["died"][order] == "1")
    assert np.array_equal(arm, columns["arm"][order] == "placebo")
    assert [len(split) for split in data.splits.values()] == [240, 80, 80]


def test_parts_may_be_named(path):
    columns = cells() | {
        "centre": np.arange(CASES) % 7,
        "icu_days": np.arange(CASES),
        "id": np.arange(CASES) // 2,
    }
    data = read(
        path,
        columns,
        before=["age", "stage"],
        keep={"centre": "hospital", "sex": "sex"},
        patient="id",
        arms={"placebo": "none", "drug": "the drug"},
    )
    assert data.columns[0] == "age" and len(data.columns) == 4 and data.classes == ("none", "the drug")
    assert data.patients_known and set(data.train.about) == {"treatment", "hospital", "sex"}
    assert data.train.about["hospital"].dtype == np.int64 and data.train.about["sex"].dtype.kind == "U"
    assert "icu_days" not in read(path, after="icu_days", keep=["centre"]).columns


@pytest.mark.parametrize(
    ("good", "bad", "options"),
    [
        ("0", "1", {}),
        ("No", "YES", {}),
        ("alive", "Dead", {}),
        ("N", "y", {}),
        ("false", "TRUE", {}),
        ("1", "2", {"bad": "2"}),
        ("well", "ill", {"bad": ["ill"]}),
    ],
)
def test_outcomes_of_two_values(path, good, bad, options):
    columns = cells()
    died = columns["died"] == "1"
    data = read(path, columns | {"died": np.where(died, bad, good)}, **options)
    assert whole(data, "y").sum() == died.sum()


def test_an_outcome_may_be_a_number(path):
    data = read(path, cells() | {"died": np.arange(CASES) * 7 % 90 + 0.5})
    assert whole(data, "y").max() == 89.5


def test_values_that_say_nothing_set_a_row_aside(path):
    columns = cells()
    columns["died"][:5], columns["arm"][10:12], columns["died"][20] = "9", "?", ""
    data = read(path, columns, unknown=("9", "?"))
    assert [str(note) for note in data.notes] == [
        "2 × row whose treatment is not known, set aside (first: trial.csv, row 12)",
        "6 × row whose outcome is not known, set aside (first: trial.csv, row 2)",
    ]
    assert sum(map(len, data.splits.values())) == CASES - 8


def test_columns_that_are_no_inputs_are_noted(path):
    more = {"": np.arange(CASES), "same": ["x"] * CASES, "name": [f"n{i}" for i in range(CASES)]}
    data = read(path, more | cells())
    assert data.columns[0] == "age" and len(data.columns) == 5
    assert [note.what for note in data.notes] == [
        "column without a heading, left out",
        "column that is the same in every row, left out",
        "column of more than 30 texts, left out",
    ]


def test_a_packed_file_a_folder_and_the_mark(path):
    plain = read(path, cells() | {MARK: ["1"] * CASES})
    packed = path.with_suffix(".csv.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert np.array_equal(read(packed).train.x, plain.train.x, equal_nan=True)
    assert plain.simulated and MARK not in plain.columns
    with pytest.raises(
        DataError, match=r"should hold one CSV file, but holds trial.csv, trial.csv.gz: name the"
    ):
        read(path.parent)
    packed.unlink()
    assert np.array_equal(read(path.parent).train.x, plain.train.x, equal_nan=True)


def test_three_arms(path):
    columns = cells() | {"arm": np.array(["10", "2", "30"])[np.arange(CASES) % 3]}
    data = read(path, columns)
    assert data.classes == ("2", "10", "30") and set(whole(data, "treatment")) == {0, 1, 2}
    joined = read(path, arms={"2": "low", "10": "high", "30": "high"})
    assert joined.classes == ("low", "high")


# What is refused


def leaking(columns):
    return columns | {"icu_days": np.where(columns["died"] == "1", np.arange(CASES) % 9 + 20, "")}


@pytest.mark.parametrize(
    ("change", "options", "complaint"),
    [
        ({"arm": ["drug"] * CASES}, {}, "'arm' is 'drug' in every row: nothing can be compared"),
        ({"arm": np.arange(CASES) % 11}, {}, "'arm' has 11 different values, more than 10 arms"),
        ({}, {"before": ["age", "sex"], "after": "sex"}, "'sex' is named in before= and in after="),
        ({}, {"before": "sex", "keep": "sex"}, "'sex' is named in before= and in keep="),
        ({}, {"before": ["age", "died"]}, "'died' is the outcome, so take it out of before="),
        ({}, {"before": ["age", "arm"]}, "'arm' is the treatment, so take it out of before="),
        ({}, {"patient": "sex", "before": "sex"}, "'sex' is the patient, so take it out of before="),
        ({}, {"outcome": "arm"}, "treatment and outcome must be different columns"),
        ({}, {"keep": {"sex": "treatment"}}, "'treatment' is what the arm's code is called"),
        ({"died": np.arange(CASES) % 2 + 1}, {}, "'died' is 1 or 2, not 0 or 1: say with bad= which"),
        ({"died": ["well", "ill"] * 200}, {}, "'died' is ill or well, not 0 or 1"),
        ({"died": ["0"] * CASES}, {}, "'died' is '0' in every row, so there is nothing to learn"),
        ({}, {"bad": "2"}, "'died' is never '2', which bad= names; it is 0, 1"),
        ({}, {"bad": ["0", "1"]}, "bad= names every value of 'died': leave the good ones out"),
        ({}, {"outcome": "dead"}, r"has no column 'dead': did you mean 'died'\?"),
        ({}, {"after": "zzz"}, "has no column 'zzz': look at its first row"),
        ({}, {"outcome": None}, "name the column of the outcome with outcome="),
        ({}, {"treatment": None}, "name the column of the treatment with treatment="),
        ({}, {"treatment": ["arm"]}, r"treatment names one column, as in treatment='NAME', not \['arm'\]"),
        ({}, {"arms": ["drug"]}, "arms names values, as in "),
        ({}, {"arms": {"drug": "drug"}}, "column 'arm': 'placebo' is no arm: name it in arms= or unknown="),
        ({"died": [""] * CASES}, {}, "has no row with a known treatment and a known outcome"),
        ({"id": ["", *range(1, CASES)]}, {"patient": "id"}, "row 2, column 'id': is empty; every row needs"),
        ({}, {"before": "sex", "unknown": ["0"]}, "'died' is '1' in every row"),
        ({}, {"shares": (0.5, 0.5, 0.5)}, "shares must be positive and add up to 1"),
    ],
)
def test_what_cannot_be_is_refused(path, change, options, complaint):
    with pytest.raises(DataError, match=complaint):
        read(path, cells() | change, **options)


def test_a_number_with_a_slip_is_named(path):
    columns = cells()
    columns["age"][7] = "6o"
    with pytest.raises(DataError, match="row 9, column 'age': '6o' stands where a number belongs"):
        read(path, columns)


def test_nothing_is_left_to_learn_from(path):
    columns = cells()
    with pytest.raises(DataError, match="has no column left that is known before the decision"):
        read(path, {"arm": columns["arm"], "died": columns["died"]})


@pytest.mark.parametrize("content", ["", "age,arm,died\n"])
def test_an_empty_file(path, content):
    path.write_text(content)
    with pytest.raises(DataError, match="is empty: there should be a row of headings and rows below it"):
        read(path)


def test_an_arm_that_is_not_in_every_split(path):
    columns = cells()
    columns["arm"][:2] = "both"
    with pytest.raises(DataError, match="has no patient of the arm 'both': too few were given it"):
        read(path, columns)


def test_what_alone_tells_the_outcome_looks_measured_afterwards(path):
    columns = leaking(cells())
    with pytest.raises(
        DataError, match=r"column 'icu_days' alone tells the outcome \(AUROC 1.000\), so it looks"
    ):
        read(path, columns)
    assert "icu_days" not in read(path, after="icu_days").columns
    told = np.where(columns["died"] == "1", np.arange(CASES) % 2 * 2, 1)  # neither high nor low, but told
    for telling in (told, np.array(["grave", "mild", "lost"])[told]):
        with pytest.raises(DataError, match="column 'code' alone tells the outcome"):
            read(path, cells() | {"code": telling})


def test_what_alone_tells_the_arm_is_refused(path):
    columns = cells()
    dose = np.where(columns["arm"] == "drug", np.arange(CASES) % 5 + 10, 0)
    with pytest.raises(DataError, match="column 'dose' alone tells the treatment"):
        read(path, columns | {"dose": dose})


def test_a_column_that_differs_between_the_arms_of_a_trial(path):
    columns = cells()
    drug = columns["arm"] == "drug"
    bleeding = np.where(np.random.default_rng(1).random(CASES) < 0.1 + 0.4 * drug, "yes", "no")
    for after in (bleeding, np.where(bleeding == "yes", "", "7.5"), np.arange(CASES) % 30 + 12 * drug):
        write(path, columns | {"later": after})
        with pytest.raises(DataError, match="column 'later' differs between the arms by more than chance"):
            read(path, randomised=True)
        assert "later" in " ".join(read(path, randomised=False).columns) or "7.5" in after
    assert read(path, randomised=True, after="later")


def test_chance_is_not_taken_for_a_difference(path):
    for seed in range(8):
        columns = cells(seed=seed)
        columns["arm"] = np.random.default_rng(seed).choice(["a", "b", "c"], CASES, p=[0.6, 0.36, 0.04])
        noise = {f"n{i}": np.random.default_rng([seed, i]).integers(9, size=CASES) for i in range(20)}
        read(path, noise | columns, randomised=True)


pieces = st.sampled_from(
    ["age", "arm", "died", ",", "\n", '"', "1", "0", "2.5", "", "x", "NA", "é", "\0", ";", "drug"]
)
HEAD = "age,arm,died\n" + "".join(f"{40 + i},{i % 2},{i // 2 % 2}\n" for i in range(12))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=60),
        st.lists(pieces, max_size=30).map(lambda p: (HEAD + "".join(p)).encode("utf-8", "replace")),
        st.lists(st.lists(pieces, min_size=3, max_size=3), max_size=12).map(
            lambda rows: (HEAD + "\n".join(map(",".join, rows))).encode("utf-8", "replace")
        ),
    ),
    st.booleans(),
)
def test_anything_else_is_read_or_refused(path, content, randomised):
    path.write_bytes(content)
    try:
        data = read(path, randomised=randomised)
    except DataError as error:
        assert "trial.csv" in str(error)
    else:
        assert len(data.classes) >= 2 and np.isfinite(whole(data, "y")).all()


# The course's own layouts


def test_ones_own_trial_does_not_meet_the_official_layout(path, capsys):
    write(path, cells() | {"icu_days": np.arange(CASES)})
    data = load("trial", file=path, treatment="arm", outcome="died", after=("icu_days",), bad=("1",))
    assert data.columns[0] == "age" and data.classes == ("drug", "placebo") and not data.patients_known
    assert "trial: 400 real patients" in capsys.readouterr().out
    with pytest.raises(DataError, match="has no column 'RXASP'"):
        load("trial", file=path)
    with pytest.raises(DataError, match="name the column of the outcome"):
        load("trial", file=path, treatment="arm")


def test_the_stroke_trial(real_data):
    trial = load("trial", file=real_data / "ist_stroke_trial" / "IST_corrected.csv.gz")
    y, arm = whole(trial, "y"), whole(trial, "treatment")
    assert len(y) == 19285 and trial.classes == find("trial").classes and trial.patients_known
    assert y[arm == 1].mean() - y[arm == 0].mean() == pytest.approx(-0.0125, abs=5e-5)
    assert set(trial.train.about) == {"treatment", "hospital", "country", "heparin"}
    assert [str(note) for note in trial.notes] == [
        "150 × row whose outcome is not known, set aside (first: IST_corrected.csv.gz, row 15)"
    ]


def test_the_stroke_trials_heparin(real_data):
    trial = load("trial", file=real_data / "ist_stroke_trial" / "IST_corrected.csv.gz", treatment="RXHEP")
    y, arm = whole(trial, "y"), whole(trial, "treatment")
    assert trial.classes == ("none", "low heparin", "medium heparin") and "heparin" not in trial.train.about
    assert y[arm > 0].mean() - y[arm == 0].mean() == pytest.approx(0.0003, abs=5e-5)


def test_the_catheter(real_data):
    table = load("catheter", file=real_data / "rhc" / "rhc.csv")
    y, arm = whole(table, "y"), whole(table, "treatment")
    assert len(y) == 5735 and table.classes == find("catheter").classes and not table.notes
    assert y[arm == 1].mean() - y[arm == 0].mean() == pytest.approx(0.0736, abs=5e-5)
    assert not {"t3d30", "death", "dthdte", "surv2md1", "ptid"} & set(table.columns)


def test_a_column_after_the_stroke_is_refused(real_data):
    file = real_data / "ist_stroke_trial" / "IST_corrected.csv.gz"
    with pytest.raises(DataError, match="column 'DASP14' differs between the arms"):
        load("trial", file=file, before=("AGE", "DASP14"))
    with pytest.raises(DataError, match="column 't3d30' alone tells the outcome"):
        load("catheter", file=real_data / "rhc" / "rhc.csv", after=("death", "dthdte", "lstctdte"))
