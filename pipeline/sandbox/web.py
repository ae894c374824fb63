"""The sandbox's pages: the spreadsheet, the letters, the form; and the guard in front of everything.

The spreadsheet page is only files; in the browser it talks to the same Sheets API as the program does.
Whatever people or letters contain reaches the pages as JSON and is put there as text, never as markup.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import MatchmakerError
from pipeline.forms.form import MATCHMAKING
from pipeline.sandbox import mailbox
from pipeline.sandbox.answers import AnswerForm
from pipeline.sandbox.responses import SandboxFault
from pipeline.sandbox.smtp import KeptMessage, MailStore

PAGES = Path(__file__).parent / "pages"
OWN_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
LARGEST_ANSWER = 4 * 1024 * 1024

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox"
)
"""A letter may bring its own style and nothing else: no script, no picture, no request to anywhere."""

STANDARD_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Answers only to this machine's own names and to its own pages.

    A web page elsewhere can make a browser call a port on this machine; the Host check stops a name
    rebound to 127.0.0.1, the Origin check a form or script of another site.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(Headers(scope=scope))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in STANDARD_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if refusal:
            await Response(refusal, 403, media_type="text/plain")(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)


def _refusal(headers: Headers) -> str | None:
    host = headers.get("host", "")
    if _name_of(f"//{host}") not in OWN_HOSTS:
        return "The sandbox answers only under 127.0.0.1 or localhost.\n"
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return "The sandbox takes requests from its own pages only.\n"
    if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
        return "The sandbox takes requests from its own pages only.\n"
    return None


def _name_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def page_routes(
    *, description: Callable[[], dict[str, Any]], mail: MailStore, forms: Mapping[str, AnswerForm]
) -> list[BaseRoute]:
    """Everything below the pages' own paths. `description` tells what the sandbox announces of itself."""

    titles = {name: form.title for name, form in forms.items()}

    def page(name: str) -> Callable[[Request], Response]:
        return lambda _request: FileResponse(PAGES / name)

    def static(request: Request) -> Response:
        file = PAGES / request.path_params["name"]
        if file.suffix not in {".css", ".js", ".svg"} or not file.is_file():
            raise HTTPException(404)
        return FileResponse(file, media_type=mimetypes.guess_type(file.name)[0])

    def about(_request: Request) -> Response:
        return JSONResponse({**description(), "letters": len(mail.messages())})

    def wanted(request: Request) -> tuple[str, AnswerForm]:
        name = request.path_params.get("form", MATCHMAKING)
        if name not in forms:
            raise HTTPException(404)
        return name, forms[name]

    def ask(request: Request) -> Response:
        _, form = wanted(request)
        # A prefilled link brings answers along, under the keys of their questions.
        given = {key: request.query_params.getlist(key) for key in request.query_params}
        return HTMLResponse(form.page(forms=titles, given=given, sent="sent" in given))

    async def answer(request: Request) -> Response:
        given = parse_qs((await _bounded(request)).decode("utf-8", "replace"), max_num_fields=2000)
        name, form = wanted(request)
        # it writes over the API of this same server, so the loop must stay free to answer
        try:
            problems = await run_in_threadpool(form.submit, given)
        except (MatchmakerError, SandboxFault) as error:
            return HTMLResponse(form.page(forms=titles, given=given, fault=str(error)), 409)
        if problems:
            return HTMLResponse(form.page(forms=titles, given=given, problems=problems), 422)
        return RedirectResponse(f"/answer/{name}?sent", 303)

    return [
        Route("/", page("sheet.html")),
        Route("/mail", page("mail.html")),
        Route("/answer", ask),
        Route("/answer", answer, methods=["POST"]),
        Route("/answer/{form}", ask),
        Route("/answer/{form}", answer, methods=["POST"]),
        Route("/static/{name}", static),
        Route("/sandbox.json", about),
        Route("/favicon.ico", lambda _request: RedirectResponse("/static/icon.svg")),
        *_mail_routes(mail),
    ]


def _mail_routes(mail: MailStore) -> list[BaseRoute]:
    def messages(_request: Request) -> Response:
        return JSONResponse([mailbox.summary(message) for message in reversed(mail.messages())])

    def one(request: Request) -> Response:
        return JSONResponse(mailbox.letter(_wanted(request, mail)))

    def html(request: Request) -> Response:
        content = mailbox.html_of(_wanted(request, mail))
        if content is None:
            raise HTTPException(404)
        return HTMLResponse(
            content, headers={"Content-Security-Policy": LETTER_POLICY, "X-Frame-Options": "SAMEORIGIN"}
        )

    def raw(request: Request) -> Response:
        message = _wanted(request, mail)
        return Response(
            message.content,
            media_type="message/rfc822",
            headers={"Content-Disposition": f'attachment; filename="{message.path.name}"'},
        )

    return [
        Route("/mail/messages", messages),
        Route("/mail/messages/{number:int}", one),
        Route("/mail/messages/{number:int}/html", html),
        Route("/mail/messages/{number:int}/raw", raw),
    ]


async def _bounded(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_ANSWER:
            raise HTTPException(413)
    return body


def _wanted(request: Request, mail: MailStore) -> KeptMessage:
    message = mail.message(request.path_params["number"])
    if message is None:
        raise HTTPException(404)
    return message
