"""The one border: every text from outside is cleaned and bounded here, once, before anything else sees it.

What passes is plain text in Unicode normal form C without control, bidirectional or invisible characters, and
never longer than its field allows. Nothing is refused for looking odd: `=SUM(A1)`, `<b>`, `{{ x }}` and O'Brien
are text, and every exit writes text as text. What a reader could not see or would misread is told in notes.
"""

from __future__ import annotations

import hashlib
import html
import ipaddress
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from pipeline.normalise import fold

LINE_LIMIT = 200
"""Characters of a one-line answer: the longest published name of an organisation has under 150."""
TEXT_LIMIT = 4_000
"""Characters of a paragraph: a page and a half, more than any letter can carry."""
ADDRESS_LIMIT = 254
"""RFC 5321, 4.5.3.1.3: a path of 256 octets, less its angle brackets."""
LINK_LIMIT = 500

WINDOW = 4
"""A raw text is looked at up to this many times its limit, so that white space does not eat the answer."""
MOST_MARKS = 6
"""Accents on one letter. Vietnamese needs two, pointed Hebrew and Tibetan up to five."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reviewer must know about a text. `code` is stable, `words` ends a sentence about the field."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A trusted text ("" when nothing readable was there) and what had to be done to it."""

    text: str
    notes: tuple[Note, ...] = ()

    def has(self, code: str) -> bool:
        """Whether there is a note of that code."""
        return any(note.code == code for note in self.notes)


@dataclass(frozen=True, slots=True)
class Address:
    """One deliverable-looking e-mail address.

    `text` is what mail is sent to: the local part as typed, the domain in lower-case ASCII. `held` says why
    nothing may be mailed to it before somebody has looked.
    """

    text: str
    notes: tuple[Note, ...] = ()
    held: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A web address that is safe to print and to link: http or https, a public host name, nothing hidden.

    `url` is None when the answer is not one; `held` when it is of a kind that does harm where it is clicked.
    """

    url: str | None
    host: str | None = None
    notes: tuple[Note, ...] = ()
    held: str | None = None


_LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_FILLERS = "\u115f\u1160\u3164\uffa0\u2800\u180e"
"""Letters by category that print as nothing."""
_JOINERS = "\u200c\u200d"
_VARIATION = "\ufe0e\ufe0f"
_INVISIBLE_MARKS = (
    "\u034f\u17b4\u17b5\ufe00\ufe01\ufe02\ufe03\ufe04\ufe05\ufe06\ufe07\ufe08\ufe09\ufe0a\ufe0b\ufe0c\ufe0d"
)
_SHOWN_FORMATS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2"
"""Format characters that print: the Arabic number signs and the Syriac abbreviation mark."""

_NATIONS = re.compile(
    "\U0001f3f4\U000e0067\U000e0062"
    "(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f"
)
"""The flags of England, Scotland and Wales: the only tag characters that show anything."""
_OVERLAY = re.compile("[\u0332-\u0338\u20d0-\u20e2\u20e4-\u20f0]")
_DOUBLES = frozenset("АВЕЅІЈКМНОРСТХУасеорхуіјѕһӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧο")
"""Cyrillic and Greek letters that nobody can tell from Latin ones."""
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_WORD = re.compile(r"[^\W\d_]+")
_PLAIN = re.compile("[\\n -~\u00a1-\u00ac\u00ae-\u02af\u2010-\u2016\u2018-\u2027\u2030-\u205e\u20ac]*")
"""Most answers: Latin letters with their accents and ordinary punctuation, which need no second look."""

_LOOK_ALIKE_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})
_STYLED = frozenset({"<font>", "<circle>", "<square>", "<wide>"})


def read_line(value: str, *, limit: int = LINE_LIMIT) -> Cleaned:
    """A one-line text: line breaks and runs of spaces become one space."""
    window = value[: limit * WINDOW]
    if len(value) <= limit and _PLAIN.fullmatch(value) and "\n" not in value:
        return Cleaned(" ".join(value.split()))
    notes: list[Note] = []
    text = _visible(window, notes)
    if "\n" in text.strip():
        notes.append(Note("line-breaks", "was typed over several lines, which were joined"))
    text = " ".join(text.split())
    return _bounded(text, limit, len(window) < len(value), notes, empty="ZCM")


def read_text(value: str, *, limit: int = TEXT_LIMIT) -> Cleaned:
    """A paragraph: line breaks stay, at most one blank line between paragraphs."""
    window = value[: limit * WINDOW]
    notes: list[Note] = []
    plain = _PLAIN.fullmatch(window) is not None
    text = window if plain else _visible(window, notes)
    text = "\n".join(line.strip() for line in _SPACES.sub(" ", text).split("\n"))
    text = _BLANK_LINES.sub("\n\n", text).strip()
    if plain and len(text) <= limit and len(window) == len(value):
        return Cleaned(text)
    return _bounded(text, limit, len(window) < len(value), notes, empty="ZC")


def clean_line(value: str) -> str | None:
    """A one-line text, for callers to whom it does not matter what was wrong with it; None when nothing is left."""
    return read_line(value).text or None


def clean_text(value: str) -> str | None:
    """A paragraph, for callers to whom it does not matter what was wrong with it; None when nothing is left."""
    return read_text(value).text or None


def _bounded(text: str, limit: int, already_cut: bool, notes: list[Note], empty: str) -> Cleaned:  # noqa: FBT001
    """Cut to the limit, measured by the longer of the text and its compatibility form (one sign can be eighteen).

    A text of nothing but the categories in `empty` is none: a name needs a letter, a sign or a digit.
    """
    kept = text[:limit]
    if not kept.isascii() and len(unicodedata.normalize("NFKC", kept)) > limit:
        length = 0
        for position, character in enumerate(kept):
            length += max(1, len(unicodedata.normalize("NFKC", character)))
            if length > limit:
                kept = kept[:position]
                break
    if already_cut or len(kept) < len(text):
        kept = kept[: limit - 1]
        while kept and (unicodedata.combining(kept[-1]) or kept[-1] in _JOINERS + _VARIATION):
            kept = kept[:-1]
        kept = kept.rstrip() + "…"
        notes.append(Note("cut", f"is too long and was cut after {limit} characters"))
    if not kept.isascii():
        notes.extend(_misleading(kept))
    if not any(unicodedata.category(character)[0] not in empty for character in kept):
        return Cleaned("", tuple(notes))
    return Cleaned(kept, tuple(notes))


def _visible(window: str, notes: list[Note]) -> str:
    """The text in form C, every kind of line break as a newline, without what cannot be seen."""
    thinned = window if window.isascii() else _without_piles(window)
    if thinned != window:
        notes.append(Note("accents", "had piles of accents on one letter, which were thinned out"))
        window = thinned
    text = unicodedata.normalize("NFC", window.replace("\r\n", "\n"))
    if text.isascii() and text.isprintable():
        return text
    removed: dict[str, None] = {}
    flags = {place for found in _NATIONS.finditer(text) for place in range(*found.span())}
    kept = [
        character if position in flags else _keep(text, position, character, removed)
        for position, character in enumerate(text)
    ]
    if removed:
        notes.append(Note("invisible", f"had characters that cannot be seen, which were removed: {_named(removed)}"))
    if "\ufffd" in text:
        notes.append(Note("damaged", "has characters that were lost on the way (U+FFFD)"))
    return "".join(kept)


def _without_piles(text: str) -> str:
    """At most MOST_MARKS accents in a row; done before normalising, which sorts such runs in quadratic time."""
    kept = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _keep(text: str, position: int, character: str, removed: dict[str, None]) -> str:
    """What stands for one character: itself, a newline, a space, or nothing (noted)."""
    if " " <= character <= "~":
        return character
    if character in _LINE_BREAKS:
        return "\n"
    category = unicodedata.category(character)
    if category == "Zs" or character == "\t":
        return " "
    if category[0] in "LNPS" and character not in _FILLERS:
        return character
    if character in _JOINERS and _joins(text, position):
        return character
    before = text[position - 1] if position else ""
    if character in _VARIATION and before and unicodedata.category(before) in {"So", "Po", "Nd", "Sm"}:
        return character
    if "\U000e0100" <= character <= "\U000e01ef" and "\u3400" <= before <= "\u9fff":
        return character
    if category[0] == "M" and not _hides(character):
        return character
    if character in _SHOWN_FORMATS or (category == "Cn" and not _hides(character)):
        return character
    removed.setdefault(character)
    return " " if character in _FILLERS else ""


def _hides(character: str) -> bool:
    """Marks and unassigned characters that print nothing (the others are letters newer than this Python)."""
    code = ord(character)
    return (
        character in _INVISIBLE_MARKS + _VARIATION
        or 0xE0000 <= code <= 0xE0FFF
        or 0xFDD0 <= code <= 0xFDEF
        or 0xFFF0 <= code <= 0xFFF8
        or code & 0xFFFE == 0xFFFE
        or code == 0x2065
    )


def _joins(text: str, position: int) -> bool:
    """Whether a joiner does its work here: between letters of a joining script, or between parts of an emoji."""
    before = text[position - 1] if position else ""
    after = text[position + 1] if position + 1 < len(text) else ""
    if before and (before in _VARIATION or unicodedata.category(before) == "Sk"):
        before = text[position - 2] if position > 1 else ""
    if not before:
        return False
    if text[position] == "\u200d":
        if after and _is_picture(before) and _is_picture(after):
            return True
        if _shapes(before) and unicodedata.category(before)[0] == "M":
            return True
    return bool(after) and _shapes(before) and _shapes(after)


def _is_picture(character: str) -> bool:
    return unicodedata.category(character) in {"So", "Sk"} or character in "♀♂⚕⚖✈➡"


def _shapes(character: str) -> bool:
    """Letters and vowel signs of scripts in which a joiner changes what is read: Arabic to Mongolian."""
    shaping = "\u0600" <= character <= "\u109f" or "\u1780" <= character <= "\u1cff"
    return shaping and unicodedata.category(character)[0] in "LM"


def _named(characters: dict[str, None]) -> str:
    shown = [f"U+{ord(c):04X} {unicodedata.name(c, '')}".strip() for c in list(characters)[:3]]
    return ", ".join(shown) + (f" and {len(characters) - 3} kinds more" if len(characters) > 3 else "")


def _misleading(text: str) -> list[Note]:
    """Letters that read as others: two alphabets in one word, or letters dressed up as other letters."""
    found = []
    mixed = next((word for word in _WORD.findall(text) if not word.isascii() and _is_mixed(word)), None)
    if mixed:
        odd = next((c for c in mixed if _script(c) != "LATIN"), mixed[0])
        found.append(Note("mixed-alphabets", f'mixes alphabets in the word "{mixed[:40]}" ({_named({odd: None})})'))
    letters = [character for character in text if character.isalpha()]
    if len(letters) > 2 and all(letter in _DOUBLES for letter in letters):
        found.append(Note("double-letters", f"reads as Latin letters but is {_named(dict.fromkeys(letters))}"))
    if overlay := _OVERLAY.search(text):
        found.append(Note("overlay", f"has strokes drawn over its letters ({_named({overlay.group(): None})})"))
    if not re.search(r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af]", text):
        styled = next((c for c in text if unicodedata.decomposition(c).split(" ")[0] in _STYLED), None)
        if styled:
            found.append(Note("styled-letters", f"uses look-alike letters ({_named({styled: None})})"))
    return found


def _is_mixed(word: str) -> bool:
    scripts = {_script(character) for character in word} & _LOOK_ALIKE_SCRIPTS
    return len(scripts) > 1


@lru_cache(maxsize=4_096)
def _script(character: str) -> str:
    return unicodedata.name(character, "?").split(" ")[0]


# --- addresses ---------------------------------------------------------------------------------------------------

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ORDINARY_LOCAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+'&/~-]*")
_NOBODY = re.compile(
    r"(?:no|do[._-]?not|ne[._-]?pas|nicht)[._-]?(?:reply|answer|repondre|antworten)|mailer[._-]?daemon|postmaster|abuse"
    r"|bounces?|null|nobody|root|listserv|majordomo|spam|unsubscribe",
    re.IGNORECASE,
)
_GMAIL = frozenset({"gmail.com", "googlemail.com"})

_REFUSALS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda text: not text, "is empty"),
    (lambda text: len(text) > ADDRESS_LIMIT, f"is longer than an address can be ({ADDRESS_LIMIT} characters)"),
    (lambda text: text.count("@") == 0, "has no @"),
    (lambda text: any(c in text for c in ",;"), "seems to be several; one address is asked for"),
    (
        lambda text: any(unicodedata.category(c)[0] in "CZ" or c in _FILLERS for c in text),
        "has spaces, line breaks or invisible characters inside; one address is asked for",
    ),
    (lambda text: any(c in text for c in '<>()[]:"\\'), "has characters that no plain address has"),
    (lambda text: text.count("@") > 1, "has more than one @"),
    (lambda text: "＠" in text or "。" in text, "has look-alike characters for @ or the dot"),
)


@lru_cache(maxsize=20_000)
def _clean_address(text: str) -> Address | str:
    text = text.strip()
    if text[:7].lower() == "mailto:":
        text = text[7:]
    for applies, reason in _REFUSALS:
        if applies(text):
            return reason
    local, domain = text.rsplit("@", 1)
    ascii_domain = _ascii_domain(domain)
    if ascii_domain is None:
        return "has a part after the @ that is no domain"
    notes: list[Note] = []
    if not domain.isascii() or ascii_domain.startswith("xn--") or ".xn--" in ascii_domain:
        notes.append(Note("foreign-domain", f"has a domain in other letters; it is {ascii_domain}"))
    refused = _local_refusal(local)
    if refused:
        return refused
    held = None
    if not local.isascii():
        held = f"The address {local}@{ascii_domain} has letters before the @ that not every mail server accepts."
        notes.append(Note("foreign-letters", "has letters before the @ that not every mail server accepts"))
    elif _NOBODY.fullmatch(local):
        held = f"Nobody may read the mailbox {local}@{ascii_domain}: ask for a person's address."
        notes.append(Note("nobody", "looks like a mailbox that nobody reads"))
    elif not _ORDINARY_LOCAL.fullmatch(local):
        held = f"The address {local}@{ascii_domain} has unusual characters: ask whether it is right."
        notes.append(Note("unusual", "has unusual characters before the @"))
    return Address(f"{local}@{ascii_domain}", tuple(notes), held)


def clean_address(value: str) -> Address | str:
    """One e-mail address, or in words what is wrong with it (to follow "The e-mail address ...").

    Checked without asking the network. The reserved endings of examples pass, so that rehearsals work.
    """
    if len(value) > ADDRESS_LIMIT * WINDOW:
        return _REFUSALS[1][1]
    return _clean_address(value)


def _local_refusal(local: str) -> str | None:
    if not local:
        return "has nothing before the @"
    if len(local.encode("utf-8")) > 64:
        return "has more than 64 characters before the @"
    if "%" in local or "!" in local:
        return "would be sent on to somewhere else (% or ! before the @)"
    if local[0] in "=-{":
        return f'begins with "{local[0]}"'
    if local.isascii():
        return None if _LOCAL.fullmatch(local) else "has dots or characters that no address can have"
    if unicodedata.normalize("NFKC", local) != unicodedata.normalize("NFC", local):
        return "has look-alike letters before the @"
    return None if _LOCAL.fullmatch(re.sub(r"[^\x00-\x7f]", "x", local)) else "has characters that no address can have"


_NOWHERE = frozenset({"localhost", "local", "internal", "lan", "home", "intranet", "corp", "arpa", "onion"})
"""Endings of inner networks: no letter gets there, and a link leads somewhere else on every machine."""


@lru_cache(maxsize=20_000)
def _ascii_domain(domain: str) -> str | None:
    """The domain in lower-case ASCII (RFC 5891 through `idna`, as UTS 46 maps it), or None when it is none."""
    name = domain.lower()
    if not name.isascii():
        import idna

        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    labels = name.split(".")
    if len(name) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    if labels[-1].isdigit() or len(labels[-1]) < 2 or labels[-1] in _NOWHERE:
        return None
    return name if "xn--" not in name or _is_encoded(labels) else None


def _is_encoded(labels: Sequence[str]) -> bool:
    """Whether every label in other letters really stands for some."""
    import idna

    try:
        return all(idna.decode(label) for label in labels if label.startswith("xn--"))
    except (idna.IDNAError, UnicodeError):
        return False


def address_key(address: str) -> str:
    """One key for all spellings of a mailbox, to count how often somebody is written to (never to write to).

    Case, everything after a plus, and the dots of Gmail make no difference.
    """
    local, _, domain = address.lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _GMAIL:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def organisation_key(name: str) -> str:
    """One key for a name however it is capitalised, accented or spaced: identity of an entry, never of organisations.

    Which spellings are one organisation is for linkage to say.
    """
    return fold(name) or hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]


# --- links -------------------------------------------------------------------------------------------------------

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
    host = _ascii_domain(typed_host.rstrip("."))
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
