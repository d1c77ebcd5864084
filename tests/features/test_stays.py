from dataclasses import replace

import numpy as np
import pytest

from medlearn.data.records.records import Records
from medlearn.data.records.simulate import VARIABLES, draw_stays
from medlearn.errors import DataError
from medlearn.features import EncodedInputs, Features, Inputs, carry_forward, typical_stay
from medlearn.features import stays as of_stays

NEEDED = (
    "HR",
    "SysABP",
    "NISysABP",
    "DiasABP",
    "NIDiasABP",
    "MAP",
    "NIMAP",
    "PaO2",
    "FiO2",
    "BUN",
    "Creatinine",
)


@pytest.fixture(scope="module")
def stays():
    """Simulated stays as records, one of them without any measurement."""
    drawn = draw_stays(60)
    few = drawn.case < 59
    return Records.from_rows(
        case=drawn.case[few],
        time=drawn.minutes[few] / 60,
        variable=drawn.variable[few],
        value=drawn.value[few],
        variables=VARIABLES,
        case_id=drawn.record_id,
        static=np.stack(list(drawn.static.values()), axis=1),
        static_names=list(drawn.static),
    )


# Values, mask and since


def test_inputs_are_numbers_of_the_shapes_that_models_take(stays):
    grid = stays.grid(step=2)
    prepare = Inputs(grid, stays.static)
    x = prepare(grid, stays.static)
    assert x["series"].shape == (60, 24, 3 * 37) and x["static"].shape == (60, 5)
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in x.values())
    assert list(Inputs(grid)(grid)) == ["series"]
    with pytest.raises(DataError, match="descriptors"):
        prepare(grid)


def test_inputs_of_new_stays_are_scaled_as_the_training_stays_were(stays):
    grid = stays[:30].grid(step=2)
    prepare = Inputs(grid, stays.static[:30])
    everyone = prepare(stays.grid(step=2), stays.static)
    np.testing.assert_array_equal(everyone["series"][:30], prepare(grid, stays.static[:30])["series"])


def test_what_is_carried_forward_comes_from_the_past(stays):
    values = stays.grid(step=2).values
    filled = carry_forward(values)
    later = values.copy()
    later[:, 12:] = 1e3
    np.testing.assert_array_equal(carry_forward(later)[:, :12], filled[:, :12])
    measured = ~np.isnan(values)
    np.testing.assert_array_equal(filled[measured], values[measured])
    assert (np.isnan(filled) == (measured.cumsum(axis=1) == 0)).all()


# Summaries and cells, by hand


@pytest.fixture
def two_stays():
    return Records.from_rows(
        case=[0, 0, 0, 0],
        time=[1.0, 3.0, 30.0, 47.0],
        variable=[0, 0, 0, 1],
        value=[60, 80, 100, 37],
        variables=NEEDED,
        case_id=[1, 2],
        static=[[70, 1, 200, 4, 80], [np.nan] * 5],
        static_names=("Age", "Gender", "Height", "ICUType", "Weight"),
    )


def test_summaries_by_hand(two_stays):
    whole = {name: values[0, 0] for name, values in of_stays.summarise(two_stays).items()}
    assert (whole["first"], whole["last"], whole["min"], whole["max"]) == (60, 100, 60, 100)
    assert (
        whole["mean"] == 80 and whole["sum"] == 240 and whole["std"] == pytest.approx(np.std([60, 80, 100]))
    )
    assert whole["slope"] == pytest.approx(np.polyfit([1, 3, 30], [60, 80, 100], 1)[0])
    assert whole["count"] == np.log(4) and (whole["measured first"], whole["measured last"]) == (1, 30)
    assert of_stays.summarise(two_stays, since=24)["mean"][0, 0] == 100
    table = of_stays.summaries(two_stays)
    assert table.shape == (2, (11 + 6) * 16 + 9) and table[0, -5] == 20  # body-mass index
    assert table[0, -4:].tolist() == [0, 0, 0, 1]
    assert np.isnan(table[1, :8]).all()


def test_cells_by_hand():
    """The cuff's pressure takes the line's place when it is the newer one."""
    x = Records.from_rows(
        case=[0, 0, 0, 0, 0],
        time=[1.0, 2.0, 3.0, 9.0, 48.0],
        variable=[1, 0, 2, 0, 1],
        value=[120, 60, 100, 90, 110],
        variables=NEEDED,
        case_id=[1, 2],
    )
    values, counts, since = of_stays.cells(x)
    assert values.shape == (2, 12, 8 + 3) and counts.shape == since.shape == (2, 12, 8)
    assert values[0, [0, 1, 11], 1].tolist() == [100, 100, 110]  # systolic
    assert counts[0, [0, 1, 11], 1].tolist() == [2, 0, 1]
    assert since[0, [0, 1, 11], 1].tolist() == [1, 5, 0]
    assert values[0, [0, 2, 11], 9] == pytest.approx([0.6, 0.9, 90 / 110])  # heart rate over pressure
    assert np.isnan(values[1]).all() and np.isnan(values[0, :, 8]).all() and not counts[1].any()
    assert of_stays.cells(x, step=16)[1][0, :, 1].tolist() == [2, 0, 1]


def test_the_pressures_by_either_way_and_the_ratios_by_hand():
    x = Records.from_rows(
        case=[0, 0, 0, 1],
        time=[1.5, 2.5, 30.2, 47.0],
        variable=[1, 2, 0, 0],  # arterial line, cuff, heart rate
        value=[120, 100, 60, 80],
        variables=NEEDED,
        case_id=[1, 2],
    )
    more = of_stays.add_ratios(x)
    assert more.variables[:11] == NEEDED and len(more.variables) == 17
    stay = more.frame(0)
    either = stay[stay["variable"] == "SysABP or NISysABP"]
    assert either["value"].tolist() == [120, 100]
    ratio = stay[stay["variable"] == "HR / SysABP"]
    assert (ratio["time"].tolist(), ratio["value"].tolist()) == ([31], [0.5])  # no heart rate before
    assert len(more.frame(1)) == 1 and len(x.time) == 4


# Encoded series and summaries


def test_the_future_beyond_48_hours_changes_no_input(stays):
    late = Records.from_rows(
        case=np.append(stays.case, 0),
        time=np.append(stays.time, 49.0),
        variable=np.append(stays.variable, 0),
        value=np.append(stays.value, 300.0),
        variables=stays.variables,
        case_id=stays.case_id,
        static=stays.static,
        static_names=stays.static_names,
    )
    for before, after in zip(Features.of(stays), Features.of(late), strict=True):
        np.testing.assert_array_equal(before, after)


def test_who_the_patient_is_stands_in_each_step(stays):
    prepare = EncodedInputs(Features.of(stays))
    older = stays.static.copy()
    older[:, stays.static_names.index("Age")] += 10
    given, aged = (prepare(Features.of(x))["series"] for x in (stays, replace(stays, static=older)))
    changed = (given != aged).any(axis=0)  # (steps, channels)
    assert changed.any() and (changed == changed[0]).all()


def test_stays_with_no_measurement_or_one_have_inputs_too(stays):
    prepare = EncodedInputs(Features.of(stays))
    few = Records.from_rows(
        case=[1],
        time=[48.0],
        variable=[0],
        value=[1e6],
        variables=stays.variables,
        case_id=[1, 2],
        static=np.full((2, 5), np.nan),
        static_names=stays.static_names,
    )
    for x in (few, few[:1]):
        assert all(np.isfinite(array).all() for array in prepare(Features.of(x)).values())


def test_some_stays_are_taken_as_they_are(stays):
    features, chosen = Features.of(stays), np.array([3, 1])
    for whole, some in zip(features, features.take(chosen), strict=True):
        np.testing.assert_array_equal(some, whole[chosen])


def test_a_typical_stay_is_one_of_the_middle(stays):
    one = typical_stay(stays, np.arange(len(stays)) < 40, ("HR", "Creatinine"))
    counts = stays.grid(step=48, variables=("HR", "Creatinine")).counts[:, 0]
    assert one < 40 and (counts[one] >= 2).all()
    low, high = np.quantile(counts[:40], [0.1, 0.9], axis=0)
    assert ((counts[one] >= low) & (counts[one] <= high)).all()


def test_no_stay_is_typical_where_nobody_was_measured(stays):
    with pytest.raises(DataError, match="two measurements of each of HR"):
        typical_stay(stays, np.zeros(len(stays), bool), ("HR",))
