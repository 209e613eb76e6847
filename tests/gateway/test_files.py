"""Files: what they are, where they lie, how they are fetched, and what must never be fetched."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from gateway.blobs import BlobMissing, Blobs, BlobsAway, Folder, open_blobs
from gateway.errors import Misset
from gateway.fetch import Fetcher, FetchFailed, FetchForbidden, FetchGone, FetchRefused, TooLarge, is_public
from gateway.s3 import S3, Account, open_s3, signed_headers
from gateway.sniff import family, sniff

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 8


@pytest.mark.parametrize(
    ("head", "claimed", "mime_type"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "", "image/jpeg"),
        (PNG, "text/html", "image/png"),
        (b"GIF89a\x01\x00", "", "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "", "image/webp"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "", "audio/wav"),
        (b"%PDF-1.7\n", "", "application/pdf"),
        (b"\x00\x00\x00\x18ftypmp42", "", "video/mp4"),
        (b"\x00\x00\x00\x18ftypmp42", "audio/mp4", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypM4A ", "", "audio/mp4"),
        (b"\x00\x00\x00\x18ftyp3gp5", "", "video/3gpp"),
        (b"\x00\x00\x00\x18ftypqt  ", "", "video/quicktime"),
        (b"\x00\x00\x00\x18ftypheic", "", "image/heic"),
        (b"\x1aE\xdf\xa3\x01\x00webm", "", "video/webm"),
        (b"OggS\x00\x02", "", "audio/ogg"),
        (b"ID3\x04\x00", "", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "", "audio/aac"),
        (b"#!AMR\n", "", "audio/amr"),
        (b"PK\x03\x04\x14\x00", "", "application/zip"),
        (b"PK\x03\x04\x14\x00", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\x03\x04\x14\x00", "image/png", "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword", "application/msword"),
        (b"<!DOCTYPE html><script>", "image/png", "text/html"),
        (b"\xef\xbb\xbf  <html>", "image/jpeg", "text/html"),
        (b"<!-- x --><script>alert(1)</script>", "text/plain", "text/html"),
        (b'<?xml version="1.0"?><svg onload="x">', "image/png", "image/svg+xml"),
        (b"<svg xmlns=", "image/png", "image/svg+xml"),
        ("Grüße, สวัสดี".encode(), "", "text/plain"),
        (b"a,b\n1,2\n", "text/csv", "text/csv"),
        (b"a,b", "image/png", "text/plain"),
        (b"\x00\x01\x02\x03", "image/png", "application/octet-stream"),
        (b"", "image/png", "application/octet-stream"),
    ],
)  # fmt: skip
def test_a_file_is_what_its_bytes_say(head: bytes, claimed: str, mime_type: str) -> None:
    assert sniff(head, claimed) == mime_type


@pytest.mark.parametrize(
    ("mime_type", "kind"),
    [("image/png", "image"), ("image/svg+xml", "document"), ("video/mp4", "video"), ("text/html", "document")],
)
def test_a_kind_is_how_it_is_sent(mime_type: str, kind: str) -> None:
    assert family(mime_type) == kind


async def test_a_folder_keeps_the_same_bytes_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "blobs")
    names = await asyncio.gather(*(folder.put(b"same") for _ in range(20)), folder.put(b"other"))
    assert len(set(names)) == 2
    assert names[0] == hashlib.sha256(b"same").hexdigest()
    assert await folder.get(names[0]) == b"same"
    files = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert len(files) == 2
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    await folder.delete(names[0])
    await folder.delete(names[0])
    with pytest.raises(BlobMissing):
        await folder.get(names[0])


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "a" * 63])
async def test_a_folder_takes_hashes_alone(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="64 hex"):
        await Folder(tmp_path).get(name)


async def test_what_a_dying_process_left_is_swept(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    sha256 = await folder.put(b"x")
    for age, name in ((7200, "old"), (0, "new")):
        draft = tmp_path / "drafts" / name
        draft.write_bytes(b"half")
        os.utime(draft, (time.time() - age, time.time() - age))
    assert folder.sweep() == 1
    assert await folder.get(sha256) == b"x"


# The examples of "Authenticating Requests: Using the Authorization Header" in Amazon's S3 API reference.
AMAZON = Account(key="AKIAIOSFODNN7EXAMPLE", secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    ("method", "path", "headers", "payload", "signature"),
    [
        ("GET", "/test.txt", {"Range": "bytes=0-9"}, EMPTY,
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        ("PUT", "/test%24file.text",
         {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
         hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
         "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        ("GET", "/?lifecycle", {}, EMPTY, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("GET", "/?max-keys=2&prefix=J", {}, EMPTY, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)  # fmt: skip
def test_amazons_own_signatures_are_ours(
    method: str, path: str, headers: dict[str, str], payload: str, signature: str
) -> None:
    url = f"https://examplebucket.s3.amazonaws.com{path}"
    signed = signed_headers(AMAZON, method, url, headers, payload, datetime(2013, 5, 24, tzinfo=UTC))
    assert signed["authorization"].endswith(f"Signature={signature}")


@asynccontextmanager
async def serving(handler: Any) -> AsyncIterator[str]:
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_a_bucket_keeps_and_gives_back(tmp_path: Path) -> None:
    kept: dict[str, bytes] = {}

    async def bucket(request: web.Request) -> web.Response:
        assert "Credential=me/" in request.headers["Authorization"]
        assert request.headers["x-amz-content-sha256"] == hashlib.sha256(await request.read()).hexdigest()
        if request.method == "PUT":
            kept[request.path] = await request.read()
            return web.Response()
        if request.method == "DELETE":
            return web.Response(status=204 if kept.pop(request.path, None) else 404)
        return web.Response(body=kept[request.path]) if request.path in kept else web.Response(status=404)

    async with serving(bucket) as url, ClientSession() as http:
        blobs: Blobs = open_blobs(f"s3://me:se%2Fcret@files/desk?endpoint={url}", tmp_path, http)
        sha256 = await blobs.put(b"bytes")
        assert list(kept) == [f"/files/desk/{sha256[:2]}/{sha256[2:]}"]
        assert await blobs.get(sha256) == b"bytes"
        await blobs.delete(sha256)
        await blobs.delete(sha256)
        with pytest.raises(BlobMissing):
            await blobs.get(sha256)


async def test_a_bucket_in_trouble_is_away() -> None:
    async def trouble(_request: web.Request) -> web.Response:
        return web.Response(status=503)

    async with ClientSession() as http, serving(trouble) as url:
        for endpoint in (url, "http://127.0.0.1:9"):
            with pytest.raises(BlobsAway):
                await S3(http, endpoint, "b", "", Account(key="k", secret="s")).put(b"x")


@pytest.mark.parametrize("url", ["s3://bucket", "s3://k:s@bucket", "s3://k:s@bucket?endpoint=ftp://x"])
async def test_a_blob_url_that_cannot_work_says_so(url: str) -> None:
    async with ClientSession() as http:
        with pytest.raises(Misset, match="BLOB_URL"):
            open_s3(url, http)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.1.2.3", False), ("::1", False),
        ("169.254.169.254", False), ("192.168.0.1", False), ("0.1.2.3", False), ("100.64.0.1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:8.8.8.8", True), ("64:ff9b::7f00:1", False), ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False), ("fe80::1%eth0", False), ("fc00::1", False), ("224.0.0.1", False),
        ("nonsense", False),
    ],
)  # fmt: skip
def test_only_what_anybody_could_reach_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public


class Names(AbstractResolver):
    """Resolves every name to the same addresses."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0)
            for one in self._addresses
        ]

    async def close(self) -> None:
        return


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://[::1]/",
        "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest/meta-data/", "http://localhost/",
        "http://8.8.8.8:22/", "ftp://example.com/", "file:///etc/passwd", "http://", "//example.com", "",
        "http://0/", "http://example.com:99999/",
    ],
)  # fmt: skip
async def test_what_is_not_public_is_never_asked(url: str) -> None:
    fetcher = Fetcher(seconds=5)
    try:
        with pytest.raises(FetchForbidden):
            await fetcher.fetch(url, {})
    finally:
        await fetcher.close()


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:10.0.0.1"]])
async def test_a_name_that_leads_inside_is_refused(addresses: list[str]) -> None:
    fetcher = Fetcher(seconds=5, resolver=Names(addresses))
    try:
        with pytest.raises(FetchForbidden):
            await fetcher.fetch("http://innocent.example/", {})
    finally:
        await fetcher.close()


@asynccontextmanager
async def fetching(handler: Any, **bounds: Any) -> AsyncIterator[tuple[Fetcher, str]]:
    async with serving(handler) as url:
        fetcher = Fetcher([url], **bounds)
        try:
            yield fetcher, url
        finally:
            await fetcher.close()


async def test_a_file_comes_with_its_name_and_type() -> None:
    async def give(_request: web.Request) -> web.Response:
        disposition = "attachment; filename*=UTF-8''p%C3%A9.png"
        return web.Response(body=PNG, content_type="image/png", headers={"Content-Disposition": disposition})

    async with fetching(give) as (fetcher, url):
        found = await fetcher.fetch(f"{url}/a", {})
        assert (found.data, found.mime_type, found.filename) == (PNG, "image/png", "pé.png")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, FetchGone),
        (410, FetchGone),
        (401, FetchRefused),
        (403, FetchRefused),
        (500, FetchFailed),
        (429, FetchFailed),
    ],
)
async def test_the_status_decides(status: int, error: type[Exception]) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with fetching(refuse) as (fetcher, url):
        with pytest.raises(error):
            await fetcher.fetch(url, {})


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_large_file_stops_at_the_cap(chunked: bool) -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        if not chunked:
            return web.Response(body=b"x" * 5000)
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 1000)
        except ConnectionError:
            return response

    async with fetching(flood, most_bytes=3000) as (fetcher, url):
        with pytest.raises(TooLarge):
            await fetcher.fetch(url, {})


async def test_a_slow_drip_ends() -> None:
    over = asyncio.Event()

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        await over.wait()
        return response

    async with fetching(drip, seconds=0.2) as (fetcher, url):
        with pytest.raises(FetchFailed, match="too long"):
            await fetcher.fetch(url, {})
        over.set()


async def test_a_redirect_is_judged_like_the_first_address_and_gets_no_credentials() -> None:
    asked: list[tuple[str, str]] = []
    targets: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.path, request.headers.get("Authorization", "")))
        if request.path.startswith("/go"):
            return web.Response(status=302, headers={"Location": targets[0]})
        return web.Response(body=b"file")

    async with serving(answer) as other, serving(answer) as url:
        fetcher = Fetcher([url, other])
        try:
            for target, told in ((f"{other}/b", ""), ("/b", "Bearer T")):
                targets[:] = [target]
                assert (await fetcher.fetch(f"{url}/go", {"Authorization": "Bearer T"})).data == b"file"
                assert asked[-1] == ("/b", told)
            targets[:] = ["http://169.254.169.254/"]
            with pytest.raises(FetchForbidden):
                await fetcher.fetch(f"{url}/go", {})
            targets[:] = ["/go"]
            with pytest.raises(FetchRefused, match="without end"):
                await fetcher.fetch(f"{url}/go", {})
        finally:
            await fetcher.close()


async def test_nobody_there_is_for_later() -> None:
    fetcher = Fetcher(["http://127.0.0.1:9"])
    try:
        with pytest.raises(FetchFailed):
            await fetcher.fetch("http://127.0.0.1:9/", {})
    finally:
        await fetcher.close()
