"""Consent and tokens, driven by google-auth-oauthlib and by hand."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientError
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from tests.sandbox.conftest import Client, Start
from tests.sandbox.google_app import (
    AUTH,
    CALLBACK,
    CLIENT_ID,
    CLIENT_SECRET,
    EVENTS,
    OWNER,
    SCOPES,
    SECOND,
    connect,
    event_body,
    flow,
    raises,
)


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


async def browse(sandbox: Client, url: str) -> tuple[int, Mapping[str, str], str]:
    """Opens an address as a browser that does not follow: status, what it is sent back with, and the page."""
    async with sandbox.http.get(url, allow_redirects=False) as answer:
        return answer.status, sent_back(answer.headers.get("Location", "")), await answer.text()


def sent_back(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


async def click(
    sandbox: Client, page: str, do: str = "allow", untick: str = "", account: str = OWNER
) -> dict[str, str]:
    """Answers the page."""
    question = re.search(r'name="question" value="([^"]+)"', page)
    assert question is not None, page
    scopes = [scope for scope in re.findall(r'name="scope" value="([^"]+)"', page) if scope != untick]
    form = [("question", question[1]), ("account", account), ("do", do), *(("scope", scope) for scope in scopes)]
    async with sandbox.http.post(f"{sandbox.url}/o/oauth2/v2/auth", data=form, allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        return sent_back(answer.headers["Location"])


async def consent(sandbox: Client, mode: str = "auto", **more: Any) -> None:
    status, _ = await sandbox.ask("PUT", "/_sandbox/google/consent", json={"mode": mode, **more})
    assert status == 200


def ask_url(sandbox: Client, **params: Any) -> tuple[str, str, str]:
    """The address of the consent, its state and its verifier."""
    asking = flow(sandbox)
    asked = {"access_type": "offline", "prompt": "consent", **params}
    url, state = asking.authorization_url(**asked)
    return url, state, asking.code_verifier


async def exchange(sandbox: Client, **form: str) -> tuple[int, Any]:
    """POST /token as an app without a library."""
    asked = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **form}
    return await sandbox.ask("POST", "/token", data={name: value for name, value in asked.items() if value})


async def test_the_whole_flow_with_the_page(sandbox: Client) -> None:
    url, state, verifier = ask_url(sandbox, login_hint=SECOND)
    status, _, page = await browse(sandbox, url)
    assert status == 200
    assert SECOND in page
    assert OWNER not in page
    told = await click(sandbox, page, account=SECOND)
    assert told["state"] == state
    assert told["prompt"] == "consent"

    other = flow(sandbox, state=state, code_verifier=verifier)
    await asyncio.to_thread(other.fetch_token, code=told["code"])
    credentials = other.credentials
    assert credentials.refresh_token
    assert credentials.granted_scopes == SCOPES

    access = credentials.token
    await asyncio.to_thread(credentials.refresh, Request())
    assert credentials.token != access
    status, info = await sandbox.ask("GET", f"/tokeninfo?access_token={credentials.token}")
    assert (status, info["aud"], info["email"]) == (200, CLIENT_ID, SECOND)
    headers = {"Authorization": f"Bearer {credentials.token}"}
    status, user = await sandbox.ask("GET", "/v1/userinfo", headers=headers)
    assert (status, user["email"], user["sub"]) == (200, SECOND, info["sub"])


async def test_the_id_token_is_signed_for_the_app(sandbox: Client) -> None:
    await consent(sandbox)
    url, _, verifier = ask_url(sandbox, nonce="n-1")
    _, told, _ = await browse(sandbox, url)
    status, answer = await exchange(sandbox, code=told["code"], redirect_uri=CALLBACK, code_verifier=verifier)
    assert status == 200
    certs = f"{sandbox.url}/oauth2/v1/certs"
    found = await asyncio.to_thread(
        id_token.verify_token, answer["id_token"], Request(), CLIENT_ID, certs_url=certs, clock_skew_in_seconds=2
    )
    _, keys = await sandbox.ask("GET", "/oauth2/v3/certs")
    assert keys["keys"][0]["alg"] == "RS256"
    assert (found["aud"], found["email"], found["nonce"]) == (CLIENT_ID, OWNER, "n-1")


async def test_a_code_works_once_and_only_for_its_verifier_and_address(sandbox: Client) -> None:
    await consent(sandbox)
    url, _, verifier = ask_url(sandbox)
    _, told, _ = await browse(sandbox, url)
    right = {"code": told["code"], "redirect_uri": CALLBACK, "code_verifier": verifier}

    async def refused(**other: str) -> tuple[int, str, str]:
        status, body = await exchange(sandbox, **{**right, **other})
        return status, body["error"], body["error_description"]

    assert await refused(code_verifier="") == (400, "invalid_grant", "Missing code verifier.")
    assert await refused(code_verifier="x" * 64) == (400, "invalid_grant", "Invalid code verifier.")
    assert await refused(redirect_uri=CALLBACK + "/") == (400, "redirect_uri_mismatch", "Bad Request")
    assert await refused(code="4/nothing") == (400, "invalid_grant", "Malformed auth code.")
    assert await refused(client_secret="wrong") == (401, "invalid_client", "Unauthorized")
    assert await refused(client_id="other") == (401, "invalid_client", "The OAuth client was not found.")
    assert await refused(grant_type="password") == (400, "unsupported_grant_type", "Invalid grant_type: password")
    assert (await refused(audience="x"))[2] == "Parameter not allowed for this message type: audience"
    status, answer = await exchange(sandbox, **right)
    assert (status, answer["token_type"], answer["scope"]) == (200, "Bearer", " ".join(SCOPES))
    assert await refused() == (400, "invalid_grant", "Bad Request")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"access_type": "offline", "prompt": "consent"}, [True, True]),
        ({"access_type": "offline"}, [True, False]),
        ({"access_type": "online", "prompt": "consent"}, [False, False]),
    ],
    ids=["asked each time", "first consent only", "online"],
)
async def test_when_a_refresh_token_comes(sandbox: Client, params: dict[str, str], expected: list[bool]) -> None:
    await consent(sandbox)
    came = []
    for _ in expected:
        asking = flow(sandbox)
        url, _ = asking.authorization_url(**params)
        _, told, _ = await browse(sandbox, url)
        status, answer = await exchange(
            sandbox, code=told["code"], redirect_uri=CALLBACK, code_verifier=asking.code_verifier
        )
        assert status == 200
        came.append("refresh_token" in answer)
    assert came == expected


async def test_a_scope_may_be_refused(sandbox: Client) -> None:
    url, _, verifier = ask_url(sandbox)
    _, _, page = await browse(sandbox, url)
    told = await click(sandbox, page, untick=f"{AUTH}calendar.freebusy")
    assert "calendar.freebusy" not in told["scope"]
    other = flow(sandbox, code_verifier=verifier)
    changed = await raises(Warning, lambda: other.fetch_token(code=told["code"]))
    assert "Scope has changed" in str(changed)


async def test_email_comes_back_by_its_long_name(sandbox: Client) -> None:
    await consent(sandbox)
    asking = flow(sandbox, ["openid", "email"])
    url, _ = asking.authorization_url(access_type="offline")
    _, told, _ = await browse(sandbox, url)
    assert told["scope"] == f"openid {AUTH}userinfo.email"


async def test_no_is_an_answer(sandbox: Client) -> None:
    url, state, _ = ask_url(sandbox)
    _, _, page = await browse(sandbox, url)
    assert await click(sandbox, page, "deny") == {"error": "access_denied", "state": state}
    await consent(sandbox, "deny")
    _, told, _ = await browse(sandbox, url)
    assert told["error"] == "access_denied"
    _, told, _ = await browse(sandbox, ask_url(sandbox, prompt="none")[0])
    assert told["error"] == "interaction_required"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("response_type=code", "response_type=token"), "unsupported_response_type"),
        (("client_id=1", "client_id=2"), "invalid_client"),
        (("redirect_uri=http", "redirect_uri=ftp"), "redirect_uri"),
        (("calendar.freebusy", "calendar.everything"), "invalid_scope"),
        (("prompt=consent", "prompt=always"), "prompt"),
        (("prompt=consent", "prompts=consent"), "Parameter not allowed for this message type: prompts"),
        (("code_challenge_method=S256", "code_challenge_method=S512"), "code_challenge_method"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_wrong_question_ends_at_google(sandbox: Client, change: tuple[str, str], words: str) -> None:
    url, _, _ = ask_url(sandbox)
    assert change[0] in url
    status, told, page = await browse(sandbox, url.replace(*change))
    assert status in (400, 401)
    assert not told
    assert "Access blocked" in page
    assert words in page


async def test_only_registered_addresses(sandbox: Client, start: Start) -> None:
    _, config = await sandbox.ask("GET", "/_sandbox/config")
    config["google"]["redirect_uris"] = ["https://desk.example/oauth/google/callback"]
    assert (await sandbox.ask("PUT", "/_sandbox/config", json=config))[0] == 200
    status, _, page = await browse(sandbox, ask_url(sandbox)[0])
    assert status == 400
    assert "redirect_uri_mismatch" in page


async def test_revoking_ends_everything(sandbox: Client) -> None:
    app = await connect(sandbox)
    status, _ = await sandbox.ask("POST", "/revoke", data={"token": app.credentials.refresh_token})
    assert status == 200
    headers = {"Authorization": f"Bearer {app.credentials.token}"}
    status, body = await sandbox.ask("GET", EVENTS, headers=headers)
    assert (status, body["error"]["errors"][0]["reason"]) == (401, "authError")
    error = await raises(RefreshError, lambda: app.credentials.refresh(Request()))
    assert error.args[1] == {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    status, body = await sandbox.ask("POST", "/revoke", data={"token": app.credentials.refresh_token})
    assert (status, body["error"]) == (400, "invalid_token")


async def test_an_expired_token_is_refreshed_by_the_library(sandbox: Client) -> None:
    app = await connect(sandbox)
    before = app.credentials.token
    _, told = await sandbox.ask("POST", "/_sandbox/google/tokens", json={"do": "expire"})
    assert told["expired"] == 1
    await app.insert()
    assert app.credentials.token != before


async def test_the_owner_takes_the_consent_back(sandbox: Client) -> None:
    app = await connect(sandbox)
    await sandbox.ask("POST", "/_sandbox/google/tokens", json={"do": "revoke"})
    request = app.events.insert(calendarId="primary", body=event_body())
    with pytest.raises(RefreshError) as caught:
        await app.run(request)
    assert caught.value.args[1]["error"] == "invalid_grant"


async def test_the_hundred_and_first_refresh_token_ends_the_first(sandbox: Client) -> None:
    first = await connect(sandbox)
    for _ in range(100):
        await connect(sandbox)
    error = await raises(RefreshError, lambda: first.credentials.refresh(Request()))
    assert error.args[1]["error"] == "invalid_grant"


async def test_a_refresh_cannot_ask_for_more(sandbox: Client) -> None:
    app = await connect(sandbox, scopes=["openid", f"{AUTH}calendar.freebusy"])
    form = {"grant_type": "refresh_token", "refresh_token": app.credentials.refresh_token, "redirect_uri": ""}
    status, body = await exchange(sandbox, **form, scope=f"{AUTH}calendar.events")
    assert (status, body["error"]) == (400, "invalid_scope")
    status, body = await exchange(sandbox, **form, scope=f"{AUTH}calendar.freebusy")
    assert (status, body["scope"]) == (200, f"{AUTH}calendar.freebusy")


async def test_the_answer_to_a_code_is_lost(sandbox: Client) -> None:
    await consent(sandbox)
    url, _, verifier = ask_url(sandbox)
    _, told, _ = await browse(sandbox, url)
    await sandbox.fault("drop_after_store", provider="google", event="token")
    right = {"code": told["code"], "redirect_uri": CALLBACK, "code_verifier": verifier}
    with pytest.raises(ClientError):
        await exchange(sandbox, **right)
    assert (await exchange(sandbox, **right))[1]["error"] == "invalid_grant"
    await sandbox.fault("refuse", provider="google", event="token", code="admin_policy_enforced")
    assert (await exchange(sandbox, **right))[1]["error"] == "admin_policy_enforced"


async def test_faults_of_the_token_endpoint_have_to_name_it(sandbox: Client) -> None:
    app = await connect(sandbox)
    await sandbox.fault("wrong_token", provider="google", event="token")
    await sandbox.fault("server_error", provider="google")
    error = await raises(RefreshError, lambda: app.credentials.refresh(Request()))
    assert error.args[1]["error"] == "invalid_grant"
    await asyncio.to_thread(app.credentials.refresh, Request())
    _, shown = await sandbox.ask("GET", "/_sandbox/faults")
    assert [rule["kind"] for rule in shown["faults"]] == ["server_error"]
