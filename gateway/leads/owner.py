"""Whose a contact value is, by the words around every place at which the customer wrote it. Pure.

A value is left out when our side named it first, when it is denied, taken back or what was once true, when the words
nearest to it speak of somebody else, and when it is that of another who writes on the same phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.leads.addresses import Found, found_phones, masked, spoken_emails, written_emails
from gateway.leads.text import around, place, places, sentences
from gateway.leads.words import (
    AGAIN,
    AGREE,
    AT_COMPANY,
    CORRECTIONS,
    GONE,
    INTRODUCED,
    MY_NAME,
    NEW,
    NOT_THIS,
    NOT_THIS_AFTER,
    OLD,
    OTHERS,
    OTHERS_OF_MINE,
    OWN,
    SECOND_WRITER,
    plain,
)

_CUT = re.compile(r"(?<!\d)[,:]|[,:](?!\d)|#")
_FULL_NAME = re.compile(
    r"[^\W\d_][\w'’.-]*(?: (?:(?:de|da|do|dos|di|van|von|der|den|el|al|bin|ben) )?[^\W\d_][\w'’.-]*){1,3}"
)
_PARTICLES = re.compile(r"(?<= )(?:de|da|do|dos|di|van|von|der|den|el|al|bin|ben) ")
_BREAK = re.compile(r"[,.:;!?\n()،؟।](?:\s+|$)")
_ADDRESS = re.compile(r"@|\d{3}")
_SIGNS = ".,!?'\""
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_AFTER_RELATION = re.compile(r"\W{1,3}([^\W\d_]{3,})")
_RETURNED = re.compile(rf"(?:^|[.!?,] ?)([^\W\d_]{{3,}}) {AGAIN}(?!\w)")


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was said, by number: the customer's messages as he wrote them, plain, and plain without e-mail addresses;
    our side's, plain."""

    customer: Mapping[int, str]
    plain: Mapping[int, str]
    masked: Mapping[int, str]
    ours: Sequence[tuple[int, str]]
    region: str


def why_not(name: str, value: str, no: int, said: Conversation) -> str:
    """Why a contact value that stands in a message of the customer is not his; "" when it is."""
    if _ours_first(name, value, said):
        return "our side said it first"
    why = "not in the quote"
    for found in occurrences(name, value, no, said):
        why = _why_there(name, value, no, found, said)
        if not why:
            break
    if not why and _of_second_writer(name, value, said):
        return "of somebody else who writes here"
    return why


def occurrences(name: str, value: str, no: int, said: Conversation) -> list[Found]:
    """Where a value stands in a message. What stands inside of an address is no name of anybody."""
    wanted = value if name == "phone" else plain(value)
    if name in ("phone", "email"):
        return [one.at(wanted) for one in _of_kind(name, said.plain[no], said.region) if wanted in one.values]
    return [Found(at, at + len(wanted), (wanted,)) for at in places(wanted, said.masked[no])]


def _of_kind(name: str, text: str, region: str) -> list[Found]:
    return found_phones(text, region) if name == "phone" else [*written_emails(text), *spoken_emails(text)]


def _why_there(name: str, value: str, no: int, found: Found, said: Conversation) -> str:
    text = said.masked[no]
    sentence = around(sentences(text), found.start)
    before, after = text[sentence.start : found.start], text[found.end : max(found.end, sentence.end)]
    if _denied(before, after):
        return "denied"
    if _was_once(before, text[found.end :]):
        return "what was once"
    if name in ("email", "phone") and _taken_back(name, value, no, found, said):
        return "taken back"
    if name != "company" and _of_another(before, after) and not (name == "email" and _named(value, said)):
        return "of somebody else"
    if name == "name" and re.search(rf"(?:{AT_COMPANY.pattern})\W*$", before):
        return "a company or a place"
    return ""


def _denied(before: str, after: str) -> bool:
    """Whether the words right beside a value say that it is not this one."""
    near = " ".join(_CUT.split(before)[-1].split()[-3:])
    follows = " ".join(after.split()[:4])
    return bool(NOT_THIS.search(near) or NOT_THIS_AFTER.match(follows.lstrip(" \"'")))


def _was_once(before: str, after: str) -> bool:
    """Whether a value is said to be of the past, nearer to it than anything that says it is now."""
    near = " ".join(_CUT.split(before.rstrip(" :,"))[-1].split()[-6:])
    if not CORRECTIONS.search(near) and _last(OLD, near) > max(_last(NEW, near), _last(OWN, near)):
        return True
    return bool(GONE.search(" ".join(after.lstrip(" ,").split("#")[0].split()[:5])))


def _taken_back(name: str, value: str, no: int, found: Found, said: Conversation) -> bool:
    """Whether the customer gives another of the same kind after this one, and says that this one was wrong."""
    for later in said.plain:
        text = said.masked[later]
        if later < no or (name == "phone" and not CORRECTIONS.search(text)):
            continue
        for other in _of_kind(name, said.plain[later], said.region):
            if (later, other.start) <= (no, found.start) or value in other.values:
                continue
            begins = around(sentences(text), other.start).start
            if _of_another(text[begins : other.start], ""):
                continue
            if CORRECTIONS.search(said.plain[later][found.end if later == no else begins : other.start]):
                return True
            if later != no and name == "email" and _like(value, other.values[0]):
                return True
    return False


def _like(one: str, other: str) -> bool:
    """Whether two addresses differ so little that the later is the earlier, put right."""
    (local, _, host), (other_local, _, other_host) = one.partition("@"), other.partition("@")
    if host != other_host:
        return local == other_local and len(host) >= 6 and _distance(host, other_host) <= 2
    return min(len(local), len(other_local)) >= 5 and _distance(local, other_local) <= 2


def _distance(one: str, other: str) -> int:
    """How many signs must be added, left out or changed to make one text of another."""
    row = list(range(len(other) + 1))
    for above, sign in enumerate(one, 1):
        previous, row[0] = row[0], above
        for place_, (left, target) in enumerate(zip(row, other, strict=False), 1):
            previous, row[place_] = row[place_], min(row[place_] + 1, left + 1, previous + (sign != target))
    return row[-1]


def _of_another(before: str, after: str) -> bool:
    """Whether the sentence around a value speaks of somebody else nearer to it than of the customer himself."""
    own, other = _last(OWN, before), max(_last(OTHERS, before), _last(OTHERS_OF_MINE, before))
    if other >= 0 or own >= 0:
        return other > own
    follows = " ".join(after.split()[:5])
    return bool(OTHERS.search(follows)) and not OWN.search(follows)


def _named(address: str, said: Conversation) -> bool:
    """Whether an address begins with the name by which the customer introduces himself."""
    own = (
        match[1].strip(_SIGNS)
        for no, text in said.masked.items()
        for match in INTRODUCED.finditer(text)
        if _is_name(match[1], said.customer[no])
    )
    return any(len(one) >= 3 and address.startswith(one) for one in own)


def _last(words: re.Pattern[str], text: str) -> int:
    return max((match.end() for match in words.finditer(text)), default=-1)


def _ours_first(name: str, value: str, said: Conversation) -> bool:
    """Whether our side named a value before the customer did: then he repeats it, and it may be ours."""
    digits, spelled = re.sub(r"\D", "", value)[-8:], plain(value)

    def holds(text: str) -> bool:
        return digits in re.sub(r"\D", "", text) if name == "phone" else place(spelled, text) >= 0

    ours = min((no for no, text in said.ours if holds(text)), default=0)
    return ours > 0 and not any(holds(text) for no, text in said.plain.items() if no < ours)


def _of_second_writer(name: str, value: str, said: Conversation) -> bool:
    """Whether several people write on this phone, one of them gave a full name, and the value is of another.

    The full name is that of whoever is to be put down; first names beside it are of those who only lend a hand.
    """
    if name not in ("name", "email"):
        return False
    full = {word for text in said.customer.values() for one in _full_names(text) for word in one}
    introduced = set(_introduced(said))
    if not full or not _several(introduced, full, said):
        return False
    if name == "name":
        words = set(plain(value).split())
        return len(words) == 1 and not words & full
    local = plain(value.partition("@")[0])
    heads = {part for part in re.split(r"[._\d-]+", local) if part}
    others = introduced - full
    return any(part.startswith(one) for part in heads for one in others if len(one) >= 3)


def _several(introduced: set[str], full: set[str], said: Conversation) -> bool:
    if any(SECOND_WRITER.search(text) for text in said.plain.values()):
        return True
    return bool(introduced & full and introduced - full)


def _introduced(said: Conversation) -> Iterator[str]:
    """The first names by which whoever writes calls himself, in small letters, and those that follow a relation ("his
    mom, Laura"). Names have capitals where the script has them, but in voice messages."""
    for no, bare in said.masked.items():
        written = said.customer[no]
        for match in INTRODUCED.finditer(bare):
            if _is_name(match[1], written):
                yield match[1].strip(_SIGNS)
        for match in _RETURNED.finditer(bare):
            yield match[1]
        for match in OTHERS.finditer(bare):
            following = _AFTER_RELATION.match(bare, match.end())
            if following and (not following[1].isascii() or _has_capital(following[1], written)):
                yield following[1]


def _is_name(word: str, written: str) -> bool:
    word = word.strip(_SIGNS)
    if not _LETTERS.fullmatch(word) or word in AGREE:
        return False
    return not word.isascii() or written == written.lower() or _has_capital(word, written)


def _has_capital(word: str, written: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(word.capitalize())}(?!\w)", written))


def _full_names(text: str) -> Iterator[tuple[str, ...]]:
    """Names of two words and more that stand by themselves between commas, in capitals; where a script has none, those
    that are followed by an address or a number, or introduced as a name."""
    pieces = [one.strip() for one in _BREAK.split(text)]
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
        if not _FULL_NAME.fullmatch(piece):
            continue
        words = plain(piece).split()
        if not words[0].isascii():
            named = bool(_ADDRESS.search(following)) and len(words) <= 3
        else:
            named = all(word[0].isupper() for word in _PARTICLES.sub("", piece).split()) and words[0] not in AGREE
        if named:
            yield tuple(words)
    bare = masked(plain(text))
    for match in MY_NAME.finditer(bare):
        yield (match[1], match[2])
