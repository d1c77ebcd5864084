"""What learners tried: written, read and summed up."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from medlearn import cli
from medlearn.errors import DataError
from medlearn.exercises import Exercise, answers, ch01, record

RIGHT, WRONG = 0.4149, 1.2448  # of ch01.q2


@pytest.fixture
def written(tmp_path, monkeypatch, capsys):
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
    ch01.q2.check(RIGHT)
    assert not list(tmp_path.iterdir())


def test_a_try_is_one_line_with_what_was_told(written):
    ch01.q2.check(WRONG)
    ch01.q2.check(RIGHT)
    wrong, right = lines(written)
    assert list(wrong) == ["exercise", "time", "right", "told"]
    assert wrong["exercise"] == "ch01.q2" and wrong["time"].endswith("+00:00")
    assert (wrong["right"], wrong["told"]) == (
        False,
        "That is the sum of the three costs; the loss is their mean.",
    )
    assert (right["right"], right["told"]) == (True, "")


def test_a_stub_hints_and_solutions_are_not_written(written):
    ch01.q2.check(...)
    ch01.q7.check(lambda prevalence: ...)
    ch01.q2.hint()
    ch01.q2.solution()
    assert written.read_bytes() == b""


def test_of_an_error_only_its_kind_is_written(written):
    def stops(prevalence):
        raise FileNotFoundError("/home/maria/patients.csv")

    ch01.q7.check(stops)
    assert lines(written)[0]["told"] == "Your answer stops with FileNotFoundError"
    assert "maria" not in written.read_text()


def test_an_exercise_of_ones_own_has_a_name(written):
    sys.modules[__name__].q7 = Exercise(hint="", solve=lambda: 1, judge=lambda answer: None, praise="")
    sys.modules[__name__].q7.check(1)
    assert lines(written)[0]["exercise"] == "test_answers.q7"
    assert len(answers._read_lines(written.read_bytes())[0]) == 1


def test_recording_says_so_and_stops(written, capsys):
    record(written)
    assert capsys.readouterr().out.startswith(f"What you try is now written to {written}, and sent nowhere.")
    record(None)
    ch01.q2.check(RIGHT)
    assert written.read_bytes() == b""


def test_a_place_that_cannot_be_written_to_is_refused_at_once(tmp_path):
    with pytest.raises(
        DataError, match=r"answers.jsonl cannot be written to .*: name a file in a folder of yours"
    ):
        record(tmp_path / "missing" / "answers.jsonl")


def test_a_place_that_is_gone_later_stops_no_exercise(written, monkeypatch, capsys):
    monkeypatch.setenv("MEDLEARN_ANSWERS", str(written / "below a file"))
    ch01.q2.check(RIGHT)
    said = capsys.readouterr().out
    assert said.startswith("✓ Right. ") and "(Not written down: " in said


@pytest.mark.parametrize("path", ["a\0b.jsonl", "~nobody-of-this-name/x.jsonl", "x" * 5000, "."])
def test_a_path_that_is_none_is_refused_in_a_sentence(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"cannot be written to \(.+\): name a file in a folder of yours"):
        record(path)


def test_a_home_that_nobody_has_stops_no_exercise(monkeypatch, capsys):
    monkeypatch.setenv("MEDLEARN_ANSWERS", "~nobody-of-this-name/x.jsonl")
    ch01.q2.check(RIGHT)
    assert "(Not written down: ~nobody-of-this-name/x.jsonl cannot be written to" in capsys.readouterr().out


def test_what_is_told_may_hold_half_a_letter(written):
    answers.write_down("ch01.q1", right=False, told="\udcff stops it")
    assert lines(written)[0]["told"] == "? stops it"


def test_two_notebooks_write_to_one_file(written):
    code = "from medlearn.exercises import ch01\nfor _ in range(300): ch01.q2.check(1); ch01.q2.check(0.4149)"
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    assert len(lines(written)) == 1200


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
    return {row.exercise: row for row in answers.summarise(answers.read(folder).learners.values())}


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
    assert rows(folder)["ch01.q2"] == answers.Row("ch01.q2", 1, 1, 1, 1.0, "", 0)


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
    (note,) = answers.read(folder).notes
    assert note == "copy/answers.jsonl is ana/answers.jsonl once more, and was counted once"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nch01.q1 99 learners", r"a\nch01.q1 99 learners"),
        ("a\x1b[2J\x1b[31m", r"a\x1b[2J\x1b[31m"),
        ("\u202exslj.anna", r"\u202exslj.anna"),
        ("M\udcfcller", r"M\udcfcller"),
    ],
)
def test_names_of_files_are_shown_harmless(name, shown, handed_in, monkeypatch, capsys):
    folder = handed_in(ana="not one of ours")
    monkeypatch.setattr(Path, "relative_to", lambda self, folder: Path(name, self.name))  # any system's
    assert cli.main(["class", "summary", str(folder)]) == 0
    *_, note = capsys.readouterr().out.splitlines()
    assert note == f"{shown}/answers.jsonl: line 1 is not one of ours, 1 in all were left out"


def test_a_file_of_many_bytes_is_left_out(handed_in):
    folder = handed_in(ana=[line()], big="")
    with (folder / "big" / "answers.jsonl").open("r+b") as stream:
        stream.truncate(answers.LARGEST + 1)
    assert answers.read(folder).notes == [
        "big/answers.jsonl has more than 10 MB, as no file of ours has: left out"
    ]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_the_table_goes_into_a_pipe_of_any_encoding(encoding, handed_in):
    folder = handed_in(ana=[line(right=False, told="ρ ≥ 0")])
    done = subprocess.run(
        [sys.executable, "-m", "medlearn", "class", "summary", folder],
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and r"1 were told: \u03c1 \u2265 0" in done.stdout and not done.stderr


def test_other_files_in_the_folder_do_no_harm(handed_in):
    folder = handed_in(ana=[line()])
    (folder / "ana" / "02_cnn.ipynb").write_text("{}")
    (folder / "ana" / "._answers.jsonl").write_bytes(b"\x00\x05\x16\x07")
    (folder / "folder.jsonl").mkdir()
    found = answers.read(folder)
    assert len(found.learners) == 1 and not found.notes


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
    assert out[3].split()[:5] == ["ch01.q1", "2", "50%", "100%", "1.5"]
    assert out[4].strip() == "1 were told: The mean."


def test_the_table_says_what_an_exercise_is_about_and_what_its_columns_mean(handed_in, capsys):
    cli.main(["class", "summary", str(handed_in(ana=[line()], ben=[line("ch99.q1")]))])
    out = capsys.readouterr().out
    (row,) = [text for text in out.splitlines() if text.startswith("ch01.q1")]
    assert row.endswith(f"  {ch01.q1.about}") and len(ch01.q1.about.split()) > 1
    assert "Of the learners who tried it: right at once" in out


def test_the_roster_says_who_has_handed_in_what(handed_in, capsys):
    folder = handed_in(ana=[line(), line("ch01.q2"), line("ch05.q1", False, "A.")], ben=[line()])
    cli.main(["class", "summary", str(folder)])
    *_, head, ana, ben = capsys.readouterr().out.splitlines()
    assert (head.split(), ana.split(), ben.split()) == (
        ["learner", "ch01", "ch05"],
        ["ana", "2", "0"],
        ["ben", "1", "–"],
    )


@pytest.mark.parametrize(
    ("system", "row"),
    [
        ("moodle", {"ID number": "ana", "medlearn ch01": "2", "medlearn ch05": "0"}),
        (
            "canvas",
            {"Student": "ana", "ID": "ana", "Section": "", "medlearn ch01": "2", "medlearn ch05": "0"},
        ),
    ],
)
def test_marks_are_written_as_a_system_imports_them(system, row, handed_in, tmp_path):
    folder = handed_in(ana=[line(), line(), line("ch01.q2"), line("ch05.q1", False, "A.")])
    out = tmp_path / "marks.csv"
    assert cli.main(["class", "summary", str(folder), "--marks", str(out), "--system", system]) == 0
    with out.open(newline="") as stream:
        assert list(csv.DictReader(stream)) == [row]


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
