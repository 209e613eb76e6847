"""Who may do what: the one table. A scope that does not stand here, nobody has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

Role = Literal["admin", "manager", "sales_rep", "marketing", "viewer"]
ROLES: tuple[Role, ...] = get_args(Role)
ALL = "*"

_LEADING: tuple[Role, ...] = ("manager",)
_SELLING: tuple[Role, ...] = ("manager", "sales_rep")
_TELLING: tuple[Role, ...] = ("manager", "marketing")
_READING: tuple[Role, ...] = ("manager", "sales_rep", "viewer")  # what customers wrote
_EVERYBODY: tuple[Role, ...] = ("manager", "sales_rep", "marketing", "viewer")
_NOBODY: tuple[Role, ...] = ()

# A scope, and which roles have it besides admin, which has every one.
ALLOWED: Mapping[str, tuple[Role, ...]] = {
    "numbers:read": _EVERYBODY,
    "numbers:write": _LEADING,
    "agents:read": _EVERYBODY,
    "agents:write": _LEADING,
    "prompts:read": _EVERYBODY,
    "prompts:write": _LEADING,
    "conversations:read": _READING,
    "conversations:write": _SELLING,
    "messages:write": _SELLING,
    "credits:read": _READING,
    "leads:read": _EVERYBODY,
    "leads:write": _SELLING,
    "contacts:read": _EVERYBODY,
    "contacts:write": _SELLING,
    "knowledge:read": _EVERYBODY,
    "knowledge:write": _TELLING,
    "links:read": _EVERYBODY,
    "links:write": _TELLING,
    "tools:read": _READING,
    "tools:write": _LEADING,
    "events:read": _READING,
    "webhooks:read": _READING,
    "webhooks:write": _LEADING,
    "google:read": _READING,
    "google:write": _LEADING,
    "meetings:read": _READING,
    "meetings:write": _SELLING,
    "members:read": _EVERYBODY,
    "members:write": _NOBODY,
    "keys:read": _NOBODY,
    "keys:write": _NOBODY,
    "audit:read": _LEADING,
    "business:read": _EVERYBODY,
    "business:write": _LEADING,
    "alerts:read": _EVERYBODY,
    "alerts:write": _LEADING,
    "analytics:read": _EVERYBODY,
    "privacy:write": _NOBODY,
    "search:read": _READING,
}
SCOPES: tuple[str, ...] = tuple(ALLOWED)
_OF: Mapping[str, frozenset[str]] = {
    role: frozenset({ALL} if role == "admin" else (scope for scope in SCOPES if role in ALLOWED[scope]))
    for role in ROLES
}


def scopes_of(role: str) -> frozenset[str]:
    """What a role may do; nothing for a word that is no role."""
    return _OF.get(role, frozenset())


def allows(scopes: frozenset[str], scope: str) -> bool:
    """Whether somebody with these scopes may do what needs this one."""
    return scope in scopes or ALL in scopes


def covers(scopes: frozenset[str], others: Iterable[str]) -> bool:
    """Whether somebody with these scopes may give the others away: nobody gives more than he has."""
    return ALL in scopes or scopes.issuperset(others)


def spelled(scopes: frozenset[str]) -> list[str]:
    """The scopes one by one, in the order of the table."""
    return [scope for scope in SCOPES if allows(scopes, scope)]
