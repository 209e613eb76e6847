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
    r"(?:appointment|appt|booking|reservation|slot|table|room|consultation|viewing|demo|session|lesson|meeting|"
    r"check-?up|haircut|cleaning|quote|visit|place)"
)
# A day or an hour, and what takes it.
_WHEN: Final = (
    r"(?:\d{1,2}(?:[:.h]\d\d)?(?!\d)|(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|today|lunes|martes|miercoles|"
    r"jueves|viernes|sabado|domingo|manana|hoy|segunda|terca|quarta|quinta|sexta|amanha|hoje|(?:mon|diens|donners|"
    r"frei|sams)tag|mittwoch|morgen|heute|lundi|mardi|mercredi|jeudi|vendredi|samedi|demain|(?:man|tis|ons|tors|fre|"
    r"lor|son)dag|imorgon|idag)"
)
_TAKEN: Final = (
    r"(?:works?|suits|is (?:good|fine|perfect|great|ok|okay)|nehmen? (?:ich|wir)|passt|geht (?:klar|bei)|(?:me |"
    r"nos )?(?:va|viene|queda) bien|esta bien|perfecto|si|sim|ta bom|fica bom|schaffe? (?:ich|wir)|gar bra|theek|"
    r"pode ser|serve|(?:ca )?me (?:va|convient)|c'est (?:bon|parfait)|parfait|passar|funkar|blir bra|tar (?:jag|vi))"
)
# What ends in an order or an appointment.
ACTS: Final = words(
    r"(?:want|wanna|like|love|need|ready|wish|hope|hoping|decided|looking|trying|going|keen|"
    rf"happy) (?:to )?{_UP_TO_TWO}{_BOOK_EN}",
    rf"(?:need|want|like|get|grab|take) (?:an?|one|two|\d+|another|the|your) (?:[\w'-]+ ){{0,3}}?{_THING_EN}s?",
    rf"(?:can|could|may|shall|should) (?:i|we|you) (?:please |just |also )?(?:{_BOOK_EN}|(?:put|fit|squeeze|get) (?:me|"
    r"us)|come (?:in|by|over))",
    r"(?:book|schedule|pencil|sign) (?:me|us)|put (?:me|us) down|please (?:book|reserve|schedule|order)",
    r"(?:i|we)(?:'ll| will| would)? (?:take|buy|order|book) (?:it|them|that|the|one|two|three|both|\d+)",
    r"let's (?:book|do it|go ahead|do that|schedule|get started|start|meet)|go ahead and \w+",
    rf"(?:how|where) (?:can|do|could|should) (?:i|we) {_BOOK_EN}|(?:how|where) (?:can|do|should) (?:i|we) (?:pay|sign)",
    r"send (?:me |us )?(?:the |an? |your )?(?:invoice|contract|payment link|booking link)",
    r"(?:i|we) (?:need|want|take|order) \d+ (?!min|hour|day|week|month|year|more|sec)\w+",
    r"(?:quiero|quisiera|queria|queremos|quisieramos|(?:me|nos) gustaria|necesito|necesitamos|puedo|podria|podriamos|"
    rf"podemos|deseo|vengo a|voy a|vamos a|puede|puedes|pueden|se puede) {_UP_TO_TWO}(?:reservar\w*|agendar\w*|"
    r"pedir\w*|comprar\w*|contratar\w*|encargar\w*|apartar\w*|ordenar|programar|inscribir\w*|alquilar\w*|"
    r"sacar (?:una )?cita|hacer (?:una?) (?:cita|reserva|pedido))",
    r"(?:quiero|quisiera|queria|necesito|(?:me|nos) gustaria|deseo|dame|deme|busco) (?:tener |pedir )?(?:una?|la|"
    rf"otra) {_UP_TO_TWO}(?:cita|reserva|mesa|habitacion|consulta|turno|demo|clase|visita)",
    r"me lo llevo|lo compro|reserv[ae]me|apunt[ae]me|agend[ae]me|como (?:puedo )?(?:pagar|pago|reservar|reservo|"
    r"comprar)",
    r"(?:quero|queria|queremos|(?:gostaria|gostariamos|preciso|precisamos)(?: de)?|posso|podemos|poderia|vou|vamos|"
    rf"pode|da (?:para|pra)|tem como|desejo) {_UP_TO_TWO}(?:marcar|agendar|reservar|comprar|encomendar|contratar|pedir|"
    r"alugar|fechar|assinar|fazer uma? (?:reserva|pedido|encomenda|marcacao))",
    rf"(?:quero|queria|preciso de|gostaria de) (?:ter )?uma? {_UP_TO_TWO}(?:consulta|reserva|mesa|quarto|horario|"
    r"sessao|demonstracao|aula|visita)|vou levar|fico com|como (?:faco (?:para|pra) |posso )?(?:pagar|reservar|"
    r"comprar|agendar)",
    r"(?:mochten?|moechten?|wurden?|wuerden?|will|wollen|wollte|brauchen?|kann|konnen|konnte|konnten|"
    rf"darf) {_UP_TO_SIX}(?:buchen|reservieren|bestellen|kaufen|vereinbaren|ausmachen|beauftragen|mieten|anmelden|"
    r"vorbeikommen)",
    r"(?:mochten?|brauchen?|hatten? gerne?|will|suche|nehme) (?:[\w-]+ ){0,3}?(?:einen?|den|"
    rf"zwei) {_UP_TO_TWO}(?:[\w-]*termin|tisch|zimmer|beratung|probestunde|besichtigung|demo)",
    r"ich (?:nehme|kaufe|bestelle|buche) (?:es|das|den|die|ihn|sie|einen?)|wie (?:kann ich )?(?:bezahlen|buche|"
    r"bestelle)\w*",
    r"(?:buchen|reservieren|tragen|schicken|senden) sie (?:mir|mich|uns) (?:bitte )?(?:\w+ )?(?:rechnung|vertrag|ein|"
    r"einen?)",
    r"(?:veux|voudrais|voudrions|voulons|aimerais|aimerions|souhaite\w*|besoin de|puis-je|peut-on|pourrais(?:-je)?|"
    rf"pouvez-vous|pourriez-vous|peux|on peut|vais|possible de) {_UP_TO_TWO}(?:reserver|commander|acheter|louer|"
    r"prendre (?:un )?(?:rendez-vous|rdv)|fixer un|m'inscrire|planifier)",
    rf"(?:veux|voudrais|aimerais|souhaite\w*|faudrait|besoin d'|cherche) ?(?:avoir )?une? {_UP_TO_TWO}(?:rendez-vous|"
    r"rdv|reservation|table|chambre|consultation|devis|demo)",
    r"je (?:le|la|les) prends|je (?:commande|reserve|achete)|reservez-(?:moi|nous)|comment (?:payer|reserver|"
    r"commander)",
    r"(?:vill|skulle vilja|behover|kan|tankte|onskar|ska|gar det att|mojligt att) (?:[\w-]+ ){0,3}?(?:boka|bestalla|"
    r"kopa|reservera|hyra|anmala|teckna|komma in)",
    rf"(?:vill ha|behover|onskar|skulle vilja ha) (?:en|ett) {_UP_TO_TWO}(?:tid|bord|rum|konsultation|bokning|mote|"
    r"offert)",
    r"jag (?:tar|koper|bokar|bestaller) (?:den|det|dem|en|ett)|boka (?:in )?(?:mig|oss)|hur (?:betalar|bokar|"
    r"bestaller)",
    r"(?:book\w*|appointment|order)(?: \w+){0,2} (?:karn[ai]|chahiye|kar do|kar dijiye|chahta|chahti)",
    r"(?:اريد|نريد|ارغب|احتاج|نحتاج|ابغي|ابغا|ابي|عايز|عاوز|بدي|ممكن|يمكنني|استطيع|اود|"
    r"حابب)\w* (?:\S+ ){0,2}?(?:في )?ا?ل?(?:حجز|احجز|نحجز|شراء|اشتري|موعد|طلب|اطلب|استئجار)",
    r"احجزو?ا? لي|كيف (?:احجز|ادفع|اشتري|اطلب|يمكنني (?:الحجز|الدفع|الشراء))",
    r"(?:बुक|ऑर्डर|खरीद|ख़रीद|अपॉइंटमेंट|अपॉइन्टमेंट|आरक्ष|टेबल|कमरा|समय)\S*(?: \S+){0,3}? (?:चाह|कर(?:ना|नी|ने|ा)|"
    r"कर द|करें|करवा|सकत|है क्या)",
    rf"{_WHEN}[\w :.]{{0,24}}? {_TAKEN}|see you (?:then|tomorrow|on|at)|(?:i'll|we'll) be there|on (?:my|our) way",
    r"(?:sign|count) (?:me|us) (?:up|in)|(?:i|we)(?:'ll| will| want to|'d like to)? (?:start|begin|move in|go) (?:on |"
    r"this |next )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|where do (?:i|we) (?:sign|pay)",
    r"reserv\w*me(?:l[ao]s?)?|apunt\w*(?:me|nos)|matricular\w*|quiero apuntar\w*|ahi estar\w+|empezamos|lo quiero|"
    r"me quedo con",
    r"pode (?:marcar|agendar|reservar|confirmar|fechar|fazer)|(?:quero|queria) (?:me )?(?:matricular|inscrever)|"
    r"fechado|(?:estarei|estaremos) (?:la|ai)|vamos (?:fechar|comecar)",
    r"trag(?:en)? (?:sie )?(?:mich|uns)|(?:nehme|nehmen|buche) (?:ich|wir)|(?:ich|wir) (?:komme|kommen|nehmen?) (?:am|"
    r"um|den|die|das|dann)|melde(?:n)? (?:ich |wir )?(?:mich|uns) an|wir (?:starten|beginnen)|wo (?:soll|kann|"
    r"muss) (?:ich|wir) unterschreiben",
    r"(?:on|nous) (?:commence|commencons|part|prend|prenons|signe|arrive)|j'arrive|je (?:signe|m'inscris|confirme)|"
    r"(?:voudrais|veux|voulons|aimerais) (?:m'|nous )?inscrire|c'est reserve pour",
    r"det tar (?:jag|vi)|vi (?:tar|kor|bokar|ses)|kor pa (?:det|den)|anmal (?:mig|oss)|(?:jag|vi) kommer (?:pa|da|kl)",
    r"(?:اريد|نريد|نود) (?:ان )?(?:ا?ل?بدء|نبدا|ابدا|ا?ل?اشتراك|ا?ل?تسجيل)|سجلني|سجلنا|ساتي|خلاص احجز|موعدنا|"
    r"ارسلو?ا? (?:لي |لنا )?العقد",
    r"आ(?:ऊँगा|ऊंगा|ऊँगी|ऊंगी|एँगे|एंगे|ता हूँ)|ले (?:लूँगा|लूंगा|लूँगी|लूंगी|लेंगे)|(?:बजे|समय|कल|आज|सोमवार|मंगलवार|"
    r"बुधवार|गुरुवार|शुक्रवार|शनिवार|रविवार) ठीक|जमा कर द|(?:करवानी|करवाना|करानी|लेनी|लेना) है",
    rf"(?:then |dann |entao |alors |ok |on |am |el |le |na |pa )?{_WHEN},?(?: (?:at|um|a las?|as|kl|a|"
    rf"the)){{0,2}} {_WHEN}(?: ?(?:uhr|am|pm|h|hs|horas))?(?=\W*$)",
    r"(?:wanna|want to|like to|love to) (?:try|join|see|visit) |send (?:him|her|them|someone|somebody|(?:me )?(?:the|"
    r"your) (?:contract|agreement|technician|engineer))|keep (?:it|(?:a|the|my|our) (?:place|spot|slot))|by (?:video|"
    r"phone) please|as (?:early|soon) as possible please",
    r"(?:bitte|gerne?|ja) (?:\w+ )?(?:reservieren|buchen|eintragen|bestellen|anmelden)|(?:wurde|"
    r"mochte) (?:\w+ ){1,3}?gern\w* (?:\w+ ){0,4}?(?:sehen|ansehen|testen|ausprobieren|besichtigen|beginnen|starten)",
    r"reserv\w*(?:me|nos)?l[ao]s?|(?:quiero|queremos) (?:empezar|probar|inscribir\w*|la|el|uno|una)|ponganme|"
    r"adelante con",
    r"quero sim|(?:quero|queria|vou querer) (?:comecar|experimentar|esse|essa)|pode (?:abrir|mandar|vir)|avanc(?:amos|"
    r"ar)|(?:preciso|precisava) de um[a]?",
    r"(?:ابغي|اريد|ابي|حاب|بدي) (?:ا?سجل|اشترك|ادخل)|سجل(?:ه|ها|ني|نا|وا|و)?(?= )",
    r"(?:karwana|karwani|karna|karni|lena|leni|join karna|book karna) hai|(?:theek|thik) hai(?= mera)|le (?:lunga|"
    r"lungi|lenge)|aa (?:jaunga|jaungi|jayenge)",
)
# What asks and weighs.
INQUIRIES: Final = words(
    r"interested|how much(?! (?:time|longer|notice))|pric(?:es?|ing)|costs?|fees?|rates|quot(?:e|ation)|estimate|"
    r"discount",
    r"availab\w+|free (?:slot|time|appointment|table|room)s?|openings?|appointments?|bookings?|demo|consultation|trial",
    r"(?:do|does|can|could) you (?:guys |also |even )?(?:offer|do|have|sell|provide|repair|fix|install|deliver|ship|"
    r"help|make)",
    r"(?:tell|know|learn|hear|find out) (?:me |us )?more|more (?:info\w*|details)|looking (?:for|at|into)|"
    r"thinking (?:of|about)",
    r"considering|(?:i|we) (?:might )?need (?:an?|some|new|to (?:fix|repair|replace|get))|your (?:services?|offers?|"
    r"products?)",
    r"interesad[oa]s?|(?:me|nos) interesan?|cuanto (?:cuesta|vale|sale|seria|es|cobra)\w*|precios?|tarifas?|"
    r"presupuesto|cotizacion|disponib\w+|hay (?:\w+ )?(?:huecos?|citas?|sitio|mesas?)|tienen|ofrecen|hacen|venden|"
    r"reparan|cita|citas",
    r"(?:mas )?(?:informacion|detalles)|busco|buscamos|estoy (?:buscando|pensando)|necesito|necesitamos|servicios",
    r"interessad[oa]s?|tenho interesse|quanto (?:custa|e|fica|sai|seria|cobra)\w*|precos?|valor(?:es)?|orcamento|"
    r"disponive\w+|tem (?:\w+ )?(?:vagas?|horarios?|mesas?)|voces (?:tem|fazem|oferecem|vendem)|informac\w+|detalhes|"
    r"procuro|estou (?:procurando|pensando|a procura)|consulta|preciso|precisamos|servicos",
    r"interessier\w+|interesse|was kosten?t?|wie ?viel(?! (?:uhr|zeit))|preis\w*|kosten|angebot\w*|kostenvoranschlag|"
    r"verfugbar\w*|[\w-]*termine?|noch (?:etwas |was )?frei|(?:bieten|haben|machen|verkaufen|reparieren) sie|infos|"
    r"(?:mehr )?informationen|mehr erfahren|suchen?|uberlegen?|brauchen?|beratung\w*|leistungen",
    r"interessee?s?|combien(?! de temps)|prix|tarifs?|devis|disponib\w+|rendez-vous|rdv|(?:avez|proposez|faites|"
    r"vendez)-vous|vous (?:avez|faites|proposez)|d'infos?|d'informations|renseignements?|en savoir plus|cherch\w+|"
    r"besoin d\S*",
    r"intresserad\w*|intresse|vad kostar|hur mycket|pris\w*|kostnad\w*|offert\w*|ledig\w*|tillganglig\w*|(?:har|"
    r"erbjuder|gor|saljer) ni|mer info\w*|letar efter|soker|funderar pa|behover|bokning\w*|boka tid|lediga tider",
    r"kitna|kitne|keemat|chahiye",
    r"كم (?:سعر|يكلف|تكلف|السعر|ثمن)|بكم|ا?ل?[اس]?سعار|ا?ل?سعر|متاح|متوفر|لديكم|عندكم|تقدمون|مهتم|معلومات|تفاصيل|"
    r"ابحث عن|ا?ل?موعد|مواعيد|خدمات",
    r"कितने(?! बजे)|कितना|कीमत|क़ीमत|दाम|रेट|शुल्क|फीस|फ़ीस|उपलब्ध|जानकारी|क्या आप|आपके पास|रुचि|दिलचस्पी|चाहिए|"
    r"अपॉइंटमेंट|सेवा",
    r"(?:do|does|can|could|would) (?:you|they|it|\w+) (?:guys )?(?:take|support|include|cover|come|work with)|"
    r"is there (?:an?|any)|are there (?:any)?|new patients?|comparing|look(?:ing)? at|starting to look|(?:we|"
    r"i)(?: \w+)? need (?!to (?:update|change|know|talk|speak|cancel|ask)|\d)\w+|what do you charge|how long does",
    r"leak\w*|broken|broke down|toothache|hurts?|in pain|noise|flood\w*|clogged|cracked|stopped working",
    r"me duele|dolor|rot[oa]s?|averi\w+|gotea|fuga|no funciona|quiero (?:un|una|el|la) \w+|hacen|(?:hay|tienen) \w+|"
    r"puedo (?:ir|pasar)",
    r"q(?:uan)?to (?:ta|esta|custam?|sai|fica)|quebr\w+|vaza\w+|doi|barulho|fazem|(?:voces )?atendem|tem desconto",
    r"kaputt|defekt|tut weh|schmerzen|zahnschmerzen|quietsch\w+|undicht|tropft|(?:machen|habt|haben|bietet|macht|"
    r"nehmt|nehmen) (?:sie|ihr)|(?:wurde|wurden|mochten?) (?:\w+ )?gern\w*|kurs",
    r"mal (?:a|aux) \w+|casse\w*|fuite|en panne|douleur|vous (?:pouvez|prenez)|(?:pouvez|prenez)-vous|est-ce que vous|"
    r"il y a (?:un|une|des)|j'ai besoin",
    r"kostar|kan ni|ni kan|gor ni|trasig\w*|lacker|lack[ea]|gor ont|tandvark|vark|behover hjalp|undrar om|finns det|"
    r"tar ni",
    r"ا?ل?م (?:شديد|في)|عندي الم|عطل|تسريب|مكسور|(?:هل|في) (?:عندكم|تقدمون|موعد|يمكنكم|تعملون|تصلحون)|نبحث عن|نحتاج|"
    r"احتاج|اسال عن|تصليح",
    r"दर्द|ख़राब|खराब|टूट|लीक|होता है क्या|होता है|(?:करते|होती) हैं?|कितनी|कितना|चाहते हैं|करवान",
    r"(?:do|does|can|could|would) you (?:guys )?(?:handle|treat|accept|run|teach|host|rent|build|clean)|(?:could|"
    r"can) (?:you )?(?:guys )?have a look|looking at (?:a|an|the)?|would like (?:an?|some|to (?:know|see|get))",
    r"estamos (?:buscando|pensando)|nos gustaria|procurando|(?:voces|vcs) (?:\w+m)|precisava|vi (?:vill|soker|letar|"
    r"undrar)|behovs|vi funderar",
    r"aap (?:log )?(?:karte|dete)|chahta|milega|kya aap",
)
# What takes the wish back, or never had it.
WITHDRAWALS: Final = words(
    r"not (?:really )?interested|no longer (?:interested|need\w*|want\w*)|(?:don't|do not) (?:want|need)|"
    r"no thanks?(?: you)?",
    r"changed my mind|cancel(?:l?ed|l?ing)?|unsubscribe|wrong number|leave me alone|stop (?:writing|messaging|texting|"
    r"sending)",
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
# Who has bought already and needs a hand is no buyer.
SUPPORT: Final = words(
    r"error(?: \d+)?|(?:my|our) (?:order|invoice|subscription|account|bill|password|delivery|refund|login|parcel|"
    r"router)|refunds?|charged (?:me |us )?twice|(?:(?:i am|i'm|we are|we're) (?:already )?(?:an? )?|existing |"
    r"your )(?:customers?|client)|you (?:guys )?(?:installed|sold|delivered)|bought (?:it |this |one )?(?:from|"
    r"at) you|customer since|your (?:app|software|site|website|system|update)",
    r"mi (?:pedido|factura|cuenta|suscripcion|contrasena|recibo)|reembolso|devolucion|me (?:cobraron|han cobrado)|"
    r"(?:soy|somos) (?:ya )?clientes?|me lo instal\w+|numero de cliente|vuestra (?:app|aplicacion)|(?:su|tu) (?:app|"
    r"aplicacion)",
    r"erro(?: \d+)?|meu (?:pedido|cadastro|boleto)|minha (?:fatura|conta|assinatura|senha)|reembolso|estorn\w+|"
    r"cobranca|(?:sou|somos) (?:ja )?clientes?|cliente desde|o cadastro|voces instalaram",
    r"fehler(?:meldung|code)?|meine (?:bestellung|rechnung|lieferung|kundennummer)|mein (?:konto|passwort|abo|"
    r"vertrag)|erstattung|doppelt abgebucht|(?:bin|sind) (?:schon |seit \w+ )?kund\w+|kundennummer|eingebaut habt|"
    r"(?:eure|ihre) (?:app|software|anlage)|reklam\w+",
    r"erreur|ma (?:commande|facture)|mon (?:compte|abonnement|mot de passe)|rembours(?:er|ement)|(?:suis|"
    r"sommes) (?:deja )?clientes?|(?:on|nous|j')\S* ?utilis\w+ (?:votre|vos)|votre (?:logiciel|appli\w*)|"
    r"deux fois preleve\w*",
    r"fel ?kod|felmeddelande|min (?:bestallning|faktura|router)|mitt (?:konto|abonnemang|losenord)|aterbetal\w+|(?:ar|"
    r"varit) kund|reklam\w+|ligger nere|dubbeldebiter\w+|er app",
    r"فاتورتي|طلبي|حسابي|اشتراكي|ا?ل?اشتراك حقي|استرجاع|كلمه المرور|عميل(?:كم)? (?:منذ|عندكم)|ركبتو|تطبيقكم|خطا في",
    r"एरर|मेरा (?:ऑर्डर|खाता|अकाउंट|पासवर्ड|बिल)|मेरी सदस्यता|रिफंड|रिफ़ंड|वारंटी|लगवाया था|आपका ऐप|पुराना ग्राहक",
)
# Who wants to sell or to be hired is no customer.
MISFITS: Final = words(
    r"(?:looking for|need|want|find|apply(?:ing)? for|have) (?:an? |any |some |open )?(?:job|work|internship|"
    r"vacanc\w+)s?",
    r"are you hiring|my (?:cv|resume)|we (?:offer|provide|sell) (?:seo|web|marketing|\w+ services)|seo|backlinks?|"
    r"guest post",
    r"busco (?:trabajo|empleo)|vacantes?|mi curriculum|procuro (?:emprego|trabalho)|vaga de emprego|meu curriculo",
    r"bewerbung|bewerben|praktikum|stellenangebote?|ausbildungsplatz|(?:un )?(?:emploi|stage)|candidature|soker jobb|"
    r"praktik",
    r"ابحث عن (?:عمل|وظيفه)|وظيفه|नौकरी|जॉब चाहिए",
    r"(?:any )?(?:job )?(?:openings|vacanc\w+|positions?) (?:for|as|at|in)|looking for (?:staff|work|employment)|"
    r"(?:expected )?salary|page (?:one|1)|first page|followers|(?:5|five)[- ]star|grow your|boost your|"
    r"more (?:clients|customers|leads|traffic|sales)|limited (?:slots|offer|time)|we guarantee|our agency|(?:i|"
    r"we) help (?!my|our|the|out)\w+ (?:\w+ ){0,4}?(?:get|grow|find|with)",
    r"busca(?:n|ndo|is)? (?:personal|gente|empleados)|(?:trabajar|trabajo) con (?:ustedes|vosotros)|oferta de empleo|"
    r"sueldo|curriculum|ayudamos a|posicionamiento|mas clientes|seguidores|(?:aumentar?|mejorar?) (?:tus|sus) ventas",
    r"contratando|vagas? (?:de|para|aberta)|curriculo|trabalhar (?:com voces|ai)|ajudamos|mais clientes|seguidores|"
    r"suas vendas",
    r"(?:offene|freie) stellen?|sucht ihr|suchen sie (?:noch )?(?:mitarbeiter|personal|leute|verstarkung)|gehalt|"
    r"lebenslauf|wir helfen|mehr (?:kunden|umsatz|reichweite)|suchmaschinen\w*|ihre (?:sichtbarkeit|website)",
    r"recrut\w+|embauch\w+|mon cv|salaire|nous aidons|plus de clients|referencement|votre visibilite",
    r"anstall\w+|lediga (?:jobb|tjanster)|mitt cv|praktikplats|vi hjalper|fler kunder|(?:syns|"
    r"synas) (?:inte )?pa (?:natet|google)|kampanjpris|foljare",
    r"ا?ل?وظائف|توظيف|راتب|سيرت[يه] الذاتيه|زياده (?:مبيعات|متابعين|عملاء)|متابعين",
    r"भर्ती|वेतन|सैलरी|रिज्यूम|नौकरी|रिव्यू|फॉलोअर",
    r"business (?:ko )?grow|google review|naukri",
    r"jobs?(?=\W*$)|loans? for|proposta (?:urgente|comercial|para)|oferta so|emprestimo|taxa a partir|fichiers? (?:de|"
    r"d')|livres? sous|je me permets de vous contacter|a saisir|offre (?:limitee|speciale) pour|sonderangebot fur|"
    r"unser angebot fur sie",
    r"जगह खाली|पगार|काम (?:मिल|चाहिए)|(?:عرض|خصم) خاص لكم|نوفر لكم",
)
