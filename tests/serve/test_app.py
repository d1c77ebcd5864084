"""The server as a stranger, a careless program and a nurse meet it: a real one, on a free port."""

import base64
import contextlib
import hashlib
import http.client
import io
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import urllib.parse
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import keras
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom import uid

from medlearn import cli
from medlearn.data.images.simulate.clinic import write_clinic
from medlearn.errors import DataError
from medlearn.models.cnn import course_net
from medlearn.training import set_seed

pytest.importorskip("onnxruntime")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from medlearn.serve import app as served_app
from medlearn.serve.exported import NOTICE, Card, Served, export
from medlearn.serve.log import Log, read_log
from medlearn.serve.reading import read_upload

TOKEN = "the-token-of-this-test"
WIDTH = 2  # of the net's first convolution
ALLOWED = {"Authorization": f"Bearer {TOKEN}"}


def exported(path, seed: int, **card) -> Served:
    """An untrained net with a card, whose limit no film reaches."""
    set_seed(seed)
    net = course_net((28, 28, 1), width=WIDTH)
    kernel, bias = net.layers[-1].get_weights()
    net.layers[-1].set_weights([kernel, bias + seed])  # so that two seeds surely answer differently
    about = {
        "name": f"net {seed}",
        "classes": ("normal", "pneumonia"),
        "pixels": 28,
        "threshold": 0.4,
        "trained_on": "noise",
        "simulated": True,
        "mean": (0.0,) * (4 * WIDTH),
        "inverse": (1.0,) * (4 * WIDTH),
        "limit": 1e6,
    }
    return Served.read(export(net, path, Card(**about | card)))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    two = [exported(folder / f"{seed}.onnx", seed) for seed in (0, 1)]
    keras.utils.clear_session()
    return two


def film(seed: int, kind: str = "PNG", pixels: int = 64) -> bytes:
    """A file that holds a grey picture, another for each `seed`."""
    grey = np.random.default_rng(seed).integers(0, 256, (8, 8), dtype="uint8")
    out = io.BytesIO()
    Image.fromarray(grey).resize((pixels, pixels), Image.Resampling.BILINEAR).save(out, kind)
    return out.getvalue()


def expected(served: Served, content: bytes) -> float:
    pixels = read_upload(content, "film.png", served.card).pixels
    return float(served.answer(pixels[None, ..., None]).p[0, -1])


class Running:
    """A server with these options, and how it is asked."""

    def __init__(self, served: Served, log, **options):
        self.log = Log(log)
        self.running = served_app.running(served, self.log, TOKEN, **options)

    def __enter__(self):
        self.port = self.running.__enter__()
        return self

    def __exit__(self, *_):
        self.running.__exit__(None, None, None)
        self.log.close()

    def ask(self, path: str, body=None, *, method: str = "", headers=ALLOWED, **options):
        return ask(self.port, path, body, method=method, headers=headers, **options)


def ask(port: int, path: str, body=None, *, method: str = "", headers=ALLOWED, **options):
    """What a server answers: its status, headers, bytes, and what they say as JSON."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        line.request(method or ("GET" if body is None else "POST"), path, body, dict(headers), **options)
        answer = line.getresponse()
        content = answer.read()
    finally:
        line.close()
    said = json.loads(content) if "json" in answer.headers.get_content_type() else {}
    return SimpleNamespace(status=answer.status, headers=answer.headers, content=content, said=said)


@pytest.fixture(scope="module")
def server(models, tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "answers.jsonl"
    with Running(models[0], log, limit=200_000) as running:  # bytes
        yield running


def lines(log) -> int:
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_a_film_gets_the_model_s_own_answer_and_a_line_in_the_log(server, models):
    before = lines(server.log.path)
    got = server.ask("/answer?name=film.png", film(7))
    assert got.status == 200
    assert NOTICE in got.content.decode() and models[0].digest in got.content.decode()
    page = server.ask("/answer?name=film.png&for=page", film(7)).said["page"]
    assert page["p"][-1] == pytest.approx(expected(models[0], film(7)), abs=1e-5)
    assert page["digest"] == models[0].digest and np.shape(page["map"]) == (7, 7)
    assert lines(server.log.path) == before + 2


def test_the_model_comes_with_its_card(server, models):
    card = server.ask("/card").said
    assert card["digest"] == models[0].digest and card["card"]["threshold"] == 0.4
    assert server.ask("/model").content == models[0].path.read_bytes()


@pytest.mark.parametrize(
    "path", ["/", "/card", "/model", "/answer", "/nothing", "/?token=wrong", "/?token=%C3%A9"]
)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": TOKEN},
        {"Cookie": "medlearn_1=x"},
    ],
    ids=["none", "empty", "longer", "bare", "cookie"],
)
def test_without_the_token_nothing_is_said(server, path, headers):
    before = lines(server.log.path)
    body = film(1) if path == "/answer" else None
    got = server.ask(path, body, headers=headers)
    assert got.status == 401 and "token is missing or wrong" in got.said["refused"]
    assert lines(server.log.path) == before


def test_the_token_opens_no_other_address(server):
    assert server.ask(f"/card?token={TOKEN}", headers={}).status == 401


def test_the_first_address_gives_a_cookie_of_this_port_that_other_sites_cannot_send(server):
    got = server.ask(f"/?token={TOKEN}", headers={})
    assert got.status == 200 and b"One film, one answer" in got.content
    cookie = got.headers["Set-Cookie"]
    assert "SameSite=strict" in cookie and "HttpOnly" in cookie and f"medlearn_{server.port}=" in cookie
    kept = {"Cookie": cookie.partition(";")[0]}
    assert server.ask("/card", headers=kept).status == 200
    assert server.ask("/", headers=kept).headers["Set-Cookie"] is None


@pytest.mark.parametrize("path", ["/", "/card", "/model", "/health", "/page/page.js"])
@pytest.mark.parametrize(
    "stranger",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1"},
        {"Origin": "http://127.0.0.1:1"},
    ],
    ids=lambda one: " ".join(*one.items()),
)
def test_a_stranger_s_host_or_origin_is_turned_away_even_with_the_token(server, path, stranger):
    got = server.ask(path, headers=ALLOWED | stranger)
    assert got.status == 403 and got.said["refused"] and got.said["notice"] == NOTICE


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_its_own_names_are_let_in(server, host):
    own = {"Host": f"{host}:{server.port}", "Origin": f"http://{host.lower()}:{server.port}"}
    assert server.ask("/card", headers=ALLOWED | own).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/card", "/model", "/health", "/page/page.js", "/nothing", "/answer", "/page/../app.py"]
)
def test_every_answer_forbids_other_hosts_and_the_cache(server, path):
    for headers in (ALLOWED, {}):
        got = server.ask(path, headers=headers)
        policy = got.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "http" not in policy and "unsafe-inline" not in policy
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Cache-Control"] == "no-store"
        assert "access-control-allow-origin" not in got.headers and "server" not in got.headers


def test_every_json_says_what_it_is_for(server):
    for path in ("/card", "/health", "/nothing", "/answer"):
        assert server.ask(path).said["notice"] == NOTICE


@pytest.mark.parametrize(
    "path",
    [
        "/page/app.py",
        "/page/..%2fapp.py",
        "/page/%2e%2e/app.py",
        "/page/",
        "/page/ort/ort.wasm.bundle.min.mjs",
    ],
)
def test_only_the_page_s_own_files_are_handed_out(server, path):
    assert server.ask(path).status in (404, 405)


@pytest.mark.parametrize(
    ("name", "kind"), [("page.js", "text/javascript"), ("page.css", "text/css"), ("index.html", "text/html")]
)
def test_the_page_s_files_need_no_token_and_say_what_they_are(server, name, kind):
    got = server.ask(f"/page/{name}", headers={})
    assert got.status == 200 and got.headers.get_content_type() == kind


def test_a_page_names_no_other_host():
    for name in served_app.PAGES:
        text = (served_app.PAGE / name).read_text("utf-8")
        assert "//" not in text.replace("// ", "") or "http" not in text
        assert "http:" not in text and "https:" not in text


def test_too_large_a_film_is_refused_in_a_sentence(server):
    before = lines(server.log.path)
    for size in (200_001, 700_000):
        got = server.ask("/answer", bytes(size))
        assert got.status == 413 and "more than 0.2 MB" in got.said["refused"]
    blocks = (bytes(50_000) for _ in range(8))  # a length that is not said
    got = server.ask(
        "/answer", blocks, encode_chunked=True, headers=ALLOWED | {"Transfer-Encoding": "chunked"}
    )
    assert got.status == 413
    assert lines(server.log.path) == before
    assert server.ask("/answer?name=a.png", film(3)).status == 200


def test_a_flood_is_not_read_to_its_end(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        head = f"POST /answer HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {TOKEN}\r\n"
        line.sendall(f"{head}Content-Length: 4000000000\r\n\r\n".encode())
        sent = 0
        with pytest.raises(OSError):
            while sent < 100_000_000:
                sent += line.send(bytes(100_000))
    assert sent < 50_000_000
    assert server.ask("/health").status == 200


def picture(array, kind: str = "PNG", **options) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.asarray(array, "uint8")).save(out, kind, **options)
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG of some 80 bytes that says how large it is."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    said = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + said + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")


def jpeg_of(width: int, height: int) -> bytes:
    """A JPEG of another size than it says."""
    content = bytearray(film(1, "JPEG"))
    place = content.index(b"\xff\xc0")
    content[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("film.dcm", content)
    return out.getvalue()


def moving() -> bytes:
    frames = [Image.open(io.BytesIO(film(seed))) for seed in (1, 2)]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    """A good film as DICOM."""
    folder = write_clinic(tmp_path_factory.mktemp("clinic"), visits=13)
    files = sorted(folder.glob("*.dcm"))
    return next(file for file in files if b"MONOCHROME2" in file.read_bytes())


def told(path, *, without=(), syntax=None, packed=None, **tags) -> bytes:
    """The bytes of the film at `path`, with what its header says otherwise."""
    header = pydicom.dcmread(path)
    for name, value in tags.items():
        setattr(header, name, value)
    for name in without:
        delattr(header, name)
    if packed is not None:
        header.PixelData = pydicom.encaps.encapsulate([packed])
        header["PixelData"].VR, header["PixelData"].is_undefined_length = "OB", True
    header.file_meta.TransferSyntaxUID = syntax or header.file_meta.TransferSyntaxUID
    out = io.BytesIO()
    header.save_as(out, enforce_file_format=True)
    return out.getvalue()


GREY = np.random.default_rng(0).integers(0, 256, (64, 64))
BAD = {  # what is sent, the status, how the sentence goes on after the film's name
    "nothing": (b"", 400, "is empty"),
    "noise": (b"\x01\x02" * 99, 415, "is of a kind that is not known"),
    "a page": (b"<html><script>alert(1)</script>", 415, "is a page of text"),
    "a pickle": (b"\x80\x04\x95cos\nsystem\n", 415, "is a Python pickle"),
    "a PDF": (b"%PDF-1.7", 415, "is a PDF"),
    "a gzip archive": (b"\x1f\x8b\x08" + bytes(20), 415, "is a gzip archive"),
    "a GIF": (picture(GREY, "GIF"), 415, "is a GIF"),
    "a TIFF": (picture(GREY, "TIFF"), 415, "is a TIFF"),
    "a PNG cut short": (film(1)[:200], 400, "is damaged or cut short"),
    "a JPEG cut short": (film(1, "JPEG")[:300], 400, "is damaged or cut short"),
    "a PNG of 3,600 million pixels": (png_of(60_000, 60_000), 413, "claims"),
    "a PNG of 30 million pixels": (png_of(6_000, 5_000), 413, "claims to be 6000 x 5000"),
    "a JPEG of 3,600 million pixels": (jpeg_of(60_000, 60_000), 413, "claims"),
    "a moving picture": (moving(), 422, "holds 2 pictures"),
    "a photograph": (picture(np.stack([GREY, GREY // 2, GREY // 4], -1)), 422, "is in colour"),
    "3 x 4 pixels": (picture(GREY[:4, :3]), 422, "is only 3 x 4 pixels"),
    "one grey": (picture(np.full((64, 64), 99)), 422, "is of one grey"),
    "a DICOM's beginning": (bytes(128) + b"DICM", 400, "is damaged or cut short"),
}
BAD_DICOM = {
    "a zip": (lambda film: zipped(told(film)), 415, "is a ZIP archive"),
    "a film cut short": (lambda film: told(film)[:-100], 400, "is cut short"),
    "an allocation bomb": (lambda film: told(film, Rows=60_000, Columns=60_000), 413, "claims to be 60000"),
    "rows that lie": (lambda film: told(film, Rows=30), 400, "holds more than its header says"),
    "no picture": (lambda film: told(film, without=["PixelData"]), 422, "is a DICOM file without a picture"),
    "no rows": (lambda film: told(film, without=["Rows"]), 422, "does not say its Rows"),
    "a CT": (lambda film: told(film, Modality="CT"), 422, "is of the modality CT"),
    "a hand": (lambda film: told(film, BodyPartExamined="HAND"), 422, "shows hand"),
    "a film from the side": (lambda film: told(film, ViewPosition="LL"), 422, "is a lateral view"),
    "a raw film": (lambda film: told(film, PresentationIntentType="FOR PROCESSING"), 422, "holds raw values"),
    "a negative or not": (
        lambda film: told(film, PresentationLUTShape="INVERSE"),
        422,
        "says both MONOCHROME2 and INVERSE",
    ),
    "several frames": (lambda film: told(film, NumberOfFrames=2), 422, "holds 2 frames"),
    "colour": (
        lambda film: told(film, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0),
        422,
        "is in colour",
    ),
    "a stamp": (lambda film: told(film, ImagerPixelSpacing=[0.1, 0.1]), 422, "measures 0.64 x 0.64 cm"),
    "a film on its side": (lambda film: told(film, PatientOrientation=["H", "L"]), 422, "lies as H/L"),
    "compressed without a codec": (
        lambda film: told(film, syntax=uid.JPEGLSLossless, packed=b"\xff\xd8\xff\xf7" + bytes(40)),
        415,
        ".*JPEG-LS",
    ),
    "a bomb in it": (
        lambda film: told(film, syntax=uid.JPEGBaseline8Bit, packed=jpeg_of(60_000, 60_000)),
        413,
        "claims more pixels",
    ),
    "a deflated film": (
        lambda film: told(film, syntax=uid.DeflatedExplicitVRLittleEndian),
        415,
        "is a deflated DICOM file",
    ),
}


def test_there_are_more_than_25_kinds_of_bad_upload():
    assert len(BAD) + len(BAD_DICOM) > 25


@pytest.mark.parametrize("what", [*BAD, *BAD_DICOM])
def test_a_bad_upload_is_one_sentence_and_the_server_stays_well(server, clinic, what):
    content, status, says = (BAD | BAD_DICOM)[what]
    before = lines(server.log.path)
    got = server.ask("/answer?name=../../etc/film", content(clinic) if callable(content) else content)
    said = got.said["refused"]
    assert got.status == status and re.match(f"film {says}", said), (got.status, said)
    assert "\n" not in said and ". " not in said and len(said) < 250
    assert got.said["notice"] == NOTICE and not re.search("Nobody|etc|Traceback", got.content.decode())
    assert lines(server.log.path) == before
    assert server.ask("/answer?name=a.png", film(3)).status == 200


def test_a_good_film_of_the_clinic_is_answered_and_its_report_is_refused(server, clinic):
    got = server.ask("/answer?name=a.dcm&for=page", told(clinic))
    assert got.status == 200 and "Nobody" not in got.content.decode()
    report = base64.b64decode(got.said["page"]["report"])
    fed_back = server.ask("/answer?name=a.dcm", report)
    assert fed_back.status == 422 and "a.dcm is a report (SR)" in fed_back.said["refused"]


def test_a_negative_is_turned_and_answered_as_the_film_that_it_is(server, clinic):
    header = pydicom.dcmread(clinic)
    turned = (4000 - header.pixel_array).astype("<u2").tobytes()  # from 400 to 3600, and back
    more = {"WindowCenter": 2000.5, "WindowWidth": 3201}
    as_negative = told(clinic, PixelData=turned, PhotometricInterpretation="MONOCHROME1", **more)
    answers = [server.ask("/answer?name=a.dcm", one).said for one in (told(clinic, **more), as_negative)]
    assert [one["film"]["turned"] for one in answers] == [False, True]
    assert answers[0]["p"] == pytest.approx(answers[1]["p"], abs=0.01)


def test_a_form_is_refused(server):
    headers = ALLOWED | {"Content-Type": "multipart/form-data; boundary=x"}
    got = server.ask("/answer", b"--x\r\n", headers=headers)
    assert got.status == 415 and "send the film itself, no form" in got.said["refused"]


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\film.dcm", "film.dcm"),
        ("<img src=x onerror=alert(1)>.png", "img srcx onerroralert(1).png"),
        ("a\nb.png", "ab.png"),
        ("x" * 3000, "x" * 60),
    ],
)
def test_a_name_is_only_a_name(server, name, called):
    got = server.ask(f"/answer?name={urllib.parse.quote(name, safe='')}", b"")
    assert got.status == 400 and got.said["refused"].startswith(f"{called} is empty")


@pytest.mark.parametrize(
    "head",
    [
        b"nonsense\r\n\r\n",
        b"POST /answer HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /answer HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
    ids=["nonsense", "a length below 0", "no chunk", "an endless address", "TLS"],
)
def test_what_is_no_request_is_let_go_and_leaves_the_server_well(server, head):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        line.sendall(head)
        line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            said = line.recv(100)
            assert not said or said.startswith(b"HTTP/1.1 4")
    assert server.ask("/answer?name=a.png", film(3)).status == 200


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/answer", 405), ("POST", "/card", 405)])
def test_a_wrong_method_is_refused_as_json(server, method, path, status):
    got = server.ask(path, b"" if method == "POST" else None, method=method)
    assert got.status == status and "open the address" in got.said["refused"]


def test_a_film_that_does_not_arrive_is_given_up(models, tmp_path):
    with Running(models[0], tmp_path / "log.jsonl", patience=0.2) as running:
        with socket.create_connection(("127.0.0.1", running.port), timeout=60) as line:
            head = f"POST /answer HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n"
            line.sendall(f"{head}Authorization: Bearer {TOKEN}\r\nContent-Length: 1000\r\n\r\nhalf".encode())
            assert b"408" in line.recv(100)
        _wait_until(lambda: running.ask("/answer?name=a.png", film(3)).status == 200)


def test_a_film_that_breaks_off_leaves_no_line(models, tmp_path):
    with Running(models[0], tmp_path / "log.jsonl") as running:
        for _ in range(2 * served_app.SEATS):  # more than there are seats: each is given back
            with socket.create_connection(("127.0.0.1", running.port), timeout=60) as line:
                head = f"POST /answer HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n"
                line.sendall(f"{head}Authorization: Bearer {TOKEN}\r\nContent-Length: 1000\r\n\r\n".encode())
        assert running.ask("/answer?name=a.png", film(3)).status == 200
    assert lines(tmp_path / "log.jsonl") == 1


def test_an_unforeseen_fault_is_a_sentence_without_what_the_film_says(models, tmp_path, monkeypatch, capsys):
    def fails(*_):
        raise KeyError("Miller^Anna")

    monkeypatch.setattr(served_app, "read_upload", fails)
    with Running(models[0], tmp_path / "log.jsonl") as running:
        got = running.ask("/answer", film(3))
    assert got.status == 500 and "Miller" not in got.content.decode()
    said = capsys.readouterr().err
    assert "KeyError" in said and "Miller" not in said


def test_fifty_at_once_each_get_their_own_answer_and_line(server, models):
    films = [film(seed) for seed in range(50)]
    before = lines(server.log.path)
    with ThreadPoolExecutor(50) as pool:
        got = list(pool.map(lambda one: server.ask("/answer?name=a.png&for=page", one), films))
    assert {one.status for one in got} == {200}
    found = [one.said["page"]["p"][-1] for one in got]
    np.testing.assert_allclose(found, [expected(models[0], one) for one in films], atol=1e-5)
    assert lines(server.log.path) == before + 50
    records, damaged = read_log(server.log.path)
    assert not damaged
    assert {one["film"] for one in records[-50:]} == {hashlib.sha256(one).hexdigest() for one in films}


def test_a_model_exchanged_under_load_never_mixes_answers(models, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(served_app, "LOOK", 0.02)
    path, content = tmp_path / "model.onnx", film(5)
    path.write_bytes(models[0].content)
    right = {one.digest: expected(one, content) for one in models}
    assert abs(np.subtract(*right.values())) > 0.05
    stop, seen = threading.Event(), []

    def load(running):
        while not stop.is_set():
            got = running.ask("/answer?name=a.png&for=page", content)
            page = got.said["page"]
            assert (
                got.status == 200 and page["card"]["name"] == f"net {int(page['digest'] == models[1].digest)}"
            )
            seen.append((page["digest"], page["p"][-1]))

    with (
        Running(Served.read(path), tmp_path / "log.jsonl", path=path) as running,
        ThreadPoolExecutor(4) as pool,
    ):
        loads = [pool.submit(load, running) for _ in range(4)]
        try:
            for number in (1, 0, 1):
                _exchange(path, models[number].content)
                _wait_for(running, models[number].digest)
            _exchange(path, b"no model")
            _wait_until(lambda: "stays as it is" in capsys.readouterr().err)
        finally:
            stop.set()
        [one.result(60) for one in loads]
        assert running.ask("/card").said["digest"] == models[1].digest
    assert {digest for digest, _ in seen} == set(right)
    logged, damaged = read_log(tmp_path / "log.jsonl")
    assert len(logged) == len(seen) and not damaged
    for said in (seen, [(one["model"], one["p"][-1]) for one in logged]):
        np.testing.assert_allclose([p for _, p in said], [right[digest] for digest, _ in said], atol=1e-5)


def _exchange(path, content: bytes) -> None:
    path.with_suffix(".new").write_bytes(content)
    os.replace(path.with_suffix(".new"), path)


def _wait_for(running, digest: str) -> None:
    _wait_until(lambda: running.ask("/card").said["digest"] == digest)


def _wait_until(holds) -> None:
    waiting = threading.Event()
    for _ in range(1200):
        if holds():
            return
        waiting.wait(0.05)
    raise AssertionError("it did not come about within a minute")


@pytest.mark.skipif(os.name != "posix", reason="only there a process can be killed so")
def test_a_killed_server_loses_no_line_of_an_answer_that_was_given(models, tmp_path):
    log = tmp_path / "answers.jsonl"
    typed = ["serve", "--model", str(models[0].path), "--port", "0", "--log", str(log)]
    process = subprocess.Popen(
        [sys.executable, "-m", "medlearn", *typed], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    try:
        said = process.stdout.readline() + process.stdout.readline()
        assert NOTICE in said
        port, token = said.split("127.0.0.1:")[1].split()[0].split("/?token=")
        answered = _ask_until_killed(int(port), token, process)
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()
    records, damaged = read_log(log)
    logged = [one["film"] for one in records]
    assert len(answered) >= 20 and set(answered) <= set(logged)
    assert len(damaged) <= 1, "a line at most was being written"
    assert len(logged) <= len(answered) + 4, "four were asking when it was killed"


def _ask_until_killed(port: int, token: str, process) -> list[str]:
    """Ask from four threads, kill the server after a while; the digests of the films that had an answer."""
    answered, enough = [], threading.Event()

    def load(number):
        try:
            for seed in range(1000):
                content, headers = film(1000 * number + seed), {"Authorization": f"Bearer {token}"}
                assert ask(port, "/answer?name=a.png", content, headers=headers).status == 200
                answered.append(hashlib.sha256(content).hexdigest())
                if len(answered) >= 20:
                    enough.set()
        except (OSError, http.client.HTTPException):
            return

    with ThreadPoolExecutor(4) as pool:
        loads = [pool.submit(load, number) for number in range(4)]
        assert enough.wait(120)
        process.send_signal(signal.SIGKILL)
        [one.result(60) for one in loads]
    return answered


def test_its_socket_does_not_wait_for_more_to_send():
    """asyncio switches that off for sockets named as TCP only; it costs 40 ms an answer."""
    with served_app._listening(0) as line:
        assert line.proto == socket.IPPROTO_TCP and line.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_named(models, tmp_path, capsys):
    with served_app._listening(0) as line:
        port = str(line.getsockname()[1])
        typed = ["serve", "--model", str(models[0].path), "--port", port, "--log", str(tmp_path / "x.jsonl")]
        assert cli.main(typed) == 1
    assert "choose another with --port" in capsys.readouterr().err
    with pytest.raises(DataError, match="choose another"):
        served_app._listening(70_000)


def test_a_file_that_is_no_model_is_named(tmp_path, capsys):
    (tmp_path / "m.onnx").write_bytes(b"nothing")
    assert cli.main(["serve", "--model", str(tmp_path / "m.onnx"), "--log", str(tmp_path / "x.jsonl")]) == 1
    said = capsys.readouterr().err
    assert "m.onnx" in said and len(said.splitlines()) == 1


@pytest.mark.parametrize("name", ["onnx", "onnxruntime", "starlette", "uvicorn"])
@pytest.mark.parametrize("typed", [["--model", "m.onnx"], ["--example"]])
def test_a_missing_package_is_named_before_anything_is_done(name, typed, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(served_app, "example_model", None)
    assert cli.main(["serve", *typed]) == 1
    assert f"needs {name}: make electives in the course's folder" in capsys.readouterr().err


def test_a_runtime_that_is_not_as_it_was_published_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    assert served_app._runtime(None, fetch=False) is None
    (tmp_path / "ort").mkdir()
    for name in served_app.RUNTIMES:
        (tmp_path / "ort" / name).write_text("export default 1;")
    with pytest.raises(DataError, match=r"ort\.wasm\.bundle\.min\.mjs: its sha256 is .*--fetch-ort"):
        served_app._runtime(tmp_path / "ort", fetch=False)


def test_the_runtime_can_come_from_a_mirror_and_is_then_handed_out(models, tmp_path, monkeypatch):
    content = b"export default 1;"
    monkeypatch.setattr(served_app.store, "fault", lambda path, file: None if path.exists() else "not there")
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MEDLEARN_MIRROR", str(tmp_path / "mirror"))
    (tmp_path / "mirror" / "onnxruntime-web").mkdir(parents=True)
    for name in served_app.RUNTIMES:
        (tmp_path / "mirror" / "onnxruntime-web" / name).write_bytes(content)
    folder = served_app._runtime(None, fetch=True)
    with Running(models[0], tmp_path / "log.jsonl", runtime=folder) as running:
        assert running.ask("/card").said["browser"] is True
        for name, kind in served_app.RUNTIMES.items():
            got = running.ask(f"/page/ort/{name}")
            assert got.content == content and got.headers.get_content_type() == kind
        assert running.ask("/page/ort/other.js").status == 404
