"""E-mail addresses: one plain address or, in words, why it is none; and the one form in which two are compared."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.cleaning.folding import fold
from pipeline.cleaning.texts import FILLERS, WINDOW, Note

ADDRESS_LIMIT = 254
"""RFC 5321, 4.5.3.1.3: a path of 256 octets, less its angle brackets."""


@dataclass(frozen=True, slots=True)
class Address:
    """One deliverable-looking e-mail address.

    `text` is what mail is sent to: the local part as typed, the domain in lower-case ASCII. `held` says why
    nothing may be mailed to it before somebody has looked.
    """

    text: str
    notes: tuple[Note, ...] = ()
    held: str | None = None


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
        lambda text: any(unicodedata.category(c)[0] in "CZ" or c in FILLERS for c in text),
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
    host = ascii_domain(domain)
    if host is None:
        return "has a part after the @ that is no domain"
    notes: list[Note] = []
    if not domain.isascii() or host.startswith("xn--") or ".xn--" in host:
        notes.append(Note("foreign-domain", f"has a domain in other letters; it is {host}"))
    refused = _local_refusal(local)
    if refused:
        return refused
    held = None
    if not local.isascii():
        held = f"The address {local}@{host} has letters before the @ that not every mail server accepts."
        notes.append(Note("foreign-letters", "has letters before the @ that not every mail server accepts"))
    elif _NOBODY.fullmatch(local):
        held = f"Nobody may read the mailbox {local}@{host}: ask for a person's address."
        notes.append(Note("nobody", "looks like a mailbox that nobody reads"))
    elif not _ORDINARY_LOCAL.fullmatch(local):
        held = f"The address {local}@{host} has unusual characters: ask whether it is right."
        notes.append(Note("unusual", "has unusual characters before the @"))
    return Address(f"{local}@{host}", tuple(notes), held)


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


def to_ascii(domain: str) -> str | None:
    """The domain in lower-case ASCII, or None where IDNA refuses it (RFC 5891 through `idna`, as UTS 46 maps it)."""
    if domain.isascii():
        return domain.lower()
    import idna

    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return None


@lru_cache(maxsize=20_000)
def ascii_domain(domain: str) -> str | None:
    """The domain in lower-case ASCII, or None when letters cannot go there."""
    name = to_ascii(domain)
    if name is None:
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


@lru_cache(maxsize=100_000)
def canonical_address(address: str) -> str:
    """The one form in which addresses are compared, kept and hashed (never written to).

    Trimmed, Unicode form NFKC, the part before the @ case folded, the domain in ASCII. The domain is not case folded:
    that would make straße.example another domain, which it is since IDNA 2008. A domain that IDNA refuses stays as
    it is, in lower case.
    """
    local, at, domain = unicodedata.normalize("NFKC", address).strip().rpartition("@")
    domain = domain.rstrip(".")
    return f"{local.casefold()}{at}{to_ascii(domain) or domain.lower()}"


def mentions(text: str, address: str) -> bool:
    """Whether the address stands in the text as a whole: in any case, its domain in its own letters or in ASCII."""
    return bool(_written(address).search(unicodedata.normalize("NFKC", text).casefold()))


@lru_cache(maxsize=100)
def _written(address: str) -> re.Pattern[str]:
    """Finds the address in a text that has been case folded."""
    import idna

    canonical = canonical_address(address)
    local, at, domain = canonical.rpartition("@")
    try:
        own_letters = idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        own_letters = domain
    forms = {canonical, f"{local}{at}{own_letters.casefold()}"}
    any_form = "|".join(re.escape(form) for form in sorted(forms))
    return re.compile(rf"(?<![^\W_])(?<![.+-])(?:{any_form})(?![^\W_]|-|\.[^\W_])")


def address_key(address: str) -> str:
    """One key for all spellings of a mailbox, to count how often somebody is written to (never to write to).

    Case, everything after a plus, and the dots of Gmail make no difference.
    """
    local, _, domain = canonical_address(address).rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _GMAIL:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def organisation_key(name: str) -> str:
    """One key for a name however it is capitalised, accented or spaced: identity of an entry, never of organisations.

    Which spellings are one organisation is for linkage to say.
    """
    return fold(name) or hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]
