"""`medlearn serve`: one model answers on this machine, to whoever holds the token of this start.

It listens to 127.0.0.1 alone, asks nobody for anything, and keeps no film: the log has a line for each
answer, written to the disk before the answer is given. A request is answered to its end by the model that was
there when it came, also where another takes its place meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import dataclasses
import hmac
import http
import secrets
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medlearn.console import clean, typed_path
from medlearn.data import store
from medlearn.data.entry import Entry, File
from medlearn.errors import DataError, MedlearnError
from medlearn.serve.example import FILMS, example_model
from medlearn.serve.exported import INSTALL, NOTICE, Answer, Served
from medlearn.serve.log import Log
from medlearn.serve.reading import Film, Refused, read_upload
from medlearn.serve.report import as_json, as_sr

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

PORT, LOG = 8071, Path("serve.log.jsonl")
MOST_BYTES = 32 << 20  # of a film; one of 3,000 × 3,000 pixels of 16 bits has 18 MB
SEATS = 4  # films that are held in memory at the same time; later ones wait
PATIENCE = 20.0  # seconds that a film may take to arrive
LOOK = 1.0  # seconds between two looks at the model's file

PAGE = Path(__file__).parent / "page"
PAGES = {"index.html": "text/html", "page.css": "text/css", "page.js": "text/javascript"}
RUNTIMES = {"ort.wasm.bundle.min.mjs": "text/javascript", "ort-wasm-simd-threaded.wasm": "application/wasm"}
RUNTIME_AT = "https://cdn.jsdelivr.net/npm/onnxruntime-web@1.30.0/dist/"
RUNTIME = Entry(
    name="onnxruntime-web",
    title="ONNX Runtime Web 1.30.0, for WebAssembly on one thread",
    modality="a program",
    task="",
    classes=(),
    cases="files",
    count=2,
    licence="MIT",
    citation="Microsoft (2026)",
    homepage="https://onnxruntime.ai",
    reader="",
    files=(
        File(
            "ort.wasm.bundle.min.mjs",
            RUNTIME_AT + "ort.wasm.bundle.min.mjs",
            "sha256:11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
            73_054,
        ),
        File(
            "ort-wasm-simd-threaded.wasm",
            RUNTIME_AT + "ort-wasm-simd-threaded.wasm",
            "sha256:3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
            14_239_897,
        ),
    ),
)

NAMES = ["127.0.0.1", "localhost"]
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


# The model that answers


class _Desk:
    """What answers `now`, and the file at `path` that another may come from."""

    def __init__(self, now: Served, path: Path | None):
        self.now, self.path, self.seen = now, path, None

    def look(self) -> None:
        """Take the model that lies in the file now, if it is another and a good one."""
        mark = _mark(self.path)
        if mark in (None, self.seen):
            return
        self.seen = mark
        try:
            now = Served.read(self.path)
        except MedlearnError as error:
            _say(f"the model stays as it is: {error}")
            return
        if now.digest != self.now.digest:
            self.now = now
            _say(f"another model answers from now on, {now.digest[:12]}")


def _mark(path: Path | None) -> tuple[int, int, int] | None:
    """What changes when a file does; None if it is not there."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return found and (found.st_mtime_ns, found.st_size, found.st_ino)


def _say(text: str) -> None:
    print(f"medlearn serve: {clean(text)}", file=sys.stderr, flush=True)


# Who is let in


class _Guard:
    """Lets in to `app` who calls this address by its own name and holds the `token`; marks every answer."""

    def __init__(self, app, token: str):
        self.app, self.token = app, token

    async def __call__(self, scope, receive, send) -> None:
        async def marked(message) -> None:
            if message["type"] == "http.response.start":
                said = list(message.get("headers", ()))
                names = {name.decode("latin-1").lower() for name, _ in said}
                more = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n not in names]
                message = {**message, "headers": said + more}
            await send(message)

        if scope["type"] != "http":
            await self.app(scope, receive, send)
        else:
            from starlette.requests import Request

            answer = _turned_away(Request(scope), self.token) or self.app
            await answer(scope, receive, marked)


def _turned_away(request: Request, token: str) -> Response | None:
    """Why a request is not looked at any further; None if it is."""
    port = request.scope["server"][1]
    hosts = [
        f"{host}{end}" for host in ("127.0.0.1", "localhost") for end in (f":{port}", "")[: 1 + (port == 80)]
    ]
    if request.headers.get("host", "").lower() not in hosts:
        return _refusal(403, "this server answers to 127.0.0.1 alone: open the address that it printed")
    origin = request.headers.get("origin")
    if origin is not None and origin not in [f"http://{host}" for host in hosts]:
        return _refusal(403, "a page from elsewhere asks: open the address that the server printed")
    path = request.scope["path"]
    if path == "/health" or path.startswith("/page/") or _holds(request, token):
        return None
    return _refusal(401, "the token is missing or wrong: open the whole address that the server printed")


def _holds(request: Request, token: str) -> bool:
    """Whether a request has the `token`: in its header, its cookie, or the address that opens the page."""
    _, _, bearer = request.headers.get("authorization", "").partition("Bearer ")
    given = [bearer, request.cookies.get(_cookie(request), "")]
    if request.scope["path"] == "/":
        given.append(request.query_params.get("token", ""))
    return any(hmac.compare_digest(one.encode("utf-8", "replace"), token.encode()) for one in given)


def _cookie(request: Request) -> str:
    """The cookie's name: browsers do not tell the ports of a machine apart."""
    return f"medlearn_{request.scope['server'][1]}"


def _refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse({"refused": sentence, "notice": NOTICE}, status, headers)


# The routes


def application(
    served: Served,
    log: Log,
    token: str,
    *,
    limit: int = MOST_BYTES,
    patience: float = PATIENCE,
    path: Path | None = None,
    runtime: Path | None = None,
) -> Starlette:
    """The server's routes: the page, the model and its card, and the answer to a film.

    Parameters
    ----------
    served : the model that answers.
    log : gets one line for each answer, before it is given.
    token : what a request must hold.
    limit : bytes that a film may have.
    patience : seconds that it may take to arrive.
    path : the model's file; whenever it changes, the model in it takes over.
    runtime : the folder with the two files of onnxruntime-web, for answers in the browser; None without.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.routing import Route

    app = Starlette(
        routes=[
            Route("/", _start),
            Route("/health", _health),
            Route("/card", _card),
            Route("/model", _model),
            Route("/answer", _answer, methods=["POST"]),
            Route("/page/{name}", _page_file),
            Route("/page/ort/{name}", _runtime_file),
        ],
        middleware=[Middleware(_Guard, token=token)],
        exception_handlers={HTTPException: _said, MedlearnError: _said},
        lifespan=_watching,
    )
    app.state.desk, app.state.log, app.state.token = _Desk(served, path), log, token
    app.state.limit, app.state.patience, app.state.runtime = limit, patience, runtime
    app.state.seats = asyncio.Semaphore(SEATS)
    return app


@contextlib.asynccontextmanager
async def _watching(app: Starlette) -> AsyncIterator[None]:
    """Look at the model's file as long as the server runs."""

    async def look() -> None:
        while True:
            await asyncio.sleep(LOOK)
            await asyncio.to_thread(app.state.desk.look)

    task = asyncio.create_task(look())
    yield
    task.cancel()


async def _said(_: Request, error: Exception) -> Response:
    """A refusal as JSON, whoever raised it."""
    status = getattr(error, "status_code", None) or getattr(error, "status", 500)
    sentence = getattr(error, "detail", None) or str(error)
    if sentence == http.HTTPStatus(status).phrase:  # Starlette's own
        sentence = "nothing here takes such a request: open the address that the server printed"
    return _refusal(status, sentence, getattr(error, "headers", None))


async def _start(request: Request) -> Response:
    answer = _file(PAGE / "index.html", "text/html")
    if "token" in request.query_params:  # it was the right one, or nobody would be here
        answer.set_cookie(_cookie(request), request.app.state.token, httponly=True, samesite="strict")
    return answer


async def _health(_: Request) -> Response:
    return _json({"status": "ok"})


async def _card(request: Request) -> Response:
    state = request.app.state
    return _json(_about(state.desk.now) | {"most_bytes": state.limit, "browser": state.runtime is not None})


async def _model(request: Request) -> Response:
    from starlette.responses import Response

    return Response(request.app.state.desk.now.content, media_type="application/octet-stream")


async def _page_file(request: Request) -> Response:
    name = request.path_params["name"]
    return _file(PAGE / name, _kind(name, PAGES))


async def _runtime_file(request: Request) -> Response:
    name, folder = request.path_params["name"], request.app.state.runtime
    kind = _kind(name, RUNTIMES if folder else {})
    return _file(folder / name, kind, {"cache-control": "private, max-age=86400"})


def _kind(name: str, known: dict[str, str]) -> str:
    """The media type of a file that is handed out; every other one is refused."""
    from starlette.exceptions import HTTPException

    if name not in known:
        raise HTTPException(404, "there is no such file here: open the address that the server printed")
    return known[name]


def _file(path: Path, kind: str, headers: dict[str, str] | None = None) -> Response:
    from starlette.responses import FileResponse

    return FileResponse(path, media_type=kind, headers=headers)


def _json(content: dict) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse({**content, "notice": NOTICE})


# One film


async def _answer(request: Request) -> Response:
    """The answer to the film that is the request's whole body, by the model that is there now."""
    from starlette.exceptions import HTTPException

    state = request.app.state
    now, name = state.desk.now, request.query_params.get("name", "film")
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise HTTPException(415, "send the film itself, no form: curl --data-binary @FILE")
    async with state.seats:
        content = await _body(request, state.limit, state.patience)
        for_page = request.query_params.get("for") == "page"
        return _json(await asyncio.to_thread(_answer_to, content, name, now, state.log, for_page))


async def _body(request: Request, most: int, patience: float) -> bytes:
    """A request's body of at most so many bytes; what is beyond them is let go, and then refused."""
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect

    parts, size = [], 0
    try:
        async with asyncio.timeout(patience):
            async for block in request.stream():
                size += len(block)
                if size <= most:
                    parts.append(block)
                elif size > 4 * most:  # let go of the line, too
                    raise HTTPException(413, _too_large(most), {"connection": "close"})
    except TimeoutError:
        raise HTTPException(
            408, f"the film did not arrive within {patience:g} seconds: send it again"
        ) from None
    except ClientDisconnect:
        raise HTTPException(400, "the film broke off: send it again") from None
    if size > most:
        raise HTTPException(413, _too_large(most))
    return b"".join(parts)


def _too_large(most: int) -> str:
    return f"the file has more than {most / 1e6:.3g} MB: send one film, not an archive"


def _answer_to(content: bytes, name: str, now: Served, log: Log, for_page: bool) -> dict:
    """Read, answer, log, and only then say: for a program, or with what the page draws."""
    started = time.perf_counter()
    try:
        film = read_upload(content, name, now.card)
        answer = now.answer(film.pixels[None, ..., None])
        said = as_json(film, answer, now)
        log.append(said, film)
    except MedlearnError:
        raise
    except Exception as error:  # its text may hold what a film says of a patient
        _say(f"an answer failed ({type(error).__name__})")
        raise Refused("the film could not be answered: ask whoever looks after this server", 500) from None
    said["milliseconds"] = round(1000 * (time.perf_counter() - started), 1)
    return said | {"page": _for_page(film, answer, now)} if for_page else said


def _for_page(film: Film, answer: Answer, now: Served) -> dict:
    """What the page draws: the film as the model sees it, where that looks, and the report to save."""
    height, width = film.pixels.shape
    report = None
    with contextlib.suppress(Refused):  # what did not come as DICOM has none
        report = _text(as_sr(film, answer, now))
    return _about(now) | {
        "p": answer.p[0].tolist(),
        "distance": float(answer.distance[0]),
        "map": np.round(answer.map[0].astype(float), 4).tolist(),
        "picture": {"width": width, "height": height, "grey": _text(film.pixels)},
        "report": report,
    }


def _text(content: np.ndarray | bytes) -> str:
    return base64.b64encode(content).decode()


def _about(now: Served) -> dict:
    return {"card": dataclasses.asdict(now.card), "digest": now.digest}


# The command


def main(argv: Sequence[str] | None = None) -> None:
    """The command, with the arguments `argv`: serve until it is stopped."""
    options = _options(argv)
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn
    except ImportError as error:
        raise DataError(f"medlearn serve needs {error.name}: {INSTALL}") from None
    path = example_model() if options.example else options.model
    if options.example:
        print(f"Films to try: {path.parent / FILMS}", flush=True)
    now, runtime = Served.read(path), _runtime(options.ort, fetch=options.fetch_ort)
    token = secrets.token_urlsafe(24)
    app = application(now, Log(options.log), token, path=path, runtime=runtime)
    with _listening(options.port) as line:
        address = f"http://127.0.0.1:{line.getsockname()[1]}/?token={token}"
        print(f"{now.card.name}, {now.digest[:12]}: {NOTICE}")
        print(f"Open {address}\nCtrl-C ends it; the log is {options.log}", flush=True)
        uvicorn.Server(_settings(app)).run(sockets=[line])


def running(
    served: Served, log: Log, token: str, **options: object
) -> contextlib.AbstractContextManager[int]:
    """The server of one model, as long as the `with` lasts; see `serving`.

    Parameters
    ----------
    served, log, token, options : as in `application`.
    """
    return serving(application(served, log, token, **options))


@contextlib.contextmanager
def serving(app: Starlette) -> Iterator[int]:
    """A server in a thread of this process, as long as the `with` lasts; the port that it listens to.

    Parameters
    ----------
    app : what answers.
    """
    import uvicorn

    with _listening(0) as line:
        server = uvicorn.Server(_settings(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [line]}, daemon=True)
        thread.start()
        try:
            yield line.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def _settings(app: Starlette):
    """How uvicorn runs: no log of its own, since addresses hold the names of files; nobody in front of it."""
    import uvicorn

    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=256,
        timeout_graceful_shutdown=5,
    )


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="medlearn serve", description=__doc__.splitlines()[0])
    add, of_runtime = parser.add_argument, "a folder with onnxruntime-web 1.30.0, for answers in the browser"
    add("--model", type=typed_path, metavar="FILE", help="as serve.export writes it")
    add("--example", action="store_true", help="without one: a small net, trained once on simulated films")
    add("--port", type=int, default=PORT, metavar="N", help=f"({PORT}); 0: any that is free")
    add("--log", type=typed_path, default=LOG, metavar="FILE", help=f"a line for each answer ({LOG})")
    add("--ort", type=typed_path, metavar="DIR", help=of_runtime)
    add("--fetch-ort", action="store_true", help="get it first: two files, 14.3 MB, once, into the cache")
    options = parser.parse_args(argv)
    if (options.model is None) != options.example:
        parser.error("give either --model FILE or --example, which makes a small model to try")
    return options


def _runtime(folder: Path | None, *, fetch: bool) -> Path | None:
    """The folder with the runtime for the browser, each file as it was published; None if there is none."""
    if folder is None:
        folder = store.fetch_all(RUNTIME) if fetch else store.place(RUNTIME, RUNTIME.files[0]).parent
        if not folder.is_dir():
            return None
    for file in RUNTIME.files:
        if wrong := store.fault(folder / file.name, file):
            raise DataError(
                f"{folder} does not hold {RUNTIME.title} ({file.name}: {wrong}): get it with --fetch-ort"
            )
    return folder


def _listening(port: int) -> socket.socket:
    """A socket of this machine alone, at a `port` that is free."""
    # Named as TCP, or asyncio would not switch off the wait for more to send: 40 ms an answer.
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":  # there it would let two servers share a port
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        line.bind(("127.0.0.1", port))
        line.listen(128)
    except (OSError, OverflowError) as error:
        line.close()
        raise DataError(f"port {port} cannot be had ({error}): choose another with --port") from None
    return line
