"""What the package hands on: what every table shows, and each family by its name."""

import sys

import pytest

from medlearn import evaluation


def test_what_every_table_shows_is_reached_at_once():
    assert all(callable(getattr(evaluation, name)) for name in evaluation.__all__)
    assert sorted(evaluation.__all__) == evaluation.__all__


def test_a_family_is_reached_by_its_module():
    assert evaluation.synthetic.nearest([[0.0]], [[1.0]])[0] == 1
    assert {"synthetic", "intervals", "auroc"} <= set(dir(evaluation))


def test_a_family_that_a_later_chapter_adds_is_reached_without_a_line_here(tmp_path, monkeypatch):
    (tmp_path / "overlap_of_a_test.py").write_text("def dice():\n    return 0.5\n")
    monkeypatch.setattr(evaluation, "__path__", [*evaluation.__path__, str(tmp_path)])
    try:
        assert "overlap_of_a_test" in dir(evaluation)
        assert evaluation.overlap_of_a_test.dice() == 0.5
    finally:
        sys.modules.pop("medlearn.evaluation.overlap_of_a_test", None)
        vars(evaluation).pop("overlap_of_a_test", None)


def test_a_name_that_is_not_here_is_an_attribute_error_with_those_that_are():
    with pytest.raises(
        AttributeError, match=r"evaluation has no 'aurok': it has Estimate, accuracy, .*synthetic"
    ):
        evaluation.aurok  # noqa: B018
    assert not hasattr(evaluation, "copies")


def test_report_and_subgroups_stay_functions_whoever_imports_their_modules(python):
    code = (
        "import medlearn.evaluation.report, medlearn.evaluation.subgroups; from medlearn import evaluation; "
        "print(callable(evaluation.report), callable(evaluation.subgroups))"
    )
    done = python(code)
    assert done.stdout == "True True\n", done.stderr


def test_importing_it_imports_no_keras_and_nothing_that_only_some_measures_need(python):
    heavy = ("keras", "matplotlib", "pandas", "sklearn", "medlearn.data", "medlearn.models")
    done = python(
        f"import sys, medlearn.evaluation; print([name for name in {heavy} if name in sys.modules])"
    )
    assert done.stdout == "[]\n", done.stdout + done.stderr
