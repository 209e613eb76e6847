"""Every table is accounted for: what a new one holds of a person is exported and erased, or it says why not."""

from __future__ import annotations

from gateway.db import Pool
from gateway.rights.erase import OF_CONVERSATION
from gateway.rights.erase import SQL as ERASE
from gateway.rights.export import SQL as EXPORT
from tests.gateway.rights.person import found

# Erased with something else: the row that it hangs on, or a step of its own.
WITH = {
    "contacts": "contacts", "contact_merges": "merges", "customers": "customers", "customer_aliases": "stop",
    "consent_ledger": "ledger", "asides": "asides", "envelopes": "remove", "provider_orphans": "transcripts",
    "system_alerts": "of_alerts", "event_deliveries": "of_events", "meeting_reminders": "of_meetings",
    "opt_outs": "customers", "message_search": "of_messages", "conversation_search": "of_conversations",
    "inbox": "of_conversations", "first_answers": "of_conversations", "conversation_reads": "of_conversations",
    "rights_items": "certify", "rights_jobs": "certify", "blob_holds": "stop", "parked_statuses": "of_parked_statuses",
    "early_amendments": "of_early_amendments", "held_echoes": "of_held_echoes",
}  # fmt: skip
# Erased, and not a person's to read: how we find things again, or said elsewhere in the export.
UNREAD = {
    "early_amendments", "parked_statuses", "provider_orphans", "envelopes", "message_search", "conversation_search",
    "inbox", "first_answers", "conversation_reads", "rights_items", "rights_jobs", "blob_holds",
}  # fmt: skip
EXEMPT = {
    "schema_migrations": "what was applied to the database",
    "users": "the business itself", "people": "members, who are no customers", "members": "who may sign in",
    "sessions": "members' sessions", "invitations": "to members", "person_tokens": "members' letters",
    "sign_in_tries": "hashes of members' addresses", "api_keys": "the business's keys",
    "oauth_states": "members' visits", "hook_challenges": "when a provider asked whether a webhook is ours",
    "phone_numbers": "the business's numbers", "routes": "the business's numbers", "number_templates": "templates",
    "number_pauses": "how a number is", "channel_health": "how a number is", "hook_failures": "webhooks nobody proved",
    "number_hours": "counts of messages by the hour",
    "prompts": "the business's", "prompt_versions": "the business's", "agents": "the business's",
    "knowledge": "the business's", "links": "the business's", "http_tools": "the business's",
    "lead_settings": "the business's", "webhook_endpoints": "the business's", "mail_recipients": "the business's",
    "calendar_channels": "how Google says that a calendar changed", "google_calendar_tokens": "the owner's account",
    "calendar_syncs": "how far a calendar was followed",
    "credits": "the balance", "credit_ledger": "charges by the id of a turn that is gone",
    "rehearsals": "which version was tried, and when",
    "conversation_archives": "counts of a relink", "alert_types": "texts of alerts",
    "audit_log": "ids and names of fields, never what a customer said or is called",
    "inbox_state": "where the writer of the inbox stands", "inbox_touched": "ids, for seconds",
    "message_counts": "counts by the quarter of an hour",
    "api_answers": "sealed, and gone after a day",
    "privacy_settings": "the business's", "privacy_peppers": "the secret of the hashes",
    "suppressions": "hashes alone: who said stop is not written to again",
    "consent_proofs": "hashes alone: the proof of what was allowed",
    "erasure_certificates": "counts: that somebody was erased",
}  # fmt: skip


async def test_each_table_is_erased_or_says_why_not(pool: Pool) -> None:
    tables = {
        row[0]
        for row in await pool.fetch(
            "select table_name from information_schema.tables "
            "where table_schema = 'public' and table_type = 'BASE TABLE'"
        )
    }
    erased = set(OF_CONVERSATION) - {"alerts"} | set(WITH)
    assert tables - erased - set(EXEMPT) == set(), "list these in gateway/rights/erase.sql and export.sql, or in EXEMPT"
    assert erased & set(EXEMPT) == set()
    assert erased - tables == set()
    assert set(WITH.values()) <= set(ERASE)
    assert {f"of_{name}" for name in OF_CONVERSATION} <= set(ERASE)
    assert erased - UNREAD - set(EXPORT) == set(), "these are erased and not exported"
    assert set(EXPORT) <= erased


async def test_whatever_points_to_a_conversation_is_erased_with_it(pool: Pool) -> None:
    """A column named like the id of something of a customer, in a table that says it holds nothing of any."""
    rows = await pool.fetch(
        """
        select distinct table_name from information_schema.columns
        where table_schema = 'public' and column_name in ('conversation_id', 'customer_id', 'contact_id',
            'customer_phone', 'message_id', 'meeting_id', 'customer_email', 'customer_name')
        """
    )
    tables = {row[0] for row in rows} - {"message_delivery_status"}
    assert tables & set(EXEMPT) == {"inbox_touched", "erasure_certificates"}


async def test_the_search_itself_finds(pool: Pool, tmp_path: object) -> None:
    await pool.execute("insert into users (user_id, email) values ('usr_1', 'zetterqvist@example.com')")
    assert await found(pool, tmp_path, ["zetterqvist"]) == ["users: b'zetterqvist'"]  # type: ignore[arg-type]
