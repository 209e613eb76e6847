"""Search by words: eight languages, any text, and never another business."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.api.knowledge import NewEntry, stored
from gateway.db import Connection, Pool
from gateway.ids import new
from gateway.knowledge import ASKED_LIMIT, SQL, configuration, search, words
from tests.business import Business

ASKED: dict[str, tuple[str, str, str, str]] = {
    "a stem": ("en", "Where can I park?", "Behind the house.", "is there parking near you?"),
    "one word of many": ("en", "Cards", "We take cards and cash.", "hello, can someone tell me about cash please"),
    "a name": ("en", "Who is the dentist?", "Dr Wojciechowska", "is wojciechowska in today"),
    "a price": ("en", "Price", "It costs 3.50 euros", "why is it 3.50"),
    "a clock": ("en", "Hours", "We are open 24/7", "really 24/7?"),
    "an address": ("en", "Mail", "Write to info@example.com", "info@example.com bounced"),
    "a model": ("en", "Devices", "The B-12 is out of stock", "have you got the B-12"),
    "es accent": ("es", "Horario de atención", "De lunes a viernes", "horario atencion"),
    "es punctuation": ("es", "¿Estacionamiento?", "Detrás del edificio", "estacionamiento"),
    "pt without accents": ("pt", "Horários", "Das nove às cinco", "quais os horarios"),
    "pt stem": ("pt", "Informações", "Ligue para nós", "uma informação por favor"),
    "de capitals": ("de", "Sprechstunde", "Ärzte sind da", "ÄRZTE"),
    "de sharp s": ("de", "Anfahrt", "Hauptstraße 5", "HAUPTSTRASSE"),
    "de compound": ("de", "Öffnungszeiten", "Von neun bis fünf", "Wie sind die Öffnungszeiten?"),
    "fr without accents": ("fr", "École", "Les élèves entrent à l’arrière", "eleve"),
    "fr apostrophe": ("fr", "L’eau", "L'eau est gratuite", "il y a de l'eau ?"),
    "sv capitals without accents": ("sv", "Öppettider", "Vi har öppet", "NÄR ÄR DET OPPET"),
    "ar punctuation": ("ar", "أين الموقف؟", "خلف المبنى", "موقف السيارات"),
    "ar hamza": ("ar", "الأسعار", "مئة", "الاسعار"),
    "ar digits": ("ar", "الساعات", "نفتح في 24", "٢٤"),
    "hi": ("hi", "पार्किंग कहाँ है", "घर के पीछे मुफ़्त", "क्या पार्किंग है?"),
    "hi plural": ("hi", "किताबें", "दुकान में", "किताब"),
    "taken apart": ("fr", "Caf\u00e9", "Du matin au soir", "cafe\u0301"),
    "soft hyphen": ("en", "Ortho\u00addontics", "On Mondays", "orthodontics"),
    "another language": ("de", "Wer ist da?", "Frau Wojciechowska", ""),
}
OTHERS = ("Unrelated", "Nothing of interest stands here.")
SAYS_NOTHING = (
    "", " ", "\n\t", "?!", "...", "👍", "👍🏽 ❤️", "1️⃣", "the", "and the of", "I'll", "don't", "we've", "\x00", "'", "\\",
    "&", "|", "!", ":*", "<->", "a | b & !c", "( )", "\u200b", "\ufe0f", "\u0301", "\ud800",
)  # fmt: skip
OPERATORS = st.sampled_from([*"&|!()<>:*'\"\\\x00%_$-", "<->", ":*", ":A", "''", "\\'", "parking", "\ud800"])


async def add(db: Pool | Connection, user_id: str, question: str, text: str, language: str = "en") -> str:
    entry = NewEntry.model_validate({"question": question, "text": text, "language": language})
    entry_id = new("knw")
    await db.execute(*stored(user_id, entry_id, entry))
    return entry_id


async def found(db: Pool | Connection, user_id: str, text: str, language: str = "en") -> list[str]:
    return [passage.entry_id for passage in await search(db, user_id, text, language)]


@pytest.mark.parametrize("name", [name for name, row in ASKED.items() if row[3]])
async def test_a_customers_sentence_finds_the_entry(pool: Pool, business: Business, name: str) -> None:
    language, question, text, asked = ASKED[name]
    await add(pool, business.user_id, *OTHERS, language)
    entry = await add(pool, business.user_id, question, text, language)
    assert await found(pool, business.user_id, asked, language) == [entry]


async def test_a_name_is_found_from_another_language(pool: Pool, business: Business) -> None:
    entry = await add(pool, business.user_id, *ASKED["another language"][1:3], "de")
    for language in ("en", "es", "pt", "fr", "sv", "ar", "hi", "xx", "pt-BR", ""):
        assert await found(pool, business.user_id, "Wojciechowska", language) == [entry], language


@pytest.mark.parametrize("asked", SAYS_NOTHING, ids=ascii)
async def test_what_asks_nothing_finds_nothing(pool: Pool, business: Business, asked: str) -> None:
    await add(
        pool, business.user_id, "The 1 and only", "We'll be there. Don't wait, we've got time, and the rest of it."
    )
    assert await found(pool, business.user_id, asked) == []


@pytest.mark.parametrize(
    ("language", "asked"), [("pt", "não"), ("pt", "nao"), ("de", "für"), ("es", "¿dónde"), ("hi", "है")]
)
async def test_words_that_say_nothing_are_not_looked_up(
    pool: Pool, business: Business, language: str, asked: str
) -> None:
    await add(pool, business.user_id, "não für ¿Dónde?", "है", language)
    assert await found(pool, business.user_id, asked, language) == []


async def test_the_question_weighs_more_and_more_words_weigh_more(pool: Pool, business: Business) -> None:
    in_text = await add(pool, business.user_id, "Getting here", "There is parking.")
    in_question = await add(pool, business.user_id, "Is there parking?", "Behind the house.")
    both = await add(pool, business.user_id, "Is parking cheap?", "It is cheap.")
    assert await found(pool, business.user_id, "cheap parking") == [both, in_question, in_text]


async def test_no_more_than_asked_for(pool: Pool, business: Business) -> None:
    for n in range(7):
        await add(pool, business.user_id, f"Parking {n}", "Yes")
    assert len(await search(pool, business.user_id, "parking", "en")) == 5
    (one,) = await search(pool, business.user_id, "parking", "en", limit=1)
    assert (one.question, one.text, one.source) == ("Parking 0", "Yes", "")
    assert one.rank > 0


async def test_a_business_finds_its_own_alone(pool: Pool, business: Business) -> None:
    other = await Business.create(pool)
    await add(pool, other.user_id, "Parking", "Theirs")
    assert await found(pool, business.user_id, "parking") == []


async def test_a_server_without_the_language_takes_plain_words(pool: Pool, business: Business) -> None:
    entry = NewEntry(question="Parkings", text="Yes")
    statement, *values = stored(business.user_id, new("knw"), entry)
    values[values.index("english")] = "klingon"
    await pool.execute(statement, *values)
    for asked, count in (("parkings", 1), ("parking", 0)):
        rows = await pool.fetch(SQL["search"], business.user_id, *words(asked), "klingon", 5)
        assert len(rows) == count


async def test_every_language_has_a_configuration(pool: Pool) -> None:
    names = {row["cfgname"] for row in await pool.fetch("select cfgname from pg_ts_config")}
    assert {configuration(code) for code in ("en", "es", "pt", "de", "fr", "sv", "ar", "hi")} <= names


@pytest.fixture
async def crowd(pool: Pool, business: Business) -> Pool:
    """Four hundred businesses that know the same, and a large one, whose rows alone a word looks rarer than."""
    await pool.execute(
        "insert into users (user_id, email) select 'usr_' || n, n || '@x' from generate_series(1, 400) n"
    )
    many = (
        "insert into knowledge (user_id, entry_id, text, words) select {user}, 'k' || n || '_' || m, 'Parking ' || m, "
        "to_tsvector('english', 'Parking ' || m) from generate_series(1, {users}) n, generate_series(1, {each}) m"
    )
    await pool.execute(many.format(user="'usr_' || n", users=400, each=40))
    await pool.execute(many.format(user=f"'{business.user_id}'", users=1, each=2000))
    await pool.execute("vacuum analyze knowledge")  # before that the index of words looks dear, and is never chosen
    return pool


def scans(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes of a plan that touch rows or indexes of knowledge."""
    mine = [plan] if plan.get("Relation Name") == "knowledge" or "knowledge" in plan.get("Index Name", "") else []
    return mine + [node for child in plan.get("Plans", []) for node in scans(child)]


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("size", ["large", "small"])
async def test_rows_of_others_are_not_looked_at(crowd: Pool, business: Business, mode: str, size: str) -> None:
    user_id, own = (business.user_id, 2000) if size == "large" else ("usr_7", 40)
    async with crowd.acquire() as connection, connection.transaction():
        await connection.execute(f"set local plan_cache_mode = {mode}")
        await connection.execute(f"prepare asked as {SQL['search']}")
        call = f"execute asked('{user_id}', '{{parking}}', '{{parking}}', 'english', 5)"
        explained = await connection.fetchval(f"explain (analyze, format json) {call}")
        await connection.execute("deallocate asked")
    nodes = scans(json.loads(explained)[0]["Plan"])
    assert nodes
    for node in nodes:
        passed = sum(value for name, value in node.items() if name == "Actual Rows" or name.startswith("Rows Removed"))
        assert passed * node["Actual Loops"] <= own, node


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_text_is_too_strange(pool: Pool, business: Business, data: st.DataObject) -> None:
    strange = st.lists(st.one_of(st.text(st.characters(exclude_categories=[])), OPERATORS), max_size=12).map(" ".join)
    language = data.draw(st.sampled_from(["en", "es", "pt", "de", "fr", "sv", "ar", "hi", "xx"]))
    asked = data.draw(strange)
    await search(pool, business.user_id, asked, language)
    cut = words(asked)
    assert len(cut.written) == len(cut.bare)
    assert all(cut.written)
    assert all(cut.bare)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_characters="\x00"), max_size=300).filter(lambda text: words(text).written))
async def test_whatever_is_stored_in_plain_words_finds_itself(pool: Pool, business: Business, text: str) -> None:
    await pool.execute("delete from knowledge")
    await pool.execute(*stored(business.user_id, "knw_1", NewEntry(question=text, text="-x-")))
    stop = await pool.fetchval("select words = '' from knowledge")
    assert await found(pool, business.user_id, text) == ([] if stop else ["knw_1"])


@pytest.mark.parametrize(
    "asked", ["x" * 50_000, "parking " * 10_000, "\u0301" * 5_000, "a" + "\u0301" * 5_000, "🙂" * 9_000]
)
async def test_a_long_text_is_cut(pool: Pool, business: Business, asked: str) -> None:
    entry = await add(pool, business.user_id, "Parking", "Yes")
    assert await found(pool, business.user_id, asked) == ([entry] if "parking" in asked else [])
    assert len(asked) > ASKED_LIMIT
