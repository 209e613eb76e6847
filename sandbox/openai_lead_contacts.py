"""Who the customer is: name, company, e-mail and phone in his own messages, and whether an address is somebody "
"else's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from sandbox.lead_noise import FILLERS
from sandbox.lead_words import Words, bag, folded, words
from sandbox.openai_lead_text import EMAIL, WORD, Message

MOST_ADDRESSES: Final = 20  # of one message: more is a list, and no customer
Address = tuple[str, str, int, int]  # its kind, its value, where it begins and ends

# A name follows; in small letters too.
_NAME: Final = words(
    r"my (?:full |first |last )?name is|my name's|i(?:'m| am) called|(?:full )?name:|you can call me|"
    r"under the name(?: of)?|a nombre de|auf den namen|au nom de|em nome de|(?:pa|i) namnet|put it (?:down )?under",
    r"me llamo|mi nombre (?:completo )?es|nombre:|meu nome (?:completo )?e|me chamo|chamo-me|nome:",
    r"ich hei(?:ß|ss)e|mein name (?:ist|lautet)|je m'appelle|mon nom est|nom:|jag heter|mitt namn ar|namn:|"
    r"mera naa?m(?= \w+(?: \w+)? hai)",
    r"اسمي(?: هو| الكامل)?|الاسم ?:|معك(?:م)?(?= )|मेरा नाम|नाम ?:|मैं(?= \S+(?: \S+)? (?:हूँ|हूं|बोल))",
)
# A name follows if it begins with a capital and is no other word.
_NAME_PERHAPS: Final = words(
    r"i am|i'm|this is|it's|here is|soy|le (?:habla|escribe)|habla|aqui (?:e|fala)?(?: [oa])?|sou(?: [oa])?|fala [oa]|"
    r"ich bin(?: der| die)?|hier (?:ist|spricht|schreibt)(?: der| die)?|je suis|c'est|ici|jag ar|det ar|har ar",
    r"انا(?= \S+(?: \S+)? من )",
)
_SIGNED: Final = re.compile(
    r"(?:regards|wishes|cheers|sincerely|thanks|thank you|best|saludos|atentamente|un saludo|gracias|abracos?|"
    r"atenciosamente|obrigad[oa]|gr(?:u|ue)(?:ß|ss)en?|vg|lg|mfg|cordialement|bien a vous|merci|mvh|halsningar|"
    r"tack)[,.! ]*\n+\s*"
)
_COMPANY: Final = words(
    r"(?:i|we) work (?:at|for)(?: the)?|(?:i'm|i am) (?:with|calling from|writing from)|(?:my|our|"
    r"the) company(?:'s name)? is(?: called)?|(?:my|our) company,?|company(?: name)?:|on behalf of|(?:i'm|i am|we're|"
    r"we are) (?:now )?at|i (?:run|manage|lead|handle|do) \w+ (?:at|for)|(?:ceo|cto|founder|owner|manager|director|"
    r"head) (?:of|at)|i (?:run|own|represent)|we are(?= \w+ (?:ltd|inc|llc))",
    r"trabaj(?:o|amos) (?:en|para)|(?:mi|nuestra) empresa(?: es| se llama)?|empresa:|represento a|de parte de|"
    r"en nombre de|(?:la|de la) empresa|(?:gerente|directora?|duena|dueno) de",
    r"trabalh(?:o|amos) (?:na|no|para [ao]|para)|(?:minha|nossa) empresa(?: e| se chama| chama-se)?(?: [ao])?|"
    r"da empresa|em nome d[aeo]",
    r"(?:arbeite|arbeiten) (?:bei|fur)(?: der| dem)?|(?:meine|unsere) firma(?: ist| hei(?:ß|ss)t)?(?: die)?|"
    r"unser unternehmen(?: ist| hei(?:ß|ss)t)?|der firma|firma:|geschaftsfuhrer(?:in)? (?:von|der|bei)(?: der)?",
    r"travaill(?:e|ons) (?:chez|pour)|(?:mon|notre) entreprise(?: est| s'appelle)?|(?:ma|notre) societe(?: est|"
    r" s'appelle)?|(?:de la )?societe:?|entreprise:|pour le compte de",
    r"(?:jobbar|arbetar) (?:pa|for|hos|at)|(?:mitt|vart) foretag(?: ar| heter)?|foretaget|foretag:",
    r"(?:اعمل|نعمل|اشتغل) (?:في|لدي)(?: شركه)?|شركتي(?: هي| اسمها)?|شركتنا(?: هي| اسمها)?|من شركه|اسم الشركه|(?:हमारी|"
    r"मेरी) कंपनी(?: का नाम)?|कंपनी ?:",
)
_FROM: Final = re.compile(
    r",? (?:de chez|de la (?:empresa|societe)|da empresa|from|with|at|von|vom|de|da|do|chez|fran|pa|of|من(?: شركه)?) "
)
_COMPANY_AFTER: Final = re.compile(r"मैं (\S+(?: \S+){0,3}?) (?:में|के लिए) काम कर")
# Whose an address is, by the last of these before it in its sentence, or else the first after it.
_OWN: Final = words(
    r"(?:my|our) (?:own |new |work |private |personal |business |cell |mobile |phone |direct |best |"
    r"whats ?app )*(?:e-?mail|mail|address|number|phone|cell|mobile|whatsapp|contact|tel)|mine|mera (?:hai|email|"
    r"number|mobile)|(?:reach|call|contact|text|write|e-?mail|ring|message) (?:me|us)|me (?:at|on)|now|new|agora|novo|"
    r"nova|ahora|nuev[oa]|jetzt|neue[rs]?|maintenant|nouveau|nouvelle|nu|nya|nytt",
    r"mi (?:correo|e-?mail|mail|numero|telefono|celular|movil|whatsapp)|llam[ae]n?me|escrib[ae]n?me|(?:el )?mio",
    r"meu (?:e-?mail|numero|telefone|celular|telemovel|whatsapp|contato|contacto)|(?:me )?lig(?:ue|a)(?:-me)?|o meu",
    r"mein[e]? (?:e-?mail\w*|mail\w*|adresse|nummer|telefon\w*|handy\w*|mobil\w*)|mich|mir|meine",
    r"mon (?:e-?mail|mail|adresse|courriel|numero|telephone|portable|whatsapp)|m'appeler|me joindre|appelez-moi|"
    r"le mien",
    r"min (?:e-?post\w*|mejl\w*|mail\w*|adress|telefon\w*)|mitt (?:nummer|mobilnummer|telefonnummer)|mig",
    r"بريدي|ايميلي|رقمي|هاتفي|جوالي|موبايلي|मेरा (?:ईमेल|ई-मेल|नंबर|फोन|फ़ोन|मोबाइल)|मेरी ईमेल|मुझे",
)
_OTHERS: Final = words(
    r"(?:boss|colleague|co-?worker|wife|husband|partner|spouse|friend|brother|sister|mother|mom|mum|father|dad|son|"
    r"daughter|cousin|uncle|aunt|neighbou?r|assistant|secretary|manager|accountant|landlord|girlfriend|boyfriend|"
    r"roommate|client|supplier|competitors?|competition|lawyer|doctor|ex)(?:'?s)?|his|her|him|their|them|yours|"
    r"your (?:own )?(?:e-?mail|mail|address|number|phone|office|website|site|shop)|(?:is|are|was) \S+ (?:your|"
    r"the right)|(?:someone|somebody) else|former|previous|old|technicien|technician|ancien(?:ne)?|fruhere[rn]?|"
    r"alte[rns]?|antig[ou]o?a?|anterior|viej[oa]|gamla|tidigare",
    r"jefe|jefa|colega|companer[oa]|esposa|esposo|marido|mujer|amig[oa]|herman[oa]|madre|padre|mama|papa|hij[oa]|"
    r"vecin[oa]|novi[oa]|competencia|socio|socia|asistente|secretari[oa]|primo|prima|chefe|mulher|irmao|irma|mae|pai|"
    r"filh[oa]|vizinh[oa]|namorad[oa]|concorrente|concorrencia|secretaria|dele|dela|suyo|suya",
    r"chef|chefin|kolleg(?:e|in|en)|frau|mann|freund(?:in|es|in)?|bruders?|schwester|mutter|vaters?|sohn\w*|tochter|"
    r"nachbar\w*|partner(?:in|s)?|konkurren\w+|mitbewerber\w*|assistent(?:in)?|seine?[rs]?|ihre?[rs]?|ehemann\w*|"
    r"ehefrau",
    r"patron(?:ne)?|collegue|femme|mari|amie?|frere|soeur|mere|pere|fils|fille|voisine?|compagne|compagnon|"
    r"concurrent\w*|conjointe?|assistante|secretaire|sa|lui",
    r"chefs?|kollegas?|fru|frus|mans?|van(?:inna)?s?|kompis\w*|bror\w*|syster\w*|mamma\w*|mor|pappa\w*|far|sambos?|"
    r"grannes?|konkurrent\w*|hans|hennes|deras|dotters?|sons?",
    r"مديري|رئيسي|زميل|زوجت|زوجي|صديق|اخي|اختي|امي|والد|ابي(?= )|ابني|ابنت|جار|منافس|شريك",
    r"बॉस|सहकर्मी|पत्नी|पति|दोस्त|मित्र|भाई|बहन|माता|पिता|माँ|मां|पापा|बेट|पड़ोसी|प्रतियोगी|उनका|उसका|उनकी|उसकी",
)
# The end of a sentence, which the dot of "Mr." is not.
_BREAK: Final = re.compile(r"\n|[!?;؟।]|(?<!\bm)(?<!\b[dms]r)(?<!\bmrs)(?<!\bmme)(?<!\bsra)\.(?=\s)")
_GONE: Final = re.compile(
    r"[, ]{0,2}(?:n'existe plus|ne marche plus|no longer|does(?:n't| not) (?:work|exist)|ya no|nicht mehr|ist falsch|"
    r"nao existe|ja nao|nao funciona|(?:finns|funkar|galler) inte|is (?:wrong|old|dead))"
)
_NOT_THIS: Final = re.compile(
    r"(?:\b(?:not|no|nao|nicht|pas|inte|old|wrong|instead of|no longer)|ليس|ना?हीं?)(?: (?:at|an|the|es|e))?[ :]*$"
)
_DASH_ALOUD: Final = re.compile(r" (?:tiret|guion|hifen|bindestrich|bindestreck|dash) ")
_DOT_ALOUD: Final = re.compile(r" (?:dot|punto|ponto|punkt|point|prick) ")
_AT_ALOUD: Final = re.compile(r" (?:at|arroba|arobase|chez|klammeraffe|snabel[- ]?a) ")
_ALOUD: Final = re.compile(
    r"(?:^|[,:.?!] |\b(?:is|its|it's|es|e|ist|est|ar|to|mail|e-mail|email|correo|adresse|address|"
    r"mejl) )([a-z0-9_-]+(?: (?:dot|punto|ponto|punkt|point|prick|tiret|guion|hifen|bindestrich|bindestreck|"
    r"dash) [a-z0-9_-]+)* (?:at|arroba|arobase|chez|klammeraffe|snabel[- ]?a) [a-z0-9-]+(?: (?:dot|punto|ponto|punkt|"
    r"point|prick) [a-z0-9-]{2,})+)\b"
)
_PIECE: Final = re.compile(r"(?:[^,،;:\n/!?()।؟\0.]|\.(?!\s|$))+")
_JOINED: Final = re.compile(
    r"(?:from|with|de chez|de|von|vom|bei|fran|pa|at|of|da|do|chez|من|e-?mail|mail|tel|\d|\+|\S+@)"
)
_LEGAL: Final = re.compile(
    r"\b(?:gmbh|ag|kg|ltd|llc|inc|ab|sarl|sas|ltda|lda|s\.?l|s\.?a|oy|aps|bv|pvt|plc|corp)\b\.?$"
)
_TITLE: Final = re.compile(
    r"(?:(?:dona|don|mr|mrs|ms|miss|herr|frau|sra?|senora?|dra?|mme|m|monsieur|madame|استاذ)\.? ){1,3}"
)
_PHONE: Final = re.compile(r"(?<![\w+@.,])(?<!\d[ .\-])\+?\(?\d(?:[ \u00a0().\-/‑–]{0,3}\d){6,14}(?![\w@]|[ .\-]\d)")
_PHONE_WORDS: Final = words(
    r"phone\w*|number|call|cell|mobile|whats ?app|tel|text|reach|contact|telefono?\w*|numero|llam\w+|celular|movil|"
    r"telemovel|ligar?|lig(?:ue|a)|telefon\w*|nummer|handy\w*|anruf\w*|erreich\w*|telephone|portable|appel\w+|joindre|"
    r"mobil\w*|ring",
    r"رقم|هاتف|جوال|اتصل|واتس|नंबर|फोन|फ़ोन|मोबाइल|कॉल|व्हाट्सएप",
)
_OTHER_NUMBER: Final = re.compile(
    r"(?:order|invoice|ref\w*|ticket|account|iban|card|zip|passport|tracking|id|serial|booking|budget|price|pedido|"
    r"factura|cuenta|presupuesto|fatura|conta|orcamento|bestell\w*|rechnung\w*|konto\w*|kunden\w*|commande|facture|"
    r"compte|faktura|طلب|فاتوره|ميزاني\w*|ऑर्डर|बजट)[\w .:#-]{0,20}$|[€$£₹#] ?$"
)
_MONEY_AFTER: Final = re.compile(r" ?(?:[€$£₹%]|(?:eur|usd|euros?|dollars?|kr|rs|rupees|reais|pesos)\b)")
_DATE: Final = re.compile(
    r"(?:\d{1,2}[./-]\d{1,2}[./-]?(?:\d{4}|\d\d)?)(?: ?[–-] ?\d{1,2}[./-]\d{1,2}[./-]?(?:\d{4}|\d\d)?)?|(?:19|"
    r"20)\d\d[./-]\d\d?[./-]\d\d?.*"
)
_TOKEN: Final = re.compile(r"[ ]*([\"“'«]?)([^\W\d_](?:[\w'’.&\-]|[\u0900-\u0963])*|&)")
_NO_NAMES: Final = bag(
    "नहीं भाई जी अच्छा لا نعم طيب تمام شكرا i'm it's that's c'est i'll i've i'd we're don't j'ai ich's معك معكم سمعت "
    "familie family familia famille contact email e-mail mail tel phone mobile number name mein meine my our unsere "
    "need want would could have has had wants needs like love book order a an the and y e und et och or i you we he "
    "she it not no from here but who interested looking just very really so sorry happy glad ok okay fine good great "
    "late available calling writing new also still already trying going able sure afraid based monday tuesday "
    "wednesday thursday friday saturday sunday january february march april may june july august september october "
    "november december german french spanish english swedish american british indian italian brazilian mexican "
    "student customer client ceo cto owner manager doctor teacher mother father kunde kundin student studentin "
    "zahnarzt arzt arztin inhaber inhaberin geschaftsfuhrer geschaftsfuhrerin besitzer mutter vater lehrer lehrerin "
    "rentner rentnerin selbstandig deutscher interesse interessiert ich sie wir yo tu usted soy de que para por "
    "cliente estudiante interesado interesada dueno eu voce estudante interessado e o os as um uma je vous nous un "
    "une le la les client cliente etudiant interesse interessee jag ni vi en ett kund intresserad ist es is my mi "
    "min mein mon meu pero mas mais men aber is are was for with in on at this that there what when how why please "
    "hi hello urgent today tomorrow hai hoon hun aur main है हूँ हूं और मैं से का की को में من انا و في اريد هو هل "
    "الي"
)
_JOINTS: Final = bag("de da do dos das del la las los van von der den di al el bin ibn ben bint abu")
_COMPANY_JOINTS: Final = _JOINTS | bag("of y & und and et e och for the")
# After "Ana de", these are no surname.
_TRADES: Final = bag(
    "talleres taller grupo clinica hotel restaurante construcciones transportes bar cafe tienda muebles panaderia "
    "inmobiliaria estudio bodegas empresa firma autohaus praxis kanzlei boulangerie garage cabinet societe transport "
    "atelier padaria loja oficina escritorio construtora imobiliaria consultoria agencia agence agentur academia "
    "escuela escola"
)
_PLACES: Final = bag(
    "berlin hamburg munich munchen koln cologne frankfurt vienna wien zurich paris lyon marseille nice london "
    "manchester dublin madrid barcelona sevilla valencia malaga mexico lima bogota santiago lisbon lisboa porto rio "
    "sao brasilia stockholm goteborg malmo uppsala oslo dubai riyadh cairo delhi mumbai pune bangalore new york "
    "boston chicago los texas california germany deutschland spain espana france sweden sverige brazil brasil india "
    "usa uk rome roma milan the my your"
)


def contacts(said: Sequence[Message]) -> dict[str, dict[str, Any]]:
    """Name, e-mail, company and phone, each the newest of the customer's own, else somebody else's that he gave."""
    found: dict[str, list[tuple[str, str, int, str]]] = {"name": [], "email": [], "company": [], "phone": []}
    guessed: list[tuple[str, str, int, str]] = []
    for message in said:
        if message.ordering or message.joking:
            continue
        addresses = list(islice(chain(_addresses(message), _spoken(message)), MOST_ADDRESSES))
        bare = _bare(message, bool(addresses))
        only_company = "company" in message.asked and "name" not in message.asked
        names = list(_names(message))
        if not only_company and not any(name.sure for name in names):
            names += bare[:1]
        for name in names:
            (found["name"] if name.sure else guessed).append((name.value, "customer", message.no, name.quote))
        found["company"] += [(value, "customer", message.no, quote) for value, quote in _companies(message, names)]
        found["company"] += [
            (name.value, "customer", message.no, name.quote) for name in _firms(message, bare, addresses)
        ]
        for kind, value, start, end in addresses:
            found[kind].append((value, _whose(message, start, end), message.no, message.text[start:end]))
    found["name"] = found["name"] or guessed
    return {name: _best(values) for name, values in found.items()}


def _best(values: Sequence[tuple[str, str, int, str]]) -> dict[str, Any]:
    own = [each for each in values if each[1] == "customer"] or values
    if not own:
        return {"value": "", "whose": "customer", "evidence": []}
    value, whose, no, quote = own[-1]
    return {"value": value, "whose": whose, "evidence": [{"sequence_no": no, "quote": quote}]}


@dataclass(frozen=True, slots=True)
class Named:
    """A name, the words that tell it, where they end, and whether they leave no doubt."""

    value: str
    quote: str
    end: int
    sure: bool


def _names(message: Message) -> Iterator[Named]:
    """The names by which the customer calls himself."""
    low, text = message.low, message.text
    for opening, sure in ((_NAME_PERHAPS, False), (_NAME, True)):
        for found in _all(opening, low):
            name, end = _proper(text, low, found.end(), loose=sure)
            another = not sure and (text.isupper() or _OTHERS.find(low[max(0, found.start() - 25) : found.start()]))
            if name and not another:
                yield Named(name, text[found.start() : end].strip(), end, sure)
    for found in _SIGNED.finditer(low):
        name, end = _proper(text, low, found.end())
        if name and not low[end : end + 30].strip(" .!\n\0"):
            yield Named(name, name, end, True)


def _bare(message: Message, addressed: bool) -> list[Named]:
    """Names that stand alone between commas: the answer to who it is, or what an address belongs to."""
    low, text = message.low, message.text
    if not message.asked and not addressed:
        return []
    found: list[Named] = []
    others = 0
    company = "company" in message.asked and "name" not in message.asked
    for piece in _PIECE.finditer(low):
        name, end = _proper(text, low, piece.start(), company=company or bool(found))
        left = low[end : piece.end()].strip(" .-")
        if name and (not left or _JOINED.match(left)) and not set(folded(name).split()) <= FILLERS:
            found.append(Named(name, name, end, True))
        elif not piece[0].strip(" +-.()").isdigit():
            others += bool(set(WORD.findall(EMAIL.sub(" ", piece[0]))) - FILLERS)
    if not found:
        return []
    # A word alone may be any word, unless nothing else is said; unasked, it must look like a name, and be his own.
    first = found[0]
    before = low[max(0, first.end - len(first.value) - 40) : first.end - len(first.value)]
    cased = text[first.end - len(first.value)].isupper()
    cased = cased or (not text[first.end - len(first.value)].islower() and not _PHONE_WORDS.find(folded(first.value)))
    if " " not in first.value and others and not (addressed and message.asked and cased):
        return []
    return found if message.asked or (cased and " " in first.value and not _OTHERS.find(before)) else []


def _companies(message: Message, names: Sequence[Named]) -> Iterator[tuple[str, str]]:
    low, text = message.low, message.text
    for end in (name.end for name in names):
        joined = _FROM.match(low, end)
        if joined:
            company, stop = _proper(text, low, joined.end(), company=True)
            if company and folded(company).split()[0] not in _PLACES:
                yield company, text[end:stop].strip(" ,")
    for found in _all(_COMPANY, low):
        company, stop = _proper(text, low, found.end(), company=True)
        if company and not re.search(
            r"n't $|not $|used to $|no $|nicht $", low[max(0, found.start() - 12) : found.start()]
        ):
            yield company, text[found.start() : stop].strip()
    for after in _COMPANY_AFTER.finditer(low) if "\u092e\u0948\u0902" in low else ():
        yield text[after.start(1) : after.end(1)], text[after.start() : after.end()]


def _firms(message: Message, bare: Sequence[Named], addresses: Sequence[Address]) -> list[Named]:
    """Of the names that stand alone, a company's: asked for, of a legal form, or the one in the address's domain."""
    domains = " ".join(folded(value).partition("@")[2] for kind, value, *_ in addresses if kind == "email")
    firms = [name for name in bare if _LEGAL.search(folded(name.value))]
    firms += [
        name for name in bare[1:] if any(len(word) > 3 and word in domains for word in folded(name.value).split())
    ]
    if "company" in message.asked:
        firms = firms or list(bare[0 if "name" not in message.asked else 1 :])
    return firms[:1]


def _all(meaning: Words, low: str) -> Iterator[re.Match[str]]:
    yield from meaning.latin.finditer(low)
    if not low.isascii():
        yield from meaning.other.finditer(low)


def _proper(text: str, low: str, at: int, *, loose: bool = False, company: bool = False) -> tuple[str, int]:
    """The name that stands at a place, and where it ends; "" when none does. A loose one may be in small letters."""
    start = end = at + len(low[at : at + 3]) - len(low[at : at + 3].lstrip(" :,"))
    if titled := _TITLE.match(low, start):
        start = end = titled.end()
    joints = _COMPANY_JOINTS if company else _JOINTS
    stop, count, most = start, 0, 5 if company else 4
    while count < most and (token := _TOKEN.match(text, end)):
        plain = low[token.start(2) : token.end(2)].strip(".'")
        joint = count > 0 and plain in joints
        small = token[2][0].islower()
        if len(plain) == 1 and plain.isascii() and not joint and low[token.end(2) - 1] != ".":
            break
        if (not joint and (plain in _NO_NAMES or (small and not loose))) or (not company and plain in _TRADES):
            break
        if plain.startswith("و") and (
            (count and not joint) or plain.startswith("وج")
        ):  # "and" is written onto the next word
            break
        loose, most = loose and (small or joint), 2 if small and not joint else most
        end, count = token.end(), count + 1
        stop = stop if joint else end
        if (token[2].endswith(".") and len(token[2]) > 3) or text[end : end + 1] not in " ":
            break
    name = text[start:stop].strip(" .,\"“”«»'")
    return (name, text.index(name, start) + len(name)) if name else ("", at)


def _addresses(message: Message) -> Iterator[Address]:
    """Each e-mail address and phone number that the customer does not take back."""
    low, text = message.low, message.text
    if "@" in low:
        for found in EMAIL.finditer(low):
            gone = _GONE.match(low, found.end())
            if not gone and not _NOT_THIS.search(low[max(0, found.start() - 20) : found.start()]):
                value = text[found.start() : found.end()].rstrip(".-")
                yield "email", value, found.start(), found.start() + len(value)
    for found in _PHONE.finditer(low):
        before = low[max(0, found.start() - 60) : found.start()]
        if _is_phone(found[0], before, low[found.end() : found.end() + 40]):
            yield "phone", text[found.start() : found.end()], found.start(), found.end()


def _spoken(message: Message) -> Iterator[Address]:
    """An address that was said aloud, when it is plain where it begins."""
    for found in _ALOUD.finditer(message.low):
        written = _DASH_ALOUD.sub("-", _DOT_ALOUD.sub(".", _AT_ALOUD.sub("@", found[1])))
        yield "email", written.replace(" ", ""), found.start(1), found.end(1)


def _is_phone(written: str, before: str, after: str) -> bool:
    if (
        _DATE.fullmatch(written)
        or _OTHER_NUMBER.search(before)
        or _MONEY_AFTER.match(after)
        or _NOT_THIS.search(before)
    ):
        return False
    digits = sum(sign.isdigit() for sign in written)
    if written.startswith(("+", "00", "(")):
        return True
    return digits >= 9 or any(_PHONE_WORDS.find(around) for around in (before, after))


def _whose(message: Message, start: int, end: int) -> str:
    """By the last word of a person before it in the message, else by the first after it in its sentence."""
    low = message.low
    if message.ours and _reduced(low[start:end]) in _reduced(message.ours):
        return "other"  # what our side named first is ours, though the customer repeats it
    near = max(0, start - 300)
    begin = max((found.end() for found in _BREAK.finditer(low, near, start)), default=near)
    sentence = low[begin:start]
    if whose := _last(sentence):
        return whose
    rest = re.split(r"[\n;!?]|\. |\.$|[\w.+-]+@", low[end : end + 80])[0]
    if whose := _last(rest, first=True):
        return whose
    bare = len(re.findall(r"\w+", sentence + rest)) <= 3
    return (_last(low[max(0, begin - 120) : begin]) if bare else "") or "customer"


def _reduced(low: str) -> str:
    """An address without what may be written between its signs."""
    return re.sub(r"[ ().\-/]", "", low)


def _last(low: str, first: bool = False) -> str:
    places = [(found.start(), "customer") for found in _all(_OWN, low)]
    places += [(found.start(), "other") for found in _all(_OTHERS, low)]
    if not places:
        return ""
    return (min(places) if first else max(places))[1]
