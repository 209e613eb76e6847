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
    """One language: what gives it away, the patterns of its topics (the first that fits wins), and the lines.

    `meeting` holds the patterns of what is said about appointments.
    """

    code: str
    signs: frozenset[str]
    topics: Mapping[str, str]
    lines: Mapping[str, str]
    choices: tuple[str, str]
    meeting: Mapping[str, str]


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
        "offers": "These times are free. Which one suits you?",
        "other_times": "Nothing is free then. These times come nearest: does one of them suit you?",
        "moving": "Which of these times would you rather have?",
        "gone": "I am sorry, that time is not free any more.",
        "full": "I am sorry, I find nothing free then. Which other days would suit you?",
        "see_you": "We look forward to seeing you.",
        "called_off": "That is all right. Write to us whenever you would like another time.",
        "unsure": "One moment, the calendar does not answer. You will hear from us here as soon as it is certain.",
        "away": "I can't look into the calendar at the moment. A colleague will get back to you here.",
        "no_meeting": "I find no appointment of yours here.",
        "which": "Which appointment do you mean?",
        "which_time": "Which of these do you mean?",
    },
    choices=("Morning", "Afternoon"),
    meeting={
        "come": r"\b(can|could|may) (i|we) come\b|\bcome (in|by|over)\b|\bavailab|\bfree (on|at|times?|slots?)\b",
        "cancel": r"\bcancel(s|l?ed|l?ing|l?ation)?\b|\bcall it off\b",
        "move": r"\bmov(e|ing)\b|\bresched|\bpostpone|\bchang|\b(an)?other (time|day|date|slot)s?\b|"
        r"\bdifferent (time|day)|\binstead\b|none of (these|them)|\bcan('t|not) (come|make it)",
        "when": r"\b(mon|tues?|wednes|thurs?|fri|satur|sun)(day)?s?\b|\b(wed|thu|sat)\b|\btoday\b|\btomorrow\b|"
        r"\bnext\b|\bweek|\bmorning|\bafternoon|\bevening|\bearlier\b|\blater\b|\bsoon|\bnoon\b|"
        r"\b\d{1,2} ?[ap]\.?m\b",
        "first": r"\b(first|1st)\b",
        "second": r"\b(second|2nd)\b",
        "third": r"\b(third|3rd)\b",
        "named": r"\b(?:my name is|i am|i'm|this is)",
    },
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
        "offers": "Diese Zeiten sind frei. Welche passt Ihnen?",
        "other_times": "Dann ist nichts frei. Diese Zeiten kommen am nächsten: Passt eine davon?",
        "moving": "Welche dieser Zeiten wäre Ihnen lieber?",
        "gone": "Es tut mir leid, diese Zeit ist nicht mehr frei.",
        "full": "Es tut mir leid, dann finde ich nichts Freies. Welche anderen Tage passen Ihnen?",
        "see_you": "Wir freuen uns auf Sie.",
        "called_off": "Kein Problem. Schreiben Sie uns, wenn Sie eine andere Zeit möchten.",
        "unsure": "Einen Moment, der Kalender antwortet nicht. Sie hören hier von uns, sobald es sicher ist.",
        "away": "Ich kann gerade nicht in den Kalender sehen. Eine Kollegin meldet sich hier bei Ihnen.",
        "no_meeting": "Ich finde hier keinen Termin von Ihnen.",
        "which": "Welchen Termin meinen Sie?",
        "which_time": "Welche davon meinen Sie?",
    },
    choices=("Vormittags", "Nachmittags"),
    meeting={
        "come": r"vorbeikommen|\bkann ich\b.*\bkommen|noch (etwas|was) frei",
        "cancel": r"\babsag|\bsag\w* .*\bab\b|stornier|\bcanceln",
        "move": r"verschieb|verleg|umbuch|\bander(e[nrs]?|n) (zeit|uhrzeit|termin|tag)|\bänder|\bstattdessen|"
        r"keiner davon|\blieber\b|kann nicht kommen",
        "when": r"\b(mon|diens|donners|frei|sams|sonn)tags?\b|\bmittwochs?\b|\bheute\b|\bmorgens?\b|"
        r"\bübermorgen\b|\bnächste|\bwoche|vormittag|nachmittag|\babends?\b|\bfrüher\b|\bspäter\b|\bmittags?\b|"
        r"\d ?uhr\b",
        "first": r"\berste[nrs]?\b",
        "second": r"\bzweite[nrs]?\b",
        "third": r"\bdritte[nrs]?\b",
        "named": r"\b(?:ich heiße|mein name ist)",
    },
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
        "offers": "Estas horas están libres. ¿Cuál le viene bien?",
        "other_times": "Entonces no hay nada libre. Estas horas son las más cercanas: ¿le viene bien alguna?",
        "moving": "¿Cuál de estas horas prefiere?",
        "gone": "Lo siento, esa hora ya no está libre.",
        "full": "Lo siento, no encuentro nada libre entonces. ¿Qué otros días le vienen bien?",
        "see_you": "Le esperamos con mucho gusto.",
        "called_off": "No pasa nada. Escríbanos cuando quiera otra hora.",
        "unsure": "Un momento, la agenda no responde. Le diremos por aquí en cuanto sea seguro.",
        "away": "Ahora mismo no puedo ver la agenda. Una compañera le escribirá por aquí.",
        "no_meeting": "No encuentro aquí ninguna cita suya.",
        "which": "¿A qué cita se refiere?",
        "which_time": "¿A cuál de estas se refiere?",
    },
    choices=("Por la mañana", "Por la tarde"),
    meeting={
        "come": r"\bpuedo (ir|pasar)|\bdisponib|\bhueco",
        "cancel": r"\bcancel[aeo]|\banul",
        "move": r"\bcambi|\bmover|\breprogram|\breagend|\bpospon|\baplaz|\botr[oa]s? (hora|día|fecha|momento)|"
        r"\bninguna|no (puedo|podré) (ir|asistir)",
        "when": r"\b(lunes|martes|miércoles|jueves|viernes|sábado|domingo)s?\b|\bhoy\b|\bmañana\b|\bpróxim|"
        r"\bsemana|\btardes?\b|\bnoche\b|\bantes\b|\bdespués\b|\bmediodía\b",
        "first": r"\bprimer[oa]?\b",
        "second": r"\bsegund[oa]\b",
        "third": r"\btercer[oa]?\b",
        "named": r"\b(?:me llamo|mi nombre es|soy)",
    },
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
        "offers": "Ces heures sont libres. Laquelle vous convient ?",
        "other_times": "Rien n'est libre à ce moment-là. Ces heures sont les plus proches : "
        "l'une d'elles vous convient-elle ?",
        "moving": "Laquelle de ces heures préférez-vous ?",
        "gone": "Je suis désolée, cette heure n'est plus libre.",
        "full": "Je suis désolée, je ne trouve rien de libre. Quels autres jours vous conviendraient ?",
        "see_you": "Au plaisir de vous accueillir.",
        "called_off": "Aucun souci. Écrivez-nous dès que vous souhaitez une autre heure.",
        "unsure": "Un instant, l'agenda ne répond pas. Vous aurez de nos nouvelles ici dès que ce sera sûr.",
        "away": "Je ne peux pas voir l'agenda pour le moment. Une collègue vous écrira ici.",
        "no_meeting": "Je ne trouve ici aucun rendez-vous à votre nom.",
        "which": "De quel rendez-vous s'agit-il ?",
        "which_time": "De laquelle s'agit-il ?",
    },
    choices=("Le matin", "L'après-midi"),
    meeting={
        "come": r"puis-je (venir|passer)|\bdisponib|\bcréneau",
        "cancel": r"\bannul|\bdécommand",
        "move": r"\bdéplac|\breport|\bdécal|\bchang|\bautres? (heures?|horaires?|jours?|dates?|créneaux?)|"
        r"\baucune? de ces|\bplutôt\b|(peux|pourrai) pas venir",
        "when": r"\b(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)s?\b|aujourd'hui|\bdemain\b|\bprochain|"
        r"\bsemaine|\bmatin|après-midi|\bsoir|\bplus t(ôt|ard)\b|\bmidi\b|\b\d{1,2} ?h\b",
        "first": r"\bpremi(er|ère)\b",
        "second": r"\b(deuxième|seconde?)\b",
        "third": r"\btroisième\b",
        "named": r"(?:je m'appelle|mon nom est|je suis)",
    },
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
        "offers": "Estes horários estão livres. Qual lhe convém?",
        "other_times": "Não há nada livre nessa altura. Estes horários são os mais próximos: algum lhe convém?",
        "moving": "Qual destes horários prefere?",
        "gone": "Lamento, esse horário já não está livre.",
        "full": "Lamento, não encontro nada livre nessa altura. Que outros dias lhe convêm?",
        "see_you": "Esperamos por si com muito gosto.",
        "called_off": "Não faz mal. Escreva-nos quando quiser outro horário.",
        "unsure": "Um momento, a agenda não responde. Dizemos-lhe por aqui assim que for certo.",
        "away": "De momento não consigo ver a agenda. Uma colega vai escrever-lhe por aqui.",
        "no_meeting": "Não encontro aqui nenhuma consulta sua.",
        "which": "A que consulta se refere?",
        "which_time": "A qual destes se refere?",
    },
    choices=("De manhã", "De tarde"),
    meeting={
        "come": r"\bposso (ir|passar)\b|\bdisponí|\bvaga",
        "cancel": r"\bcancel[aeo]|\bdesmarc",
        "move": r"\bremarc|\breagend|\bmud(ar|o|ei|ança)|\btroc|\badiar|\balter|\boutr[oa]s? (hora|horário|dia|"
        r"data)|\bnenhum|não (posso|vou poder) ir",
        "when": r"\b(segunda|terça|quarta|quinta|sexta)s?\b|\b(sábado|domingo)s?\b|\bhoje\b|\bamanhã\b|\bpróxim|"
        r"\bsemana|\bmanhã\b|\btardes?\b|\bnoite\b|\bmais (cedo|tarde)\b|\bmeio-dia\b|\b\d{1,2} ?h\b",
        "first": r"\bprimeir[oa]\b",
        "second": r"\bsegund[oa] (opção|hora|horário)\b|\ba segunda\b",
        "third": r"\bterceir[oa]\b",
        "named": r"\b(?:meu nome é|me chamo|chamo-me)",
    },
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
        "offers": "De här tiderna är lediga. Vilken passar dig?",
        "other_times": "Då finns inget ledigt. De här tiderna ligger närmast: passar någon av dem?",
        "moving": "Vilken av de här tiderna vill du hellre ha?",
        "gone": "Tyvärr är den tiden inte ledig längre.",
        "full": "Tyvärr hittar jag inget ledigt då. Vilka andra dagar passar dig?",
        "see_you": "Välkommen till oss!",
        "called_off": "Det går bra. Skriv till oss när du vill ha en annan tid.",
        "unsure": "Ett ögonblick, kalendern svarar inte. Du hör av oss här så snart det är säkert.",
        "away": "Jag kan inte se kalendern just nu. En kollega skriver till dig här.",
        "no_meeting": "Jag hittar ingen tid för dig här.",
        "which": "Vilken tid menar du?",
        "which_time": "Vilken av dem menar du?",
    },
    choices=("På förmiddagen", "På eftermiddagen"),
    meeting={
        "come": r"\bkan jag komma|\bledig",
        "cancel": r"\bavbok|\bställa? in\b",
        "move": r"\bombok|\bflytta|\bändra|\bbyta?\b|\bann(an|at) (tid|dag|datum)|\bandra (tider|dagar)|"
        r"\bingen av|\bhellre\b|\bistället\b|kan inte komma",
        "when": r"\b(mån|tis|ons|tors|fre|lör|sön)dag(en|ar)?s?\b|\bidag\b|\bi dag\b|\bi ?morgon\b|\bnästa\b|"
        r"\bveckan?\b|förmiddag|eftermiddag|\bkväll|\btidigare\b|\bsenare\b|\blunch\b|\bkl(ockan|\.)? ?\d",
        "first": r"\bförsta\b",
        "second": r"\bandra (tiden|alternativet)\b|\bden andra\b",
        "third": r"\btredje\b",
        "named": r"\b(?:jag heter|mitt namn är)",
    },
)
SCRIPTS: Final = (ENGLISH, GERMAN, SPANISH, FRENCH, PORTUGUESE, SWEDISH)
