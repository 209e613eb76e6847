"""Blobs in a store that speaks Amazon's S3, signed with Signature Version 4.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import aiohttp
from yarl import URL

from gateway.blobs import HASH, BlobMissing, BlobsAway
from gateway.errors import Misset

TIMEOUT = aiohttp.ClientTimeout(total=60, connect=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who signs, and for where."""

    key: str
    secret: str = field(repr=False)
    region: str = "us-east-1"


def signed_headers(
    account: Account, method: str, url: str, headers: Mapping[str, str], payload_hash: str, at: datetime
) -> dict[str, str]:
    """The headers of a request with its signature among them. `url` has a host, a path and perhaps a query, encoded."""
    parts = urlsplit(url)
    stamp, day = at.strftime("%Y%m%dT%H%M%SZ"), at.strftime("%Y%m%d")
    signed = {name.lower(): value.strip() for name, value in headers.items()}
    signed |= {"host": parts.netloc, "x-amz-content-sha256": payload_hash, "x-amz-date": stamp}
    names = ";".join(sorted(signed))
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(parse_qsl(parts.query, keep_blank_values=True))
    )
    lines = [f"{name}:{signed[name]}\n" for name in sorted(signed)]
    request = "\n".join([method, parts.path or "/", query, "".join(lines), names, payload_hash])
    scope = f"{day}/{account.region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{account.secret}".encode()
    for step in (day, account.region, "s3", "aws4_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"{account.key}/{scope}"
    signed["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature={signature}"
    del signed["host"]
    return signed


class S3:
    """Blobs in a bucket, addressed by path, under a prefix."""

    def __init__(self, http: aiohttp.ClientSession, endpoint: str, bucket: str, prefix: str, account: Account) -> None:
        self._http = http
        self._base = "/".join(part for part in (endpoint.rstrip("/"), quote(bucket), quote(prefix.strip("/"))) if part)
        self._account = account

    async def put(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        await self._request("PUT", sha256, data)
        return sha256

    async def get(self, sha256: str) -> bytes:
        return await self._request("GET", sha256)

    async def delete(self, sha256: str) -> None:
        try:
            await self._request("DELETE", sha256)
        except BlobMissing:
            return

    async def _request(self, method: str, sha256: str, data: bytes = b"") -> bytes:
        if not HASH.fullmatch(sha256):
            raise ValueError("a hash is 64 hex digits")
        url = f"{self._base}/{sha256[:2]}/{sha256[2:]}"
        payload = hashlib.sha256(data).hexdigest()
        headers = signed_headers(self._account, method, url, {}, payload, datetime.now(UTC))
        try:
            async with self._http.request(
                method,
                URL(url, encoded=True),
                data=data or None,
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise BlobsAway(f"the blob store does not answer: {type(error).__name__}") from error
        if answer.status == 404 and method != "PUT":
            raise BlobMissing(sha256)
        if answer.status >= 300:
            raise BlobsAway(f"the blob store answers HTTP {answer.status}")
        return body


def open_s3(url: str, http: aiohttp.ClientSession) -> S3:
    """The store of a BLOB_URL: `s3://KEY:SECRET@bucket/prefix?endpoint=https://host&region=name`. Raises Misset."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    endpoint = options.get("endpoint", "")
    if (
        not parts.hostname
        or not parts.username
        or not parts.password
        or not endpoint.startswith(("http://", "https://"))
    ):
        raise Misset(
            "BLOB_URL can't work: give s3://KEY:SECRET@bucket/prefix?endpoint=https://host&region=name, with what is "
            "special in the secret percent-encoded."
        )
    account = Account(
        key=unquote(parts.username), secret=unquote(parts.password), region=options.get("region", "us-east-1")
    )
    return S3(http, endpoint, parts.hostname, parts.path.strip("/"), account)
