import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medlearn.data.dataset import Note
from medlearn.data.records import Records, join, records, windows
from medlearn.errors import DataError


def test_examples():
    assert doctest.testmod(records).failed == 0


def stays(*rows, cases=3, **more):
    """Rows of (case, time, variable, value); variables are HR, Temp and Lactate."""
    case, time, variable, value = zip(*rows, strict=True) if rows else ([], [], [], [])
    return Records.from_rows(
        case=case,
        time=time,
        variable=variable,
        value=value,
        variables=("HR", "Temp", "Lactate"),
        case_id=np.arange(cases) + 100,
        **more,
    )


minutes = st.integers(0, 50 * 60)
rows = st.lists(
    st.tuples(st.integers(0, 2), minutes.map(lambda m: m / 60), st.integers(0, 2), st.integers(-5, 400)),
    max_size=40,
)


def slow_grid(rows, cases, hours, step, variables=3):
    """The grid as its definition reads, cell by cell."""
    steps = round(hours / step)
    values = np.full((cases, steps, variables), np.nan)
    counts, since = np.zeros((2, cases, steps, variables))
    in_time = sorted(rows, key=lambda row: row[1])  # stable
    for case, cell, variable in np.ndindex(values.shape):
        end, seen = (cell + 1) * step, 0.0
        for row_case, time, row_variable, value in in_time:
            which = min(int(time / step + 1e-5), steps - 1)
            if (row_case, row_variable) == (case, variable) and time <= hours and which <= cell:
                seen = time
                if which == cell:
                    values[case, cell, variable] = value
                    counts[case, cell, variable] += 1
        since[case, cell, variable] = end - seen
    return values, counts, since


@settings(max_examples=50, deadline=None)
@given(rows, st.sampled_from([(48, 1.0), (48, 4.0), (6, 0.5), (24, 24)]))
def test_grid_is_what_its_definition_says(rows, shape):
    grid = stays(*rows).grid(*shape)
    values, counts, since = slow_grid(rows, 3, *shape)
    np.testing.assert_array_equal(grid.values, values.astype(np.float32))
    np.testing.assert_array_equal(grid.mask, ~np.isnan(values))
    np.testing.assert_array_equal(grid.counts, counts)
    np.testing.assert_allclose(grid.since, since, atol=1e-4)


def test_the_last_cell_is_closed_and_the_future_is_left_out():
    grid = stays((0, 48.0, 0, 1), (1, 48.02, 0, 2)).grid()
    assert grid.values[0, 47, 0] == 1 and grid.since[0, 47, 0] == 0
    assert not grid.mask[1].any() and grid.since[1, 47, 0] == 48


def test_changing_the_future_changes_nothing_before():
    early = [(0, 1.5, 0, 80), (0, 3.2, 1, 37)]
    one, other = stays(*early).grid(), stays(*early, (0, 10.5, 0, 200), (0, 10.6, 1, 41)).grid()
    for before, after in ((one.values, other.values), (one.since, other.since), (one.mask, other.mask)):
        np.testing.assert_array_equal(before[:, :10], after[:, :10])


def test_a_grid_of_some_variables_in_the_order_asked():
    grid = stays((0, 0.5, 0, 80), (0, 0.5, 2, 1.5)).grid(hours=1, variables=["Lactate", "HR"])
    assert grid.variables == ("Lactate", "HR")
    assert grid.values[0, 0].tolist() == [1.5, 80]


def test_a_grid_that_cannot_be_made_says_why():
    with pytest.raises(DataError, match=r"no variable 'Lactat'; did you mean Lactate"):
        stays().grid(variables=["Lactat"])
    for hours, step in ((48, 5), (48, 0), (-1, 1), (0, 1)):
        with pytest.raises(DataError, match="cannot be cut into steps"):
            stays().grid(hours, step)


def test_rows_out_of_order_are_sorted_and_equal_times_keep_their_order():
    one = stays((1, 2.0, 0, 5), (0, 3.0, 0, 1), (0, 1.0, 0, 2), (0, 3.0, 0, 9))
    assert one.start.tolist() == [0, 3, 4, 4]
    assert one.time.tolist() == [1, 3, 3, 2] and one.value.tolist() == [2, 1, 9, 5]
    assert one.last()[:, 0].tolist()[:2] == [9, 5] and np.isnan(one.last()[2]).all()
    assert one.repeats.tolist() == [2]


@settings(max_examples=50, deadline=None)
@given(rows)
def test_repeats_are_those_that_pandas_finds(rows):
    one = stays(*rows)
    table = pd.DataFrame({"case": one.case, "time": one.time, "variable": one.variable})
    assert one.repeats.tolist() == np.flatnonzero(table.duplicated()).tolist()


@settings(max_examples=50, deadline=None)
@given(rows, st.lists(st.integers(0, 2), max_size=5))
def test_picking_cases_takes_their_rows_and_descriptors(rows, wanted):
    one = stays(*rows, static=np.array([[1.0], [2], [3]]), static_names=("Age",))
    picked = one[wanted]
    assert len(picked) == len(wanted)
    for position, case in enumerate(wanted):
        pd.testing.assert_frame_equal(picked.frame(position), one.frame(case))
        assert picked.case_id[position] == case + 100 and picked.static[position] == case + 1


def test_every_way_of_picking():
    one = stays((0, 1, 0, 1), (2, 1, 0, 3))
    for index in (slice(1, 3), [1, 2], np.array([False, True, True])):
        assert one[index].case_id.tolist() == [101, 102] and one[index].value.tolist() == [3]
    assert one[-1].case_id.tolist() == [102]
    with pytest.raises(IndexError):
        one[3]


@settings(max_examples=30, deadline=None)
@given(rows)
def test_pieces_joined_are_the_whole(rows):
    whole = stays(*rows, notes=[Note("oddity", 2, "row 1")])
    joined = join([whole[:1], whole[1:2], whole[2:]])
    for name in ("case_id", "start", "time", "variable", "value"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))
    assert joined.notes == (Note("oddity", 6, "row 1"),)


def test_parts_that_do_not_fit_are_refused():
    one = stays((0, 1, 0, 1))
    with pytest.raises(DataError, match="do not fit together"):
        Records(one.case_id, one.start, one.time[:0], one.variable, one.value, one.variables, one.static)


# Windows


def slow_windows(values, patient, length, step):
    """Window by window, as one would write it first."""
    found = []
    for one in dict.fromkeys(patient):
        positions = [row for row, owner in enumerate(patient) if owner == one]
        for begin in range(0, len(positions) - length + 1, step):
            found.append(values[positions[begin : begin + length]])
    return np.array(found).reshape(len(found), length, *values.shape[1:])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 8), max_size=6), st.integers(1, 5), st.integers(1, 3), st.integers(1, 2))
def test_windows_are_those_of_the_loop(sizes, length, step, columns):
    patient = np.repeat(np.arange(len(sizes)), sizes)
    values = np.arange(len(patient) * columns, dtype=float).reshape(-1, columns)
    cut = windows(values, patient, length, step)
    expected = slow_windows(values, patient.tolist(), length, step)
    assert len(cut) == len(expected)
    np.testing.assert_array_equal(cut[:], expected)
    np.testing.assert_array_equal(values[cut.last], expected[:, -1])


def test_windows_copy_nothing_until_asked():
    values = np.arange(10.0)[:, None]
    cut = windows(values, np.zeros(10), 3)
    values[4] = 99
    assert cut[2].tolist() == [[2], [3], [99]]
    assert cut[[0, 7]].shape == (2, 3, 1)


def test_windows_over_scattered_patients_are_refused():
    with pytest.raises(DataError, match="do not stand together"):
        windows(np.zeros((3, 1)), [1, 2, 1], 1)
    with pytest.raises(DataError, match="one entry a row"):
        windows(np.zeros((3, 1)), [1, 2], 1)
    with pytest.raises(DataError, match="1 or more"):
        windows(np.zeros((3, 1)), [1, 1, 1], 0)


# Many variables


def test_a_position_that_no_variable_has_is_refused():
    for wrong in (3, -1):
        with pytest.raises(DataError, match="a position in the 3 variables"):
            stays((0, 1, wrong, 80))


@pytest.mark.parametrize("count", [32_767, 32_768, 40_000, 70_000])
def test_positions_are_wide_enough_for_any_number_of_variables(count):
    names = [f"g{number}" for number in range(count)]
    positions = np.arange(count)
    parts = {"time": np.zeros(count), "value": positions, "variables": names, "case_id": [7]}
    records = Records.from_rows(case=np.zeros(count), variable=positions, **parts)
    assert (records.last()[0] == positions).all()
    assert (records.grid(hours=1).values[0, 0] == positions).all()
    assert not len(records.repeats)


def test_a_grid_with_a_variable_asked_for_twice_is_refused():
    with pytest.raises(DataError, match="'HR' is asked for twice"):
        stays((0, 1, 0, 80)).grid(variables=["HR", "Temp", "HR"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"case": [-1]}, "each of case must be a position in the 1 cases"),
        ({"case": [1]}, "each of case must be a position in the 1 cases"),
        ({"time": [np.nan]}, "each row needs its time"),
        ({"variable": [1]}, "each of variable must be a position in the 1 variables"),
        ({"value": [1.0, 2.0]}, "their lengths differ"),
    ],
)
def test_rows_that_belong_nowhere_are_refused(changed, message):
    given = {
        "case": [0],
        "time": [1.0],
        "variable": [0],
        "value": [80.0],
        "variables": ("HR",),
        "case_id": [7],
    }
    with pytest.raises(DataError, match=message):
        Records.from_rows(**given | changed)


@pytest.mark.parametrize("hours", [0, -1, np.inf, np.nan])
def test_hours_that_are_none_are_refused(hours):
    stay = Records.from_rows(case=[0], time=[1.0], variable=[0], value=[80.0], variables=("HR",), case_id=[7])
    with pytest.raises(DataError, match="cannot be cut into steps"):
        stay.grid(hours=hours)


def test_windows_of_half_a_row_and_no_records_are_refused():
    with pytest.raises(DataError, match=r"whole numbers, not 2\.5 and 1"):
        windows(np.zeros((5, 2)), np.zeros(5), 2.5)
    with pytest.raises(DataError, match="no records to join"):
        join([])


def test_of_the_measurements_some_are_kept_and_every_case():
    given = {
        "case": [0, 0, 1, 2],
        "time": [1.0, 30, 2, 40],
        "variable": [0, 1, 0, 0],
        "value": [80, 37.0, 70, 60],
    }
    stays = Records.from_rows(**given, variables=("HR", "Temp"), case_id=[7, 8, 9])
    first_day = stays.where(stays.time <= 24)
    assert (len(first_day), first_day.start.tolist()) == (3, [0, 1, 2, 2])
    assert first_day.last()[:, 0].tolist()[:2] == [80, 70] and np.isnan(first_day.last()[2]).all()
    assert len(stays.time) == 4, "the records themselves stay as they are"
    for rows in (np.array([0, 1]), np.ones(3, bool)):
        with pytest.raises(DataError, match="each of the 4 measurements"):
            stays.where(rows)
