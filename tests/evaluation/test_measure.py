"""What every public measure of the package carries, and what `measure` makes of a plain function."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlearn import evaluation
from medlearn.errors import DataError
from medlearn.evaluation.measure import ARGUMENTS, SHARED, describe_arguments, measure

FAMILIES = [
    importlib.import_module(f"medlearn.evaluation.{module.name}")
    for module in pkgutil.iter_modules(evaluation.__path__)
]
MEASURES = {
    f"{family.__name__.rpartition('.')[2]}.{name}": thing
    for family in FAMILIES
    for name, thing in vars(family).items()
    if inspect.isfunction(thing) and hasattr(thing, "label") and thing.__module__ == family.__name__
}
PAIRS = {name: of for name, of in MEASURES.items() if "y_true" in inspect.signature(of).parameters}


def test_the_measures_are_found():
    assert {"discrimination.auroc", "regression.r2", "synthetic.kernel_distance"} <= set(MEASURES)
    assert len(MEASURES) >= 24


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_whatever_returns_an_estimate_of_the_cases_is_a_measure(family):
    """But for what is handed a measure or values of one, and for the ground under the intervals."""
    given_measures = {"averaged", "bootstrap", "over_seeds"}
    ground = {"wilson", "wilson_of", "on_logit", "student", "mean", "reweighed"}
    for name, thing in vars(family).items():
        own = inspect.isfunction(thing) and thing.__module__ == family.__name__ and not name.startswith("_")
        if own and inspect.signature(thing).return_annotation == "Estimate":
            assert hasattr(thing, "label") or name in given_measures | ground, name


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_carries_its_label_its_bounds_and_what_it_is_given(name):
    of = MEASURES[name]
    assert of.label and of.of
    assert of.low < of.high
    assert inspect.isfunction(of) and not hasattr(of, "__wrapped__")


@pytest.mark.parametrize("name", MEASURES)
def test_its_docstring_explains_what_it_shares_with_others_and_nothing_else(name):
    of = MEASURES[name]
    text, has = inspect.getdoc(of), inspect.signature(of).parameters
    for argument, meaning in (SHARED | ARGUMENTS.get(of.of, {})).items():
        assert (f"\n{argument} : {meaning}" in text) == (argument in has), argument
    assert text.index("Parameters\n----------") < (text.find(">>>") if ">>>" in text else len(text))


def test_labels_are_names_of_one_measure_each():
    labels = [of.label for of in MEASURES.values()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("synthetic.frechet_distance", (0, np.inf)),
        ("synthetic.kernel_distance", (-np.inf, np.inf)),
        ("discrimination.auroc_difference", (-1, 1)),
        ("regression.r2", (-np.inf, 1)),
        ("calibration.calibration_slope", (-np.inf, np.inf)),
        ("utility.net_benefit", (-np.inf, 1)),
        ("ordinal.kappa", (-1, 1)),
    ],
)
def test_bounds(name, bounds):
    assert (MEASURES[name].low, MEASURES[name].high) == bounds


def test_a_decorated_function_is_the_function_itself():
    def share(hits, *, level=0.95) -> float:
        """The share of ones.

        >>> share([1, 0])
        0.5
        """
        return float(np.mean(hits))

    made = measure("share", of="hits", low=0, high=1)(share)
    assert made is share and made([1, 0]) == 0.5
    assert (made.label, made.of, made.low, made.high) == ("share", "hits", 0, 1)
    assert made.influence is None and made.reweighted is None
    assert inspect.getdoc(made).startswith("The share of ones.\n\nParameters\n----------\nlevel : ")
    assert inspect.getdoc(made).endswith("\n\n>>> share([1, 0])\n0.5")


def test_what_is_described_already_comes_first():
    @describe_arguments("scores")
    def judge(y_score, patient, *, most):
        """Judge.

        Parameters
        ----------
        most : at most this.
        """

    heads = [line.split(" : ")[0] for line in inspect.getdoc(judge).splitlines() if " : " in line]
    assert heads == ["most", "y_score", "patient"]


def test_a_function_without_a_docstring_gets_one():
    @describe_arguments()
    def bare(patient):
        pass

    assert "patient : " in bare.__doc__


# Whatever comes in.

anything = st.one_of(
    st.lists(st.integers(0, 1), max_size=8),
    st.lists(st.integers(-2, 3), max_size=8),
    st.lists(st.floats(0, 1), max_size=8),
    st.lists(st.floats(-1e6, 1e6), max_size=8),
    st.lists(st.one_of(st.none(), st.floats(), st.text(max_size=2), st.booleans()), max_size=4),
    st.lists(st.lists(st.floats(0, 1), max_size=2), max_size=4),
    st.sampled_from([None, 3, 0.5, "text", np.zeros((3, 2)), np.zeros(())]),
)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", PAIRS)
@given(data=st.data())
def test_any_input_gives_a_sentence_or_an_estimate_within_the_bounds(name, data):
    of = PAIRS[name]
    more = {name: data.draw(anything) for name in others(of)}
    more |= {"threshold": data.draw(st.floats())} if "threshold" in inspect.signature(of).parameters else {}
    more |= {"patient": data.draw(st.one_of(st.none(), anything))}
    more |= {"weights": data.draw(st.one_of(st.none(), anything))}
    more |= {"level": data.draw(st.sampled_from([0.95, 0.5, 0, 1, 95, np.nan]))}
    check(of, data.draw(anything), data.draw(anything), **more)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", PAIRS)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)),
        min_size=1,
        max_size=12,
    ),
    by_patient=st.booleans(),
    weighted=st.booleans(),
)
def test_sound_input_gives_an_estimate_or_says_why_there_is_none(name, rows, by_patient, weighted):
    of = PAIRS[name]
    y_true, score, patient, weights = np.array(rows).T
    settled = score > 2 if of.of in ("decisions", "classes") else score / 4
    answer = {"grades": score, "grade probabilities": np.eye(5)[score]}.get(of.of, settled)
    more = {name: score[::-1] for name in others(of)}
    more |= {"threshold": 0.3} if "threshold" in inspect.signature(of).parameters else {}
    more |= {"patient": patient if by_patient else None, "weights": weights if weighted else None}
    check(of, y_true, answer, **more)


def others(of):
    """The arguments that take another model's answers."""
    return [name for name in inspect.signature(of).parameters if name.startswith("other_")]


def check(of, *arrays, **more):
    try:
        estimate = of(*arrays, **more)
    except DataError as error:
        assert len(str(error)) > 15 and "\n" not in str(error)
        return
    assert np.isfinite([estimate.value, estimate.low, estimate.high]).all(), estimate
    assert of.low - 1e-9 <= estimate.low <= estimate.value + 1e-9
    assert estimate.value - 1e-9 <= estimate.high <= of.high + 1e-9
