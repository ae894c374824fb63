"""Hosts and registered domains of websites and addresses, and which of them say nothing about who somebody is."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from pipeline.cleaning.data_files import data_file

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?/*(?:[^/@]*@)?([^/?#:,;\s]+)", re.IGNORECASE)


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
def _public_suffixes() -> PublicSuffixList:
    """The ICANN part of the list: what private companies let out below their domains is for `SHARED_HOSTS` to say."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(only_icann=True)


@lru_cache(maxsize=50_000)
def registered_domain(host: str | None) -> str | None:
    """The domain somebody registered: `kommune.no` is an ending, `boras.se` a domain. Offline.

    Takes a host, a web address or an e-mail address. An ending that the Public Suffix List does not name (a new one,
    or one of RFC 2606's for examples) counts as public, as the list asks for.
    """
    if host and "@" in host and "/" not in host:
        host = host.rpartition("@")[2]
    name = website_host(host)
    return _public_suffixes().privatesuffix(name) if name else None


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
