"""What a customer said in a transcript, cut into clauses, without what is no evidence: orders, pasted text, jokes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from sandbox.lead_words import folded, words

LONGEST_QUOTE: Final = 160
EMAIL: Final = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
# Devanagari writes vowels as marks, which are no word signs to `re`.
WORD: Final = re.compile(r"\d|(?:[^\W_]|[\u0900-\u0963]){2,}")
# Half of a cut emoji stands in no quote: it cannot be written as UTF-8.
_HALVES: Final = re.compile("[\ud800-\udfff]")
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+")
_QUOTED: Final = re.compile(r"[\"“„«]([^\"“”„«»\n]{1,500})[\"”“»]")
_JSON: Final = re.compile(r"\{[^{}]*\}")
_CUT_JSON: Final = re.compile(r"\{\s*\"[^\n]*")
_CUT: Final = re.compile(
    r"[!?…؟।;]+|(?<!\d)\.+(?=\s|$|\0)|(?<=\d)\.+(?=\s+(?!jan|feb|mar|mai|maj|apr|jun|jul|aug|sep|o[ck]t|nov|de[cz]|uhr))|"
    r"[\n\0()]+|[,،](?!\d)|\s[-–—]\s|(?<!\w)(?:but|however|pero|aber|sondern|men|"
    r"لكن|ولكن|लेकिन)(?!\w)"
)
_END: Final = re.compile(r"[!?.\n؟।]")
_SENTENCE: Final = re.compile(r"[^!?\n؟।.]+(?:\.(?!\s)[^!?\n؟।.]*)*[!?.؟।]*")
_TRIMMED: Final = " \t\r\n\0.,;:!?…،؟।-–—\"'“”«»()"
_RETRACTED: Final = re.compile(r"just kidding|\bjk\b|broma|nur spa|scherz|brincadeira|je plaisante|je rigole|skojar")

# What turns the clause that it stands in, once the harmless uses are out.
NEGATION: Final = words(
    r"not|never|no longer|neither|nor|\w+n't|cannot|no|nunca|tampoco|nao|nicht|kein\w*|nie|ne|n'\w+|pas|jamais|"
    r"aucune?|"
    r"inte|aldrig|ingen|inget|nahi|nahin",
    r"(?:لا|لم|لن|ليس|لست|ما (?:ابغي|اريد|ابي))(?!\w)",
    r"(?:नहीं|नही|मत)(?!\w)",
)
HARMLESS_NO: Final = re.compile(
    r"why (?:not|don't)|can't (?:i|we|wait)|couldn't (?:i|we)|if (?:it's |it is )?not|not only|no problem|"
    r"don't mind|(?:i'm )?not sure|"
    r"didn't (?:you|i)|don't (?:you|know)|no \d+|por que no|no se si|nao sei|pourquoi pas|pas de (?:souci|"
    r"probleme)|je ne sais pas|"
    r"warum nicht|weiss? nicht|wei\u00df nicht|kein problem|varfor inte|vet inte|inga problem|(?:would|"
    r"do) not mind|not a problem|"
    r"is (?:no|not an?) (?:issue|problem|object)|isn't an? (?:issue|problem|object)|no es (?:un )?problema|"
    r"nao e (?:um )?problema|"
    r"keine rolle|n'est pas un probleme|inget problem"
)
# Text that speaks to the reader of the transcript, or in another's voice, shows nothing about who sent it.
ORDERS: Final = words(
    r"(?:ignore|disregard|forget|override) (?:\w+ ){0,4}(?:instructions?|rules|prompts?|above|previous|"
    r"everything)|system prompt",
    r"(?:score|rate|rank|classify|grade|tag|flag|qualify) (?:me|us|this|him|the lead|lead)|mark (?:me|us|"
    r"this) (?:\w+ )?as",
    r"(?:intent|urgency|fit|engagement|lead|scores?|level)\w*[\"']? ?(?:[:=]+|is|to|as|should be|"
    r"must be) ?[\"']?(?:high|hot|max\w*|\d+)",
    r"budget ?[:=]+ ?(?:yes|high|maybe)|(?:set|give|put|make|assign) (?:\w+ ){0,5}(?:score|scores|intent|urgency|"
    r"levels|lead|points)",
    r"you are (?:now |an? )?(?:ai|assistant|language model|dan)|(?:the|this) (?:customer|lead|user) (?:is|has|"
    r"wants|needs|should|must)",
    r"hot lead|high[- ](?:intent|value|priority) lead|jailbreak|developer mode|(?:say|write|report|record|output|"
    r"respond|reply) "
    r"(?:that|with|only) (?:\w+ ){0,6}(?:budget|intent|urgen\w+|high|hot|json|customer|lead)",
    r"ignor[ae]\w* (?:\w+ ){0,4}(?:instruc\w+|reglas|regras|anterior\w*)|(?:puntua|califica)\w*me|(?:dame|"
    r"me de) (?:\w+ ){0,3}"
    r"(?:puntuacion|puntos|pontos|pontuacao)|ignorier\w* (?:\w+ ){0,4}(?:anweisung\w*|regeln|instruktion\w*)|"
    r"bewert\w+ mich",
    r"(?:ignore[rz]?|oublie[rz]?) (?:\w+ ){0,4}(?:instructions|consignes|regles)|(?:notez?|evaluez?)-moi|"
    r"ignorera (?:\w+ ){0,4}"
    r"(?:instruktion\w*|regler\w*)|(?:betygsatt|poangsatt) mig|ge mig (?:\w+ )?(?:poang|betyg)",
    r"تجاهل (?:\S+ ){0,3}(?:ا?ل?تعليمات|الاوامر|السابق)|قيمني|اعطني (?:\S+ )?(?:درج|نقاط)",
    r"(?:निर्देश|नियम)\S* (?:\S+ ){0,3}(?:अनदेखा|नज़रअंदाज|भूल)|मुझे (?:\S+ )?(?:स्कोर|अंक|रेटिंग)",
)
OTHER_VOICE: Final = re.compile(
    r"(?m)```(?s:.*?)(?:```|\Z)|^[ \t]*(?:>|(?:system|assistant|agent|developer|bot|ai|human|user|"
    r"customer)[ \t]*:).*$|"
    r"</?(?:system|assistant|user|instructions?)[^>\n]{0,80}>.*$|\[/?(?:system|inst)\b.*$|"
    r"^[- ]*(?:forwarded message|original message|weitergeleitete nachricht|mensaje reenviado)(?s:.*)\Z"
)
JOKES: Final = re.compile(
    r"\U0001f644|\U0001f921|(?<!\w)/s(?!\w)|just kidding|\bjk\b|yeah,? right|\bas if\b|in your dreams|pigs fly|"
    r"oh sure|sarcas|"
    r"win the lottery|won the lottery|si me toca la loteria|im lotto|au loto|(?:nur|war ein) (?:spass|spa\u00df|"
    r"scherz|witz)|"
    r"(?:es|era) broma|brincadeira|je plaisante|je rigole|skojar|skamtar|\u0627\u0645\u0632\u062d|"
    r"\u092e\u091c\u093e\u0915|"
    r"\u092e\u095b\u093e\u0915|\u092e\u091c\u093c\u093e\u0915"
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
    stop = _END.search(low, end)
    return bool(stop and stop[0] in "?؟")


def messages(lines: Iterable[Any]) -> list[Message]:
    """The customer's messages of a transcript, in its order. What has not the shape of a line is left out."""
    said: list[Message] = []
    for line in lines:
        if not isinstance(line, Mapping) or line.get("from") != "customer":
            continue
        no, text = line.get("no"), line.get("text")
        if type(no) is not int or not isinstance(text, str):
            continue
        whole = folded(text)
        joking = bool(JOKES.search(whole))
        if joking and said and _RETRACTED.search(whole):
            before = said[-1]
            said[-1] = Message(before.no, before.text, before.low, True, before.ordering)
        low, ordering = _evident(whole)
        said.append(Message(no, text, low, joking, ordering))
    return said


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
