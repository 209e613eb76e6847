"""Each type of alert, raised the way it is raised in life, and over by itself when what was wrong is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from agents.errors import BadRequest, KeyRejected, ModelUnavailable, QuotaExhausted
from agents.types import Bubble, ModelCall, Reply
from channels import ENDPOINTS
from channels.base import Hook, Notice, Unreadable
from channels.errors import Refused, SendFailed
from channels.meta import Meta
from gateway import files, outbox, tokens
from gateway.bus import Bus
from gateway.channel_health import ChannelHealth
from gateway.db import Pool
from gateway.ids import new
from gateway.intake import Envelope, Intake, settle_asides
from gateway.replay import Replay
from tests.actor import play, say
from tests.business import Business
from tests.gateway.alerts.alarm import alerts, look, message
from tests.gateway.test_outbox import Line, reply, sending, settled
from tests.providers import change, whatsapp


@dataclass
class Scene:
    """A business, its health notes, and what happened to it."""

    business: Business
    health: ChannelHealth
    customers: int = field(default=0)

    @property
    def pool(self) -> Pool:
        return self.business.pool

    async def run(self, statement: str, *more: object) -> None:
        """Runs a statement with the business and its number as $1 and $2."""
        await self.pool.execute(statement, self.business.user_id, self.business.number.id, *more)

    async def token(self, days: float) -> None:
        key = (self.business.user_id, self.business.number.id)
        await self.pool.execute(tokens.SQL["renewed"], *key, "sealed", days * 86400)

    async def refused(self) -> None:
        self.health.refused(self.business.user_id, self.business.number.id, "190 expired")
        await self.health.flush()

    async def heard(self) -> None:
        self.health.heard("whatsapp", self.business.number.address, inbound=True)
        await self.health.flush()

    async def doubted(self) -> None:
        body = b'{"metadata": {"phone_number_id": "%s"}}' % self.business.number.address.encode()
        self.health.rejected("meta", "https://desk.example.com/webhooks/meta", ["s"], "the signature is wrong", body)
        await self.health.flush()

    async def used_to_hear(self, weeks: int = 3, hours: tuple[int, ...] = tuple(range(24)), silent: int = 30) -> None:
        """Customers wrote in these hours of each day for weeks, and then no more for some hours."""
        await self.run(
            "update phone_numbers set created_at = now() - interval '60 days' where user_id = $1 and id = $2"
        )
        now = datetime.now(UTC)
        times = [now - timedelta(hours=h) for h in range(silent, 24 * 7 * weeks)]
        times = [at for at in reversed(times) if at.hour in hours]
        await self.run("select note_hour($1, $2, t) from unnest($3::timestamptz[]) t", times)
        await self.heard()
        await self.run(
            "update channel_health set last_inbound_at = $3 where user_id = $1 and phone_number_id = $2", times[-1]
        )
        hour = "delete from number_hours where user_id = $1 and phone_number_id = $2 and hour = hours_of(now()) % 168"
        await self.run(hour)

    async def turn(self, answer: object, replies: int = 1) -> None:
        """A turn, at once: the agent fails, or says something, having asked the model."""
        if isinstance(answer, str):
            answer = Reply(messages=(Bubble(text=answer),), calls=(ModelCall(model="m"),))
        await self.pool.execute("update conversations set due_at = now() where due_at is not null")
        await play(self.business, lambda _: answer, replies=replies)

    async def spend(self, delta: int) -> None:
        await self.run("insert into credit_ledger select user_id, $3, $4, 'x' from phone_numbers where id = $2 and "
                       "user_id = $1", new("ent"), delta)  # fmt: skip

    async def sends(self, *answers: SendFailed | None) -> None:
        """One message to as many customers, each with its fate."""
        line = Line(answers=list(answers))
        before = await self.pool.fetchval("select count(*) from message_parts")
        for _ in answers:
            self.customers += 1
            await reply(self.business, [f"{self.customers}"], customer=f"467{self.customers}")
        async with sending(self.pool, line) as box:
            await settled(self.pool, before + len(answers))
            await box._health.flush()

    async def template(self, answer: SendFailed | None) -> None:
        """A template to a customer of his own."""
        self.customers += 1
        await reply(self.business, [f"{self.customers}"], customer=f"467{self.customers}")
        await self.run(
            "update message_parts set kind = 'template', content = '{\"name\": \"greeting\"}' "
            "where state = 'queued' and user_id = $1 and phone_number_id = $2"
        )
        line = Line(answers=[answer])
        async with sending(self.pool, line):
            await settled(self.pool, self.customers)

    async def pause(self, minutes: int) -> None:
        """A pause that has lasted so long, renewed every minute."""
        key = (self.business.user_id, self.business.number.id)
        for ago in range(minutes, -1, -1):
            await self.pool.execute(outbox.SQL["pause"], *key, 60.0, "130429 too fast")
            if ago:
                await self.run(
                    "update number_pauses set since = since - interval '1 minute', until = until - interval '1 minute' "
                    "where user_id = $1 and phone_number_id = $2"
                )

    async def says_of_number(self, event: str) -> None:
        number = self.business.number.address
        notice = Notice(platform="whatsapp", number=number, topic="quality", detail={"event": event})
        await Intake(self.pool, Bus()).store(Envelope(events=[notice]))
        await settle_asides(self.pool)

    async def meeting(self, state: str, tries: int) -> None:
        await say(self.business, "hi")
        await self.pool.execute("delete from meetings")
        await self.pool.execute(
            "insert into meetings (user_id, meeting_id, conversation_id, google_event_id, title, meeting_time, status, "
            "state, tries) select user_id, 'mtg_1', conversation_id, 'm1', 'Check-up', now(), 'scheduled', $1, $2 "
            "from conversations limit 1", state, tries,
        )  # fmt: skip

    async def file(self, state: str) -> None:
        """A file of a customer, and what became of it."""
        key = (self.business.user_id, new("med"))
        await self.pool.execute(
            "insert into media (user_id, media_id, phone_number_id, kind) values ($1, $2, $3, 'image')",
            *key, self.business.number.id,
        )  # fmt: skip
        if state == "ready":
            await self.pool.execute(files.SQL["ready"], *key, "a" * 64, 1, "image/png", "a.png", False)
        else:
            await self.pool.execute(files.SQL["problem"], *key, state, "HTTP 401", 0.0)

    async def linked(self, linked: bool) -> None:
        await self.run("update agents set phone_number_id = case when $3 then $2 end where user_id = $1", linked)

    async def comes_in(self) -> None:
        """A webhook with a message."""
        body = whatsapp(change(self.business.number.address, messages=[("w1", "4670", "hi")]))
        events = Meta().translate(Hook(method="POST", url="", headers={}, query={}, body=body))
        await Intake(self.pool, Bus()).store(Envelope(endpoint="meta", url="u", body=body, events=events))


Does = Callable[[Scene], Awaitable[object]]


async def nothing(_scene: Scene) -> None:
    """Only time passes."""


def does(*steps: Does) -> Does:
    async def all_of_them(scene: Scene) -> None:
        for step in steps:
            await step(scene)

    return all_of_them


def sql(statement: str) -> Does:
    return lambda scene: scene.pool.execute(statement)


HOLD = "update conversations set parked_since = now() - interval '6 minutes', parks = 1"
CASES: dict[tuple[str, str], tuple[Does, Does]] = {
    ("token_dying", ""): (lambda s: s.token(3), lambda s: s.token(60)),
    ("token_dying", "expired"): (lambda s: s.token(-1), lambda s: s.token(60)),
    ("token_dying", "refused"): (lambda s: s.refused(), lambda s: s.token(60)),
    ("credits_low", ""): (lambda s: s.spend(-920), lambda s: s.spend(500)),
    ("credits_out", ""): (lambda s: s.spend(-1000), lambda s: s.spend(500)),
    ("channel_silent", ""): (lambda s: s.used_to_hear(), lambda s: s.heard()),
    ("channel_silent", "never"): (
        sql("update phone_numbers set created_at = now() - interval '25 hours'"),
        lambda s: s.heard(),
    ),
    ("webhook_signature_wrong", ""): (lambda s: s.doubted(), lambda s: s.heard()),
    ("model_down", ""): (
        does(lambda s: s.turn(ModelUnavailable("server_error")), sql(HOLD)),
        does(sql("update conversations set parks = 0, parked_since = null"), lambda s: s.turn("Hello", 2)),
    ),
    ("model_quota", ""): (lambda s: s.turn(QuotaExhausted("q")), lambda s: s.turn("Hello", 2)),
    ("model_key_refused", ""): (lambda s: s.turn(KeyRejected("k")), lambda s: s.turn("Hello", 2)),
    ("agent_broken", ""): (
        lambda s: s.turn(BadRequest("unknown_parameter")),
        does(sql("update conversations set owner = 'agent'"), lambda s: s.turn("Hello", 2)),
    ),
    ("sends_failing", ""): (
        lambda s: s.sends(*[Refused("no", code="131000")] * 4, None),
        sql("update message_parts set updated_at = now() - interval '2 hours'"),
    ),
    ("template_missing", ""): (
        lambda s: s.template(Refused("no such template", code="132001")),
        lambda s: s.template(None),
    ),
    ("number_paused", ""): (lambda s: s.pause(7), sql("update number_pauses set until = now() - interval '2 minutes'")),
    ("number_quality", ""): (lambda s: s.says_of_number("FLAGGED"), lambda s: s.says_of_number("UNFLAGGED")),
    ("booking_unknown", ""): (lambda s: s.meeting("booking", 3), lambda s: s.meeting("scheduled", 0)),
    ("rules_unreadable", ""): (
        sql('update agents set booking = \'{"zone": "Mars/Base"}\''),
        sql('update agents set booking = \'{"zone": "Europe/Madrid"}\''),
    ),
    ("media_failing", ""): (
        does(*[lambda s: s.file("failed")] * 3),
        lambda s: s.file("ready"),
    ),
    ("messages_parked", "no_agent"): (
        does(lambda s: s.linked(False), lambda s: s.comes_in()),
        does(lambda s: s.linked(True), lambda s: Replay(s.pool, Bus(), Intake(s.pool, Bus()), ENDPOINTS).once()),
    ),
    ("loop", ""): (
        does(lambda s: say(s.business, "hi"), sql("select hold_turn(c, 'loop') from conversations c")),
        sql("update conversations set owner = 'agent'"),
    ),
    ("spend_cap", ""): (
        does(lambda s: say(s.business, "hi"), sql("select hold_turn(c, 'spend_cap') from conversations c")),
        sql("update system_alerts set last_at = now() - interval '1 day'"),
    ),
}
QUIET: dict[str, Does] = {
    "a token that lasts": lambda s: s.token(8),
    "credits above the line": lambda s: s.spend(-850),
    "nobody writes at night": lambda s: s.used_to_hear(hours=((datetime.now(UTC).hour - 20) % 24,)),
    "a number without a past": lambda s: s.used_to_hear(weeks=1),
    "a silence of two hours": lambda s: s.used_to_hear(silent=2),
    "one customer who can't be reached": lambda s: s.sends(Refused("no", code="131026"), None, None, None),
    "a number that was added today": nothing,
    "a turn that was put off a minute ago": lambda s: s.turn(ModelUnavailable("server_error")),
    "a pause of two minutes": lambda s: s.pause(2),
    "two files that were gone": does(*[lambda s: s.file("expired")] * 2),
    "a booking that is tried again": lambda s: s.meeting("booking", 1),
    "a stranger's webhook, answered by a true one": does(lambda s: s.doubted(), lambda s: s.heard()),
    "another message failed than the template": lambda s: s.template(Refused("no", code="131026")),
}


@pytest.fixture
async def scene(business: Business, pool: Pool) -> Scene:
    business.number = replace(business.number, address="10665550123")
    await pool.execute("update phone_numbers set meta_phone_number_id = '10665550123'")
    return Scene(business, ChannelHealth(pool))


@pytest.mark.parametrize(("what", "wrong", "right"), [(what, *steps) for what, steps in CASES.items()],
                         ids=[" ".join(what).strip() for what in CASES])  # fmt: skip
async def test_it_is_raised_and_ends_by_itself(
    scene: Scene, pool: Pool, what: tuple[str, str], wrong: Does, right: Does
) -> None:
    await wrong(scene)
    other = await Business.create(pool)
    await look(pool)
    assert await alerts(scene.business) == [what]
    said = await message(scene.business)
    assert said.endswith(".")
    assert "{" not in said
    await look(pool)
    assert await alerts(scene.business) == [what]
    await right(scene)
    await look(pool)
    assert await alerts(scene.business) == []
    assert await alerts(scene.business, resolved=True) == [what]
    assert await alerts(other) == await alerts(other, resolved=True) == []


@pytest.mark.parametrize("happens", QUIET.values(), ids=QUIET)
async def test_what_is_ordinary_raises_nothing(scene: Scene, happens: Does) -> None:
    await happens(scene)
    await look(scene.pool)
    assert await alerts(scene.business) == []


async def test_what_is_gone_with_its_number_is_over(scene: Scene, pool: Pool) -> None:
    await scene.token(-1)
    await look(pool)
    await pool.execute("delete from agents")
    await pool.execute("delete from phone_numbers")
    assert await alerts(scene.business) == []


async def test_a_webhook_that_cant_be_read_is_told_to_whom_it_names(scene: Scene, pool: Pool) -> None:
    body = b'{"entry": [{"changes": [{"value": {"metadata": {"phone_number_id": "%s"}}}]}]}' % (
        scene.business.number.address.encode()
    )
    events = [Unreadable(reason="no timestamp")]
    await Intake(pool, Bus()).store(Envelope(endpoint="meta", url="u", body=body, events=events))
    assert await alerts(scene.business) == [("messages_parked", "")]
    await look(pool)
    assert await alerts(scene.business) == [("messages_parked", "")]
    await pool.execute("update envelopes set state = 'done'")
    await look(pool)
    assert await alerts(scene.business) == []


async def test_a_chosen_line_for_credits_holds_after_a_top_up(scene: Scene, pool: Pool) -> None:
    await pool.execute("update credits set low_own = 990, low_at = 990")
    await scene.spend(-20)
    assert await alerts(scene.business) == [("credits_low", "")]
    await scene.spend(5)
    assert await alerts(scene.business) == [("credits_low", "")]
    await scene.spend(500)
    assert await alerts(scene.business) == []
    assert await pool.fetchval("select low_at from credits") == 990
