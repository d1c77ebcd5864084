"""One film by the server's route, DICOM in and JSON out: the time it takes, how many a second, and memory.

    python benchmarks/serve_speed.py [--films 200] [--times 4]
        onnxruntime against Keras behind the same route, for one client, and for 8 and 50 at once
    python benchmarks/serve_speed.py --many 1000000
        so many films in a row by eight clients: the memory of the server after each tenth
    python benchmarks/serve_speed.py --browser ADDRESS FILM
        the page in Chromium, where playwright is installed: how long it takes to open, and an answer by the
        server and by the browser; ADDRESS is what `medlearn serve --ort DIR` printed, FILM a PNG or JPEG

The server is a process of its own on a free port of this machine. A film is one of a simulated clinic's, its
64 pixels a side drawn `--times` as large; it is read and answered, and its line is on the disk before the
answer comes. Every answer is compared with the same film's when one client asked, and Keras's with
onnxruntime's.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import dataclasses
import http.client
import io
import json
import multiprocessing
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

# What a server's process needs and no more, or its memory would say nothing: no Keras here.
TOKEN = "of-this-benchmark"
CLIENTS = (1, 8, 50)
ANSWERS = 50  # by each way in the browser


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--times", type=int, default=4)
    parser.add_argument("--many", type=int)
    parser.add_argument("--browser", nargs=2, metavar=("ADDRESS", "FILM"))
    options = parser.parse_args()
    if options.browser:
        in_browser(*options.browser)
        return
    with tempfile.TemporaryDirectory() as folder:
        films = clinic(Path(folder, "clinic"), options.films, options.times)
        export_to(Path(folder))
        if options.many:
            memory(Path(folder), films, options.many)
        else:
            speed(Path(folder), films)


# The films, the model, and the server


def clinic(folder: Path, count: int, times: int) -> list[bytes]:
    """So many films as DICOM, each drawn so many `times` as large as the simulated clinic draws it."""
    import pydicom

    from medlearn.data.images.simulate.clinic import write_clinic

    films = []
    for path in sorted(write_clinic(folder, visits=count).glob("*.dcm")):
        header = pydicom.dcmread(path)
        pixels = np.kron(header.pixel_array, np.ones((times, times), "<u2"))
        header.PixelData, (header.Rows, header.Columns) = pixels.tobytes(), pixels.shape
        header.ImagerPixelSpacing = [value / times for value in header.ImagerPixelSpacing]
        content = io.BytesIO()
        header.save_as(content, enforce_file_format=True)
        films.append(content.getvalue())
    return films


def export_to(folder: Path) -> None:
    """An untrained net of the course's size, as `net.keras` and exported as `model.onnx`."""
    from medlearn.models.cnn import course_net
    from medlearn.serve import export, make_card
    from medlearn.training import set_seed

    set_seed(0)
    net, noise = course_net((28, 28, 1)), np.random.default_rng(0).integers(0, 256, (64, 28, 28, 1), "uint8")
    about = {"name": "untrained", "classes": ("normal", "pneumonia"), "threshold": 0.5}
    card = make_card(net, noise, noise, **about, trained_on="noise", simulated=True)
    net.save(folder / "net.keras")
    export(net, folder / "model.onnx", dataclasses.replace(card, limit=1e6))


def serve(by: str, folder: Path, line: multiprocessing.connection.Connection) -> None:
    """Serve the `folder`'s model `by` "onnxruntime" or "Keras", tell the `line` the port, and end with it."""
    from medlearn.serve import Log, Served
    from medlearn.serve.app import running

    served = Served.read(folder / "model.onnx")
    if by == "Keras":
        served = with_keras(served, folder / "net.keras")
    with running(served, Log(folder / f"{by}.jsonl"), TOKEN) as port:
        line.send(port)
        with contextlib.suppress(EOFError):
            line.recv()


def with_keras(served, path: Path):
    """The same model with Keras behind it, which says neither where it looks nor how unusual a film is."""
    import keras

    from medlearn.models import cnn  # noqa: F401, its layers
    from medlearn.serve import Served
    from medlearn.serve.exported import Answer

    net = keras.saving.load_model(path, compile=False)

    class ByKeras(Served):
        def answer(self, images: np.ndarray) -> Answer:
            p = net.predict_on_batch(images)
            return Answer(p.astype(float), np.zeros((len(images), 7, 7)), np.zeros(len(images)))

    return ByKeras(**{field.name: getattr(served, field.name) for field in dataclasses.fields(served)})


@contextlib.contextmanager
def started(by: str, folder: Path) -> Iterator[tuple[int, int]]:
    """A server in a process of its own, as long as the `with` lasts: its port, and the process's number."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(by, folder, theirs))
    process.start()
    theirs.close()
    try:
        yield ours.recv(), process.pid
    finally:
        ours.close()
        process.join()


def asked(port: int, films: Sequence[bytes]) -> list[tuple[float, float]]:
    """Probability and milliseconds of each of the `films`, asked one after the other at a `port`."""
    line, said = http.client.HTTPConnection("127.0.0.1", port, timeout=120), []
    for content in films:
        start = time.perf_counter()
        line.request("POST", "/answer?name=film.dcm", content, {"Authorization": f"Bearer {TOKEN}"})
        answer = line.getresponse()
        read = json.loads(answer.read())
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {read['refused']}")
        said.append((read["p"][-1], 1000 * (time.perf_counter() - start)))
    line.close()
    return said


def asked_at_once(port: int, films: Sequence[bytes], clients: int) -> tuple[np.ndarray, float]:
    """The same by so many `clients` at once, in the order of the `films`; and the seconds it took."""
    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        parts = list(pool.map(lambda k: asked(port, films[k::clients]), range(clients)))
    seconds = time.perf_counter() - start
    said = np.empty((len(films), 2))
    for k, part in enumerate(parts):
        said[k::clients] = np.reshape(part, (-1, 2))
    return said, seconds


# What is measured


def speed(folder: Path, films: Sequence[bytes]) -> None:
    print(f"{len(films)} films of {len(films[0]) / 1e3:.0f} kB")
    print("| behind the route | clients | median, ms | 95 of 100 within, ms | films a second |")
    print("| --- | --- | --- | --- | --- |")
    right = None
    for by in ("onnxruntime", "Keras"):
        with started(by, folder) as (port, _):
            asked_at_once(port, films[:40], 4)  # the first are slow
            for clients in CLIENTS:
                said, seconds = asked_at_once(port, films, clients)
                right = said[:, 0] if right is None else right
                np.testing.assert_allclose(said[:, 0], right, atol=1e-5)
                middle, high = np.quantile(said[:, 1], [0.5, 0.95])
                print(f"| {by} | {clients} | {middle:.2f} | {high:.2f} | {len(films) / seconds:.0f} |")


def memory(folder: Path, films: Sequence[bytes], many: int) -> None:
    print("| films | memory of the server, MB | films a second |\n| --- | --- | --- |")
    with started("onnxruntime", folder) as (port, process):
        right = np.array(asked(port, films))[:, 0]
        print(f"| {len(films):,} | {resident(process):.1f} | |", flush=True)
        for tenth in range(10):
            place = np.arange(tenth * many // 10, (tenth + 1) * many // 10) % len(films)
            said, seconds = asked_at_once(port, [films[k] for k in place], 8)
            np.testing.assert_allclose(said[:, 0], right[place], atol=1e-6)
            rate = f"{len(place) / seconds:.0f}"
            print(f"| {(tenth + 1) * many // 10:,} | {resident(process):.1f} | {rate} |", flush=True)
    logged = sum(1 for _ in (folder / "onnxruntime.jsonl").open())
    print(f"{logged - len(films):,} lines in the log")


def resident(process: int) -> float:
    """MB of memory that a process has now."""
    said = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=True
    )
    return int(said.stdout) / 1024


# The page

ANSWER = """async content => {
    const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
    const carried = new DataTransfer(), input = document.getElementById("file");
    carried.items.add(new File([bytes], "film"));
    const done = new Promise(resolve => {
        const watch = new MutationObserver(() => {
            if (document.body.dataset.state === "busy") return;
            watch.disconnect();
            resolve(performance.now());
        });
        watch.observe(document.body, { attributes: true });
    });
    input.files = carried.files;
    const start = performance.now();
    input.dispatchEvent(new Event("change"));
    return [await done - start, document.body.dataset.state];
}"""


def in_browser(address: str, film: str) -> None:
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    content = base64.b64encode(Path(film).read_bytes()).decode()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--disable-gpu"])
        page = chromium.new_context().new_page()
        page.set_default_timeout(120_000)
        for how in ("cold", "warm"):
            opened = timed(lambda: page.goto(address), lambda: page.wait_for_selector("[data-state=ready]"))
            by_server = [page.evaluate(ANSWER, content) for _ in range(ANSWERS + 5)][5:]
            switch = page.get_by_role("switch")
            loaded = timed(switch.click, lambda: page.wait_for_selector("[aria-checked=true]"))
            by_browser = [page.evaluate(ANSWER, content) for _ in range(ANSWERS + 5)][5:]
            print(f"{how}: the page opens in {opened:.0f} ms, and its model and runtime in {loaded:.0f} ms")
            for name, said in (("the server", by_server), ("this browser", by_browser)):
                middle, high = np.quantile([one for one, _ in said], [0.5, 0.95])
                print(f"  {name}: {middle:.1f} ms, 95 of 100 within {high:.1f} ms ({said[0][1]})")
        chromium.close()


def timed(*steps) -> float:
    """Milliseconds that these `steps` take together."""
    start = time.perf_counter()
    for step in steps:
        step()
    return 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()
