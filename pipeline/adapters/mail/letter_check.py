"""The last look at a letter before it leaves: cheap, structural, independent of whoever composed it."""

from __future__ import annotations

import re

from pipeline.cleaning.addresses import canonical_address, to_ascii
from pipeline.model import Letter

MAX_ADDRESS = 254
"""RFC 5321, 4.5.3.1.3, less the angle brackets."""
MAX_LOCAL = 64
MAX_LINE = 998
"""RFC 5322, 2.1.1."""
MAX_RECIPIENTS = 10

ADDRESS = re.compile(r"[^\s\x00-\x20\x7f-\x9f<>()\[\],;:\\\"@]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
HEADER_NAME = re.compile(rb"[!-9;-~]+:")
WHOLE_LINES = re.compile(rb"(?:[^\r\n\0]*\r\n)+")


def envelope_address(address: str) -> str:
    """The address as the envelope takes it: the domain in ASCII."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{to_ascii(domain) or domain}"


def needs_international(letter: Letter) -> bool:
    """Whether an address of the envelope, or the header, goes beyond ASCII (SMTPUTF8, RFC 6531)."""
    envelope = letter.envelope
    addresses = [envelope.sender, *envelope.recipients, *([envelope.journal] if envelope.journal else [])]
    return not all(envelope_address(address).isascii() for address in addresses)


def needs_eight_bits(letter: Letter) -> bool:
    """Whether the bytes go beyond ASCII (8BITMIME, RFC 6152)."""
    return not letter.content.isascii()


def flaw_of(letter: Letter) -> str | None:
    """What makes the letter unfit to be sent, or None."""
    return _flaw_of_envelope(letter) or _flaw_of_content(letter)


def _flaw_of_envelope(letter: Letter) -> str | None:
    envelope = letter.envelope
    if not 1 <= len(envelope.recipients) <= MAX_RECIPIENTS:
        return f"it has {len(envelope.recipients)} recipients"
    addresses = [*envelope.recipients, *([envelope.journal] if envelope.journal else [])]
    for address in (envelope.sender, *addresses):
        plain = envelope_address(address)
        local = plain.rpartition("@")[0]
        if not ADDRESS.fullmatch(plain) or len(plain.encode()) > MAX_ADDRESS or len(local.encode()) > MAX_LOCAL:
            return "one of its addresses is not one plain address"
    if len({canonical_address(address) for address in addresses}) != len(addresses):
        return "one address stands twice among its recipients"
    return None


def _flaw_of_content(letter: Letter) -> str | None:
    content = letter.content
    if not WHOLE_LINES.fullmatch(content):
        return "its lines do not all end as they must"
    lines = content.split(b"\r\n")
    if max(map(len, lines)) > MAX_LINE:
        return f"it has a line of more than {MAX_LINE} bytes"
    header, separator, _ = content.partition(b"\r\n\r\n")
    if not separator:
        return "it has no end of header"
    if not header.isascii() and not needs_international(letter):
        return "its header is not ASCII"
    names = [line for line in header.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    if header.startswith((b" ", b"\t")) or not all(HEADER_NAME.match(line) for line in names):
        return "its header has a line that is no field"
    unfolded = re.sub(rb"\r\n[ \t]+", b" ", header).split(b"\r\n")
    ids = [line.split(b":", 1)[1].strip() for line in unfolded if line.lower().startswith(b"message-id:")]
    if ids != [letter.message_id.encode()]:
        return "its Message-ID is not the one it was queued with"
    return None
