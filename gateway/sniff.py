"""What a file really is, by its first bytes: a name and a claim can lie, and a browser believes them."""

from __future__ import annotations

import re

HEAD_BYTES = 4096
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"fLaC", "audio/flac"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_BRANDS = {
    b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime", b"heic": "image/heic",
    b"heix": "image/heic", b"mif1": "image/heif", b"avif": "image/avif",
}  # fmt: skip
_OFFICE = re.compile(r"application/(vnd\.openxmlformats-officedocument|vnd\.oasis\.opendocument|epub)[\w.+-]*")
_OLE = ("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint")
_PLAIN = ("text/plain", "text/csv", "text/vcard", "text/x-vcard", "text/calendar", "application/json")
_MARKUP = re.compile(
    rb"^\s*(?:<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|script|iframe|svg|\?xml|style|form|img|a\s)", re.I | re.S
)
_SYNC, _LAYER, _ADTS = 0xFF, 0xE6, 0xF6


def sniff(head: bytes, claimed: str = "") -> str:
    """The MIME type of a file that begins with `head` (a few thousand bytes). What is claimed only decides between
    types that begin alike; what nobody knows is application/octet-stream."""
    claimed = claimed.partition(";")[0].strip().lower()
    for magic, mime_type in _MAGIC:
        if head.startswith(magic):
            return claimed if mime_type == "application/x-ole-storage" and claimed in _OLE else mime_type
    return _contained(head, claimed) or _text(head, claimed) or "application/octet-stream"


def _contained(head: bytes, claimed: str) -> str:
    """Formats that say what they are behind their first bytes."""
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        if head[8:11] == b"3gp":
            return "video/3gpp"
        return _BRANDS.get(head[8:12], "audio/mp4" if claimed == "audio/mp4" else "video/mp4")
    if head[:4] == b"\x1aE\xdf\xa3":
        kind = "webm" if b"webm" in head[:64] else "x-matroska"
        return f"audio/{kind}" if claimed.startswith("audio/") else f"video/{kind}"
    if head[:4] == b"PK\x03\x04":
        return claimed if _OFFICE.fullmatch(claimed) else "application/zip"
    if len(head) > 1 and head[0] == _SYNC:
        if head[1] & _ADTS == 0xF0:
            return "audio/aac"
        if head[1] & _LAYER in (0xE2, 0xE4, 0xE6):
            return "audio/mpeg"
    return ""


def _text(head: bytes, claimed: str) -> str:
    if not head or b"\x00" in head:
        return ""
    try:
        head[:-3].decode() if len(head) >= HEAD_BYTES else head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 8:
            return ""
    if found := _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        word = found[1].lower()
        if word == b"svg" or (word == b"?xml" and b"<svg" in head.lower()):
            return "image/svg+xml"
        return "text/xml" if word == b"?xml" else "text/html"
    return claimed if claimed in _PLAIN else "text/plain"


def family(mime_type: str) -> str:
    """image, audio, video or document: how a channel would send it. A drawing that can carry scripts is a document."""
    kind = mime_type.partition("/")[0]
    return kind if kind in ("image", "audio", "video") and mime_type != "image/svg+xml" else "document"
