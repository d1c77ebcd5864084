"""The example of `medlearn serve --example`: made once, whole, and of films that show what the page does."""

import shutil

import keras
import pytest

from medlearn import cli
from medlearn.errors import DataError, FetchError

pytest.importorskip("onnxruntime")
pytest.importorskip("starlette")

from medlearn.data.files import MARKER, is_simulated
from medlearn.serve import app as served_app
from medlearn.serve import example
from medlearn.serve.exported import Served
from medlearn.serve.reading import Refused, read_upload

SMALL = {"films": 120, "width": 2, "epochs": 1}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def model(cache, monkeypatch):
    """The file of a small example, made once for these tests."""
    monkeypatch.setenv("MEDLEARN_CACHE", str(cache))
    made = example.example_model(**SMALL)
    keras.utils.clear_session()
    return made


def test_the_model_says_what_it_is_and_its_films_lie_beside_it(model):
    card = Served.read(model).card
    assert card.simulated and card.classes == ("normal", "pneumonia")
    assert card.trained_on == "100 drawn chest films"
    assert 0 < card.threshold < 1 and is_simulated(model.parent / "example_films")
    names = {path.name for path in (model.parent / "example_films").iterdir()}
    assert len(names) == 8 and {name for name in names if name.endswith(".dcm")} == {
        "normal.dcm",
        "pneumonia_stored_as_negative.dcm",
    }


def test_each_film_is_read_and_what_is_in_colour_is_refused(model):
    card, turned = Served.read(model).card, []
    for path in sorted((model.parent / "example_films").glob("*.*")):
        if path.name in (MARKER, "no_film_in_colour.png"):
            with pytest.raises(Refused, match="is in colour" if path.suffix == ".png" else "not known here"):
                read_upload(path.read_bytes(), path.name, card)
        elif read_upload(path.read_bytes(), path.name, card).about.get("turned"):
            turned.append(path.name)
    assert turned == ["pneumonia_stored_as_negative.dcm"]


def test_it_is_made_once(model, monkeypatch, capsys):
    monkeypatch.setattr(example, "_trained", None)
    before = model.stat().st_mtime_ns
    assert example.example_model(**SMALL) == model and model.stat().st_mtime_ns == before
    assert "Training" not in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["model", "films"])
def test_a_damaged_one_is_made_anew(model, damage, monkeypatch, capsys):
    content = model.read_bytes()
    monkeypatch.setattr(example, "_trained", lambda *_: (None, None))
    monkeypatch.setattr(example, "export", lambda net, path, card: path.write_bytes(content))
    if damage == "model":
        model.write_bytes(content[:-100])
    else:
        (model.parent / "example_films" / MARKER).unlink()
    assert Served.read(example.example_model(**SMALL)).content == content
    assert "is damaged and is made anew" in capsys.readouterr().out


def test_where_another_process_was_faster_its_example_stays(model, tmp_path, monkeypatch):
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path))

    def train(*_):
        shutil.copytree(model.parent, tmp_path / "small" / model.parent.name)
        return None, None

    monkeypatch.setattr(example, "_trained", train)
    monkeypatch.setattr(example, "export", lambda net, path, card: path.write_bytes(b"another"))
    made = example.example_model(**SMALL)
    assert made.read_bytes() == model.read_bytes() and len(list((tmp_path / "small").iterdir())) == 1


def test_a_cache_that_cannot_be_written_to_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "small").write_text("a file")
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path))
    monkeypatch.setattr(example, "_trained", None)
    with pytest.raises((FetchError, DataError), match=r"MEDLEARN_CACHE|a file stands"):
        example.example_model(**SMALL)


def test_the_command_takes_either_a_model_or_the_example(model, monkeypatch, capsys):
    for typed in ([], ["--example", "--model", "m.onnx"]):
        with pytest.raises(SystemExit):
            cli.main(["serve", *typed])
        assert "either --model FILE or --example" in capsys.readouterr().err
    monkeypatch.setattr(served_app, "example_model", lambda: model)
    with served_app._listening(0) as line:
        port = str(line.getsockname()[1])
        assert cli.main(["serve", "--example", "--port", port, "--log", str(model.parent.parent / "x.jsonl")])
    said = capsys.readouterr()
    assert "choose another with --port" in said.err and str(model.parent / "example_films") in said.out
