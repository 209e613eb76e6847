"""Reminds customers of their meetings and writes to them afterwards: each once, as the meeting is at that moment.

Whatever books, moves, cancels or ends a meeting leaves a plan behind in the same transaction (migrations/0020): what
there is to send is worked out from it here, and worked out again when the meeting or the rules change. A message and
the row that says that it was sent are one transaction; what was planned for another time is never sent.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from channels.base import Window
from gateway import observe
from gateway.booking import reminder_words as words
from gateway.booking.meeting import span_of
from gateway.booking.reminder_times import LATEST_AFTER, LEAST_AHEAD, Due, follows_at, reminds_at, still, zone_for
from gateway.booking.rules import FollowUp, Reminder, Rules, parse
from gateway.booking.words import Address, written
from gateway.bus import Bus
from gateway.db import Pool, Row, queries, retry_clash
from gateway.drafts import Cuts
from gateway.events.mail import Mailer, MailFailed
from gateway.ids import new
from gateway.window import may_send
from gateway.worker import Worker

SQL = queries(__file__)
LEASE_SECONDS = 90.0  # longer than a letter takes
TURN_SECONDS = 3.0
MAIL_SECONDS, MAIL_TRIES = 60.0, 12
VISIT = timedelta(hours=24)  # after so long nobody looks at the window of a web page any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One message before or after a meeting, and when it is due."""

    kind: str
    minutes: int
    rule: str
    due: Due


class Reminders(Worker):
    """Plans what is to be sent of meetings, and sends it. Platforms are the keys of `cuts` and `windows`."""

    topic = "meetings"

    def __init__(
        self, pool: Pool, bus: Bus, cuts: Mapping[str, Cuts], windows: Mapping[str, Window], mailer: Mailer | None, *,
        owner: str, address: Address | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        capacity: int = 8,
    ) -> None:  # fmt: skip
        super().__init__(bus, capacity=capacity)
        self._pool = pool
        self._cuts = cuts
        self._windows = windows
        self._mailer = mailer
        self._owner = owner
        self._address = address
        self._clock = clock

    async def recover(self) -> None:
        await self._pool.execute(SQL["free"], self._owner)

    async def claim(self, limit: int) -> Sequence[asyncpg.Record]:
        return await retry_clash(lambda: self._pool.fetch(SQL["claim"], self._owner, LEASE_SECONDS, limit))

    async def next_due(self) -> float | None:
        due: float | None = await self._pool.fetchval(SQL["next_due"])
        return due

    async def keep(self) -> None:
        """A lease is longer than anything here takes, so it needs no renewal."""
        await asyncio.Event().wait()

    async def work(self, claim: asyncpg.Record) -> None:
        if claim["kind"] == "plan":
            await retry_clash(lambda: self._plan(claim))
        else:
            await self._look(claim)

    async def _plan(self, claim: Row) -> None:
        meeting = (claim["user_id"], claim["meeting_id"])
        async with self._pool.acquire() as db, db.transaction():
            await db.execute(SQL["hold"], *meeting)
            about = await db.fetchrow(SQL["about"], *meeting)
            # One on its way elsewhere is planned when it stands, there or where it was.
            if about is not None and about["state"] != "moving":
                wanted = plans(about, claim["since"])
                kinds, minutes = [one.kind for one in wanted], [one.minutes for one in wanted]
                await db.execute(SQL["end_others"], *meeting, about["meeting_time"], kinds, minutes)
                await db.execute(
                    SQL["put"], *meeting, [new("rmd") for _ in wanted], kinds, minutes, about["meeting_time"],
                    [one.rule for one in wanted], [one.due.at for one in wanted], [one.due.why for one in wanted],
                )  # fmt: skip
            await db.execute(SQL["planned"], *_key(claim))

    async def _look(self, claim: Row) -> None:
        """Sends what is due, unless it is not wanted any more or may not be sent now."""
        about = await self._pool.fetchrow(SQL["about"], claim["user_id"], claim["meeting_id"])
        if about is None or about["state"] in ("moving", "booking"):
            await self._run("rest", *_key(claim), TURN_SECONDS)
            return
        rules = rules_of(about)
        if rules is None or not _wanted(claim, about):
            await self._run("skip", *_key(claim), "ended", "")
            return
        if about["no_show"]:
            await self._run("skip", *_key(claim), "skipped", "no_show")
            return
        zone, now = zone_of(about, rules), self._clock()
        due = still(now, _latest(claim, about), zone=zone, quiet=rules.quiet_hours)
        if due.at is None:
            await self._skip(claim, about, due.why)
        elif due.at > now:
            await self._run("put_off", *_key(claim), due.at)
        elif about["talking"]:
            await self._run("rest", *_key(claim), TURN_SECONDS)
        else:
            await self._send(claim, about, zone, now)

    async def _send(self, claim: Row, about: Row, zone: ZoneInfo, now: datetime) -> None:
        rule = _rule(claim)
        via, why = way(about, rule, self._windows[about["platform"]], self._mailer is not None, now)
        if not via:
            await self._skip(claim, about, why)
        elif via == "mail" and self._mailer is not None:
            await self._mail(self._mailer, claim, about, zone, now)
        else:
            await self._say(claim, about, via, self._message(claim, about, rule, via, zone))

    def _message(self, claim: Row, about: Row, rule: Reminder | FollowUp, via: str, zone: ZoneInfo) -> dict[str, Any]:
        cuts = self._cuts[about["platform"]]
        # A text message is paid by its length; who got it can answer it.
        address = self._address(about) if self._address and about["platform"] != "sms" else ""
        if isinstance(rule, FollowUp):
            message, chosen = words.follow_up(about, rule.text, cuts), []
        else:
            message = words.reminder(about, claim["reminder_id"], zone, cuts, address)
            chosen = words.options(claim["reminder_id"], words.language_of(about))
        if via == "template" and rule.template is not None:
            return words.template(about, rule.template, message["text"], zone, cuts, chosen)
        return message

    async def _say(self, claim: Row, about: Row, via: str, message: Mapping[str, Any]) -> None:
        values = (*_key(claim), about["updated_at"], via, about["platform"], written(message))
        number = await retry_clash(lambda: self._pool.fetchval(SQL["remind"], *values))
        if not number:
            # The meeting changed in this moment, or a turn began that may change it.
            await self._run("rest", *_key(claim), TURN_SECONDS if number is None else 0.0)
            return
        self._bus.publish("outbox")
        self._bus.publish(f"conversation:{about['conversation_id']}")
        observe.log.info("reminded", meeting=about["meeting_id"], kind=claim["kind"], via=via)

    async def _mail(self, mailer: Mailer, claim: Row, about: Row, zone: ZoneInfo, now: datetime) -> None:
        address = self._address(about) if self._address else ""
        letter = words.letter(about, claim["reminder_id"], zone, mailer.sender, address, now)
        try:
            await mailer.send(letter)
        except MailFailed as error:
            observe.log.warning("reminder_not_mailed", meeting=about["meeting_id"], code=error.code)
            if error.later and claim["tries"] < MAIL_TRIES:
                await self._run("rest", *_key(claim), MAIL_SECONDS * 2.0 ** min(claim["tries"], 5))
            else:
                await self._skip(claim, about, "mail_refused")
            return
        await self._run("mailed", *_key(claim))
        observe.log.info("reminded", meeting=about["meeting_id"], kind=claim["kind"], via="mail")

    async def _skip(self, claim: Row, about: Row, why: str) -> None:
        """Puts a reminder away. What the owner can do something about, he is told."""
        values = (*_key(claim), "skipped", why)
        skipped = await retry_clash(lambda: self._pool.fetchval(SQL["skip"], *values))
        if skipped is not None and why in ("window_closed", "mail_refused"):
            cause = why if why == "mail_refused" else ""
            detail = {"meeting_id": about["meeting_id"], "kind": claim["kind"], "cause": cause}
            subject = about["ruling_agent"] or ""
            await self._run("alert", claim["user_id"], subject, json.dumps(detail))

    async def _run(self, name: str, *values: object) -> None:
        await retry_clash(lambda: self._pool.execute(SQL[name], *values))


def plans(about: Row, made: datetime) -> list[Plan]:
    """What there is to send of a meeting by the rules of its agent; `made` is when it was arranged as it is."""
    rules = rules_of(about)
    if rules is None:
        return []
    about_time: dict[str, Any] = {"zone": zone_of(about, rules), "quiet": rules.quiet_hours}
    begins, ends = span_of(about)
    if about["state"] == "scheduled":
        return [
            Plan(
                kind="reminder", minutes=one.before_minutes, rule=one.model_dump_json(),
                due=reminds_at(begins, one.before_minutes, made=made, **about_time),
            )
            for one in rules.reminders
        ]  # fmt: skip
    after = rules.follow_up
    if about["state"] != "completed" or after is None:
        return []
    due = follows_at(ends, after.after_minutes, **about_time)
    return [Plan(kind="follow_up", minutes=after.after_minutes, rule=after.model_dump_json(), due=due)]


def way(about: Row, rule: Reminder | FollowUp, window: Window, mails: bool, now: datetime) -> tuple[str, str]:
    """How a customer can be reached now: chat, template, mail, or "" and why not (opted_out, window_closed)."""
    if about["barred"]:
        return "", "opted_out"
    mails = mails and bool(about["customer_email"]) and isinstance(rule, Reminder)
    last = about["last_inbound_at"]
    if about["platform"] == "webchat" and mails and (last is None or now - last > VISIT):
        return "mail", ""
    verdict = may_send(window, kind="choices", by_human=False, last_inbound_at=last, barred=False, now=now)
    if verdict.allowed:
        return "chat", ""
    if "template" in verdict.instead and rule.template is not None and not about["barred_template"]:
        return "template", ""
    return ("mail", "") if mails else ("", verdict.reason)


def rules_of(about: Row) -> Rules | None:
    """The rules of the agent of a meeting; None where it has none that can be read."""
    try:
        return parse(json.loads(about["booking"])) if about["booking"] else None
    except ValueError:
        observe.log.warning("rules_unreadable", agent=about["ruling_agent"])
        return None


def zone_of(about: Row, rules: Rules) -> ZoneInfo:
    """The customer's zone, as far as it is known; else the agent's."""
    return zone_for(about["phone"], rules.tz, about["meeting_time"]) if about["phone"] else rules.tz


def _rule(claim: Row) -> Reminder | FollowUp:
    kind = Reminder if claim["kind"] == "reminder" else FollowUp
    return kind.model_validate_json(claim["rule"])


def _wanted(claim: Row, about: Row) -> bool:
    stands = "scheduled" if claim["kind"] == "reminder" else "completed"
    return bool(about["state"] == stands and about["meeting_time"] == claim["for_time"])


def _latest(claim: Row, about: Row) -> datetime:
    begins, ends = span_of(about)
    if claim["kind"] == "reminder":
        return begins - LEAST_AHEAD
    return ends + timedelta(minutes=claim["minutes"]) + LATEST_AFTER


def _key(claim: Row) -> tuple[str, str, int]:
    return claim["user_id"], claim["reminder_id"], claim["fence"]
