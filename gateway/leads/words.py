"""Words in the languages of our catalogues (en, es, pt, de, fr, sv, ar, hi) that decide what a quote can prove.

Everything is compared after `plain`: small letters, no accents, straight quotes.
"""

from __future__ import annotations

import re
import unicodedata

_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "«": '"', "»": '"',
                           "–": "-", "—": "-", "‐": "-", "‑": "-", "ı": "i"})  # fmt: skip


def plain(text: str) -> str:
    """A text as it is compared: no case, no accents, no invisible signs, one space where there were several."""
    apart = unicodedata.normalize("NFKD", text).translate(_STRAIGHT).casefold()
    kept = "".join(sign for sign in apart if unicodedata.category(sign) not in ("Mn", "Cf"))
    return " ".join(unicodedata.normalize("NFKD", kept).split())


def _any(phrases: str) -> re.Pattern[str]:
    """Any of these phrases with commas between, whole; a star stands for the rest of a word."""
    known = sorted({plain(one) for one in re.split(r",\s*", phrases) if one.strip()}, key=len, reverse=True)
    inner = "|".join(re.escape(one).replace(r"\*", r"\w*") for one in known)
    return re.compile(rf"(?<!\w)(?:{inner})(?!\w)")


# What agrees, and says nothing of its own.
_AGREE = """yes yeah yep yup ok okay okey sure right correct exactly fine good great perfect alright maybe perhaps
thanks thank you please of course sounds absolutely definitely i guess so that is works for me hm hmm mm
si claro vale bueno perfecto exacto correcto gracias por favor de acuerdo esta bien supongo quizas
sim isso certo claro perfeito obrigado obrigada pode ser acho que esta bom beleza ta talvez
ja jo genau gut klar gerne passt stimmt danke bitte in ordnung vielleicht
oui d'accord bien parfait exact merci voila ca va peut etre s'il vous plait
japp javisst precis bra tack okej kanske visst det stammer
نعم اجل ايوه تمام حسنا طيب شكرا ممكن اوك صحيح
हां हाँ जी ठीक है अच्छा सही धन्यवाद शायद बिलकुल हा haan ji theek hai accha"""
AGREE = frozenset(plain(_AGREE).replace("'", " ").split())

NEGATIONS = _any(
    """
    no, not, don't, dont, doesn't, didn't, isn't, aren't, won't, can't, cannot, never, without, nor,
    nunca, sin, tampoco, ningun, ninguna,
    nao, nunca, sem, nem, nenhum, nenhuma,
    nicht, kein, keine, keinen, keinem, nie, ohne, weder,
    ne, pas, jamais, sans, aucun, aucune,
    inte, ej, icke, aldrig, utan, ingen, inget, inga,
    لا, ليس, ليست, لم, لن, بدون, مش, ما, غير,
    नहीं, नही, मत, बिना, न, nahi, nahin,
    """
)

MONEY = _any(
    """
    budget*, price*, pric*, cost*, pay, paid, paying, payment*, afford*, money, cash, invest*, spend*, fee*, quote*,
    deposit*, rate*, cheap*, expensive, dollar*, euro*, pound*, usd, eur, gbp, sek, inr, brl, aed, insurance,
    financ*, discount*, funding, grant*, worth,
    caro, cara, caros, caras, presupuesto*, precio*, costo*, cuest*, pag*, dinero, inver*, gast*, barat*, tarifa*,
    pesos, descuento*,
    financ*,
    orcamento*, preco*, custo*, custa*, pag*, dinheiro, invest*, gast*, barat*, reais, valor*, desconto*,
    preis*, kost*, zahl*, bezahl*, geld, leist*, ausgeb*, ausgegeben, teuer*, gunstig*, billig*, rabatt*, tarif*,
    payer, paye, payons, paie, prix, cout*, cher*, chere, argent, depens*, moyens, invest*, tarif*, devis, remise,
    pris*, kost*, betal*, pengar, rad, dyr*, billig*, kronor, kr, rabatt*, invester*,
    ميزانيه*, ميزانية*, الميزانية, ميزانيتي, ميزانيتنا, سعر*, السعر, اسعار*, الاسعار, تكلف*, التكلفة, ثمن, ادفع,
    ندفع, الدفع, دفع, نقود, المال, فلوس, درهم, ريال, دولار, يورو, جنيه, غالي, رخيص, خصم,
    बजट, कीमत, दाम, खर्च*, पैसे, पैसा, रुपये, रुपए, रूपये, भुगतान, शुल्क, फीस, महंगा, महँगा, सस्ता, लाख, हज़ार,
    हजार, budget, paise, kharcha,
    """
)

# Somebody else, whose address is not the customer's.
OTHERS = _any(
    """
    boss, manager, colleague*, coworker*, co-worker*, assistant, secretary, partner, wife, husband, girlfriend,
    boyfriend, friend*, brother, sister, mother, father, mom, mum, dad, daughter, cousin*, uncle, aunt,
    neighbour*, neighbor*, accountant, lawyer, competitor*, landlord, tenant*, customer, client, supplier, his, her,
    their, him, them,
    jefe, jefa, colega*, companer*, secretari*, pareja, novia, novio, primo, esposa, esposo, marido, mujer, amig*,
    herman*, madre,
    padre, mama, papa, hijo, hija, vecin*, contador*, contable, abogad*, competidor*,
    chefe, colega*, secretari*, esposa, esposo, marido, mulher, namorad*, amig*, irmao, irma, mae, pai, filho,
    filha, vizinh*, contador*, advogad*, concorrente*, dele, dela, deles,
    chef, chefin, kollege*, kollegin*, sekretarin, assistent*, partner*, meine frau, mein mann, meiner frau, meinem
    mann, ehefrau, ehemann, freund*,
    bruder, schwester, mutter, vater, sohn, tochter, cousin*, nachbar*, steuerberater*, anwalt, konkurrent*,
    seine, seiner, seinem,
    chef, cheffe, patron*, collegue*, secretaire, assistant*, conjoint*, mari, mon fils, ma fille, femme, epouse,
    epoux, copain, copine,
    ami, amie, amis, frere, soeur, mere, pere, fils, fille, cousin*, voisin*, comptable, avocat*, concurrent*,
    chef*, kollega*, kollegor, sekreterare, assistent*, min man, min fru, min van, sambo, fru, maka, pojkvan,
    flickvan,
    vaninna, kompis*, bror, syster, mamma, pappa, dotter, kusin*, granne*, revisor*, advokat*, konkurrent*,
    hans, hennes, deras,
    مديري, مدير, زميلي, زميلتي, زميل, زوجتي, زوجي, صديقي, صديقتي, صديق, اخي, اختي, امي, ابي, ابني, ابنتي, جاري,
    محاسبي, محامي, منافس*, والدي, والدتي,
    बॉस, मैनेजर, सहकर्मी, पत्नी, पति, दोस्त, भाई, बहन, मां, माँ, पिता, बेटा, बेटी, पड़ोसी, अकाउंटेंट, वकील, उसका,
    उसकी, उनका, उनकी,
    """
)

# The customer's own, said so.
OWN = _any(
    """
    my email, my e-mail, my mail, my address, my number, my phone, my cell, my mobile, my name, my company, my own,
    mine, me at, me on, i am, i'm, our, email me, mail me, call me, text me, reach me, send me,
    mi correo, mi email, mi mail, mi numero, mi telefono, mi celular, mi movil, mi nombre, mi empresa, me llamo,
    soy, el mio, escribeme, llamame, llameme, escribame, nuestro, nuestra, somos,
    meu email, meu e-mail, meu numero, meu telefone, meu celular, meu nome, minha empresa, me chamo, sou, eu sou, o
    meu, nosso, nossa, me liga, me ligue, me chame,
    meine mail, meine e-mail, meine email, meine nummer, meine adresse, mein name, meine firma, ich heisse, ich
    heiße, ich bin, mich, mir, meine, mein, unsere, wir sind,
    mon mail, mon email, mon e-mail, mon adresse, mon numero, mon telephone, mon nom, mon entreprise, je m'appelle,
    je suis, moi, le mien, notre, nous sommes,
    min mail, min e-post, min epost, min mejl, mitt nummer, min telefon, mitt namn, mitt foretag, jag heter, jag ar,
    mig, vi ar,
    بريدي, ايميلي, رقمي, هاتفي, جوالي, اسمي, شركتي, انا,
    मेरा, मेरी, मेरे, हमारा, हमारी, मैं, mera, meri,
    """
)

# Said to whoever reads the conversation as a lead, not to the business.
_ORDERS = [
    r"(?:ignor\w*|disregard|forget|override|bypass)\b.{0,40}\b(?:instruction\w*|rules?|prompt\w*|previous|above|prior)",
    r"(?:ignora\w*|olvida\w*|omite|descarta\w*)\b.{0,40}\b(?:instruccion\w*|reglas|anterior\w*|indicacion\w*)",
    r"(?:ignor\w*|esque[cç]a\w*|desconsider\w*)\b.{0,40}\b(?:instruc\w*|regras|anterior\w*)",
    r"(?:ignorier\w*|vergiss|vergessen sie|missacht\w*)\b.{0,40}\b(?:anweisung\w*|regeln|vorherig\w*|anleitung\w*)",
    r"(?:ignor\w*|oubli\w*)\b.{0,40}\b(?:instruction\w*|consigne\w*|regles|precedent\w*)",
    r"(?:ignorera|glom|strunta i|bortse fran)\b.{0,40}\b(?:instruktion\w*|regler\w*|tidigare|anvisning\w*)",
    r"(?:تجاهل|انس|اهمل)\w*\b.{0,40}(?:التعليمات|تعليمات|القواعد|السابق)",
    r"(?:निर्देश|निरदेश|नियम|instructions?)\S*.{0,30}(?:अनदेखा|नज़रअंदाज़|नजरअंदाज|भूल|ignore)",
    r"(?:अनदेखा|नज़रअंदाज़|नजरअंदाज|भूल|ignore).{0,40}(?:निर्देश|नियम)",
    r"\b(?:score|rate|mark|grade|classif\w+|tag|label|rank)\b.{0,20}\b(?:me|this|us|it|as)\b.{0,30}"
    r"\b(?:\d{1,2}(?:\s*(?:/|of|out of)\s*\d+)?|hot|max\w*|highest|full|top|qualified)\b",
    r"\b(?:set|give|record|register|put|make|mark|change|raise)\b.{0,30}"
    r"\b(?:lead|intent|urgency|budget|fit|engagement|score)\b.{0,30}"
    r"\b(?:1[0-5]|hot|max\w*|highest|full|top|high|yes)\b",
    r"\b(?:lead|score|puntuacion|puntaje|pontuacao|bewertung|wertung|poang|note)\b\s*[:=]?\s*(?:de |con |von |pa )?"
    r"(?:1[0-5]|15/15|max\w*|hot)\b",
    r"\b(?:marca\w*|puntua\w*|califica\w*|clasifica\w*|ponme|pon|dame|registra\w*)\b.{0,50}\b(?:lead|hot|caliente|1[0-5]|max\w*|puntos)\b",
    r"\b(?:marque\w*|pontue\w*|classifique\w*|avalie|coloque|de)\b.{0,50}\b(?:lead|hot|quente|1[0-5]|max\w*|pontos)\b",
    r"\b(?:bewerte\w*|markiere\w*|stufe|setze|gib|vergib|trag\w*)\b.{0,50}\b(?:lead|hot|heiss\w*|1[0-5]|max\w*|hochst\w*|punkte\w*)\b",
    r"\b(?:marque\w*|note\w*|classe\w*|evalue\w*|mets|mettez|donne\w*|attribue\w*)\b.{0,50}\b(?:lead|prospect|hot|chaud|1[0-5]|max\w*)\b",
    r"\b(?:markera|betygsatt|klassa|satt|ge)\b.{0,50}\b(?:lead|hot|het|1[0-5]|max\w*|hogst\w*|poang)\b",
    r"(?:قيم|صنف|اعط|ضع|سجل)\w*.{0,50}(?:15|١٥|hot|ساخن|اعلي|الاعلي|القصوي|الكامل)",
    r"(?:मुझे|लीड|स्कोर|score).{0,50}(?:15|१५|hot|हॉट|सबसे ऊंचा|अधिकतम|पूरा)",
    r"(?:^|\n|\s)\W{0,3}(?:system|assistant|developer|sistema|systeme|النظام|सिस्टम)\W{0,3}\s*[:>\]]",
    r"</?(?:system|instructions?|assistant|developer|transcript|im_start|im_end)\b|<\|",
    r"[\"'](?:intent|urgency|budget|fit|engagement|level|evidence|score|total_score|lead_status_tag|intent_level|budget_constraint)[\"']\s*:",
    r"\b(?:system|hidden|developer) prompt\b|\bprompt injection\b|\bas an ai\b|\bnew instructions?\b",
]
ORDERS = re.compile("|".join(f"(?:{one})" for one in _ORDERS), re.DOTALL)

# How an address is said aloud.
AT = re.compile(r"\s+(?:at|arroba|chez|bei|ät|snabel-?a|klammeraffe|آت|ات|ऐट|एट|@)\s+", re.IGNORECASE)
DOT = re.compile(r"\s+(?:dot|punto|ponto|punkt|point|prick|دوت|نقطة|डॉट|\.)\s+", re.IGNORECASE)
