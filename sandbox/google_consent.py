"""Google's consent: an app asks in a person's browser, the person answers, the browser goes back with a code.

https://developers.google.com/identity/protocols/oauth2/web-server#creatingclient
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from sandbox.google_checks import calendar_scopes, scope_words
from sandbox.google_config import IDENTITY, GoogleConfig
from sandbox.google_errors import ConsentRefusal
from sandbox.google_grants import CODE_SECONDS, USERINFO, Code, Scopes, full_scopes
from sandbox.google_state import GOOGLE, Google
from sandbox.state import SANDBOX

PATH: Final = "/o/oauth2/v2/auth"
KEPT_QUESTIONS: Final = 1_000
_PARAMETERS: Final = frozenset({
    "client_id", "redirect_uri", "response_type", "scope", "state", "access_type", "prompt", "login_hint", "nonce",
    "include_granted_scopes", "enable_granular_consent", "code_challenge", "code_challenge_method", "hd", "hl",
    "display",
})  # fmt: skip
_PROMPTS: Final = frozenset({"none", "consent", "select_account"})
_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}}
label{{display:block;margin:.5rem 0}}button{{font:inherit;padding:.5rem 1.5rem;margin-right:.5rem}}
small{{color:#555}}</style>
<p><small>The sandbox, in the place of Google</small></p><h1>{title}</h1>{body}</html>"""


@dataclass(frozen=True, slots=True)
class Question:
    """What an app asks for, checked."""

    client_id: str
    redirect_uri: str
    scopes: Scopes
    state: str | None
    offline: bool
    prompt: frozenset[str]
    hint: str
    include_granted: bool
    challenge: str
    plain: bool
    nonce: str


class Questions:
    """Pages that wait for an answer."""

    def __init__(self) -> None:
        self._open: dict[str, Question] = {}

    def add(self, question: Question) -> str:
        name = secrets.token_urlsafe(24)
        self._open[name] = question
        if len(self._open) > KEPT_QUESTIONS:
            del self._open[next(iter(self._open))]
        return name

    def take(self, name: str) -> Question:
        """The question, which is answered by this. Raises ConsentRefusal."""
        if name not in self._open:
            raise ConsentRefusal("invalid_request", "This page was answered before, or is too old.")
        return self._open.pop(name)


QUESTIONS: web.AppKey[Questions] = web.AppKey("google_questions", Questions)


def read_question(config: GoogleConfig, query: Iterable[tuple[str, str]]) -> Question:
    """What stands in the address. Raises ConsentRefusal."""
    pairs = list(query)
    asked = dict(pairs)
    if len(asked) != len(pairs):
        raise ConsentRefusal("invalid_request", "OAuth 2 parameters can only have a single value")
    for name in ("client_id", "response_type", "scope", "redirect_uri"):
        if not asked.get(name):
            raise ConsentRefusal("invalid_request", f"Missing required parameter: {name}")
    if unknown := sorted(set(asked) - _PARAMETERS):
        raise ConsentRefusal("invalid_request", f"Parameter not allowed for this message type: {unknown[0]}")
    if asked["client_id"] != config.client_id:
        raise ConsentRefusal("invalid_client", "The OAuth client was not found.", 401)
    if asked["response_type"] != "code":
        raise ConsentRefusal("unsupported_response_type", f"Invalid response_type: {asked['response_type']}")
    _check_redirect(config, asked["redirect_uri"])
    return _question(asked)


def _question(asked: Mapping[str, str]) -> Question:
    access, method = asked.get("access_type", "online"), asked.get("code_challenge_method", "plain")
    prompt = frozenset(asked.get("prompt", "").split())
    if access not in ("online", "offline"):
        raise ConsentRefusal("invalid_request", f"Invalid parameter value for access_type: Unknown type: {access}")
    if prompt - _PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise ConsentRefusal("invalid_request", f"Invalid parameter value for prompt: {asked['prompt']}")
    if method not in ("S256", "plain") or ("code_challenge_method" in asked and "code_challenge" not in asked):
        raise ConsentRefusal("invalid_request", f"Invalid parameter value for code_challenge_method: {method}")
    if len(asked.get("code_challenge", "x" * 43)) < 43:
        raise ConsentRefusal("invalid_request", "Invalid parameter value for code_challenge: too short")
    return Question(
        client_id=asked["client_id"],
        redirect_uri=asked["redirect_uri"],
        scopes=_scopes(asked["scope"]),
        state=asked.get("state"),
        offline=access == "offline",
        prompt=prompt,
        hint=asked.get("login_hint", "").lower(),
        include_granted=asked.get("include_granted_scopes", "false").lower() == "true",
        challenge=asked.get("code_challenge", ""),
        plain=method == "plain",
        nonce=asked.get("nonce", ""),
    )


def _check_redirect(config: GoogleConfig, uri: str) -> None:
    parts = urlsplit(uri)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ConsentRefusal("invalid_request", f"Invalid parameter value for redirect_uri: {uri}")
    if parts.fragment or (config.redirect_uris and uri not in config.redirect_uris):
        raise ConsentRefusal("redirect_uri_mismatch", f"The redirect URI is not registered: {uri}")


def _scopes(text: str) -> Scopes:
    asked = tuple(dict.fromkeys(text.split()))
    known = calendar_scopes() | {*IDENTITY, USERINFO + "email", USERINFO + "profile"}
    if wrong := [scope for scope in asked if scope not in known]:
        valid = [scope for scope in asked if scope in known]
        raise ConsentRefusal(
            "invalid_scope",
            f"Some requested scopes were invalid. {{valid=[{', '.join(valid)}], invalid=[{', '.join(wrong)}]}}",
        )
    return full_scopes(asked)


async def ask(request: web.Request) -> web.StreamResponse:
    """GET the page; or, where nobody has to be asked, back at once."""
    google, config = request.app[GOOGLE], GoogleConfig.of(request.app[SANDBOX].config)
    try:
        question = read_question(config, request.query.items())
        return _ask(request, google, config, question)
    except ConsentRefusal as refusal:
        return _blocked(refusal)


def _ask(request: web.Request, google: Google, config: GoogleConfig, question: Question) -> web.Response:
    mode = google.consent.mode or config.consent
    email = google.consent.account or (question.hint if question.hint in google.store.accounts else "")
    accounts = (email,) if email else tuple(google.store.accounts)
    given = google.grants.granted(accounts[0], question.client_id) if len(accounts) == 1 or mode == "auto" else None
    known = given is not None and set(question.scopes) <= set(given.scopes)
    if known and "consent" not in question.prompt and "select_account" not in question.prompt:
        return _back(question, _code(google, question, accounts[0], question.scopes, asked=False))
    if "none" in question.prompt:
        return _back(question, {"error": "interaction_required"})
    if mode == "deny":
        return _back(question, {"error": "access_denied"})
    if mode == "auto":
        ticked = tuple(scope for scope in question.scopes if scope not in google.consent.untick)
        return _back(question, _code(google, question, accounts[0], ticked, asked=True))
    return _page(request.app[QUESTIONS].add(question), question, accounts)


async def answer(request: web.Request) -> web.StreamResponse:
    """POST the person's answer."""
    google = request.app[GOOGLE]
    form = await request.post()
    try:
        question = request.app[QUESTIONS].take(str(form.get("question", "")))
        email = str(form.get("account", ""))
        if form.get("do") != "allow":
            return _back(question, {"error": "access_denied"})
        if email not in google.store.accounts:
            raise ConsentRefusal("invalid_request", f"There is no account {email}.")
        identity = [scope for scope in question.scopes if scope not in calendar_scopes()]
        ticked = {*identity, *map(str, form.getall("scope", []))}
        chosen = tuple(scope for scope in question.scopes if scope in ticked)
        return _back(question, _code(google, question, email, chosen, asked=True))
    except ConsentRefusal as refusal:
        return _blocked(refusal)


def _code(google: Google, question: Question, email: str, scopes: Scopes, *, asked: bool) -> dict[str, str]:
    """What the browser carries back when these scopes are allowed; `asked` when a person saw the page."""
    if not scopes:
        return {"error": "access_denied"}
    grant = google.grants.allow(email, question.client_id, scopes)
    told = grant.scopes if question.include_granted else scopes
    first = not grant.given_offline
    code = Code(
        grant=grant,
        scopes=told,
        redirect_uri=question.redirect_uri,
        challenge=question.challenge,
        plain=question.plain,
        refresh=question.offline and (first or (asked and "consent" in question.prompt)),
        offline=question.offline,
        nonce=question.nonce,
        ends=time.time() + CODE_SECONDS,
    )
    prompt = "consent" if asked else "none"
    return {"code": google.grants.add_code(code), "scope": " ".join(told), "authuser": "0", "prompt": prompt}


def _back(question: Question, told: Mapping[str, str]) -> web.Response:
    state = {} if question.state is None else {"state": question.state}
    joint = "&" if "?" in question.redirect_uri else "?"
    return web.Response(
        status=302,
        headers={
            "Location": question.redirect_uri + joint + urlencode({**state, **told}),
            "Cache-Control": "no-store",
        },
    )


def _page(name: str, question: Question, accounts: Sequence[str]) -> web.Response:
    host = urlsplit(question.redirect_uri).netloc
    options = "".join(f'<option value="{escape(each)}">{escape(each)}</option>' for each in accounts)
    ticks = "".join(
        f'<label><input type="checkbox" name="scope" value="{escape(scope)}" checked> {escape(scope_words(scope))}'
        f"<br><small>{escape(scope)}</small></label>"
        for scope in question.scopes
        if scope in calendar_scopes()
    )
    body = (
        f'<form method="post" action="{PATH}"><input type="hidden" name="question" value="{escape(name)}">'
        f'<label>Account <select name="account">{options}</select></label>{ticks}'
        '<p><button name="do" value="allow">Continue</button><button name="do" value="deny">Cancel</button></p></form>'
    )
    return _html(f"{host} wants to access your Google Account", body)


def _blocked(refusal: ConsentRefusal) -> web.Response:
    body = f"<p>{escape(refusal.description)}</p><p>Error {refusal.status}: {escape(refusal.error)}</p>"
    return _html("Access blocked: Authorization Error", body, refusal.status)


def _html(title: str, body: str, status: int = 200) -> web.Response:
    text = _PAGE.format(title=escape(title), body=body)
    headers = {"Cache-Control": "no-store", "X-Frame-Options": "DENY"}
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=headers)


def routes() -> list[web.RouteDef]:
    """Both of its addresses."""
    return [
        *(web.get(path, ask, allow_head=False) for path in (PATH, "/o/oauth2/auth")),
        web.post(PATH, answer),
    ]
