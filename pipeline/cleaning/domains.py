"""Hosts and registered domains of websites and addresses, and which of them say nothing about who somebody is."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from pipeline.cleaning.data_files import data_file

_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?/*(?:[^/@]*@)?([^/?#:,;\s]+)", re.IGNORECASE)

RESERVED_ENDINGS = ("example", "test", "invalid", "localhost")
"""Endings set aside by RFC 2606 for examples; here they count as public suffixes."""


def _hosts(file: str) -> frozenset[str]:
    lines = data_file("linkage", file).read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


FREE_MAIL = _hosts("free_mail.txt")
"""Mail hosts that anyone can have an address at: they say nothing about the organisation."""

SHARED_HOSTS = _hosts("shared_hosts.txt")
"""Hosts where anyone can have a page: no evidence of who somebody is."""


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
