"""The words of claims, by kind: data of `agents.claims`. Patterns match lower-case text with plain apostrophes."""

from __future__ import annotations

from collections.abc import Mapping

_SUBJECT_EN = (
    r"(?:you(?:'re| are)(?: all)?|you have been|i(?:'ve| have)(?: just| now| already)*(?: gone ahead and)?|i(?: just)?|"
    r"we(?:'ve| have)(?: just| now| already)*|it(?:'s| is| has been)|that(?:'s| is| has been)|all|done[,:!. -]+|"
    r"(?:everything|(?:your|the|this|an?) [\w' -]{1,40}?)(?:'s| is| has been| are| have been))"
)
_NOW_EN = r"(?: now| all| just| already| been| successfully| officially| set and)*"

PATTERNS: Mapping[str, tuple[str, ...]] = {
    "booked": (
        rf"\b{_SUBJECT_EN}{_NOW_EN} ?(?:booked|scheduled|reserved|confirmed|set up for)\b",
        r"\b(?:booking|appointment|reservation|meeting|visit)(?: is| was|'s)?(?: now| all)? (?:confirmed|booked|scheduled)\b",
        r"^\s*(?:booked|scheduled|confirmed|reserved|reservado|agendado|gebucht|réservé|bokat)\b",
        r"\bput you down for\b|\bgot you in (?:for|at|on)\b|\byou're in for\b",
        r"\b(?:he|hemos|ha|queda|está|quedó|ha quedado|ya tiene|tiene)\b[^.!?¿]{0,40}\b(?:reservad|agendad|confirmad|programad)[oa]s?\b",
        r"\b(?:reservé|agendé|confirmé|programé)\b",
        r"\b(?:está|foi|ficou|já está|fica)\b[^.!?]{0,40}\b(?:marcad|agendad|reservad|confirmad)[oa]s?\b|\b(?:marquei|agendei|reservei|confirmei)\b",
        r"\b(?:ist|sind|wurde|wurden|habe|haben)\b[^.!?]{0,60}\b(?:gebucht|reserviert|bestätigt|eingetragen|vereinbart)\b",
        r"\b(?:est|êtes|a été|ai|avons|sont)\b[^.!?]{0,50}\b(?:réservée?s?|confirmée?s?|planifiée?s?|programmée?s?|bookée?s?)\b|\bc'est réservé\b",
        r"\b(?:är|blev|har)\b[^.!?]{0,50}\b(?:(?:in|upp)?boka(?:d|t|de|ts)|bekräfta[dt]e?|reservera[dt]e?)\b|\bbokat och klart\b",
        r"تم (?:حجز|تأكيد|تحديد)|(?:حجزت|أكدت) (?:لك|موعد)|موعدك (?:محجوز|مؤكد)",
        r"बुक (?:हो (?:गई|गया|चुक)|कर (?:दी|दिया|ली|लिया)|है)|कन्फर्म (?:हो|कर|है)|(?:अपॉइंटमेंट|बुकिंग) (?:पक्की|तय)",
    ),
    "rescheduled": (
        rf"\b{_SUBJECT_EN}{_NOW_EN} ?(?:rescheduled|moved (?:you|it|your [\w ]{{1,20}}) to|moved to)\b",
        r"\b(?:he|hemos|ha sido|queda|está)\b[^.!?¿]{0,40}\b(?:reprogramad|reagendad|cambiad)[oa]\b|\breprogramé\b",
        r"\b(?:foi|está|ficou)\b[^.!?]{0,40}\b(?:remarcad|reagendad)[oa]\b|\b(?:remarquei|reagendei)\b",
        r"\b(?:habe|haben|wurde|ist)\b[^.!?]{0,60}\b(?:verschoben|umgebucht|verlegt)\b",
        r"\b(?:a été|ai|est)\b[^.!?]{0,50}\b(?:reporté|déplacé|décalé)e?\b",
        r"\b(?:har|är|blev)\b[^.!?]{0,50}\b(?:omboka[dt]|flytta[dt])\b",
        r"تم (?:تغيير|نقل|تأجيل) (?:ال)?موعد|रीशेड्यूल (?:हो|कर)",
    ),
    "cancelled": (
        rf"\b{_SUBJECT_EN}{_NOW_EN} ?cancell?ed\b",
        r"\b(?:he|hemos|ha sido|queda|está)\b[^.!?¿]{0,40}\b(?:cancelad|anulad)[oa]\b|\bcancelé\b",
        r"\b(?:foi|está|ficou)\b[^.!?]{0,40}\b(?:cancelad|desmarcad)[oa]\b|\b(?:cancelei|desmarquei)\b",
        r"\b(?:habe|haben|wurde|ist)\b[^.!?]{0,60}\b(?:storniert|abgesagt|gecancelt)\b",
        r"\b(?:a été|ai|est)\b[^.!?]{0,50}\bannulée?\b",
        r"\b(?:har|är|blev)\b[^.!?]{0,50}\b(?:avboka[dt]|inställ[dt])\b",
        r"تم إلغاء|रद्द (?:हो (?:गई|गया)|कर (?:दी|दिया))",
    ),
    "sent": (
        r"\b(?:i|we)(?:'ve| have)?(?: just| now| already)* (?:sent|e-?mailed|texted|forwarded)\b",
        r"\b(?:e-?mail|message|link|invite|invitation|confirmation|brochure|quote|documents?)(?: has been| have been| is| was)(?: now| just)? (?:sent|on (?:its|the) way)\b",
        r"\b(?:he|hemos|ha sido)\b[^.!?¿]{0,30}\benviad[oa]s?\b|\b(?:envié|mandé)\b",
        r"\b(?:foi|foram)\b[^.!?]{0,30}\benviad[oa]s?\b|\b(?:enviei|mandei)\b",
        r"\b(?:habe|haben|wurde)\b[^.!?]{0,60}\b(?:geschickt|gesendet|gemailt|zugesandt)\b",
        r"\b(?:ai|avons|a été)\b[^.!?]{0,50}\benvoyée?s?\b",
        r"\bhar\b[^.!?]{0,40}\b(?:skickat|mejlat|mailat|sänt|skickats)\b",
        r"(?:أرسلت|تم إرسال|أرسلنا)|भेज (?:दी|दिया|दिए|चुक)",
    ),
    "transferred": (
        r"\b(?:i|we)(?:'ve| have)(?: just| now| already)* (?:transferred|handed|passed|escalated|forwarded|connected)\b",
        r"\b(?:i'm|i am|we're|we are)(?: now)? (?:transferring|connecting|handing|putting) (?:you|this|your)\b",
        r"\b(?:le|te|lo|la) (?:paso|transfiero|comunico|conecto) (?:con|a)\b|\b(?:he|hemos) (?:transferido|pasado|derivado)\b",
        r"\b(?:vou te|estou te|estou|já) (?:transferi\w*|passando|encaminh\w*)|\b(?:transferi|encaminhei)\b",
        r"\b(?:habe|haben) [^.!?]{0,50}\b(?:weitergeleitet|übergeben|verbunden)\b|\b(?:verbinde|übergebe) (?:sie|dich)\b",
        r"\b(?:je|nous) (?:vous|te) (?:transfère|passe|mets en relation|transférons)|\b(?:ai|avons)\b[^.!?]{0,40}\b(?:transféré|transmis)e?\b",
        r"\b(?:kopplar|lämnar) (?:dig|er|över)\b|\bhar\b[^.!?]{0,40}\b(?:kopplat|överlämnat|lämnat över|skickat vidare)\b",
        r"(?:سأحولك|أحولك|تم تحويل)|(?:ट्रांसफर|फॉरवर्ड|कनेक्ट) कर (?:रहा|रही|दिया|रहे)",
    ),
}
# A text without one of a kind's stems holds none of its claims: looking for a word is a hundred times cheaper.
STEMS: Mapping[str, tuple[str, ...]] = {
    "booked": (
        "book", "schedul", "reserv", "confirm", "set up", "put you down", "you in", "you're in", "agend", "program", "marc",
        "marqu", "gebucht", "bestätigt", "eingetragen", "vereinbart", "réserv", "planifi", "boka", "bekräft", "حجز", "تأكيد",
        "تحديد", "أكدت", "محجوز", "مؤكد", "बुक", "कन्फर्म", "अपॉइंटमेंट",
    ),
    "rescheduled": (
        "rescheduled", "moved", "reprogram", "reagend", "cambiad", "remarc", "remarqu", "verschoben", "umgebucht", "verlegt",
        "report", "déplac", "décal", "omboka", "flytta", "موعد", "रीशेड्यूल",
    ),
    "cancelled": ("cancel", "anulad", "desmar", "storniert", "abgesagt", "gecancelt", "annul", "avboka", "inställ", "إلغاء", "रद्द"),
    "sent": (
        "sent", "mailed", "texted", "forwarded", "the way", "envi", "mandé", "mandei", "geschickt", "gesendet", "gemailt",
        "zugesandt", "envoy", "skicka", "mejlat", "mailat", "sänt", "أرسل", "إرسال", "भेज",
    ),
    "transferred": (
        "transfer", "handed", "handing", "passed", "escalated", "forwarded", "connect", "putting", "paso", "transfier",
        "comunico", "conecto", "pasado", "derivado", "passando", "encaminh", "weitergeleitet", "übergeb", "verbunden",
        "verbinde", "passe", "transfèr", "transfér", "transmis", "mets en", "koppl", "lämna", "skickat vidare", "حول", "تحويل",
        "ट्रांसफर", "फॉरवर्ड", "कनेक्ट",
    ),
}  # fmt: skip
# Before the claim in its sentence, one of these makes it none: a condition, a denial, an offer.
UNDONE = (
    r"\b(?:if|once|when|whenever|as soon as|after|before|until|unless|not|never|nothing|isn't|aren't|hasn't|haven't|wasn't|"
    r"can't|cannot|can|could|would|will|shall|may|might|should|want|like|to be|"
    r"si|cuando|no|nunca|una vez que|antes de|hasta que|podría|puedo|quiere|"
    r"se|quando|não|nunca|assim que|antes de|posso|gostaria|"
    r"wenn|falls|sobald|nicht|noch kein\w*|nie|bevor|kann|könnte|möchten|soll|werde|wird|"
    r"quand|lorsque|dès que|pas|jamais|aucun\w*|avant|voulez|souhaitez|puis-je|peux|"
    r"om|när|inte|aldrig|ingen|innan|vill|kan|ska|skulle)\b"
    r"|(?:إذا|عندما|لم|لن|هل|قبل)|(?:अगर|यदि|जब|नहीं|क्या|पहले)"
)
