"""What `medlearn results` does with outputs that cannot be written, and with too few cases."""

import errno
import io
import json
import sys
import types
from dataclasses import replace

import pytest

from medlearn import cli, results
from medlearn.data import load
from medlearn.errors import DataError
from medlearn.results import gan, seeds


@pytest.fixture
def toy(monkeypatch):
    """A recipe that is done at once; what it was asked."""
    asked = []

    class Table:
        def markdown(self):
            return "| a café | 0.9 |"

        def json(self):
            return {"ours": {"auroc": 0.9}}

    recipe = types.SimpleNamespace(run=lambda name, **chosen: asked.append(chosen) or Table())
    monkeypatch.setattr(results, "recipes", lambda: {"toy": recipe})
    return asked


def ask(out):
    return cli.main(["results", "toy", "--json", str(out)])


@pytest.mark.parametrize("name", ["", ".", "missing/out.json", "x" * 5000, "~nobody-of-this-name/out.json"])
def test_a_place_that_cannot_be_written_to_is_refused_before_any_work(
    name, toy, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    try:
        status = ask(name)
    except SystemExit as stop:  # what is no path at all
        status = stop.code
    assert status in (1, 2) and not toy
    assert "--json" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_found_out_before_any_work(toy, tmp_path, monkeypatch):
    out = tmp_path / "out.json"

    class Full(io.BytesIO):
        def write(self, content):
            raise OSError(errno.ENOSPC, "No space left on device")

    def full(path, mode):
        path.touch()  # as on a full disk: a file is made, and takes nothing
        return Full()

    monkeypatch.setattr(type(out), "open", full)
    with pytest.raises(DataError, match=r"--json .* cannot be written to \(No space left on device\)"):
        seeds.check_writable(out, "--json")
    assert not out.exists()


def test_what_was_there_is_whole_until_the_end(tmp_path):
    out = tmp_path / "out.json"
    out.write_text("before")
    assert seeds.check_writable(out, "--json") == out
    assert out.read_text() == "before"


def test_the_json_is_written_where_the_table_cannot_be_printed(toy, tmp_path, monkeypatch):
    class Full:
        def write(self, text):
            raise OSError(errno.ENOSPC, "No space left on device")

        def flush(self):
            pass

    monkeypatch.setattr(sys, "stdout", Full())
    assert ask(tmp_path / "out.json") == 1
    assert json.loads((tmp_path / "out.json").read_text("utf-8"))["ours"] == {"auroc": 0.9}


def test_the_table_is_printed_where_the_json_cannot_be_written(toy, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(seeds, "check_writable", lambda path, option: path)
    assert ask(tmp_path) == 1
    out, err = capsys.readouterr()
    assert "a café" in out and len(err.splitlines()) == 1


def test_a_gan_needs_a_batch_of_images(monkeypatch):
    whole = load("pneumonia", size="small")
    few = replace(whole, train=whole.train.take(slice(0, gan.BATCH - 1)))
    monkeypatch.setattr(gan, "load_data", lambda *_, **__: few)
    with pytest.raises(
        DataError, match="there are 31 images to learn from, and the GAN learns from 32 at a time"
    ):
        gan.run("gan")
