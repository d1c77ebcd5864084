"""A class: its answers, written, read and summed up; its folder, without what takes a network."""

import csv
import hashlib
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from medlearn import classroom, cli, course
from medlearn.data import catalogue, store
from medlearn.errors import DataError
from medlearn.exercises import Exercise, ch01, record

RIGHT, WRONG = 0.4149, 1.2448  # of ch01.q1


@pytest.fixture
def answers(tmp_path, monkeypatch, capsys):
    """A file that answers are being written to."""
    monkeypatch.setenv("MEDLEARN_ANSWERS", "put back when the test ends")
    record(tmp_path / "answers.jsonl")
    capsys.readouterr()
    return tmp_path / "answers.jsonl"


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# Written


def test_nothing_is_written_unless_asked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MEDLEARN_ANSWERS", raising=False)
    ch01.q1.check(RIGHT)
    assert not list(tmp_path.iterdir())


def test_a_try_is_one_line_with_what_was_told(answers):
    ch01.q1.check(WRONG)
    ch01.q1.check(RIGHT)
    wrong, right = lines(answers)
    assert list(wrong) == ["exercise", "time", "right", "told"]
    assert wrong["exercise"] == "ch01.q1" and wrong["time"].endswith("+00:00")
    assert (wrong["right"], wrong["told"]) == (
        False,
        "That is the sum of the three costs; the loss is their mean.",
    )
    assert (right["right"], right["told"]) == (True, "")


def test_a_stub_hints_and_solutions_are_not_written(answers):
    ch01.q1.check(...)
    ch01.q3.check(lambda prevalence: ...)
    ch01.q1.hint()
    ch01.q1.solution()
    assert answers.read_bytes() == b""


def test_of_an_error_only_its_kind_is_written(answers):
    def stops(prevalence):
        raise FileNotFoundError("/home/maria/patients.csv")

    ch01.q3.check(stops)
    assert lines(answers)[0]["told"] == "Your answer stops with FileNotFoundError"
    assert "maria" not in answers.read_text()


def test_an_exercise_of_ones_own_has_a_name(answers):
    sys.modules[__name__].q7 = Exercise(hint="", solve=lambda: 1, judge=lambda answer: None, praise="")
    sys.modules[__name__].q7.check(1)
    assert lines(answers)[0]["exercise"] == "test_classroom.q7"
    assert len(classroom._tries(answers.read_bytes())[0]) == 1


def test_recording_says_so_and_stops(answers, capsys):
    record(answers)
    assert capsys.readouterr().out.startswith(f"What you try is now written to {answers}, and sent nowhere.")
    record(None)
    ch01.q1.check(RIGHT)
    assert answers.read_bytes() == b""


def test_a_place_that_cannot_be_written_to_is_refused_at_once(tmp_path):
    with pytest.raises(
        DataError, match=r"answers.jsonl cannot be written to .*: name a file in a folder of yours"
    ):
        record(tmp_path / "missing" / "answers.jsonl")


def test_a_place_that_is_gone_later_stops_no_exercise(answers, monkeypatch, capsys):
    monkeypatch.setenv("MEDLEARN_ANSWERS", str(answers / "below a file"))
    ch01.q1.check(RIGHT)
    said = capsys.readouterr().out
    assert said.startswith("Right. ") and "(Not written down: " in said


def test_two_notebooks_write_to_one_file(answers):
    code = "from medlearn.exercises import ch01\nfor _ in range(300): ch01.q1.check(1); ch01.q1.check(0.4149)"
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    assert len(lines(answers)) == 1200


# Summed up


def line(exercise="ch01.q1", right=True, told="", **more):
    return json.dumps(
        {"exercise": exercise, "time": "2026-01-01T00:00:00+00:00", "right": right, "told": told} | more
    )


@pytest.fixture
def handed_in(tmp_path):
    def hand_in(**files):
        for name, content in files.items():
            path = tmp_path / "class" / name / "answers.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else "\n".join(content) + "\n")
        return tmp_path / "class"

    return hand_in


def rows(folder):
    return {row.exercise: row for row in classroom.summarise(classroom.read(folder).learners)}


def test_counts_learners_first_tries_and_tries(handed_in):
    folder = handed_in(
        ana=[line(right=False, told="Count again."), line()],
        ben=[
            line(right=False, told="Count again."),
            line(right=False, told="The mean."),
            line(),
            line("ch01.q2"),
        ],
        cleo=[line(), line(right=False, told="Count again.")],  # tried something once it was right
        dan=[line(right=False, told="The mean.")],
    )
    row = rows(folder)["ch01.q1"]
    assert (row.learners, row.at_once, row.in_the_end, row.tries) == (4, 1, 3, 1.8)
    assert (row.told, row.learners_told) == ("Count again.", 3)
    assert rows(folder)["ch01.q2"] == classroom.Row("ch01.q2", 1, 1, 1, 1.0, "", 0)


def test_the_hardest_comes_first_also_where_few_tried_it(handed_in):
    folder = handed_in(
        ana=[line("ch05.q7", False, "Odds."), line("ch05.q1"), line("ch01.q4", False, "A."), line("ch01.q4")],
        ben=[line("ch05.q1"), line("ch01.q4")],
    )
    assert list(rows(folder)) == ["ch05.q7", "ch01.q4", "ch05.q1"]


def test_a_cell_that_is_run_again_is_no_new_try(handed_in):
    wrong, other = line(right=False, told="The mean."), line("ch01.q2", False, "Uphill.")
    folder = handed_in(ana=[wrong, other, wrong, other, line()])
    assert rows(folder)["ch01.q1"].tries == 2


def test_messages_that_differ_in_numbers_are_one_stumble(handed_in):
    folder = handed_in(
        ana=[line(right=False, told="You return 0.25.")],
        ben=[line(right=False, told="You return 3.")],
        cleo=[line(right=False, told="Something else.")],
    )
    assert (rows(folder)["ch01.q1"].told, rows(folder)["ch01.q1"].learners_told) == ("You return 0.25.", 2)


def test_lines_that_are_not_ours_are_left_out_and_counted(handed_in, capsys):
    good = line(right=False, told="The mean.")
    bad = [
        *(
            "{",
            "[]",
            "null",
            '"text"',
            "7",
            good[:-5],
            good + good,
            line(exercise="../../x"),
            line(right="yes"),
        ),
        *(line(told=3), line(exercise=1), "[" * 5000, line(told="x" * 20_000), '{"right": true}', "1" * 6000),
    ]
    folder = handed_in(ana=[good, "", *bad, line()], zoe="\x00\xff not one of them")
    row = rows(folder)["ch01.q1"]
    assert (row.learners, row.at_once, row.in_the_end) == (1, 0, 1)
    assert cli.main(["class", "summary", str(folder)]) == 0
    out = capsys.readouterr().out
    assert f"ana/answers.jsonl: line 3 is not one of ours, {len(bad)} in all were left out" in out
    assert "zoe/answers.jsonl: line 1 is not one of ours, 1 in all were left out" in out


def test_a_file_handed_in_twice_counts_once(handed_in):
    folder = handed_in(ana=[line()], copy=[line()])
    assert rows(folder)["ch01.q1"].learners == 1
    (note,) = classroom.read(folder).notes
    assert note == "copy/answers.jsonl is ana/answers.jsonl once more, and was counted once"


def test_other_files_in_the_folder_do_no_harm(handed_in):
    folder = handed_in(ana=[line()])
    (folder / "ana" / "02_cnn.ipynb").write_text("{}")
    (folder / "ana" / "._answers.jsonl").write_bytes(b"\x00\x05\x16\x07")
    (folder / "folder.jsonl").mkdir()
    answers = classroom.read(folder)
    assert len(answers.learners) == 1 and not answers.notes


def test_a_thousand_files(handed_in):
    told = [f"Message {'abcdefghij'[k % 10]}." for k in range(1000)]
    folder = handed_in(
        **{f"learner{k}": [line(right=False, told=told[k], learner=k), line()] for k in range(1000)}
    )
    row = rows(folder)["ch01.q1"]
    assert (row.learners, row.at_once, row.in_the_end, row.learners_told) == (1000, 0, 1000, 100)


def test_the_table_shows_shares_and_what_most_were_told(handed_in, capsys):
    folder = handed_in(ana=[line(right=False, told="The mean."), line()], ben=[line()])
    cli.main(["class", "summary", str(folder)])
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "2 files with answers"
    assert out[3].split() == ["ch01.q1", "2", "50%", "100%", "1.5"]
    assert out[4].strip() == "1 were told: The mean."


def test_nothing_in_a_file_reaches_the_terminal_or_the_spreadsheet_as_a_command(handed_in, tmp_path, capsys):
    folder = handed_in(ana=[line(right=False, told="=HYPERLINK(1)\x1b[2J\r\n")])
    assert cli.main(["class", "summary", str(folder), "--csv", str(tmp_path / "out.csv")]) == 0
    assert "\x1b" not in capsys.readouterr().out
    with (tmp_path / "out.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["told"] == "'=HYPERLINK(1)[2J" and (row["exercise"], row["learners"]) == ("ch01.q1", "1")


def test_says_what_is_wrong_with_the_folder(tmp_path, capsys):
    assert cli.main(["class", "summary", str(tmp_path / "none")]) == 1
    assert "there is no folder" in capsys.readouterr().err
    assert cli.main(["class", "summary", str(tmp_path)]) == 1
    assert "holds no .jsonl file" in capsys.readouterr().err
    (tmp_path / "a.jsonl").write_text(line())
    assert cli.main(["class", "summary", str(tmp_path), "--csv", str(tmp_path / "none" / "out.csv")]) == 1
    assert "cannot be written" in capsys.readouterr().err


# The folder of a class


@pytest.fixture(scope="module")
def class_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "class"
    assert cli.main(["class", "make", str(folder), "--no-wheels"]) == 0
    return folder


def test_the_folder_holds_every_notebook_without_outputs(class_folder):
    assert [p.name for p in sorted(class_folder.glob("notebooks/*"))] == [path.name for path in course.find()]
    for path in course.find():
        ours, theirs = (
            nbformat.read(one, as_version=4) for one in (path, class_folder / "notebooks" / path.name)
        )
        assert course.cells(ours) == course.cells(theirs)
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in theirs.cells)


def test_the_folder_holds_the_package_whole(class_folder):
    (wheel,) = class_folder.glob("wheels/*")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("medlearn/")}
    package = classroom.ROOT / "medlearn"
    assert inside == {str(path.relative_to(classroom.ROOT)) for path in package.rglob("*.py")}


def test_the_page_names_what_is_there(class_folder):
    page = (class_folder / "START.md").read_text("utf-8")
    (wheel,) = class_folder.glob("wheels/*")
    assert f"wheels/{wheel.name}\n" in page
    assert f"python{sys.version_info.major}.{sys.version_info.minor} -m venv env" in page
    assert "## No real data" in page and "MEDLEARN_MIRROR" not in page
    assert len(page.splitlines()) < 70, "one page"
    assert str(Path.home()) not in page


def test_a_place_that_is_taken_is_left_alone(class_folder, capsys):
    assert cli.main(["class", "make", str(class_folder)]) == 1
    assert "is there already: name another place, or remove it first" in capsys.readouterr().err


def test_what_fails_leaves_nothing(tmp_path, monkeypatch, capsys):
    def no_network(*arguments):
        raise DataError("no network")

    monkeypatch.setattr(classroom, "_pip", no_network)
    assert cli.main(["class", "make", str(tmp_path / "class")]) == 1
    assert not list(tmp_path.iterdir())
    assert cli.main(["class", "make", str(tmp_path / "class"), "--data", "no such"]) == 1
    assert cli.main(["class", "make", str(tmp_path / "class"), "--data", "diabetes"]) == 1
    assert "diabetes comes with scikit-learn and need not be taken along" in capsys.readouterr().err


def test_pip_is_quoted_where_it_fails(tmp_path):
    with pytest.raises(classroom.FetchError, match=r"pip download did not end well: ERROR: .*no-such-thing"):
        classroom._pip("download", "--no-index", "--dest", str(tmp_path), "medlearn-no-such-thing")


def test_real_data_that_are_in_the_cache_come_along(tmp_path, monkeypatch):
    entry, content = catalogue.find("breast"), b"stands for the real file"
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    file = catalogue.File(entry.files[0].name, "https://localhost/none", digest)
    entry = replace(entry, files=(file,))
    monkeypatch.setitem(catalogue.CATALOGUE, "breast", entry)
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    store.place(entry, file).parent.mkdir(parents=True)
    store.place(entry, file).write_bytes(content)
    monkeypatch.setattr(classroom, "_package", lambda folder: "medlearn.whl")
    classroom.make(tmp_path / "class", wheels=False)
    assert (tmp_path / "class" / "data" / "breast" / file.name).read_bytes() == content
    page = (tmp_path / "class" / "START.md").read_text("utf-8")
    assert 'MEDLEARN_MIRROR="$PWD/data" MEDLEARN_DATA=full' in page and "`breast`" in page
    assert "CC BY 4.0" in (tmp_path / "class" / "data" / "SOURCES.txt").read_text("utf-8")
    monkeypatch.setenv("MEDLEARN_MIRROR", str(tmp_path / "class" / "data"))
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "learners-cache"))
    assert store.fetch(entry, file).read_bytes() == content


def test_make_has_a_target_for_it(capsys):
    makefile = (classroom.ROOT / "Makefile").read_text("utf-8")
    assert "\nclass: .venv/installed\n\t.venv/bin/python -m medlearn class make " in makefile
