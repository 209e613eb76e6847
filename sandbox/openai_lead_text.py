"""What a customer said in a transcript, cut into clauses, without what is no evidence: orders, pasted text, jokes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final

from sandbox.lead_noise import HARMLESS_NO, INSULTS, JESTING, JOKES, NEGATION, ORDERS, OTHER_VOICE
from sandbox.lead_words import folded, words

LONGEST_QUOTE: Final = 160
EMAIL: Final = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
# Devanagari writes vowels as marks, which are no word signs to `re`.
WORD: Final = re.compile(r"\d|(?:[^\W_]|[\u0900-\u0963]){2,}")
_NUMBER: Final = re.compile(r"\d[\d \-()]{5}")
# Half of a cut emoji stands in no quote: it cannot be written as UTF-8.
_HALVES: Final = re.compile("[\ud800-\udfff]")
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+")
_QUOTED: Final = re.compile(r"[\"“„«]([^\"“”„«»\n]{1,500})[\"”“»]")
_JSON: Final = re.compile(r"\{[^{}]*\}")
_CUT_JSON: Final = re.compile(r"\{\s*\"[^\n]*")
_CUT: Final = re.compile(
    r"[!?…؟।;]+|(?<!\d)\.+(?=\s|$|\0)|(?<=\d)\.+(?=\s+(?!jan|feb|mar|mai|maj|apr|jun|jul|aug|sep|o[ck]t|nov|de[cz]|"
    r"uhr))|[\n\0()]+|[,،](?!\d)|\s[-–—]\s|(?<!\w)(?:but|however|pero|aber|sondern|men|لكن|ولكن|लेकिन|and(?= (?:i|we|"
    r"my|our|can|could)\b)|und(?= (?:ich|wir|mochten?|mein|unser))|y(?= (?:quier|quis|necesit|mi |me |nos ))|"
    r"e(?= (?:quer|gostaria|meu|minha|precis))|et(?= (?:je |j'|mon |nous ))|och(?= (?:jag|vi|min) )|mais(?= (?:je |j'|"
    r"on |nous |vous |il |elle |c'|le |la |l'))|mas(?= (?:eu|nao|preciso|quero) ))(?!\w)"
)
_END: Final = re.compile(r"[!?.\n؟।]")
_SENTENCE: Final = re.compile(r"[^!?\n؟।.]+(?:\.(?!\s)[^!?\n؟।.]*)*[!?.؟।]*")
_TRIMMED: Final = " \t\r\n\0.,;:!?…،؟।-–—\"'“”«»()"
_RETRACTED: Final = re.compile(
    r"kidding|ironi|\bjk\b|joke|joking|sarcasm|broma|nur spa|scherz|witz|brincadeira|piada|plaisant|rigole|blague|"
    r"skojar|skamt"
)
_COMPANY_NAME: Final = re.compile(
    r"(?:company|business|shop|store|firm)(?:'s| ka)? na+me?|(?:name|nombre|nome|nom|namen?|اسم)(?: of| de| der| des|"
    r" du| da| ihrer| eurer| på)?(?: the| la| l'| il| your| su)? ?(?:company|business|empresa|firma|unternehmen\w*|"
    r"entreprise|societe|الشركه|المتجر)"
)
# What our side asks for: the answer is often the bare value.
_ASKS_COMPANY: Final = words(
    r"(?:company|business|shop|store|firm) ?(?:name)?|organi[sz]ation|empresa|compania|negocio|tienda|firma|firmen\w*|"
    r"unternehmen\w*|entreprise|societe|boutique|foretag\w*|butik\w*|loja",
    r"ا?ل?شركه|ا?ل?متجر|ا?ل?مؤسسه|कंपनी|दुकान",
)
_ASKS_NAME: Final = words(
    r"(?:your|full|own|a|the|last|whose|what) ?(?:full |own )?names?|who (?:am i|is this|should|will)|name and|"
    r"names?(?=[,?])|(?:su|tu|que|un) nombre|nombre (?:completo|y)|(?:te|se) llamas?|(?:seu|que|o) nome|(?:voce|"
    r"como) se chama|(?:ihren?|ihr|welchen|den|dein\w*|vollen) namen?|hei(?:ß|ss)(?:en sie|t du)|(?:votre|quel) nom|"
    r"vous appelez|vous etes|ditt namn|(?:ditt|vilket) namn|heter (?:du|ni)|wohin|a quien|to whom|(?:poora |"
    r"aapka )naam|a qui|vart ska|who should|where (?:may|should|shall) (?:we|i) send|with whom",
    r"اسمك\w*|الاسم|باسم|الي من|नाम",
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of a message: as it was written, folded, and whether its sentence asks."""

    no: int
    text: str
    low: str
    asks: bool

    @property
    def quote(self) -> str:
        return self.text.strip(_TRIMMED)

    def around(self, match: re.Match[str]) -> str:
        """Words that prove a match: the clause, or of a long one the words around the match."""
        if len(self.quote) <= LONGEST_QUOTE:
            return self.quote
        start, end = match.span()
        while start and not self.text[start - 1].isspace():
            start -= 1
        return self.text[start:end].strip(_TRIMMED) or self.quote[:LONGEST_QUOTE]

    def denies(self) -> bool:
        """Whether it says that something is not so."""
        return NEGATION.find(HARMLESS_NO.sub(" ", self.low)) is not None


@dataclass(frozen=True, slots=True)
class Message:
    """What a customer wrote. `low` is folded and as long as `text`, with a NUL for each sign that is no evidence."""

    no: int
    text: str
    low: str
    joking: bool
    ordering: bool
    asked: frozenset[str] = frozenset()
    ours: str = ""

    def clauses(self) -> Iterator[Clause]:
        """The pieces that may prove a level; none of a joke."""
        if self.joking:
            return
        low = _without_links(self.low)
        if "@" in low:
            low = EMAIL.sub(_blank, low)
        yield from self._cut(_QUOTED.sub(_blank_talk, low))

    def pieces(self) -> Iterator[Clause]:
        """As `clauses`, with addresses and quotations."""
        return iter(()) if self.joking else self._cut(_without_links(self.low))

    def _cut(self, low: str) -> Iterator[Clause]:
        start = 0
        for cut in chain(_CUT.finditer(low), (None,)):
            end = cut.start() if cut else len(low)
            piece = low[start:end].rstrip()
            if piece.strip(_TRIMMED):
                yield Clause(self.no, self.text[start:end], piece, _asks(low, end))
            start = cut.end() if cut else end


def _without_links(low: str) -> str:
    return _LINK.sub(_blank, low) if "://" in low or "www." in low else low


def _asks(low: str, end: int) -> bool:
    """Whether the sentence that a clause ends in, or with, is a question."""
    stop = _END.search(low, end, end + 300)
    return bool(stop and stop[0] in "?؟")


def messages(lines: Iterable[Any]) -> list[Message]:
    """The customer's messages of a transcript, in its order. What has not the shape of a line is left out."""
    said: list[Message] = []
    asked: frozenset[str] = frozenset()
    ours = ""
    for line in lines:
        if not isinstance(line, Mapping):
            continue
        no, text = line.get("no"), line.get("text")
        if type(no) is not int or not isinstance(text, str):
            continue
        whole = folded(text)
        if line.get("from") != "customer":
            asked, ours = _asked_for(whole), f"{ours}\n{whole}" if "@" in whole or _NUMBER.search(whole) else ours
            continue
        jest = bool(JOKES.find(whole) or JESTING.search(whole))
        if jest and said and _RETRACTED.search(whole):
            said[-1] = replace(said[-1], joking=True)
        low, ordering = _evident(whole)
        joking = jest or INSULTS.find(whole) is not None
        said.append(Message(no, text, low, joking, ordering, asked, ours))
    return said


def _asked_for(low: str) -> frozenset[str]:
    """What a message of our side asks for. The name of a company is none of a person."""
    company = _ASKS_COMPANY.find(low)
    name = _ASKS_NAME.find(_COMPANY_NAME.sub(" ", low) if company else low)
    return frozenset(kind for kind, found in (("company", company), ("name", name)) if found)


def transcript(items: Iterable[Mapping[str, Any]]) -> tuple[str, list[Any]]:
    """What the developer said before it, and the newest list that a user item holds; an empty one when none does."""
    about: list[str] = []
    lines: list[Any] = []
    for item in items:
        content = item.get("content")
        parts = content if isinstance(content, list) else [{"text": content}]
        text = "\n".join(str(part["text"]) for part in parts if isinstance(part, Mapping) and part.get("text"))
        if item.get("role") in ("developer", "system") and not lines:
            about.append(text)
        elif item.get("role") == "user" and (found := _listed(text)) is not None:
            lines = found
    return "\n".join(about), lines


def _listed(text: str) -> list[Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _evident(low: str) -> tuple[str, bool]:
    """The folded text with NULs for what is no evidence, and whether it gave orders to the reader."""
    voiced = OTHER_VOICE.sub(_blank, _HALVES.sub("\0", low))
    if "{" in voiced:
        for _ in range(4):
            voiced = _JSON.sub(_blank, voiced)
        voiced = _CUT_JSON.sub(_blank, voiced)
    if ORDERS.find(voiced):
        return _SENTENCE.sub(lambda found: _blank(found) if ORDERS.find(found[0]) else found[0], voiced), True
    return voiced, False


def _blank(found: re.Match[str]) -> str:
    return "\0" * len(found[0])


def _blank_talk(found: re.Match[str]) -> str:
    """Quoted words are somebody else's; a word or two in quotation marks are a name."""
    return _blank(found) if len(found[1].split()) > 2 else found[0]
