"""What a website and an address say about who somebody is."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from pipeline.cleaning.addresses import canonical_address
from pipeline.cleaning.domains import email_domain, own_website, registered_domain
from pipeline.cleaning.folding import fold, skeleton
from pipeline.linkage.abbreviations import abbreviates

PLAIN_PATHS = frozenset(
    [
        "index",
        "home",
        "en",
        "contact",
        "contacts",
        "about",
        "de",
        "fr",
        "es",
        "it",
        "html",
        "php",
        "htm",
        "start",
        "main",
    ]
)
"""Words of a path that name no part of an organisation."""
LITTLE = 0.4
_GENERIC_HOST = re.compile(r"^(?:staff|mail|email|edu|students?|alumni|office|webmail|smtp|mx|post|www)\d*\.")
_PATH = re.compile(r"^(?:[a-z]+://)?[^/]+/(.*)$", re.IGNORECASE)
_NO_COUNTRY = frozenset({"EU", "IO", "TV", "ME", "CO", "AI"})
"""Endings of two letters that are used far beyond their country."""


class Site(NamedTuple):
    """A website: host, registered domain, telling path, labels of the domain, and the country of its ending."""

    host: str = ""
    domain: str = ""
    path: str = ""
    labels: tuple[str, ...] = ()
    country: str = ""


class Address(NamedTuple):
    """An e-mail address: itself, and unless it is free-mail its domain, host, labels and country."""

    address: str = ""
    domain: str = ""
    host: str = ""
    labels: tuple[str, ...] = ()
    country: str = ""


def _labels(domain: str) -> tuple[str, ...]:
    plain, parts = _label_parts(domain.split(".", 1)[0])
    return (plain, *parts)


def _country(domain: str) -> str:
    ending = domain.rpartition(".")[2]
    code = "GB" if ending == "uk" else ending.upper()
    return code if len(code) == 2 and code not in _NO_COUNTRY else ""


@lru_cache(maxsize=100_000)
def site(website: str | None) -> Site:
    """What was typed as a website; blank for pages on shared services."""
    host = own_website(website)
    domain = registered_domain(host)
    if not website or not host or not domain:
        return Site()
    path = _PATH.match(website.strip())
    parts = [part for part in fold(path.group(1)).split() if part not in PLAIN_PATHS] if path else []
    labels = _labels(domain) if host == domain else (skeleton(host.split(".", 1)[0]), *_labels(domain))
    return Site(host, domain, "/" + " ".join(parts) if parts else "", labels, _country(domain))


@lru_cache(maxsize=100_000)
def address(email: str | None) -> Address:
    """What an address says."""
    if not email or "@" not in email:
        return Address()
    whole = canonical_address(email)
    domain = email_domain(email)
    if not domain:
        return Address(whole)
    host = _GENERIC_HOST.sub("", email.strip().lower().rpartition("@")[2])
    return Address(whole, domain, host if host.endswith(domain) else domain, _labels(domain), _country(domain))


@lru_cache(maxsize=200_000)
def _label_parts(label: str) -> tuple[str, tuple[str, ...]]:
    """A label without its hyphens, and what stood between them."""
    return skeleton(label.replace("-", "")), tuple(skeleton(part) for part in label.split("-") if len(part) > 2)


@lru_cache(maxsize=200_000)
def domain_fit(label: str, telling: tuple[str, ...]) -> float:
    """How well the label of a domain ("boras", "ntnu") fits a name's telling words, 0 to 1."""
    plain, parts = _label_parts(label)
    if plain in telling or plain == "".join(telling):
        return 1.0
    inside = sum(len(word) for word in telling if len(word) > 3 and word in plain) / max(len(plain), 1)
    if len(parts) > 1:
        parted = sum(part in telling or abbreviates(part, telling) > LITTLE for part in parts) / len(parts)
        inside = max(inside, parted)
    return max(abbreviates(plain, telling), 0.9 * min(inside, 1.0))
