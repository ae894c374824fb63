"""Web addresses: http and https to public hosts, as they are; everything else is no link."""

from __future__ import annotations

import html
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from pipeline.cleaning.addresses import ascii_domain
from pipeline.cleaning.texts import Note, read_line

LINK_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Link:
    """A web address that is safe to print and to link: http or https, a public host name, nothing hidden.

    `url` is None when the answer is not one; `held` when it is of a kind that does harm where it is clicked.
    """

    url: str | None
    host: str | None = None
    notes: tuple[Note, ...] = ()
    held: str | None = None


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?!\d)")
_HOST_LIKE = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?#].*)?")
_HARMFUL = re.compile(r"(?:java|vb|live)script:|data:|file:|blob:|about:|view-source:|intent:", re.IGNORECASE)
_HARMLESS_SCHEMES = frozenset({"tel", "mailto", "ftp", "ftps", "sms", "skype", "callto", "fax"})
_SHORTENERS = frozenset(
    {"bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "cutt.ly", "rebrand.ly", "rb.gy", "t.ly"}
    | {"shorturl.at", "tiny.cc", "lnkd.in", "s.id", "v.gd", "qr.ae", "bl.ink", "short.io", "urlz.fr", "tiny.one"}
)


def clean_link(value: str) -> Link:
    """What was typed as a website. Never fetched. A bare host name is read as https."""
    cleaned = read_line(value, limit=LINK_LIMIT)
    notes = list(cleaned.notes)
    text = cleaned.text
    if cleaned.has("cut"):
        return Link(None, notes=tuple(notes), held="The website is far too long to be one.")
    if not text:
        return Link(None, notes=tuple(notes))
    if any(_HARMFUL.match(re.sub(r"\s+", "", one)) for one in (text, html.unescape(text), unquote(text))):
        notes.append(Note("no-link", "is not a link to a web page"))
        return Link(
            None, notes=tuple(notes), held="The website begins with code or a file and can do harm when clicked."
        )
    if notes and any(note.code in {"invisible", "line-breaks"} for note in notes):
        return _no_link(text, "has hidden characters or line breaks in it", notes)
    if len(text.split()) > 1:
        candidates = [piece for piece in re.split(r"[\s,;]+", text) if _HOST_LIKE.fullmatch(piece.split("://", 1)[-1])]
        if not candidates or (_SCHEME.match(text) and not text.lower().startswith("http")):
            return _no_link(text, "is no web address", notes)
        notes.append(Note("several-links", "holds more than one web address; the first one is used"))
        text = candidates[0]
    return _one_link(text, notes)


def _one_link(text: str, notes: list[Note]) -> Link:
    scheme = _SCHEME.match(text)
    if scheme and scheme.group(1).lower() not in {"http", "https"}:
        if scheme.group(1).lower() in _HARMLESS_SCHEMES:
            return _no_link(text, f'begins with "{scheme.group(1).lower()}:", which is no web page', notes)
        held = f'The website begins with "{scheme.group(1)[:20].lower()}:", which can do harm when clicked.'
        return Link(None, notes=(*notes, Note("no-link", "is not a link to a web page")), held=held)
    if not scheme and "@" in re.split(r"[/?#]", text, maxsplit=1)[0]:
        return _no_link(text, "is an e-mail address", notes)
    if not scheme and not _HOST_LIKE.fullmatch(text):
        return _no_link(text, "is no web address", notes)
    try:
        parts = urlsplit(text if scheme else f"https://{text}")
        port, typed_host = parts.port, parts.hostname or ""
    except ValueError:
        return _no_link(text, "is no web address", notes)
    if "\\" in text or parts.username is not None or parts.password is not None:
        return _no_link(text, "hides where it leads (a name before the @, or a backslash)", notes)
    host = ascii_domain(typed_host.rstrip("."))
    if host is None or _is_private(host):
        return _no_link(text, "does not lead to a public web site", notes)
    if host != typed_host.rstrip(".") or "xn--" in host:
        notes.append(Note("foreign-domain", f"has a domain in other letters; it is {host}"))
    if host in _SHORTENERS:
        notes.append(Note("shortened-link", f"is a shortened link ({host}) that hides where it leads"))
    place = host if port in {None, 80, 443} else f"{host}:{port}"
    if place != host:
        notes.append(Note("unusual-port", f"leads to an unusual door of the server ({place})"))
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    query = f"?{quote(parts.query, safe='/?%:@!$&()*+,;=~-._')}" if parts.query else ""
    fragment = f"#{quote(parts.fragment, safe='/?%:@!$&()*+,;=~-._')}" if parts.fragment else ""
    return Link(f"{parts.scheme.lower()}://{place}{path}{query}{fragment}", host, tuple(notes))


def _no_link(text: str, why: str, notes: list[Note]) -> Link:
    return Link(None, notes=(*notes, Note("no-link", f'("{text[:60]}") {why} and is not used')))


def _is_private(host: str) -> bool:
    """Whether the host is an IP address, in any notation that browsers take for one."""
    if re.fullmatch(r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+))*", host):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


URL = re.compile(r"(?:\b[a-z][a-z0-9+.-]{1,15}://|\bwww\.)[^\s<>\"']{2,}", re.IGNORECASE)
"""A web address somewhere in a text."""
