"""Comparable keys: one spelling of the same thing, whoever typed it.

Shared by every stage; nothing here decides anything. Imports are light: libraries with a start-up cost
are loaded when the first value needs them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from anyascii import anyascii

_NOT_WORD = re.compile(r"[^0-9a-z]+")
_BRACKETS = re.compile(r"[(\[{]([^)\]}]*)[)\]}]?")
_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?/*(?:[^/@]*@)?([^/?#:,;\s]+)", re.IGNORECASE)

RESERVED_ENDINGS = ("example", "test", "invalid", "localhost")
"""Endings set aside by RFC 2606 for examples; here they count as public suffixes."""


def data_file(*parts: str) -> Path:
    """The path of a file of our own `config/`: beside the checkout, or inside the installed package."""
    here = Path(__file__).resolve().parent
    installed = here / "_share" / "config"
    return (installed if installed.is_dir() else here.parent / "config").joinpath(*parts)


def _hosts(file: str) -> frozenset[str]:
    lines = data_file("linkage", file).read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


FREE_MAIL = _hosts("free_mail.txt")
"""Mail hosts that anyone can have an address at: they say nothing about the organisation."""

SHARED_HOSTS = _hosts("shared_hosts.txt")
"""Hosts where anyone can have a page: no evidence of who somebody is."""


def fold(text: str | None) -> str:
    """Lower-case ASCII words with single spaces: the same for every case, accent and script of a text."""
    if not text:
        return ""
    if not text.isascii():
        text = anyascii(unicodedata.normalize("NFKC", text))
    return _NOT_WORD.sub(" ", text.lower()).strip()


def skeleton(folded: str) -> str:
    """A folded text with umlauts spelt one way: `goeteborg`, `gøteborg` and `göteborg` become `goteborg`."""
    return folded.replace("ae", "a").replace("oe", "o").replace("ue", "u").replace("aa", "a").replace("ss", "s")


@cache
def country_names() -> dict[str, str]:
    """Folded name -> code, from `config/linkage/countries.tsv` (CLDR) and `regions.tsv` (by hand)."""
    names: dict[str, str] = {}
    for file in ("countries.tsv", "regions.tsv"):
        for line in data_file("linkage", file).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                name, code = line.split("\t")
                names[fold(name)] = code
    return names


def _nearest_country(folded: str) -> str | None:
    """The country one slip of the finger away ("Gemrany"), if exactly one code is nearest."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if len(folded) < 5:
        return None
    allowed = 2 if len(folded) >= 8 else 1
    names = country_names()
    found = process.extract(folded, names.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=None)
    close = [(distance, names[name]) for name, distance, _ in found if len(name) > 3]
    nearest = {code for distance, code in close if distance == min(close)[0]}
    return nearest.pop() if len(nearest) == 1 else None


@lru_cache(maxsize=20_000)
def country_code(text: str | None) -> str | None:
    """The country behind what somebody typed, in any language of Europe; None when it says nothing we know.

    ISO 3166-1 alpha-2, or `ES-CT` / `BE-VLG` for the two regions that count apart ("Spain (Catalonia)").
    A slip of the finger is forgiven; a code ("SE", "SWE") is read as one.
    """
    folded = fold(text)
    if not text or not folded:
        return None
    names = country_names()
    if folded in names:
        return names[folded]
    inside = [names[part] for part in (fold(found) for found in _BRACKETS.findall(text)) if part in names]
    outside = names.get(fold(_BRACKETS.sub(" ", text)))
    specific = next((code for code in (outside, *inside) if code and "-" in code), None)
    if specific or outside or inside:
        return specific or outside or inside[0]
    parts = [names[part] for part in (fold(piece) for piece in re.split(r"[,;/|–-]", text)) if part in names]
    if parts:
        return next((code for code in parts if "-" in code), parts[-1])
    return _nearest_country(folded)


def country_only(code: str | None) -> str | None:
    """The state of a country code: `ES` for `ES-CT`."""
    return code.split("-", 1)[0] if code else None


def website_host(text: str | None) -> str | None:
    """The host of what was typed as a website (or the part after @), lower case and without `www.`."""
    if not text:
        return None
    found = _HOST.match(text.strip())
    if not found:
        return None
    host = found.group(1).lower().strip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    host = re.sub(r"^www\d?\.", "", host)
    return host if "." in host else None


@cache
def _public_suffixes() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The public suffix list's plain, wildcard and exception rules, from tldextract's own snapshot."""
    from importlib.util import find_spec

    spec = find_spec("tldextract")
    if spec is None or spec.origin is None:  # pragma: no cover - tldextract is a dependency
        return frozenset(), frozenset(), frozenset()
    plain, wildcard, exception = set(RESERVED_ENDINGS), set[str](), set[str]()
    text = Path(spec.origin).with_name(".tld_set_snapshot").read_text(encoding="utf-8")
    for line in text.partition("// ===BEGIN PRIVATE DOMAINS===")[0].splitlines():
        rule = line.strip()
        if not rule or rule.startswith("//"):
            continue
        ascii_rule = rule if rule.isascii() else rule.encode("idna").decode("ascii")
        if rule.startswith("!"):
            exception.add(ascii_rule[1:])
        elif rule.startswith("*."):
            wildcard.add(ascii_rule[2:])
        else:
            plain.add(ascii_rule)
    return frozenset(plain), frozenset(wildcard), frozenset(exception)


@lru_cache(maxsize=50_000)
def registered_domain(host: str | None) -> str | None:
    """The domain somebody registered: `kommune.no` is an ending, `boras.se` a domain. Offline.

    Takes a host, a web address or an e-mail address. The rules are the Public Suffix List as packed with
    tldextract (its ICANN part), read directly because importing that library costs more than it saves here.
    """
    if host and "@" in host and "/" not in host:
        host = host.rpartition("@")[2]
    name = website_host(host)
    if not name:
        return None
    plain, wildcard, exception = _public_suffixes()
    labels = name.split(".")
    for start in range(len(labels)):
        ending = ".".join(labels[start:])
        parent = ".".join(labels[start + 1 :])
        if ending in exception:
            return ending
        if ending in plain or (parent and parent in wildcard):
            return ".".join(labels[start - 1 :]) if start else None
    return ".".join(labels[-2:])


def email_domain(email: str | None) -> str | None:
    """The registered domain of an address, or None when it is a free-mail host (or no address)."""
    if not email or "@" not in email:
        return None
    host = email.rpartition("@")[2].strip().lower()
    domain = registered_domain(host)
    return None if domain is None or domain in FREE_MAIL or host in FREE_MAIL else domain


def own_website(website: str | None) -> str | None:
    """The host of a website unless it is a page on a shared service (Facebook, WordPress, ...)."""
    host = website_host(website)
    if not host or registered_domain(host) in SHARED_HOSTS or host in SHARED_HOSTS:
        return None
    return host
