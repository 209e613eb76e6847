"""Google's token endpoint and its neighbours: codes and refresh tokens in, access tokens out.

https://developers.google.com/identity/protocols/oauth2/web-server#exchange-authorization-code
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox.calls import Course, Refusal
from sandbox.google_config import GoogleConfig
from sandbox.google_errors import OAuthRefusal, bad_token, json_answer, login_required
from sandbox.google_grants import Access, Grant, Scopes
from sandbox.google_identity import certificates, claims, id_token, public_keys
from sandbox.google_state import GOOGLE, Google
from sandbox.record import Call
from sandbox.signatures import basic_credentials, bearer_token, same
from sandbox.state import SANDBOX

Fields = Mapping[str, str]
Serve = Callable[[Google, GoogleConfig, Fields], dict[str, Any]]

_FIELDS: Final = {
    "authorization_code": {"code", "redirect_uri", "code_verifier"},
    "refresh_token": {"refresh_token", "scope"},
}


def _for_good(error: str) -> OAuthRefusal:
    unknown = error == "invalid_client"
    return OAuthRefusal(error, "Unauthorized" if unknown else "Bad Request", 401 if unknown else 400)


_ALWAYS: Final = {"grant_type", "client_id", "client_secret"}
_REFUSALS: Final[Mapping[str, Refusal]] = {
    "rate_limit": lambda _: OAuthRefusal("rate_limit_exceeded", "Rate Limit Exceeded", 429).response(),
    "server_error": lambda f: OAuthRefusal("internal_failure", "Backend Error", f.order.status).response(),
    "wrong_token": lambda _: OAuthRefusal("invalid_grant", "Token has been expired or revoked.").response(),
    "refuse": lambda fault: _for_good(fault.order.code or "invalid_client").response(),
}


def _check_client(config: GoogleConfig, fields: Fields) -> None:
    client_id, secret = fields.get("client_id", ""), fields.get("client_secret", "")
    if not client_id:
        raise OAuthRefusal("invalid_request", "Could not determine client ID from request.")
    if not same(client_id, config.client_id):
        raise OAuthRefusal("invalid_client", "The OAuth client was not found.", 401)
    if not secret:
        raise OAuthRefusal("invalid_request", "client_secret is missing.")
    if not same(secret, config.client_secret):
        raise OAuthRefusal("invalid_client", "Unauthorized", 401)


def token(google: Google, config: GoogleConfig, fields: Fields) -> dict[str, Any]:
    """POST /token. Raises OAuthRefusal."""
    kind = fields.get("grant_type", "")
    if kind not in _FIELDS:
        raise OAuthRefusal("unsupported_grant_type", f"Invalid grant_type: {kind}")
    if unknown := sorted(set(fields) - _FIELDS[kind] - _ALWAYS):
        raise OAuthRefusal("invalid_request", f"Parameter not allowed for this message type: {unknown[0]}")
    _check_client(config, fields)
    return _exchange(google, config, fields) if kind == "authorization_code" else _refresh(google, config, fields)


def _required(fields: Fields, name: str) -> str:
    if not fields.get(name):
        raise OAuthRefusal("invalid_request", f"Missing required parameter: {name}")
    return fields[name]


def _exchange(google: Google, config: GoogleConfig, fields: Fields) -> dict[str, Any]:
    uri, verifier = _required(fields, "redirect_uri"), fields.get("code_verifier", "")
    code = google.grants.redeem(_required(fields, "code"), fields["client_id"], uri, verifier)
    answer = _answer(google, config, code.grant, code.scopes, nonce=code.nonce, offline=code.offline)
    if code.refresh:
        answer["refresh_token"] = google.grants.new_refresh(code.grant, code.scopes)
    return answer


def _refresh(google: Google, config: GoogleConfig, fields: Fields) -> dict[str, Any]:
    grant, scopes = google.grants.find_refresh(_required(fields, "refresh_token"), fields["client_id"])
    asked = tuple(fields.get("scope", "").split())
    if not set(asked) <= set(scopes):
        raise OAuthRefusal("invalid_scope", "Bad Request")
    return _answer(google, config, grant, asked or scopes, nonce="", offline=True)


def _answer(
    google: Google, config: GoogleConfig, grant: Grant, scopes: Scopes, *, nonce: str, offline: bool
) -> dict[str, Any]:
    access = google.grants.new_access(grant, scopes, config, offline=offline)
    answer = {"access_token": access, "expires_in": config.access_seconds, "scope": " ".join(scopes)}
    answer["token_type"] = "Bearer"  # noqa: S105
    if "openid" in scopes:
        account = google.store.accounts[grant.email]
        seconds = config.access_seconds
        answer["id_token"] = id_token(account, scopes, grant.client_id, access=access, nonce=nonce, seconds=seconds)
    return answer


def revoke(google: Google, _: GoogleConfig, fields: Fields) -> dict[str, Any]:
    """POST /revoke: a token of either kind ends the whole consent. Raises OAuthRefusal."""
    google.grants.revoke_by_token(_required(fields, "token"))
    return {}


def tokeninfo(google: Google, _: GoogleConfig, fields: Fields) -> dict[str, Any]:
    """What an access token is. Raises OAuthRefusal."""
    access = google.grants.find_access(fields.get("access_token", ""))
    if access is None:
        raise OAuthRefusal("invalid_token", "Invalid Value")
    told = claims(google.store.accounts[access.grant.email], access.scopes)
    client = access.grant.client_id
    answer = {"azp": client, "aud": client, "sub": told["sub"], "scope": " ".join(access.scopes)}
    answer |= {"exp": str(int(access.ends)), "expires_in": str(access.left)}
    if "email" in told:
        answer |= {"email": told["email"], "email_verified": "true"}
    return answer | {"access_type": "offline" if access.offline else "online"}


def _serve(serve: Serve, event: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Records the call, lets a fault strike that names `event`, and answers."""

    async def answer(request: web.Request) -> web.Response:
        sandbox = request.app[SANDBOX]
        fields = await _fields(request)
        call = Call(provider="google", method=request.method, path=request.path, request=fields)
        course = Course(sandbox, request, call, (), _REFUSALS, event=event)
        spoilt = course.spoilt()
        if spoilt is not None:
            return spoilt
        try:
            found = serve(request.app[GOOGLE], GoogleConfig.of(sandbox.config), fields)
        except OAuthRefusal as refusal:
            return course.answer(refusal.response(), str(refusal))
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        return await course.store(event, json_answer(found, headers=headers))

    return answer


async def _fields(request: web.Request) -> dict[str, str]:
    """The form, or the query; an app may name itself in a Basic header instead."""
    form = parse_qsl((await request.read()).decode(errors="replace"), keep_blank_values=True)
    kind = request.content_type == "application/x-www-form-urlencoded"
    fields = dict(form) if kind else {}
    fields = {**request.query, **fields}
    basic = basic_credentials(request.headers)
    if basic is not None:
        fields |= {"client_id": basic[0], "client_secret": basic[1]}
    return fields


def check_token(google: Google, request: web.Request) -> Access:
    """The request's access token. Raises GoogleRefusal."""
    given = bearer_token(request.headers)
    if not given:
        raise login_required()
    access = google.grants.find_access(given)
    if access is None:
        raise bad_token()
    return access


async def userinfo(request: web.Request) -> web.Response:
    """GET who the token's account is."""
    google = request.app[GOOGLE]
    access = google.grants.find_access(bearer_token(request.headers))
    if access is None:
        return OAuthRefusal("invalid_request", "Invalid Credentials", 401).response()
    return json_answer(claims(google.store.accounts[access.grant.email], access.scopes))


async def certs(request: web.Request) -> web.Response:
    """GET the keys of id_tokens, in one of two forms."""
    return json_answer(certificates() if request.path.endswith("/v1/certs") else public_keys())


def routes() -> list[web.RouteDef]:
    """One host here, three at Google."""
    return [
        web.post("/token", _serve(token, "token")),
        web.post("/revoke", _serve(revoke, "revoke")),
        web.get("/tokeninfo", _serve(tokeninfo, "tokeninfo"), allow_head=False),
        *(web.get(path, userinfo, allow_head=False) for path in ("/v1/userinfo", "/oauth2/v3/userinfo")),
        *(web.get(path, certs, allow_head=False) for path in ("/oauth2/v3/certs", "/oauth2/v1/certs")),
    ]
