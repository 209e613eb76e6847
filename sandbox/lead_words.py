"""The words by which a customer shows what he wants, in eight languages: data of `sandbox.openai_leads`.

Rows match folded text: lower case, no accents, plain apostrophes, one form of each Arabic letter, as the hurried write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

_LATIN: Final = {code: normalize("NFD", chr(code))[0].lower() for code in range(0xC0, 0x180)}
_FOLDS: Final = _LATIN | str.maketrans("’ʼ´ø", "'''o") | str.maketrans("أإآ", "ااا") | str.maketrans("ىة", "يه")


def folded(text: str) -> str:
    """The text as the rows know it, as long as it was: a place in one is the same place in the other."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(each if len(each.lower()) != 1 else each.lower() for each in text)
    return low if low.isascii() else low.translate(_FOLDS)


def bag(written: str) -> frozenset[str]:
    """The words of a list that is written as a sentence."""
    return frozenset(written.split())


_OTHER: Final = re.compile("[\u0620-\u064a\u0900-\u097f]")


@dataclass(frozen=True, slots=True)
class Words:
    """One meaning: a pattern for Latin letters, and one for Arabic and Devanagari, where \\b tells nothing."""

    latin: re.Pattern[str]
    other: re.Pattern[str]

    def find(self, text: str) -> re.Match[str] | None:
        """The first place of a folded text that means it."""
        return self.latin.search(text) or (None if text.isascii() else self.other.search(text))


def words(*rows: str) -> Words:
    """Rows of one meaning: Latin rows are whole words, the others begin a word, after what Arabic writes before "
    "one."""
    other = [row for row in rows if _OTHER.search(row)]
    latin = [row for row in rows if row not in other]
    return Words(
        re.compile(rf"(?<![\w-])(?:{'|'.join(latin) or '(?!)'})(?!\w)"),
        re.compile(rf"(?<![\u0620-\u064a\u0900-\u097f])[وفبل]?(?:{'|'.join(other) or '(?!)'})"),
    )


_UP_TO_TWO: Final = r"(?:[\w'-]+ ){0,2}?"
_UP_TO_SIX: Final = r"(?:[\w'-]+ ){0,6}?"
_BOOK_EN: Final = (
    r"(?:re)?(?:book|order|buy|purchase|reserve|schedule|rent|subscribe|enroll?|sign (?:me |us )?up|place an order|"
    r"set up an?|arrange an?|(?:make|get|have|fix) an? (?:[\w-]+ ){0,2}?(?:appointment|booking|reservation|order))"
)
_THING_EN: Final = (
    r"(?:appointment|appt|booking|reservation|slot|table|room|consultation|viewing|demo|session|lesson|"
    r"meeting|check-?up|haircut|cleaning|quote|visit|place)"
)
# What ends in an order or an appointment.
ACTS: Final = words(
    rf"(?:want|wanna|like|love|need|ready|wish|hope|hoping|decided|looking|trying|going|keen|"
    rf"happy) (?:to )?{_UP_TO_TWO}"
    rf"{_BOOK_EN}",
    rf"(?:need|want|like|get|grab|take) (?:an?|one|two|\d+|another|the|your) (?:[\w'-]+ ){{0,3}}?{_THING_EN}s?",
    rf"(?:can|could|may|shall|should) (?:i|we|you) (?:please |just |also )?(?:{_BOOK_EN}|(?:put|fit|squeeze|"
    rf"get) (?:me|us)|"
    r"come (?:in|by|over))",
    r"(?:book|schedule|pencil|sign) (?:me|us)|put (?:me|us) down|please (?:book|reserve|schedule|order)",
    r"(?:i|we)(?:'ll| will| would)? (?:take|buy|order|book) (?:it|them|that|the|one|two|three|both|\d+)",
    r"let's (?:book|do it|go ahead|do that|schedule|get started|start|meet)|go ahead and \w+",
    rf"(?:how|where) (?:can|do|could|should) (?:i|we) {_BOOK_EN}|(?:how|where) (?:can|do|should) (?:i|we) (?:pay|"
    rf"sign)",
    r"send (?:me |us )?(?:the |an? |your )?(?:invoice|contract|payment link|booking link)",
    r"(?:i|we) (?:need|want|take|order) \d+ (?!min|hour|day|week|month|year|more|sec)\w+",
    r"(?:quiero|quisiera|queria|queremos|quisieramos|(?:me|nos) gustaria|necesito|necesitamos|puedo|podria|podriamos|"
    r"podemos|deseo|vengo a|voy a|vamos a|puede|puedes|pueden|se puede) "
    rf"{_UP_TO_TWO}(?:reservar\w*|agendar\w*|pedir\w*|comprar\w*|contratar\w*|encargar\w*|apartar\w*|ordenar|"
    rf"programar|"
    r"inscribir\w*|alquilar\w*|sacar (?:una )?cita|hacer (?:una?) (?:cita|reserva|pedido))",
    r"(?:quiero|quisiera|queria|necesito|(?:me|nos) gustaria|deseo|dame|deme|busco) (?:tener |pedir )?(?:una?|la|"
    r"otra) "
    rf"{_UP_TO_TWO}(?:cita|reserva|mesa|habitacion|consulta|turno|demo|clase|visita)",
    r"me lo llevo|lo compro|reserv[ae]me|apunt[ae]me|agend[ae]me|como (?:puedo )?(?:pagar|pago|reservar|reservo|"
    r"comprar)",
    r"(?:quero|queria|queremos|(?:gostaria|gostariamos|preciso|precisamos)(?: de)?|posso|podemos|poderia|vou|"
    r"vamos|pode|"
    rf"da (?:para|pra)|tem como|desejo) {_UP_TO_TWO}(?:marcar|agendar|reservar|comprar|encomendar|contratar|pedir|"
    rf"alugar|"
    r"fechar|assinar|fazer uma? (?:reserva|pedido|encomenda|marcacao))",
    rf"(?:quero|queria|preciso de|gostaria de) (?:ter )?uma? {_UP_TO_TWO}(?:consulta|reserva|mesa|quarto|horario|"
    rf"sessao|"
    r"demonstracao|aula|visita)|vou levar|fico com|como (?:faco (?:para|pra) |posso )?(?:pagar|reservar|comprar|"
    r"agendar)",
    r"(?:mochten?|moechten?|wurden?|wuerden?|will|wollen|wollte|brauchen?|kann|konnen|konnte|konnten|darf) "
    rf"{_UP_TO_SIX}(?:buchen|reservieren|bestellen|kaufen|vereinbaren|ausmachen|beauftragen|mieten|anmelden|"
    rf"vorbeikommen)",
    rf"(?:mochten?|brauchen?|hatten? gerne?|will|suche|nehme) (?:[\w-]+ ){{0,3}}?(?:einen?|den|zwei) {_UP_TO_TWO}"
    r"(?:[\w-]*termin|tisch|zimmer|beratung|probestunde|besichtigung|demo)",
    r"ich (?:nehme|kaufe|bestelle|buche) (?:es|das|den|die|ihn|sie|einen?)|wie (?:kann ich )?(?:bezahlen|buche|"
    r"bestelle)\w*",
    r"(?:buchen|reservieren|tragen|schicken|senden) sie (?:mir|mich|uns) (?:bitte )?(?:\w+ )?(?:rechnung|vertrag|"
    r"ein|einen?)",
    r"(?:veux|voudrais|voudrions|voulons|aimerais|aimerions|souhaite\w*|besoin de|puis-je|peut-on|pourrais(?:-je)?|"
    rf"pouvez-vous|pourriez-vous|peux|on peut|vais|possible de) {_UP_TO_TWO}(?:reserver|commander|acheter|louer|"
    r"prendre (?:un )?(?:rendez-vous|rdv)|fixer un|m'inscrire|planifier)",
    rf"(?:veux|voudrais|aimerais|souhaite\w*|faudrait|besoin d'|cherche) ?(?:avoir )?une? {_UP_TO_TWO}"
    r"(?:rendez-vous|rdv|reservation|table|chambre|consultation|devis|demo)",
    r"je (?:le|la|les) prends|je (?:commande|reserve|achete)|reservez-(?:moi|nous)|comment (?:payer|reserver|"
    r"commander)",
    r"(?:vill|skulle vilja|behover|kan|tankte|onskar|ska|gar det att|mojligt att) (?:[\w-]+ ){0,3}?"
    r"(?:boka|bestalla|kopa|reservera|hyra|anmala|teckna|komma in)",
    rf"(?:vill ha|behover|onskar|skulle vilja ha) (?:en|ett) {_UP_TO_TWO}(?:tid|bord|rum|konsultation|bokning|"
    rf"mote|offert)",
    r"jag (?:tar|koper|bokar|bestaller) (?:den|det|dem|en|ett)|boka (?:in )?(?:mig|oss)|hur (?:betalar|bokar|"
    r"bestaller)",
    r"(?:book\w*|appointment|order)(?: \w+){0,2} (?:karn[ai]|chahiye|kar do|kar dijiye|chahta|chahti)",
    r"(?:اريد|نريد|ارغب|احتاج|نحتاج|ابغي|ابغا|ابي|عايز|عاوز|بدي|ممكن|يمكنني|استطيع|اود|"
    r"حابب)\w* (?:\S+ ){0,2}?(?:في )?ا?ل?"
    r"(?:حجز|احجز|نحجز|شراء|اشتري|موعد|طلب|اطلب|استئجار)",
    r"احجزو?ا? لي|كيف (?:احجز|ادفع|اشتري|اطلب|يمكنني (?:الحجز|الدفع|الشراء))",
    r"(?:बुक|ऑर्डर|खरीद|ख़रीद|अपॉइंटमेंट|अपॉइन्टमेंट|आरक्ष|टेबल|कमरा|समय)\S*(?: \S+){0,3}? (?:चाह|कर(?:ना|नी|ने|"
    r"ा)|कर द|करें|करवा|"
    r"सकत|है क्या)",
)
# What asks and weighs.
INQUIRIES: Final = words(
    r"interested|how much(?! (?:time|longer|notice))|pric(?:es?|ing)|costs?|fees?|rates|quot(?:e|ation)|estimate|"
    r"discount",
    r"availab\w+|free (?:slot|time|appointment|table|room)s?|openings?|appointments?|bookings?|demo|consultation|"
    r"trial",
    r"(?:do|does|can|could) you (?:guys |also |even )?(?:offer|do|have|sell|provide|repair|fix|install|deliver|"
    r"ship|help|make)",
    r"(?:tell|know|learn|hear|find out) (?:me |us )?more|more (?:info\w*|details)|looking (?:for|at|into)|"
    r"thinking (?:of|about)",
    r"considering|(?:i|we) (?:might )?need (?:an?|some|new|to (?:fix|repair|replace|get))|your (?:services?|"
    r"offers?|products?)",
    r"interesad[oa]s?|(?:me|nos) interesan?|cuanto (?:cuesta|vale|sale|seria|es|cobra)\w*|precios?|tarifas?|"
    r"presupuesto|"
    r"cotizacion|disponib\w+|hay (?:\w+ )?(?:huecos?|citas?|sitio|mesas?)|tienen|ofrecen|hacen|venden|reparan|"
    r"cita|citas",
    r"(?:mas )?(?:informacion|detalles)|busco|buscamos|estoy (?:buscando|pensando)|necesito|necesitamos|servicios",
    r"interessad[oa]s?|tenho interesse|quanto (?:custa|e|fica|sai|seria|cobra)\w*|precos?|valor(?:es)?|orcamento|"
    r"disponive\w+|tem (?:\w+ )?(?:vagas?|horarios?|mesas?)|voces (?:tem|fazem|oferecem|vendem)|informac\w+|detalhes|"
    r"procuro|estou (?:procurando|pensando|a procura)|consulta|preciso|precisamos|servicos",
    r"interessier\w+|interesse|was kosten?t?|wie ?viel(?! (?:uhr|zeit))|preis\w*|kosten|angebot\w*|kostenvoranschlag|"
    r"verfugbar\w*|[\w-]*termine?|noch (?:etwas |was )?frei|(?:bieten|haben|machen|verkaufen|reparieren) sie|infos|"
    r"(?:mehr )?informationen|mehr erfahren|suchen?|uberlegen?|brauchen?|beratung\w*|leistungen",
    r"interessee?s?|combien(?! de temps)|prix|tarifs?|devis|disponib\w+|rendez-vous|rdv|(?:avez|proposez|faites|"
    r"vendez)-vous|"
    r"vous (?:avez|faites|proposez)|d'infos?|d'informations|renseignements?|en savoir plus|cherch\w+|besoin d\S*",
    r"intresserad\w*|intresse|vad kostar|hur mycket|pris\w*|kostnad\w*|offert\w*|ledig\w*|tillganglig\w*|"
    r"(?:har|erbjuder|gor|saljer) ni|mer info\w*|letar efter|soker|funderar pa|behover|bokning\w*|boka tid|"
    r"lediga tider",
    r"kitna|kitne|keemat|chahiye",
    r"كم (?:سعر|يكلف|تكلف|السعر|ثمن)|بكم|ا?ل?[اس]?سعار|ا?ل?سعر|متاح|متوفر|لديكم|عندكم|تقدمون|مهتم|معلومات|تفاصيل|"
    r"ابحث عن|"
    r"ا?ل?موعد|مواعيد|خدمات",
    r"कितने(?! बजे)|कितना|कीमत|क़ीमत|दाम|रेट|शुल्क|फीस|फ़ीस|उपलब्ध|जानकारी|क्या आप|आपके पास|रुचि|दिलचस्पी|चाहिए|"
    r"अपॉइंटमेंट|सेवा",
)
# What takes the wish back, or never had it.
WITHDRAWALS: Final = words(
    r"not (?:really )?interested|no longer (?:interested|need\w*|want\w*)|(?:don't|do not) (?:want|need)|"
    r"no thanks?(?: you)?",
    r"changed my mind|cancel(?:l?ed|l?ing)?|unsubscribe|wrong number|leave me alone|stop (?:writing|messaging|"
    r"texting|sending)",
    r"just (?:looking|browsing|curious|window)|found (?:someone|somebody|another) \w+|went with|maybe (?:later|"
    r"another time)",
    r"no (?:me interesa|nos interesa|estoy interesad\w|quiero|gracias)|ya no|cancelar\w*|cancelen?|numero equivocado",
    r"solo (?:miraba|estoy mirando|por curiosidad)|cambi[eo] de (?:opinion|idea)|dej[ae]n? de",
    r"nao (?:tenho interesse|estou interessad\w|quero|preciso)|nao,? obrigad\w|desist\w+|so (?:estou )?(?:olhando|"
    r"curiosidade)",
    r"numero errado|engano|mudei de ideia|deixa (?:para|pra) la",
    r"kein interesse|nicht (?:mehr )?(?:interessiert|notig)|absagen|storniere\w*|nur (?:mal )?(?:schauen|gucken|"
    r"umsehen)",
    r"falsche nummer|nein,? danke|hat sich erledigt|doch nicht|nur neugierig",
    r"pas (?:du tout |vraiment )?interessee?s?|plus (?:besoin|envie)|annul\w+|je regarde (?:juste|seulement)|"
    r"par curiosite",
    r"mauvais numero|erreur de numero|non,? merci|change d'avis|laissez tomber",
    r"inte (?:langre )?(?:intresserad\w*|aktuellt)|avbok\w+|avbestall\w+|tittar bara|bara nyfiken|fel nummer|"
    r"nej,? tack",
    r"angrat mig|glom det",
    r"لست مهتم|غير مهتم|لا اريد|لا ارغب|الغاء|الغي|رقم خط|لا شكرا|غيرت رايي",
    r"रुचि नहीं|नहीं चाहिए|रद्द|कैंस[िल]|गलत नंबर|ग़लत नंबर|नहीं,? धन्यवाद|मन बदल",
)
# Who wants to sell or to be hired is no customer.
MISFITS: Final = words(
    r"(?:looking for|need|want|find|apply(?:ing)? for|have) (?:an? |any |some |open )?(?:job|work|internship|"
    r"vacanc\w+)s?",
    r"are you hiring|my (?:cv|resume)|we (?:offer|provide|sell) (?:seo|web|marketing|\w+ services)|seo|backlinks?|"
    r"guest post",
    r"busco (?:trabajo|empleo)|vacantes?|mi curriculum|procuro (?:emprego|trabalho)|vaga de emprego|meu curriculo",
    r"bewerbung|bewerben|praktikum|stellenangebote?|ausbildungsplatz|(?:un )?(?:emploi|stage)|candidature|"
    r"soker jobb|praktik",
    r"ابحث عن (?:عمل|وظيفه)|وظيفه|नौकरी|जॉब चाहिए",
)

_DAYS_EN: Final = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
SOON: Final = words(
    r"today|tonight|tomorrow|tmrw|asap|as soon as (?:possible|you can)|urgent\w*|emergency|immediately|"
    r"right (?:now|away)",
    rf"straight away|this (?:week|weekend|morning|afternoon|evening)|{_DAYS_EN}|within (?:an hour|the hour|"
    rf"\d+ hours|a day)",
    r"in (?:an|two|\d+) hours?|end of (?:the|this) week|deadline|can't wait|in pain|at the earliest",
    r"hoy|(?<!la )manana|esta (?:semana|tarde|noche|manana)|urgente\w*|urgencia|cuanto antes|lo antes posible|"
    r"ahora mismo",
    r"ya mismo|inmediatamente|lunes|martes|miercoles|jueves|viernes|sabado|domingo|fin de semana",
    r"hoje|amanha|(?:n?esta|essa) semana|urgencia|(?:o )?quanto antes|o mais (?:rapido|cedo) possivel|agora mesmo",
    r"imediatamente|(?:segunda|terca|quarta|quinta|sexta)-feira|(?:n[ao]|proxim[ao]|ate) (?:segunda|terca|quarta|"
    r"quinta|sexta)",
    r"heute|(?<!guten )(?<!schonen )morgen|ubermorgen|uebermorgen|diese (?:woche|tage)|wochenende|dringende?\w*|"
    r"eilig|es eilt",
    r"notfall|sofort|so (?:schnell|bald) wie moglich|schnellstmoglich|baldmoglichst|umgehend",
    r"(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend",
    r"aujourd'hui|(?:apres-)?demain|ce soir|cette semaine|ce week-?end|urgence|au plus (?:vite|tot)|des que possible",
    r"le plus (?:vite|tot|rapidement) possible|immediatement|tout de suite|lundi|mardi|mercredi|jeudi|vendredi|"
    r"samedi|dimanche",
    r"i ?dag|i ?kvall|i ?morgon|imorn|i? ?overmorgon|denna vecka|den har veckan|i (?:veckan|helgen)|akut\w*|"
    r"bradskande",
    r"(?<!inte )brattom|omgaende|genast|omedelbart|sa (?:snart|fort) som mojligt|snarast|(?:man|tis|ons|tors|fre|"
    r"lor|son)dag",
    r"aaj|turant|jaldi",
    r"اليوم|غدا|بكر[هاة]|الليله|هذا الاسبوع|عاجل|مستعجل|فورا|حالا|اسرع وقت|في اقرب وقت|طارئ|"
    r"يوم (?:الاحد|الاثنين|الثلاثاء|الاربعاء|الخميس|الجمعه|السبت)",
    r"(?:आज|कल|परसों|तुरंत|तत्काल|अर्जेंट|अभी)(?![\u0900-\u097f])|इस (?:हफ्ते|हफ़्ते|सप्ताह)|जल्दी से जल्दी|"
    r"जल्द से जल्द|आपात|"
    r"(?:सोम|मंगल|बुध|गुरु|शुक्र|शनि|रवि)वार",
)
_MONTHS: Final = (
    r"(?:jan(?:uar[yi]?|vier|eiro)?|enero|feb(?:ruar[yi]?|rero)?|fev(?:rier|ereiro)?|mar(?:ch|s|zo|co)|marz|"
    r"apr(?:il)?|abril?|"
    r"avril|may|mayo|mai|maio|maj|june?i?o?|juin|junho|july?i?o?|juillet|julho|aug(?:ust|usti)?|agosto|aout|"
    r"sept?(?:ember|iembre|embre)?|setembro|o[ck]t(?:ober|ubre|obre)?|outubro|nov(?:ember|iembre|embre|embro)?|"
    r"de[cz](?:ember|embre|embro)?|diciembre)"
)
DATES: Final = words(
    rf"\d{{1,2}}(?:st|nd|rd|th)?\.? (?:of |de |den )?{_MONTHS}|{_MONTHS} \d{{1,2}}(?:st|nd|rd|th)?(?! ?\d)",
    r"\d{4}-\d\d-\d\d|(?:on |am |el |le |den |dia |by |for )\d{1,2}[./]\d{1,2}\.?(?:20\d\d)?",
    r"\d{1,2} (?:يناير|فبراير|مارس|ابريل|مايو|يونيو|يوليو|اغسطس|سبتمبر|اكتوبر|نوفمبر|ديسمبر|"
    r"जनवरी|फरवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|अक्टूबर|नवंबर|दिसंबर)",
)
LATER: Final = words(
    r"next (?:week|month|weekend)|this month|in (?:an?|one|two|three|four|\d+|a few|a couple of) (?:weeks?|"
    r"months?)|soon",
    rf"(?:in|by|before|until|early|late|im|en|em|i|dans|debut|fin) {_MONTHS}|end of the month|this (?:summer|"
    rf"spring|autumn|fall|winter)",
    r"(?:the )?(?:next|coming) (?:few )?(?:weeks|months)|in the next \w+",
    r"proxim[oa]s? (?:semana|mes)(?:es|s)?|(?:semana|mes) que (?:viene|vem)|este mes|en (?:una?s?|dos|tres|"
    r"\d+) (?:semanas?|mes(?:es)?)",
    r"pronto|em (?:algumas|duas|tres|\d+) (?:semanas|meses)|em breve",
    r"nachste[nr]? (?:woche|monat)|diesen monat|in (?:einem?r?|zwei|drei|\d+|ein paar) (?:wochen?|monaten?)|"
    r"demnachst|bald",
    r"(?:semaine|mois) prochaine?|ce mois|dans (?:une?|deux|trois|quelques|\d+) (?:semaines?|mois)|bientot|"
    r"prochainement",
    r"nasta (?:vecka|manad)|denna manad|om (?:en|ett|tva|tre|nagra|\d+) (?:veckor?|manad\w*)|snart",
    r"الاسبوع (?:القادم|المقبل|الجاي)|الشهر (?:القادم|المقبل|الجاي)|قريبا|بعد (?:اسبوع|شهر)",
    r"अगले (?:हफ्ते|हफ़्ते|सप्ताह|महीने)|इस महीने|जल्द",
)
NO_HURRY: Final = words(
    r"no (?:rush|hurry|urgency)|not (?:that |very |so )?urgent|not in an? (?:rush|hurry)|whenever|take your time|"
    r"next year",
    r"some ?day|one day|eventually|in (?:an?|two|\d+) years?|later this year|not (?:any ?time )?soon",
    r"sin (?:prisa|apuro)|no (?:hay|tengo|es|corre) (?:prisa|urgente|apuro)|algun dia|(?:el )?(?:ano que viene|"
    r"proximo ano)",
    r"mas adelante|cuando (?:puedan?|quieran?)|sem pressa|nao (?:tenho|ha|tem|e) (?:pressa|urgen\w+)|algum dia|"
    r"ano que vem",
    r"(?:keine|ohne) eile|nicht (?:so )?(?:dringend|eilig)|eilt nicht|irgendwann|nachstes jahr|hat zeit|kein stress",
    r"pas (?:presse|presses|pressee|urgent|d'urgence)|rien ne presse|un jour|l'annee prochaine|l'an prochain|"
    r"plus tard",
    r"ingen (?:bradska|stress|brattom)|inte (?:brattom|bradskande|akut)|nagon gang|nasta ar|nar ni (?:kan|hinner)|"
    r"langre fram",
    r"لست مستعجل|لا داعي للعجله|غير (?:مستعجل|عاجل)|ليس عاجل|السنه القادمه|العام القادم|يوما ما",
    r"(?:कोई )?जल्दी नहीं|अगले साल|कभी भी",
)

_SUM: Final = r"(?:[€$£₹]|r\$|rs\.?|usd|eur|kr|inr)? ?\d[\d., ]*k?"
PAYS: Final = words(
    rf"budget(?: is| of| would be| ist| liegt bei| von| betragt| est| de| serait| ar| pa| ligger pa| es| hai|"
    rf":)? ?(?:de |bei |around |about |up to |approx\w* |between |max\w* |ca\.? |environ |rund |etwa |bis |"
    rf"upp till |runt )*{_SUM}",
    r"(?:i|we)(?:'ll| can| could| will| would|'d| am| are|'m|'re)(?: also| happily| easily| definitely)? "
    r"(?:able to |willing to |happy to |ready to |prepared to )?(?:pay|spend|afford|invest|put down)",
    rf"(?:i|we) have {_SUM} (?:\w+ )?(?:to spend|for (?:it|this)|available)|money (?:is no|is not an?|isn't an?) \w+",
    r"(?:price|that|it) (?:is|sounds|looks) (?:fine|good|ok|okay|fair|right) (?:for|with) (?:me|us|our budget|"
    r"my budget)",
    r"(?:price|cost) (?:is|sounds|looks|seems) (?:fine|good|ok|okay|fair|right|reasonable)|(?:fine|ok|"
    r"okay) with the price",
    r"(?:fits|within|in) (?:my|our|the) budget|budget (?:is )?approved",
    rf"presupuesto (?:es|seria|maximo|ronda|de)(?: de| los| hasta| unos)* {_SUM}|(?:puedo|podemos|podria|"
    rf"podriamos|dispuest[oa]s? a) (?:pagar|gastar|invertir)",
    r"(?:el )?precio (?:me )?(?:esta|parece) (?:bien|justo|perfecto)|(?:el )?dinero no es (?:un )?problema",
    rf"orcamento (?:e|seria|de|maximo)(?: de| ate)* {_SUM}|(?:posso|podemos|consigo|dispost[oa]s? a) (?:pagar|"
    rf"gastar|investir)",
    r"(?:o )?preco (?:esta|e|ta|parece) (?:bom|otimo|ok|justo)|dinheiro nao e (?:um )?problema|pago ate",
    r"(?:kann|konnen|konnte|konnten|wurden?|bereit,?) (?:[\w€$.,]+ ){0,4}?(?:zu )?(?:be)?(?:zahlen|ausgeben|"
    r"investieren)",
    r"preis (?:ist|passt|klingt)(?: fur (?:mich|uns))?(?: in ordnung| ok| okay| gut| fair)?|"
    r"geld spielt keine rolle|im budget",
    r"(?:peux|pouvons|pourrais|prete?s? a) (?:payer|depenser|investir|mettre)|prix (?:me |nous )?(?:convient|va)",
    r"(?:kan|beredd\w* att|villig\w* att) (?:[\w]+ )?(?:betala|lagga|spendera)|priset (?:ar|later|kanns) (?:ok|"
    r"okej|bra|rimligt)",
    r"pengar ar inget problem|l'argent n'est pas un probleme",
    r"ميزانيت(?:ي|نا)|ميزانيه (?:قدرها|حدود|تبلغ)|(?:يمكنني|استطيع|مستعد|نستطيع|يمكننا|"
    r"اقدر)\w* (?:\S+ )?(?:ان )?ا?ل?ل?(?:دفع|ادفع|ندفع)|"
    r"السعر مناسب",
    r"(?:मेरा|हमारा) बजट (?!नहीं|कम|बहुत)|(?:दे|खर्च कर|ख़र्च कर|भुगतान कर) सकत[ाीे]|कीमत ठीक",
)
MONEY: Final = words(
    r"how much(?! (?:time|longer|notice))|pric(?:es?|ing|ey)|costs?|fees?|rates|quot(?:e|ation)|estimate|"
    r"discounts?|cheap\w*|"
    r"expensive|afford\w*|pay(?:ment|ments|ing)?|budget|instal?lments?|deposit|refund|free of charge",
    r"(?:usd|eur|kr|inr|rs|r\$) ?\d[\d.,]*|\d[\d.,]*k? ?(?:usd|eur|euros?|dollars?|pounds|bucks|kr|kronor|sek|"
    r"rupees|rs|reais|pesos|inr)",
    r"cuanto (?:cuesta|vale|sale|es|seria|cobra)\w*|precios?|costos?|coste|tarifas?|car[oa]s?|barat\w+|"
    r"descuentos?|pagos?|pagar|"
    r"presupuesto|cotizacion|cuotas|dinero",
    r"quanto (?:custa|e|fica|sai|seria|cobra)\w*|precos?|valor(?:es)?|descontos?|pagamento|orcamento|parcel\w+|"
    r"dinheiro",
    r"was kosten?t?|wie ?viel(?! (?:uhr|zeit))|preis\w*|kosten|kostet|teuer\w*|gunstig\w*|billig\w*|rabatt\w*|"
    r"(?:be)?zahl(?:en|ung)",
    r"combien(?! de temps)|prix|tarifs?|couts?|coute\w*|cheres?|chers?|remise|reduction|promo\w*|payer|paiement|"
    r"devis",
    r"vad kostar|hur mycket|pris\w*|kostar?|kostnad\w*|dyrt?|billig\w*|rabatt\w*|betal\w+|offert",
    r"kitna|kitne(?! baje)|keemat|paise",
    r"كم (?:السعر|سعر|يكلف|تكلف|ثمن)|بكم|ا?ل?سعر|ا?ل?اسعار|تكلفه|التكلفه|غالي|رخيص|خصم|ا?ل?دفع|ميزانيه|تقسيط",
    r"कितने(?! (?:बजे|दिन|समय))|कितना(?! समय)|कीमत|क़ीमत|दाम|रेट|शुल्क|फीस|फ़ीस|महंग|महँग|सस्त|छूट|डिस्काउंट|पैसे|"
    r"भुगतान|बजट|खर्च",
)
MONEY_SIGN: Final = re.compile(r"[€$£₹] ?\d|\d ?[€$£₹]")
CANNOT_PAY: Final = words(
    r"too (?:expensive|pricey|costly)|(?:that's|it's|is|bit) too much|(?:can't|cannot|can not|couldn't|"
    r"not) (?:really )?afford",
    r"no (?:money|budget|funds|cash)|(?:out of|over|above|beyond) (?:my|our|the) (?:budget|price range)|i'm broke|"
    r"won't pay",
    r"(?:don't|do not) have (?:\w+ ){0,2}(?:money|budget|funds)|not (?:going|willing) to pay",
    r"(?:muy|demasiado|tan) car[oa]s?|no (?:tengo|tenemos|hay) (?:\w+ )?(?:dinero|plata|presupuesto)|sin dinero",
    r"no (?:me |nos )?(?:lo )?(?:puedo|podemos) (?:permitir\w*|pagar\w*|costear\w*)|fuera de (?:mi|"
    r"nuestro) presupuesto",
    r"muito car[oa]s?|car[oa]s? demais|nao (?:tenho|temos) (?:\w+ )?(?:dinheiro|grana|orcamento|verba)|"
    r"sem (?:dinheiro|grana)",
    r"nao (?:posso|podemos|consigo|da (?:para|pra)) (?:\w+ )?(?:pagar|gastar)|fora do (?:meu|nosso) orcamento",
    r"zu teuer|nicht leisten|kein (?:geld|budget)|sprengt|uber (?:meinem|unserem|dem) budget",
    r"trop chere?s?|pas (?:les moyens|d'argent|de budget|le budget)|hors (?:de )?(?:mon |notre )?budget",
    r"peux pas (?:me |nous )?(?:le |la |l')?(?:payer|permettre|offrir)|au-dessus de (?:mon|notre) budget",
    r"for dyrt?|inte rad|inga pengar|ingen budget|over (?:min|var) budget",
    r"غالي جدا|مكلف جدا|ليس (?:لدي|معي) (?:ا?ل?مال|ميزانيه)|لا املك (?:ا?ل?مال|ميزانيه)|لا استطيع (?:تحمل|"
    r"ا?ل?دفع)|ما عندي (?:فلوس|مال|ميزانيه)|"
    r"(?:خارج|فوق) ميزانيت",
    r"बहुत (?:ज़्यादा |ज्यादा )?(?:महंग|महँग)|पैसे नहीं|बजट नहीं|बजट से बाहर|नहीं दे सकत",
)
# How one pays is no word about how much: a card that is taken is not a budget.
WAYS_TO_PAY: Final = words(
    r"card|cash|paypal|bank transfer|later|karte|bar|rechnung|tarjeta|efectivo|cartao|pix|carte|especes|kort|"
    r"swish|faktura|upi",
    r"بطاقه|نقدا|कार्ड|कैश",
)

LAUGHTER: Final = re.compile(
    r"\b(?:a?ha(?:ha)+|lo+l|(?:ja){2,}|k{3,}|(?:rs){2,}|mdr|ptdr|hehe)\b|[\U0001f602\U0001f923]|ههه|हाहा"
)
OPENING: Final = words(
    r"open|opening|closed?|hours|abiert\w+|abren|cierran|horarios?|abre|fecha|geoffnet|offen|offnungszeiten|"
    r"ouverte?s?|ferme|"
    r"oppet|oppettider|stanger",
    r"تفتحون|مفتوح|खुल",
)
TOLD: Final = words(
    r"how are you|how's|have a (?:nice|good|great)|(?:i|we) (?:saw|heard|read|visited|bought|called|wrote)|"
    r"yesterday|vi ayer",
    r"last (?:week|month|year|monday|tuesday|wednesday|thursday|friday|saturday|sunday)|semana pasada|semana passada|"
    r"letzte[nrs]? \w+|(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|semaine) derniere?|forra \w+|i gar|"
    r"gestern|hier soir",
    r"امس|الاسبوع الماضي|बीत|पिछले|कल (?:देखा|आया|गया|मिला)",
)
FILLERS: Final = bag(
    "hi hello hey hallo hej hola ola oi bonjour salut moin servus guten tag buenos dias buenas bom dia boa tarde "
    "morgen abend tag god kvall noches tardes noite dag namaste "
    "good morning afternoon evening thanks thank you thx ty ok okay okej oki cool great nice super yes yeah yep "
    "no nope sure bye goodbye gracias obrigado obrigada danke merci tack si sim ja nein nao oui non nej nada por "
    "favor please bitte lol haha مرحبا السلام عليكم شكرا نعم لا اهلا नमस्ते धन्यवाद हाँ जी नहीं ठीक है"
)
# Beginnings that say nothing of what a business does.
COMMON_STEMS: Final = bag(
    "about after again appoin before busine client compan custom could every people please their there these "
    "thing those today where which would whole looks looking someth anythi needs wants person"
)
