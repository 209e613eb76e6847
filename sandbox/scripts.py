"""What the scripted receptionist knows by heart, in six languages: the words that pick a line, and the lines.

No line says that something was done: only a tool does things.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


def words(written: str) -> frozenset[str]:
    return frozenset(written.split())


@dataclass(frozen=True, slots=True)
class Script:
    """One language: what gives it away, the patterns of its topics (the first that fits wins), and the lines."""

    code: str
    signs: frozenset[str]
    topics: Mapping[str, str]
    lines: Mapping[str, str]
    choices: tuple[str, str]


ENGLISH: Final = Script(
    code="en",
    signs=frozenset(),
    topics={
        "human": r"\bhuman\b|\bagent\b|\b(a|an actual|real|live|some|another) person\b|^\W*person\b|\bperson,? please"
        r"|\bstaff\b|\bcall me\b|(talk|speak) (to|with) (someone|somebody)",
        "hours": r"\bopen|\bhours?\b|\bclose[sd]?\b|\bwhen are you",
        "price": r"\bprices?\b|\bpricing\b|\bcosts?\b|how much|\bfees?\b|\bquote\b",
        "booking": r"\bbook|\bappointment|\bmeeting|\bschedul|\bslot|\bvisit",
        "part": r"^\W*(in the )?(morning|afternoon)\W*$",
        "thanks": r"\bthank|\bthx\b|\bbye\b",
        "greeting": r"^\W*(hi|hello|hey|good (morning|afternoon|evening))\b",
    },
    lines={
        "hours": "We are open Monday to Friday from 9:00 to 18:00, and on Saturday from 10:00 to 14:00.",
        "price": "A first consultation is free; after that prices start at 50. "
        "Tell me what you need and I can be more exact.",
        "booking": "Gladly. Which day suits you, and would you rather come in the morning or in the afternoon?",
        "part": "Thank you. Which day would that be?",
        "human": "I will let a colleague know. They will write to you here.",
        "thanks": "You are welcome. Write to us any time.",
        "greeting": "Hello, and welcome! You can ask me about opening hours, prices or an appointment.",
        "otherwise": "Thanks for your message. I can help with opening hours, prices or an appointment.",
        "noted": "Noted:",
        "link": "Here is the link:",
        "found": "Here is what I found:",
        "picture": "I can see the picture.",
        "file": "I can read the file.",
    },
    choices=("Morning", "Afternoon"),
)
GERMAN: Final = Script(
    code="de",
    signs=words(
        "hallo guten ich sie wann wie ist und termin bitte danke öffnungszeiten kostet preis haben hast kann gibt eine"
    ),
    topics={
        "human": r"mitarbeiter|\bmensch|jemand(en)? sprechen|\b(echten?|einer|eine) person\b|\bberater",
        "hours": r"öffnungszeit|geöffnet|\boffen\b|wann (habt|haben|seid|sind)",
        "price": r"\bpreis|kostet|\bkosten\b|wie viel|wieviel",
        "booking": r"\btermin|\bbuchen|\breservier",
        "part": r"^\W*(vormittags?|nachmittags?)\W*$",
        "thanks": r"\bdank|tschüss|wiedersehen",
        "greeting": r"^\W*(hallo|hi|moin|servus|guten (tag|morgen|abend))\b",
    },
    lines={
        "hours": "Wir haben montags bis freitags von 9 bis 18 Uhr geöffnet, samstags von 10 bis 14 Uhr.",
        "price": "Das erste Gespräch ist kostenlos, danach beginnen die Preise bei 50. Worum geht es denn?",
        "booking": "Gern. Welcher Tag passt Ihnen, und lieber vormittags oder nachmittags?",
        "part": "Danke. Welcher Tag wäre das?",
        "human": "Ich gebe einer Kollegin Bescheid. Sie meldet sich hier bei Ihnen.",
        "thanks": "Gern geschehen. Schreiben Sie uns jederzeit.",
        "greeting": "Hallo und willkommen! Fragen Sie mich nach Öffnungszeiten, Preisen oder einem Termin.",
        "otherwise": "Danke für Ihre Nachricht. Ich helfe bei Öffnungszeiten, Preisen und Terminen.",
        "noted": "Notiert:",
        "link": "Hier ist der Link:",
        "found": "Das steht bei uns dazu:",
        "picture": "Ich sehe das Bild.",
        "file": "Ich kann die Datei lesen.",
    },
    choices=("Vormittags", "Nachmittags"),
)
SPANISH: Final = Script(
    code="es",
    signs=words(
        "hola buenos buenas cuándo cuando precio cuesta cita gracias horario quiero por favor está qué hay tienen una"
    ),
    topics={
        "human": r"\bpersona\b|humano|asesor|\bagente\b",
        "hours": r"horario|abiert|abren|cierran|qué hora",
        "price": r"precio|cuesta|cuánto|tarifa",
        "booking": r"\bcita\b|reserv|agendar",
        "part": r"^\W*(por la )?(mañana|tarde)\W*$",
        "thanks": r"gracias|adiós|hasta luego",
        "greeting": r"^\W*(hola|buenos|buenas)\b",
    },
    lines={
        "hours": "Abrimos de lunes a viernes de 9:00 a 18:00 y los sábados de 10:00 a 14:00.",
        "price": "La primera consulta es gratuita; después los precios empiezan en 50. ¿Qué necesita?",
        "booking": "Con gusto. ¿Qué día le viene bien, por la mañana o por la tarde?",
        "part": "Gracias. ¿Qué día sería?",
        "human": "Aviso a una compañera. Le escribirá por aquí.",
        "thanks": "De nada. Escríbanos cuando quiera.",
        "greeting": "¡Hola y bienvenido! Puede preguntarme por horarios, precios o una cita.",
        "otherwise": "Gracias por su mensaje. Puedo ayudarle con horarios, precios o una cita.",
        "noted": "Anotado:",
        "link": "Aquí tiene el enlace:",
        "found": "Esto es lo que encontré:",
        "picture": "Puedo ver la imagen.",
        "file": "Puedo leer el archivo.",
    },
    choices=("Por la mañana", "Por la tarde"),
)
FRENCH: Final = Script(
    code="fr",
    signs=words(
        "bonjour bonsoir salut quand combien prix merci horaires vous rendez-vous voudrais je est avec quelqu'un "
        "avez une"
    ),
    topics={
        "human": r"conseill|quelqu'un|humain|\b(une|vraie) personne\b",
        "hours": r"horaire|ouvert|fermez|quelle heure",
        "price": r"\bprix\b|combien|coûte|tarif",
        "booking": r"rendez-vous|\brdv\b|réserv",
        "part": r"^\W*(le matin|l'après-midi)\W*$",
        "thanks": r"merci|au revoir",
        "greeting": r"^\W*(bonjour|bonsoir|salut)\b",
    },
    lines={
        "hours": "Nous sommes ouverts du lundi au vendredi de 9 h à 18 h, et le samedi de 10 h à 14 h.",
        "price": "Le premier entretien est gratuit ; ensuite les prix commencent à 50. De quoi avez-vous besoin ?",
        "booking": "Avec plaisir. Quel jour vous convient, plutôt le matin ou l'après-midi ?",
        "part": "Merci. Quel jour serait-ce ?",
        "human": "Je préviens une collègue. Elle vous écrira ici.",
        "thanks": "Je vous en prie. Écrivez-nous quand vous voulez.",
        "greeting": "Bonjour et bienvenue ! Je réponds sur les horaires, les prix et les rendez-vous.",
        "otherwise": "Merci de votre message. Je peux vous aider pour les horaires, les prix ou un rendez-vous.",
        "noted": "Noté :",
        "link": "Voici le lien :",
        "found": "Voici ce que j'ai trouvé :",
        "picture": "Je vois l'image.",
        "file": "Je peux lire le fichier.",
    },
    choices=("Le matin", "L'après-midi"),
)
PORTUGUESE: Final = Script(
    code="pt",
    signs=words(
        "olá oi bom boa dia noite obrigado obrigada quanto custa preço preços horário quero vocês você uma pessoa "
        "falar não marcar consulta gostaria por favor está vocês têm"
    ),
    topics={
        "human": r"\bpessoa\b|humano|atendente|\bagente\b",
        "hours": r"horário|abert|abrem|fecham|que horas",
        "price": r"preço|custa|quanto|tarifa",
        "booking": r"marcar|agendar|consulta|reserv",
        "part": r"^\W*(de )?(manhã|tarde)\W*$",
        "thanks": r"obrigad|tchau|até logo",
        "greeting": r"^\W*(olá|oi|bom dia|boa (tarde|noite))\b",
    },
    lines={
        "hours": "Abrimos de segunda a sexta das 9h às 18h e aos sábados das 10h às 14h.",
        "price": "A primeira consulta é gratuita; depois os preços começam em 50. De que precisa?",
        "booking": "Com prazer. Que dia lhe convém, de manhã ou de tarde?",
        "part": "Obrigado. Que dia seria?",
        "human": "Aviso uma colega. Ela vai lhe escrever por aqui.",
        "thanks": "De nada. Escreva-nos quando quiser.",
        "greeting": "Olá e bem-vindo! Pode perguntar sobre horários, preços ou uma consulta.",
        "otherwise": "Obrigado pela mensagem. Posso ajudar com horários, preços ou uma consulta.",
        "noted": "Anotado:",
        "link": "Aqui está o link:",
        "found": "Isto é o que encontrei:",
        "picture": "Consigo ver a imagem.",
        "file": "Consigo ler o ficheiro.",
    },
    choices=("De manhã", "De tarde"),
)
SWEDISH: Final = Script(
    code="sv",
    signs=words(
        "hej hejsan när öppet öppettider vad kostar pris jag vill boka tid tack och prata med är ni kan finns har"
    ),
    topics={
        "human": r"människa|\b(en|riktig) person\b|medarbetare|prata med någon|handläggare",
        "hours": r"öppet|öppettid|stänger|när (har|är) ni",
        "price": r"\bpris|kostar|hur mycket",
        "booking": r"\bboka|\btid\b|\bmöte",
        "part": r"^\W*(på )?(förmiddagen|eftermiddagen)\W*$",
        "thanks": r"\btack\b|hej då",
        "greeting": r"^\W*(hej|hejsan|god (morgon|kväll)|tja)\b",
    },
    lines={
        "hours": "Vi har öppet måndag till fredag klockan 9 till 18 och lördag klockan 10 till 14.",
        "price": "Ett första samtal är gratis, därefter börjar priserna på 50. Vad gäller det?",
        "booking": "Gärna. Vilken dag passar dig, och helst på förmiddagen eller på eftermiddagen?",
        "part": "Tack. Vilken dag skulle det vara?",
        "human": "Jag säger till en kollega, som skriver till dig här.",
        "thanks": "Varsågod. Skriv till oss när som helst.",
        "greeting": "Hej och välkommen! Fråga mig om öppettider, priser eller en tid.",
        "otherwise": "Tack för ditt meddelande. Jag kan hjälpa till med öppettider, priser eller en tid.",
        "noted": "Antecknat:",
        "link": "Här är länken:",
        "found": "Det här hittade jag:",
        "picture": "Jag kan se bilden.",
        "file": "Jag kan läsa filen.",
    },
    choices=("På förmiddagen", "På eftermiddagen"),
)
SCRIPTS: Final = (ENGLISH, GERMAN, SPANISH, FRENCH, PORTUGUESE, SWEDISH)
