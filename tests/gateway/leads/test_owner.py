"""Whose a value is: what the customer's own words around it say, in eight languages, and what they do not."""

from __future__ import annotations

import pytest

from gateway.leads.proof import emails, phones, prove
from tests.leads import lines, reading

# what the customer wrote, the field, and the value in it that is his
HIS = [
    ("Hi, I had a great talk with your team, my email is joe@firm.test", "email", "joe@firm.test"),
    ("Sorry for the late reply! joe@firm.test", "email", "joe@firm.test"),
    ("No, it's joe@firm.test", "email", "joe@firm.test"),
    ("Don't call, write to joe@firm.test", "email", "joe@firm.test"),
    ("joe@firm.test is best, or call 070-174 06 05", "email", "joe@firm.test"),
    ("joe@firm.test is best, or call 070-174 06 05", "phone", "+46701740605"),
    ("Our company email is info@shop.test", "email", "info@shop.test"),
    ("I am a parent of two, kim@home.test", "email", "kim@home.test"),
    ("Old customer here: Sara Lind, sara@lind.test", "email", "sara@lind.test"),
    ("I'm Sara Lind, my boss wants a quote by Friday, sara@corp.test", "email", "sara@corp.test"),
    ("My husband and I would like a table. ann@home.test", "email", "ann@home.test"),
    ("Soy Ana Ruiz, mi hermano me dio su número. ana@ruiz.test", "email", "ana@ruiz.test"),
    ("era para una limpieza, mi correo ana@ruiz.test", "email", "ana@ruiz.test"),
    ("Ich bin Eva Kern, mein Mann kommt mit. eva@kern.test", "email", "eva@kern.test"),
    ("Ich war letzte Woche bei Ihnen, Eva Kern, eva@kern.test", "email", "eva@kern.test"),
    ("Nej, jag kan inte på tisdag. nils@ek.test", "email", "nils@ek.test"),
    ("não consegui pelo site, meu email é bia@rocha.test", "email", "bia@rocha.test"),
    ("اسمي ليلى حسن وايميلي layla@bayt.test", "email", "layla@bayt.test"),
    ("मेरा नाम रवि है, ravi@ghar.test", "email", "ravi@ghar.test"),
    ("my old address is gone, it is now new@berg.test", "email", "new@berg.test"),
    ("You have my old number, it is now 070-174 06 05", "phone", "+46701740605"),
    ("Not today. Joe Miller, joe@firm.test", "name", "Joe Miller"),
    ("My friend recommended you. I'm Sara Lind", "name", "Sara Lind"),
    ("Jag heter Nils Ek och min fru heter Eva", "name", "Nils Ek"),
    ("My name is John. This is about my daughter Lily, she is 7", "name", "John"),
    ("Jo", "name", "Jo"),
    ("I work at Lindab now, was at Volvo before", "company", "Lindab"),
]
# what is not: somebody else's, denied, of the past, a company's, part of an address, no name
NOT_HIS = [
    ("cc my assistant: bob@firm.test", "email", "bob@firm.test"),
    ("please copy in Bob, bob@firm.test", "email", "bob@firm.test"),
    ("El invitado se llama Iván Sol, su correo es ivan@sol.test", "email", "ivan@sol.test"),
    ("El invitado se llama Iván Sol", "name", "Iván Sol"),
    ("Mere bhai ka email bhai@ghar.test hai", "email", "bhai@ghar.test"),
    ("un contact, par exemple info@mairie.test", "email", "info@mairie.test"),
    ("That is not bob@firm.test", "email", "bob@firm.test"),
    ("meine Adresse ist nicht info@firma.test", "email", "info@firma.test"),
    ("bob@firm.test is not mine", "email", "bob@firm.test"),
    ("هذا ليس bob@firm.test", "email", "bob@firm.test"),
    ("joe@old.test no longer works", "email", "joe@old.test"),
    ("l'adresse ancienne c'était luc@vieux.test", "email", "luc@vieux.test"),
    ("o antigo era rui@velha.test", "email", "rui@velha.test"),
    ("mein altes Handy, die alte Nummer 070-174 06 05", "phone", "+46701740605"),
    ("I'm not Tom Berg", "name", "Tom Berg"),
    ("ich bin nicht Tom Berg", "name", "Tom Berg"),
    ("damals hieß ich noch Tom Berg", "name", "Tom Berg"),
    ("c'est Inès de chez Vernet", "name", "Vernet"),
    ("karen.liu@firm.test", "name", "karen"),
    ("Mon chef, M. Roux, est en congé", "name", "Roux"),
    ("Yes please!", "name", "Yes please"),
    ("Hola, buenas", "name", "Hola"),
    ("room 12", "name", "room 12"),
    ("I used to work at Volvo", "company", "Volvo"),
    ("eu trabalhava na Vale", "company", "Vale"),
    ("nora@pine.test", "company", "pine"),
]


def claimed(text: str, field: str, value: str, quote: str = "") -> str:
    return prove(reading(**{field: (value, 1, quote or text)}), lines(("customer", text)), "SE").values.get(field, "")


@pytest.mark.parametrize(("text", "field", "value"), HIS)
def test_a_value_that_is_his_stays(text: str, field: str, value: str) -> None:
    assert claimed(text, field, value) == value


@pytest.mark.parametrize(("text", "field", "value"), NOT_HIS)
def test_a_value_that_is_not_his_is_left_out_however_it_is_quoted(text: str, field: str, value: str) -> None:
    assert claimed(text, field, value) == ""
    shortest = value if field != "phone" else "070-174 06 05"
    assert claimed(text, field, value, shortest) == ""


# the customer's messages, the field, the value that was taken back, and the one that holds
CORRECTED = [
    (["joe@frim.test", "oops, joe@firm.test"], "email", "joe@frim.test", "joe@firm.test"),
    (["joe@frim.test", "joe@firm.test*"], "email", "joe@frim.test", "joe@firm.test"),
    (["anna.brg@x.test", "anna.berg@x.test"], "email", "anna.brg@x.test", "anna.berg@x.test"),
    (["ana@x.test", "perdón, ana.sol@y.test"], "email", "ana@x.test", "ana.sol@y.test"),
    (["layla@x.test", "عفواً غلطت layla@y.test"], "email", "layla@x.test", "layla@y.test"),
    (["070-174 06 05, no sorry 070-174 06 33"], "phone", "+46701740605", "+46701740633"),
    (["070-174 06 05, ach Quatsch, 070-174 06 33"], "phone", "+46701740605", "+46701740633"),
    (["it is joe at frim dot test no wait joe at firm dot test"], "email", "joe@frim.test", "joe@firm.test"),
]


@pytest.mark.parametrize(("said", "field", "wrong", "right"), CORRECTED)
def test_what_was_taken_back_is_left_out(said: list[str], field: str, wrong: str, right: str) -> None:
    transcript = lines(*(("customer", text) for text in said))
    first = prove(reading(**{field: (wrong, 1, said[0])}), transcript, "SE")
    last = prove(reading(**{field: (right, len(said), said[-1])}), transcript, "SE")
    assert (dict(first.values), first.rejected[field]) == ({}, "taken back")
    assert last.values[field] == right


# a second address, or a word of regret about something else, takes nothing back
KEPT = [
    ["kim@home.test", "sorry, one more question: do you have parking?"],
    ["kim@home.test", "and for work kim@work.test"],
    ["kim@home.test", "sorry, my boss wants it too: boss@work.test"],
]


@pytest.mark.parametrize("said", KEPT)
def test_what_is_only_followed_by_more_stays(said: list[str]) -> None:
    proved = prove(reading(email=("kim@home.test", 1, said[0])), lines(*(("customer", text) for text in said)))
    assert proved.values == {"email": "kim@home.test"}


TWO = [
    "hi it's Tim, I want to join the choir",
    "This is his mom, Rita. When does it end?",
    "you can reach me at rita.moss@home.test",
    "Tim again. Tim Moss, timmoss@school.test",
]


@pytest.mark.parametrize(
    ("field", "value", "no", "his"),
    [
        ("name", "Rita", 2, False),
        ("email", "rita.moss@home.test", 3, False),
        ("name", "Tim Moss", 4, True),
        ("name", "Tim", 1, True),
        ("email", "timmoss@school.test", 4, True),
    ],
)
def test_of_two_who_write_the_one_with_a_full_name_counts(field: str, value: str, no: int, his: bool) -> None:
    proved = prove(reading(**{field: (value, no, TWO[no - 1])}), lines(*(("customer", text) for text in TWO)))
    assert proved.values.get(field, "") == (value if his else "")


def test_of_one_who_writes_the_first_name_counts_beside_the_full_name_of_another() -> None:
    said = [("customer", "I'm Bob. The room is for a visitor, please write: Karen Liu, 2 nights")]
    assert prove(reading(name=("Bob", 1, "I'm Bob")), lines(*said)).values == {"name": "Bob"}


# said aloud: the text, what the model makes of it, and whether the words can be written so
ALOUD = [
    ("the letter g sandoval at mail dot test", "gsandoval@mail.test", True),
    ("sam tiret delorme arobase boite point test", "sam-delorme@boite.test", True),
    ("kjell punkt oberg snabel a post punkt test", "kjell.oberg@post.test", True),
    ("ana guion bajo sol arroba correo punto test", "ana.sol@correo.test", False),
    ("beto robledo arroba correo punto test", "beto.robledo@correo.test", False),
    ("jo arroba salon belle no perdón studio punto test", "jo@salonbelle.test", False),
]


@pytest.mark.parametrize(("text", "value", "holds"), ALOUD)
def test_an_address_that_is_said_is_written_as_it_was_said(text: str, value: str, holds: bool) -> None:
    assert claimed(text, "email", value) == (value if holds else "")


def test_numbers_are_heard_digit_by_digit() -> None:
    assert phones("its two oh two five five five oh one four three", "US") == ["+12025550143"]
    assert phones("noll sju noll ett sju fyra noll sex noll fem", "SE") == ["+46701740605"]
    assert phones("one of us has two dogs", "US") == []


def test_an_at_in_a_talk_makes_no_address() -> None:
    assert emails("let us meet at noon, at the dot on the map") == []
    assert emails("at " * 4000 + "x dot y") == []
