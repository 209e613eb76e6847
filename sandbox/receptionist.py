"""The scripted receptionist behind the OpenAI stand-in: short, canned, and labelled as the sandbox's own.

Every `#token` of the messages that await an answer comes back in the reply, in order, so that a script can prove which
message was answered by which reply.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

LABEL: Final = "[sandbox agent]"
TOKEN: Final = re.compile(r"#[A-Za-z0-9_-]+")


def words(written: str) -> frozenset[str]:
    return frozenset(written.split())


@dataclass(frozen=True, slots=True)
class Script:
    """One language: what gives it away, the words that pick a line, and the lines."""

    signs: frozenset[str]
    topics: Mapping[str, str]
    hours: str
    price: str
    booking: str
    human: str
    thanks: str
    greeting: str
    otherwise: str
    noted: str


ENGLISH: Final = Script(
    signs=frozenset(),
    topics={
        "hours": r"\bopen|\bhours?\b|\bclose[sd]?\b|\bwhen are you",
        "price": r"\bprices?\b|\bcosts?\b|how much|\bfees?\b|\bquote\b",
        "booking": r"\bbook|\bappointment|\bmeeting|\bschedul|\bslot|\bvisit",
        "human": r"\bhuman\b|real person|\bstaff\b|\bcall me\b",
        "thanks": r"\bthank|\bthx\b|\bbye\b",
        "greeting": r"^\W*(hi|hello|hey|good (morning|afternoon|evening))\b",
    },
    hours="We are open Monday to Friday from 9:00 to 18:00, and on Saturday from 10:00 to 14:00.",
    price="A first consultation is free; after that prices start at 50. Tell me what you need and I can be more exact.",
    booking="Gladly. Which day suits you, and would you rather come in the morning or in the afternoon?",
    human="I will let a colleague know. They will write to you here.",
    thanks="You are welcome. Write to us any time.",
    greeting="Hello, and welcome! You can ask me about opening hours, prices or an appointment.",
    otherwise="Thanks for your message. I can help with opening hours, prices or an appointment.",
    noted="Noted:",
)
GERMAN: Final = Script(
    signs=words("hallo guten ich sie wann wie ist und termin bitte danke öffnungszeiten kostet preis haben"),
    topics={
        "hours": r"öffnungszeit|geöffnet|\boffen\b|wann (habt|haben|seid|sind)",
        "price": r"\bpreis|kostet|\bkosten\b|wie viel|wieviel",
        "booking": r"\btermin|\bbuchen|\breservier",
        "human": r"mitarbeiter|\bmensch|jemand(en)? sprechen",
        "thanks": r"\bdank|tschüss|wiedersehen",
        "greeting": r"^\W*(hallo|hi|moin|servus|guten (tag|morgen|abend))\b",
    },
    hours="Wir haben montags bis freitags von 9 bis 18 Uhr geöffnet, samstags von 10 bis 14 Uhr.",
    price="Das erste Gespräch ist kostenlos, danach beginnen die Preise bei 50. Worum geht es denn?",
    booking="Gern. Welcher Tag passt Ihnen, und lieber vormittags oder nachmittags?",
    human="Ich gebe einer Kollegin Bescheid. Sie meldet sich hier bei Ihnen.",
    thanks="Gern geschehen. Schreiben Sie uns jederzeit.",
    greeting="Hallo und willkommen! Fragen Sie mich nach Öffnungszeiten, Preisen oder einem Termin.",
    otherwise="Danke für Ihre Nachricht. Ich helfe bei Öffnungszeiten, Preisen und Terminen.",
    noted="Notiert:",
)
SPANISH: Final = Script(
    signs=words("hola buenos buenas cuándo cuando precio cuesta cita gracias horario quiero por favor está qué"),
    topics={
        "hours": r"horario|abiert|abren|cierran|qué hora",
        "price": r"precio|cuesta|cuánto|tarifa",
        "booking": r"\bcita\b|reserv|agendar",
        "human": r"persona|humano|asesor",
        "thanks": r"gracias|adiós|hasta luego",
        "greeting": r"^\W*(hola|buenos|buenas)\b",
    },
    hours="Abrimos de lunes a viernes de 9:00 a 18:00 y los sábados de 10:00 a 14:00.",
    price="La primera consulta es gratuita; después los precios empiezan en 50. ¿Qué necesita?",
    booking="Con gusto. ¿Qué día le viene bien, por la mañana o por la tarde?",
    human="Aviso a una compañera. Le escribirá por aquí.",
    thanks="De nada. Escríbanos cuando quiera.",
    greeting="¡Hola y bienvenido! Puede preguntarme por horarios, precios o una cita.",
    otherwise="Gracias por su mensaje. Puedo ayudarle con horarios, precios o una cita.",
    noted="Anotado:",
)
FRENCH: Final = Script(
    signs=frozenset(
        [
            "bonjour",
            "bonsoir",
            "salut",
            "quand",
            "combien",
            "prix",
            "merci",
            "horaires",
            "vous",
            "rendez-vous",
            "voudrais",
            "je",
            "est",
        ]
    ),
    topics={
        "hours": r"horaire|ouvert|fermez|quelle heure",
        "price": r"\bprix\b|combien|coûte|tarif",
        "booking": r"rendez-vous|\brdv\b|réserv",
        "human": r"conseiller|quelqu'un|humain",
        "thanks": r"merci|au revoir",
        "greeting": r"^\W*(bonjour|bonsoir|salut)\b",
    },
    hours="Nous sommes ouverts du lundi au vendredi de 9 h à 18 h, et le samedi de 10 h à 14 h.",
    price="Le premier entretien est gratuit ; ensuite les prix commencent à 50. De quoi avez-vous besoin ?",
    booking="Avec plaisir. Quel jour vous convient, plutôt le matin ou l'après-midi ?",
    human="Je préviens une collègue. Elle vous écrira ici.",
    thanks="Je vous en prie. Écrivez-nous quand vous voulez.",
    greeting="Bonjour et bienvenue ! Je réponds sur les horaires, les prix et les rendez-vous.",
    otherwise="Merci de votre message. Je peux vous aider pour les horaires, les prix ou un rendez-vous.",
    noted="Noté :",
)
SCRIPTS: Final = (ENGLISH, GERMAN, SPANISH, FRENCH)


def answer(waiting: Sequence[str]) -> str:
    """The reply to the customer's messages that await one, oldest first."""
    said = " ".join(waiting)
    tokens = TOKEN.findall(said)
    plain = TOKEN.sub(" ", said).strip()
    script = _language(plain)
    line = _line(script, plain) if plain or not tokens else ""
    noted = f"{script.noted} {' '.join(tokens)}" if tokens else ""
    return " ".join(piece for piece in (LABEL, line, noted) if piece)


def _language(text: str) -> Script:
    said = set(re.findall(r"[\w'-]+", text.lower()))
    best = max(SCRIPTS, key=lambda script: len(script.signs & said))
    return best if best.signs & said else ENGLISH


def _line(script: Script, text: str) -> str:
    lowered = text.lower()
    for topic, pattern in script.topics.items():
        if re.search(pattern, lowered):
            return str(getattr(script, topic))
    return script.otherwise


def waiting_messages(given: str | Sequence[Any]) -> list[str]:
    """The texts of the user messages after the last assistant message of a request's `input`."""
    if isinstance(given, str):
        return [given]
    waiting: list[str] = []
    for item in given:
        if not isinstance(item, dict) or item.get("type", "message") != "message":
            continue
        if item.get("role") == "assistant":
            waiting = []
        elif item.get("role") == "user":
            waiting.append(_text(item.get("content")))
    return waiting


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return " ".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))
