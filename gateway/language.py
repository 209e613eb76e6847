"""Which language a text is in: the eight of the catalogues, or none when the text does not tell.

Scripts tell two of them; the six that share letters are told by their commonest words and by letters of their own.
Neighbours have a table too, so that an Italian text is none of ours rather than a Portuguese one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from unicodedata import normalize

_WORDS: Mapping[str, str] = {
    "en": "the you your yours is are was were be been being am what when where which who why how can could would will "
    "should may might must do does did doing done have has had having i me my we us our he she they them their it its "
    "this that these those there here for from with without not no yes and or but if so than then as at by in on of "
    "to into out up about after before over under again please hello hi hey sorry thanks thank okay want need like "
    "know get got see make any some all every everything something anything nothing someone somebody anyone more most "
    "much many few other another an a one still just only also too very really soon now today tomorrow tonight "
    "yesterday morning afternoon evening week weekend day days time late early open close closed book booking "
    "appointment price cost free available order help send call long i' you' it' that' we' don' can' won' isn' doesn' "
    "didn' hasn' couldn' because while since until",
    "es": "el la los las lo un una unos unas y e o u de del al a en con sin por para sobre hasta desde entre según que qué "
    "quien quién cual cuál cuáles cuándo cuando dónde donde cómo como cuánto cuánta cuántos cuanto es son era fue ser "
    "está están esta este estos estas eso esto ese esa estoy estamos hay había he ha han hemos tengo tiene tienen "
    "tenemos tener puedo puede pueden podemos podría podrían poder quiero quiere quieren quisiera queremos necesito "
    "necesita necesitamos quería gustaría voy va van vamos ir hacer hago hace hice hizo dar me te se le les nos mi "
    "mis tu tus su sus nuestro nuestra yo usted ustedes ellos él ella no sí ni ya muy más menos mucho mucha muchas "
    "muchos pero también todavía aún solo sólo si porque aunque otro otra otros algo alguien algún alguna nada nadie "
    "todo toda todos hola buenas buenos buen gracias favor perdón disculpe hoy mañana ayer noche tarde tardes día "
    "días semana mes hora horas ahora después antes luego aquí ahí cita precio cuesta abierto abiertos abren cierran "
    "libre mejor bien mismo cada entonces vale parece vemos aceptan tarjeta efectivo cancelar",
    "pt": "o a os as um uma uns umas e ou de do da dos das no na nos nas em ao à aos às com sem por pelo pela para pra pro "
    "sobre até desde entre que quê quem qual quais quando onde como quanto quanta quantos é são era foi ser está "
    "estão estou estamos esta este isso isto esse essa desse deste destes aquele tem têm tenho temos tinha ter há "
    "posso pode podem podemos poderia poderiam poder quero quer querem queria gostaria preciso precisa precisamos vou "
    "vai vão vamos ir fazer faço faz fiz fez dar me te se lhe meu meus minha minhas seu seus sua suas nosso nossa eu "
    "você vocês ele ela eles nós não sim nem já muito muita mais menos mas também ainda só porque outro outra algo "
    "alguém algum alguma nada tudo todo todos olá oi bom boa obrigado obrigada favor desculpe desculpa hoje amanhã "
    "ontem noite tarde manhã dia dias semana mês hora horas agora depois antes aqui aí consulta horário marcar preço "
    "custa aberto abrem fecham livre melhor bem mesmo cada seria mim ótimo aceitam terça quinta sexta segunda",
    "de": "der die das den dem des ein eine einen einem einer eines und oder aber denn weil dass ob wenn als wie wo was wer "
    "wann warum welche welcher welches wohin ich mich mir du dich dir er sie es wir uns ihr ihre ihren ihrem ihnen "
    "euch mein meine meinen meinem meiner unser unsere sein seine ist sind war waren wäre bin bist wird werden wurde "
    "würde würden hat habe haben hatte hätte habt kann kannst können könnte könnten muss müssen soll sollte will "
    "wollen wollte möchte möchten darf dürfen mag gibt geht gehen kommt komme kommen machen macht brauche brauchen "
    "passt passen nehmen zu zum zur von vom bei mit nach aus auf für an am im in ins um über unter vor bis seit durch "
    "gegen ohne wegen davon dafür nicht kein keine keinen nein ja doch nur noch schon auch sehr mehr viel viele "
    "vielen alle alles etwas nichts jemand jemanden immer wieder heute morgen gestern abend uhr tag tage woche "
    "nächste nächsten jetzt später lange gern gerne bitte danke dank hallo guten entschuldigung termin frei offen "
    "geöffnet kostet preis hier dort dann so sich man",
    "fr": "le la les l' un une des du de d' au aux à en dans sur sous avec sans pour par chez entre depuis jusqu' avant "
    "après vers et ou mais donc car ni si que qu' qui quoi quel quelle quels quelles lequel laquelle dont où quand "
    "comment combien pourquoi je j' me m' moi tu te toi il elle on nous vous ils elles se s' lui leur y ce c' ça cela "
    "cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos est es suis sommes êtes sont était serait "
    "sera être été ai as a avons avez ont avait aurai avoir peut peux pouvez peuvent pouvons puis pourrais pourriez "
    "veux veut voulez voudrais voulais dois doit faut faire fait faites va vais vont aller irait ne n' pas plus "
    "jamais rien non oui très trop bien aussi encore toujours même tout tous toute toutes autre autres quelqu' "
    "quelque chose beaucoup peu mieux bonjour bonsoir merci plaît plait désolé désolée pardon aujourd' hui demain "
    "hier matin midi soir jour jours semaine mois heure heures temps prochaine rendez rdv prix coûte coute ouvert "
    "ouverts fermez libre place possible ici là seulement bientôt",
    "sv": "den det de dem en ett och eller men att som om när var vart vad vem vilken vilket vilka varför hur jag mig du "
    "dig han hon vi oss ni er era ert min mitt mina din ditt dina vår vårt våra sin sitt sina är vara varit blir bli "
    "blev har hade haft kan kunde ska skulle skall vill ville måste får få fick går gå gick kommer komma kom gör göra "
    "behöver finns finnas ta tar ge ger boka avboka bokade i in på till från av med utan för före efter vid hos över "
    "under mellan genom mot sedan inte ej icke ja jo nej bara redan också även mycket mer mest många lite något någon "
    "några ingen inget alla allt andra annan annat här där nu då så sen idag imorgon igår kväll morgon dag dagar "
    "vecka veckan nästa tid tiden tider klockan minuter länge hej tack snälla förlåt ursäkta öppet öppna stänger "
    "ledig ledigt lediga kostar pris man denna detta dessa eftersom fel kvar bra passar fortfarande aldrig alltid",
}  # fmt: skip
_NEIGHBOURS: Mapping[str, str] = {
    "it": "il lo la gli le l' un uno una un' dei delle del della dello dell' di da dal dalla d' in nel nella nell' con su "
    "sul sulla per tra fra a al alla allo all' ai e ed o ma se che chi cui quale quali quando dove come quanto quanta "
    "perché c' è sono sei siamo siete era sarebbe essere stato stata ho hai ha abbiamo avete hanno avere posso può "
    "puoi possiamo potete possono potrebbe vorrei voglio vuole vogliamo devo deve fare fatto mi ti si ci vi me te lei "
    "lui noi voi io mio mia miei mie tuo suo sua nostro nostra vostro vostra non sì no più meno molto molta poco "
    "anche ancora già solo sempre mai tutto tutti tutta altro altra qualcuno qualcosa niente questo questa quello "
    "quella ciao buongiorno buonasera salve grazie prego scusi scusa oggi domani ieri sera mattina pomeriggio giorno "
    "settimana ora ore minuti dopo prima qui fino appuntamento costa aperti aperto dimenticato",
    "nl": "de het een en of maar want dat die dit deze der als dan wat wie waar wanneer waarom welke hoe hoeveel ik mij me "
    "je jij jou u hij zij ze wij we ons onze jullie hun mijn jouw zijn haar is ben bent was waren wordt worden werd "
    "heb hebt heeft hebben had kan kunt kunnen kon zou zouden moet moeten mag mogen wil willen wilde zal zullen gaat "
    "gaan komt komen maken doen in op aan van voor met bij naar uit over om onder tot door tegen zonder sinds vanaf "
    "te er niet geen nee ja wel nog al ook zeer veel meer iets iemand niets alle alles steeds altijd weer hier daar "
    "nu vandaag morgen gisteren vanavond uur dag week volgende graag hallo hoi goedemorgen dank bedankt alstublieft "
    "afspraak kost laat lang dicht open",
    "da": "jeg er har dere i det den en et ei til og eller på for med fra ikke hvad hva hvor hvordan hvorfor når kan vil "
    "gjerne gerne skal må få får bli blive ble blev være var time hej hei tak takk åpent åbent søndag mandag av af om "
    "dag uke uge neste næste min mit mitt mig meg du dig deg de dem vi oss os jer noe noget noen nogen men at å så "
    "som der her nu nå også mye meget mer mere alle bare bestille koster",
    "tr": "bir bu şu ve veya için ne mi mı mu mü var yok çok ile de da ben sen biz siz merhaba teşekkürler istiyorum yarın "
    "bugün kadar nasıl nerede",
    "ca": "el els la les l' un una i o de del al als amb sense per a en que què qui quan on com quant és són està hi ha "
    "tinc té puc pot vull voldria no sí molt més bon dia gràcies si us plau demà avui ahir meu meva",
    "ro": "și în la cu o un nu este sunt pentru bună ziua mulțumesc vreau aș cât când unde mâine pot de pe din ce mai să am "
    "are",
    "pl": "w na z i o do nie się jest są czy jak co kiedy gdzie ile mogę chciałbym proszę dziękuję dzień dobry jutro dziś "
    "to mam od po",
}  # fmt: skip
_LETTERS: Mapping[str, str] = {
    "es": "ñ¿¡áóíú", "pt": "ãõçêâáóíú", "fr": "çêâèùûœîô", "de": "ßäöü", "sv": "åäö", "da": "øæå", "it": "èùòì",
    "tr": "ışğçöü", "pl": "łąężść", "ro": "ășțâî", "ca": "çèòàïíú", "hu": "őűáóíúöü", "fi": "äö", "cs":
    "ěščřžůáí", "vi": "ôăơưạảấầẩậắằẵặẹẻếềểễệọỏốồổộớờởợụủứừửựđ",
}  # fmt: skip


def _shared(table: Mapping[str, Iterable[str]]) -> Mapping[str, tuple[str, ...]]:
    """Which languages have a word or a letter: the fewer, the more it tells."""
    found: dict[str, tuple[str, ...]] = {}
    for language, signs in table.items():
        for sign in dict.fromkeys(signs):
            found[sign] = (*found.get(sign, ()), language)
    return found


_SCORED = tuple(dict.fromkeys((*_WORDS, *_NEIGHBOURS, *_LETTERS)))
_WORD_OF = _shared({language: words.split() for language, words in {**_WORDS, **_NEIGHBOURS}.items()})
_LETTER_OF = _shared(_LETTERS)
_WORD = re.compile(r"[^\W\d_]+'?")
_NOISE = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")
_SCRIPTS = (("ar", re.compile(r"[\u0600-\u06ff]+")), ("hi", re.compile(r"[\u0900-\u097f]+")))
_PERSIAN_OR_URDU = re.compile("[پچژکگیےٹڈڑںہھ]")
LOOKED_AT = 400  # characters
LEAST = 1.2  # of score: a word that only one language has counts 1
BESIDE = 0.3  # of score in words, before letters count
LEAD = 1.3  # times the score of the second
SHARE = 0.16  # of score a word


def detect(text: str) -> str:
    """The primary code of a text's language: en, es, pt, de, fr, sv, ar or hi; "" when it is unclear or another."""
    text = text[:LOOKED_AT].lower()
    if "@" in text or "/" in text or "www." in text:
        text = _NOISE.sub(" ", text)
    plain = text.isascii()
    if not plain:
        text = normalize("NFC", text).replace("’", "'")
    words = _WORD.findall(text)
    letters = sum(map(len, words))
    if letters < 3:
        return ""
    if not plain:
        for language, script in _SCRIPTS:
            if sum(map(len, script.findall(text))) * 2 > letters:
                foreign = language == "ar" and len(_PERSIAN_OR_URDU.findall(text)) * 20 > letters
                return "" if foreign else language
    return _latin(words, "" if plain else text)


def _latin(words: list[str], marked: str) -> str:
    scores = dict.fromkeys(_SCORED, 0.0)
    for word in words:
        found = _WORD_OF.get(word, ())
        for language in found:
            scores[language] += 1.0 / len(found)
    # A name may have the letters of a language, so they count for ours only beside its words.
    for letter in set(marked) & _LETTER_OF.keys():
        found = _LETTER_OF[letter]
        for language in found:
            if language not in _WORDS or scores[language] >= BESIDE:
                scores[language] += 1.0 / len(found)
    best = max(scores, key=scores.__getitem__)
    score = scores.pop(best)
    enough = score >= min(LEAST, 0.6 + 0.25 * len(words)) and score >= SHARE * len(words)
    return best if best in _WORDS and enough and score >= LEAD * max(scores.values()) else ""
