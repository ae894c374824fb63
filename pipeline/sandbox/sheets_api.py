"""The sandbox's Sheets API over HTTP: routes to mount, and a ready application.

Loopback only: a `Host` or `Origin` that is not this machine is refused, so that no web page elsewhere can
reach the sandbox through somebody's browser; there is no CORS. Any bearer token is accepted.

Beside Google's paths there are four for tests: `/__faults` (order failures), `/__log` (what was asked),
`/__reset` (empty everything).
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pipeline.sandbox.api_errors import ApiError, Json
from pipeline.sandbox.faults import APPLIED_FIRST, HTML_502, Fault, Faults, error_for
from pipeline.sandbox.operations import Call, answer
from pipeline.sandbox.store import Store

LOG_LENGTH = 20_000
"""Requests the log remembers."""

BeforeRequest = Callable[[Call], None]
"""Called in the worker thread before a request is carried out, without the lock: a person who acts meanwhile."""

PERSON_HEADER = "x-sandbox-person"
"""Requests with this header are a person's own: they meet no faults and do not wake `before_request`."""


def is_loopback(host: str) -> bool:
    """True for `127.0.0.1`, `localhost` and `[::1]`, with or without a port."""
    return re.fullmatch(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", host.strip().lower()) is not None


def is_from_here(request: Request) -> bool:
    """True if the request names this machine as host and comes from no other web page."""
    host, origin = request.headers.get("host", ""), request.headers.get("origin")
    return is_loopback(host) and (origin is None or urlsplit(origin).netloc.lower() == host.lower())


class SheetsService:
    """Answers requests from a store, with the failures that were ordered, and keeps the log."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.faults = Faults()
        self.log: deque[Json] = deque(maxlen=LOG_LENGTH)
        self.before_request: list[BeforeRequest] = []

    # ---- Google's paths

    async def google(self, request: Request) -> Response:
        """Answer one request of the Sheets or Drive API."""
        if not is_from_here(request):
            return _refused_host()
        _without_delay(request)
        call = Call.of(request.method, _raw_path(request.scope), request.url.query, await request.body())
        person = PERSON_HEADER in request.headers
        fault = None if person else self.faults.take(call.method, unquote(call.path))
        entry: Json = {"method": call.method, "path": unquote(call.path), "kinds": call.kinds(), "status": 0}
        if fault:
            entry["fault"] = fault.kind
        self.log.append(entry)
        if fault and fault.kind not in APPLIED_FIRST:
            response = await self._fail(fault, call, None)
        else:
            response = await run_in_threadpool(self.serve, call, person=person)
            if fault:
                response = await self._fail(fault, call, response)
        entry["status"] = getattr(response, "status_code", 0)
        return response

    def serve(self, call: Call, *, person: bool = False) -> Response:
        """Carry out a request; requests take turns."""
        if not person:
            for callback in list(self.before_request):
                callback(call)
        try:
            with self.store.lock:
                result = answer(self.store, call)
        except ApiError as error:
            return json_response(error.body(), error.status)
        if result is None:
            return Response(b"", 204, media_type="text/html")
        return json_response(result)

    async def _fail(self, fault: Fault, call: Call, done: Response | None) -> Response:
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.kind == "slow" and done is not None:
            return done
        if fault.kind in ("lost-answer", "lost-answer-before"):
            return BrokenConnection()
        if fault.kind == "reset":
            return BrokenConnection(reset=True)
        if fault.kind == "truncated" and done is not None:
            return BrokenConnection(whole=bytes(done.body))
        if fault.kind == "html-502":
            return Response(HTML_502, 502, media_type="text/html")
        error = error_for(fault, call.method)
        return json_response(error.body(), error.status)

    # ---- paths for tests

    async def order_faults(self, request: Request) -> Response:
        """`POST`, `GET` and `DELETE /__faults`."""
        if not is_from_here(request):
            return _refused_host()
        if request.method == "DELETE":
            self.faults.clear()
        elif request.method == "POST":
            try:
                self.faults.order(json.loads(await request.body()))
            except (ValueError, TypeError, AttributeError) as error:
                return json_response({"error": str(error)}, 400)
        return json_response({"faults": self.faults.waiting()})

    async def show_log(self, request: Request) -> Response:
        """`GET` and `DELETE /__log`."""
        if not is_from_here(request):
            return _refused_host()
        if request.method == "DELETE":
            self.log.clear()
        return json_response({"requests": list(self.log)})

    async def reset(self, request: Request) -> Response:
        """`POST /__reset`: no spreadsheets, no faults, no log."""
        if not is_from_here(request):
            return _refused_host()
        self.store.clear()
        self.faults.clear()
        self.log.clear()
        return json_response({})


class BrokenConnection(Response):
    """Not an answer: the connection ends, at once or in the middle of the body.

    The server's transport is reached through the receive channel, which uvicorn binds to it; elsewhere
    (a test client without a network) it raises ConnectionResetError instead.
    """

    def __init__(self, *, reset: bool = False, whole: bytes = b"") -> None:
        super().__init__()
        self.status_code = 0
        self.reset = reset
        self.whole = whole

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Break off."""
        transport = _transport(receive)
        if transport is None:
            raise ConnectionResetError("the sandbox was told to break this connection")
        if self.whole:
            headers = [
                (b"content-type", b"application/json; charset=UTF-8"),
                (b"content-length", str(len(self.whole)).encode()),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            half = self.whole[: len(self.whole) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            transport.close()
            return
        if self.reset:
            handle = transport.get_extra_info("socket")
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
            return
        transport.close()


def json_response(value: Any, status: int = 200) -> Response:
    """JSON in one piece, with Google's media type."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    headers = {"content-type": "application/json; charset=UTF-8", "cache-control": "no-store"}
    return Response(body, status, headers)


def _without_delay(request: Request) -> None:
    """Send small packets at once.

    The server writes head and body separately; on a listener that was handed to it, Nagle's algorithm and
    delayed acknowledgement would make every answer take 40 ms.
    """
    transport = _transport(request.receive)
    handle = None if transport is None else transport.get_extra_info("socket")
    if handle is not None:
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _transport(receive: Receive) -> Any:
    """The connection below a request: uvicorn binds the receive channel to an object that has it."""
    return getattr(getattr(receive, "__self__", None), "transport", None)


def _refused_host() -> Response:
    message = "The sandbox answers only requests of this machine to 127.0.0.1, localhost or [::1]."
    return json_response({"error": {"code": 403, "message": message, "status": "PERMISSION_DENIED"}}, 403)


def _raw_path(scope: Scope) -> str:
    raw = scope.get("raw_path")
    path = raw.decode("ascii", "replace") if raw else quote(scope["path"], safe="/:!'")
    start = min((place for place in (path.find("/v4/"), path.find("/drive/")) if place >= 0), default=0)
    return str(path[start:].split("?")[0])


def routes(service: SheetsService) -> list[Route]:
    """The routes, to be mounted in a larger application beside its own."""
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return [
        Route("/v4/spreadsheets{rest:path}", service.google, methods=methods),
        Route("/drive/v3/files{rest:path}", service.google, methods=methods),
        Route("/__faults", service.order_faults, methods=["GET", "POST", "DELETE"]),
        Route("/__log", service.show_log, methods=["GET", "DELETE"]),
        Route("/__reset", service.reset, methods=["POST"]),
    ]


class SheetsApp(Starlette):
    """The Sheets API alone. `before_request` takes callables that act between requests, as a person would."""

    def __init__(self, store: Store) -> None:
        self.service = SheetsService(store)
        super().__init__(routes=list(routes(self.service)))

    @property
    def before_request(self) -> list[BeforeRequest]:
        """Called before each request, in its worker thread."""
        return self.service.before_request


def create_sheets_app(store: Store) -> SheetsApp:
    """An application that answers the Sheets API from `store`."""
    return SheetsApp(store)
