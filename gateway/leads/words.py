"""Words in the languages of our catalogues (en, es, pt, de, fr, sv, ar, hi) that decide what a quote can prove.

Everything is compared after `plain`: small letters, no accents, straight quotes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

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
    # Arabic writes "and" and "so" onto the next word.
    return re.compile(rf"(?:(?<!\w)|(?<=\b[وف]))(?:{inner})(?!\w)")


# What agrees, and says nothing of its own.
_AGREE = """yes yeah yep yup ok okay okey sure right correct exactly fine good great perfect alright maybe perhaps
thanks thank you please of course sounds absolutely definitely i guess so that is works for me hm hmm mm
yea ya aye cool nice got it noted understood alrighty whatever k kk lol haha ok lah
si claro vale bueno bien listo dale venga igual perfecto exacto correcto gracias por favor de acuerdo esta bien
supongo quizas
aham uhum blz beleza valeu tudo bem entendi tanto faz sim isso certo claro perfeito obrigado obrigada pode ser
acho que esta bom beleza ta talvez
aha egal alles klar na gut meinetwegen von mir aus verstehe achso ach so ja jo genau gut klar gerne passt stimmt
danke bitte in ordnung vielleicht
ouais mouais bon entendu c'est bon note oui d'accord bien parfait exact merci voila ca va peut etre s'il vous plait
jaha jo jaja aha okej da fint sa klart javisst forstar mm mhm japp javisst precis bra tack okej kanske visst det
stammer
اها اوكي ماشي زين تمام والله خير ان شاء الله ايه نعم اجل ايوه تمام حسنا طيب شكرا ممكن اوك صحيح
हां हाँ जी ठीक है अच्छा सही धन्यवाद शायद बिलकुल हा haan han ji theek thik hai accha acha achha sahi bilkul"""
_SOUNDS = """hello hi hey hallo dear sir madam bye goodbye cheers hola holi saludos buenas oi ola tchau servus moin
gruezi tschuss bonjour bonsoir salut coucou hej hejsan tjena hejda مرحبا اهلا هلا سلام السلام عليكم وعليكم नमस्ते
नमस्कार हैलो हेलो namaste namaskar salam euh heu um uhm uh er erm ah oh eh ehm ahm hmmm umm mmm mmmh aah ooh wow"""
AGREE = frozenset(plain(f"{_AGREE} {_SOUNDS}").replace("'", " ").split())

# What opens and closes a talk, in words that mean something elsewhere ("morgen").
GREETINGS = _any(
    """
    good morning, good afternoon, good evening, good night, good day, have a nice day, nice day,
    buenos dias, buen dia, buenas tardes, buenas noches, bom dia, boa tarde, boa noite, guten morgen, guten tag,
    guten abend, gute nacht, gruss gott, schonen tag, bonne journee, bonne soiree, au revoir, god morgon, god dag,
    god kvall, ha det bra, صباح الخير, صباح النور, مساء الخير, مساء النور, शुभ प्रभात, सुप्रभात,
    """
)

NEGATIONS = _any(
    """
    no, not, don't, dont, doesn't, didn't, isn't, aren't, won't, can't, cannot, never, without, nor,
    nunca, sin, tampoco, ningun, ninguna,
    nao, nunca, sem, nem, nenhum, nenhuma,
    nicht, kein, keine, keinen, keinem, nie, ohne, weder,
    ne, pas, jamais, sans, aucun, aucune,
    inte, ej, icke, aldrig, utan, ingen, inget, inga,
    nobody, nothing, none, ain't, wouldn't, couldn't, nadie, nada, ninguem, niemand, nichts, keinerlei, personne,
    rien, ingenting,
    لا, ليس, ليست, لم, لن, بدون, مش, مو, مب, ماني, مالي, ما, غير,
    नहीं, नही, मत, बिना, न, nahi, nahin,
    """
)

MONEY = _any(
    """
    budget*, pays, insur*, price*, pric*, cost*, pay, paid, paying, payment*, afford*, money, cash, invest*,
    spend*, fee*, quote*,
    deposit*, how much, planned, set aside, put aside, transfer, installment*, instalment*, rate*, cheap*,
    expensive, dollar*, euro*, pound*, usd, eur, gbp, sek, inr, brl, aed, insurance,
    financ*, discount*, funding, grant*, worth,
    caro, cara, caros, caras, presupuesto*, precio*, costo*, cuest*, pag*, dinero, inver*, gast*, barat*, tarifa*,
    pesos, descuento*, cuanto, bizum, tarjeta, calcul*, previsto, apartad*, ahorr*,
    financ*,
    orcamento*, preco*, custo*, custa*, pag*, dinheiro, invest*, gast*, barat*, reais, valor*, desconto*,
    quanto, qto, previsto, prevista, parcel*, cartao, pix, salgado,
    preis*, kost*, zahl*, bezahl*, geld, leist*, ausgeb*, ausgegeben, teuer*, gunstig*, billig*, rabatt*, tarif*,
    anzahlung*, uberweis*, eingeplant, veranschlagt, rechnung*, wie viel, wieviel,
    combien, frais, prevu, prevue, calcule, acompte, virement, prise en charge, pris en charge, payer, paye,
    payons, paie, prix, cout*, cher*, chere, argent, depens*, moyens, invest*, tarif*, devis, remise,
    pris*, kost*, betal*, pengar, rad, dyr*, billig*, kronor, kr, rabatt*, invester*,
    raknat, hur mycket, lanelofte, handpenning, faktur*, swish,
    ميزانيه*, ميزانية*, الميزانية, ميزانيتي, ميزانيتنا, سعر*, السعر, اسعار*, الاسعار, تكلف*, التكلفة, ثمن, ادفع,
    ندفع, الدفع, دفع, نقود, المال, فلوس, درهم, ريال, دولار, يورو, جنيه, غالي, رخيص, خصم, ميزانيه, ميزانية,
    ميزانيتها, بكم, قسط*, سعره, ريالا, الف,
    बजट, कीमत, दाम, खर्च*, पैसे, पैसा, रुपये, रुपए, रूपये, भुगतान, शुल्क, फीस, महंगा, महँगा, सस्ता, लाख, हज़ार,
    हजार, budget, paise, kharcha, कितना, कितने, कितनी, किस्त*, नकद, नक़द, kitna, kitne, kitni, kimat,
    """
)

# Somebody else, whose address is not the customer's.
OTHERS = _any(
    """
    boss, manager, colleague*, coworker*, co-worker*, assistant, secretary, partner, wife, husband, girlfriend,
    boyfriend, friend*, brother, sister, mother, father, mom, mum, dad, daughter, cousin*, uncle, aunt,
    neighbour*, neighbor*, accountant, lawyer, competitor*, landlord, tenant*, my customer*, my client*,
    supplier, his, her,
    their, him, them, my parent*, guest*, technician*, visitor*, roommate*, flatmate*, employee*, for example, example
    contact*, example of, e.g., cc, copy in, in copy,
    con copia a, en copia a, com copia para, kopie an, in kopie, en copie, kopia till,
    huesped*, invitad*, tecnico*, proveedor*, su correo, su email, su mail, su numero, su telefono, su celular, su
    nombre, se llama, por ejemplo, ejemplo de, ejemplos de,
    hospede*, convidad*, fornecedor*, o nome dele, o nome dela, se chama, por exemplo, exemplo de,
    gast, gaste, techniker*, lieferant*, seine mail, zum beispiel, z.b., beispiel fur,
    technicien*, fournisseur*, son mail, son adresse, son numero, s'appelle, par exemple, exemple de,
    gast, gasten, tekniker*, leverantor*, till exempel, t.ex., exempel pa,
    ضيف*, الضيف, فني, مورد, ام, والد, والدة, ابو, مثلا, مثال, على سبيل المثال,
    मेहमान, तकनीशियन, उदाहरण,
    jefe, jefa, colega*, companer*, secretari*, pareja, novia, novio, primo, esposa, esposo, marido, mujer, amig*,
    herman*, madre,
    padre, mama, papa, hijo, hija, vecin*, contador*, contable, abogad*, competidor*,
    chefe, colega*, secretari*, esposa, esposo, marido, mulher, namorad*, amig*, irmao, irma, mae, pai, filho,
    filha, vizinh*, contador*, advogad*, concorrente*, dele, dela, deles,
    chef, chefin, kollege*, kollegin*, sekretarin, assistent*, partner*, meine frau, mein mann, meiner frau, meinem
    mann, ehefrau, ehemann, freund*,
    bruder, schwester, mutter, vater, sohn, tochter, cousin*, nachbar*, steuerberater*, anwkonkurrent*,
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

# "mere dost ka email": of somebody or something that is mine, in Hindi in either script.
OTHERS_OF_MINE = re.compile(
    plain("(?<!X)(?:मेरे|मेरी|mere|meri) (?!कंपनी|कम्पनी|दुकान|ऑफिस|company|office|shop|dukan)").replace(
        "X".casefold(), r"\w"
    )
    + rf"[^\s,.]+ (?:{plain('का')}|{plain('की')}|{plain('के')}|ka|ki|ke)(?!\w)"
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
    मेरा, मेरी, मेरे, हमारा, हमारी, मैं, mera, meri, mera hai, hamara,
    """
)

# What was, and is no more; what is now.
OLD = _any(
    """
    old, older, former, formerly, previous, previously, used to, worked at, worked for, was, were, had, left,
    back then, ex,
    antiguo, antigua, antiguos, anterior, anteriores, viejo, vieja, era, estaba, trabajaba, trabaje, tenia, teniais,
    antigo, antiga, velho, velha, anteriores, estava, trabalhava, tinha, tinham,
    alt, alte, alten, altes, ehemalig*, fruher, fruhere*, damals, damalig*, war, arbeitete, hatte, hatten,
    ancien, ancienne, anciens, precedent, precedente, autrefois, etait, etais, avais, avait, avions, aviez,
    avaient, jobbade, arbetade, travaillais, gamla, gammal, gammalt, forra, tidigare, forut, hade, forr,
    القديم, القديمة, قديم, قديمة, السابق, السابقة, سابقا, كان, كانت, كنت,
    पुराना, पुरानी, पुराने, था, थी, थे, purana, purani, purane, tha, thi, pehle wala, pehle wali,
    """
)
NEW = _any(
    """
    now, new, current, currently, these days, ahora, nuevo, nueva, actual, actualmente, agora, novo, nova, atual,
    atualmente, jetzt, neu, neue, neuen, neuer, neues, nun, aktuell*, maintenant, nouveau, nouvelle, nouvel, actuel*,
    desormais, nu, ny, nya, nytt, numera, nuvarande, الان, الجديد, الجديدة, جديد, جديدة, حاليا,
    अब, नया, नयी, नई, नए, naya, nayi, naye,
    """
)
GONE = _any(
    """
    no longer, not anymore, not any more, doesn't work, does not work, doesn't exist, is dead, is gone,
    stopped working,
    ya no, no funciona, no existe, dejo de, ja nao, nao funciona, nao existe, mais nao, parou de, deixou de,
    nicht mehr, funktioniert nicht, gibt es nicht, n'existe plus, existe plus, ne marche plus, marche plus,
    ne fonctionne plus, fonctionne plus, n'est plus, inte langre, fungerar inte, finns inte, slutat,
    لم يعد, ما يشتغل, لا يعمل, ما عاد, توقف, काम नहीं करता, बंद हो, अब नहीं, band ho, kaam nahi,
    """
)

# What takes back the value before it.
CORRECTIONS = _any(
    """
    sorry, typo, oops, ups, correction, i mean, i meant, actually, no wait, wait no, scratch that, wrong, mistake,
    misspelled, mistyped, instead, rather, should be, not that,
    perdon, perdona, disculpa, disculpe, quise decir, quiero decir, digo, me equivoque, equivocado, error, errata,
    corrijo, correccion, mejor dicho,
    desculpa, desculpe, errei, errou, errado, quis dizer, digo, correcao, corrigindo, na verdade, alias,
    quatsch, falsch, vertippt, verschrieben, tippfehler, korrektur, ich meine, meinte, vielmehr, sondern,
    entschuldigung,
    pardon, erreur, je me suis trompe*, trompe, faute de frappe, je voulais dire, correction, plutot, en fait,
    forlat, fel, felskriv*, skrev fel, rattelse, jag menar, menade, oj, snarare, nej vanta,
    عفوا, غلطت, غلط, خطا, اسف, اسفة, قصدي, اقصد, تصحيح, بل, لا لحظة,
    माफ़, माफ, गलत, ग़लत, गलती, ग़लती, सुधार, मतलब, galat, galti, matlab, maaf,
    """
)

# Said of a value: it is not this.
NOT_THIS = _any(
    """
    not, isn't, don't, dont, do not, never, no es, no soy, no me, nao e, nao sou, nao, nicht, kein, keine, keinen,
    n'est pas, ce n'est pas, pas, inte, ej, icke, ليس, ليست, مو, مب, مش, لا تستخدم, नहीं, नही, mat, nahi, nahin,
    """
)
NOT_THIS_AFTER = _any(
    """
    is not, isn't, is wrong, ist nicht, ist falsch, no es, es incorrect*, nao e, esta errado, n'est pas, c'est pas,
    est faux, ar inte, ar fel, stammer inte, ليس, مو, غلط, नहीं, नही, गलत, par mat, ko mat, nahi hai, galat hai,
    """
)

# Right before a company or a place, not before a person who gives his name.
AT_COMPANY = _any(
    "at, work for, works for, working for, trabajo en, trabajo para, trabalho na, trabalho no, arbeite bei, bei, chez,"
    " de chez, hos, jobbar pa, arbetar pa, اعمل في, اشتغل في, موظف في, works at, with the company"
)

# A second person writes on the same phone.
SECOND_WRITER = _any(
    """
    this is his, this is her, it's his, it's her, its his, its her, on his phone, on her phone, my phone too,
    we are two, two of us writing, speaking for, typing for, writing for my,
    soy la hermana, soy el hermano, soy la madre, soy el padre, soy su, somos dos, le presto, me presto,
    aqui e a mae, aqui e o pai, aqui e a filha, aqui e o filho, sou a mae, sou o pai, me passou o telefone,
    somos dois,
    hier ist die mutter, hier ist der vater, hier schreibt jetzt, wir sind zu zweit, ich bin seine, ich bin ihre,
    ich bin ihr, ich bin sein, c'est sa, c'est son, je suis sa, je suis son, on est deux a, lui prete,
    det har ar hans, det har ar hennes, jag ar hans, jag ar hennes, vi ar tva som,
    انا والد, انا والدة, انا ام, انا ابو, انا زوج, انا زوجة, انا اخو, انا اخت, بيكتب لك, يكتب لك,
    बात करवा*, बात कराता, बात कराती, से बात कीजिए, की माँ बोल, के पिता बोल, baat karwa*,
    """
)
AGAIN = r"(?:again|de novo|otra vez|de nuevo|encore|noch ?mal|wieder|igen|फिर से|phir se)"
INTRODUCED = re.compile(
    r"(?:\bthis is|\bmy name is|\bi am|\bi'm|\bit's|\bits|\bsoy|\bme llamo|\baqui es|\baqui e [oa](?: dona)?"
    r"|\bsou [oa]"
    r"|\bme chamo|\bmeu nome e|\bich bin(?: die| der)?|\bhier ist(?: die| der)?|\bmein name ist|\bje m'appelle"
    r"|\bje suis|\bc'est|\bjag heter|\bdet ar|\bmain|\bmera naam|(?<!\w)انا|(?<!\w)اسمي|(?<!\w)معك|(?<!\w)"
    + plain("मैं") + r"|(?<!\w)" + plain("मेरा नाम") + r")\s+([^\W\d_]\S*)"
)  # fmt: skip

MY_NAME = re.compile(rf"(?<!\w)(?:اسمي|{plain('मेरा नाम')}|my name is|mera naam)\s+([^\W\d_]{{2,}})\s+([^\W\d_]{{2,}})")

# A pressing need, in words that a denial can take back.
URGENT = _any(
    """
    rush, rushed, hurry, hurried, urgent, urgently, urgency, asap, pressing, prisa, prisas, apuro, urge, urgente*,
    pressa, eile, eilt, eilig*, dringend*, dringlich, pressiert, hast*, presse, pressee, presses, urgence, urgent*,
    brattom, bradska*, bradskande, akut*, stressa*, عاجل*, مستعجل*, مستعجله, مستعجلة, الاستعجال, عجلة, ضروري,
    जल्दी, जल्दबाज़ी, अर्जेंट, तुरंत, jaldi, urgent,
    """
)

# With these, a denial is good news: "price is no problem", "not expensive", "no more than 500".
EASE = _any(
    """
    problem*, issue*, matter*, object, worry, worries, mind, expensive, high, bad, limit, more than, less than,
    over, above,
    problema*, caro, cara, mas de, menos de, importa, pasa nada, mais de, mais que, mais do que, teuer, mehr als,
    weniger als,
    schlimm, egal, plus de, moins de, plus que, cher, chere, souci, soucis, grave, dyrt, mer an, mindre an, farligt,
    مشكلة, مانع, غالي, اكثر من, दिक्कत, परेशानी, समस्या, चिंता, महंगा, महँगा, ज़्यादा, dikkat, problem, mehnga,
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
    r"\b(?:end|ende|fin|fim|slut|نهاية|अंत)\b.{0,12}\b(?:transcript|transkript\w*|transcripci\w*|transcri\w*|protokoll\w*)",
    r"\b(?:instruction\w*|instruccion\w*|instruc\w*|anweisung\w*|consigne\w*|instruktion\w*)\b.{0,24}"
    r"\b(?:model|modell?\w*|\w+modell|modele|modelo|assistant|assistent\w*|evaluat\w+|ki|ai|ia|llm|bot)\b",
    r"\b(?:copy|paste|copia\w*|pega\w*|copie\w*|cole|kopier\w*|recopi\w+|copi\w+|colle\w*|klistra)\b.{0,40}"
    r"\b(?:json|yaml|xml)\b",
    r"\b(?:write|output|return|print|answer|reply|respond)\b.{0,20}\b(?:this|only|exactly|following)\b.{0,20}\b(?:json|yaml|xml)\b",
    r"'''\s*(?:json|system|yaml|xml)",  # a fence, after `plain`
    r"\b(?:system|hidden|developer) prompt\b|\bprompt injection\b|\bas an ai\b|\bnew instructions?\b",
]
_NATIVE = re.compile(r"[\u0600-\u06ff\u0900-\u097f]+")
ORDERS = re.compile("|".join(f"(?:{_NATIVE.sub(lambda word: plain(word[0]), one)})" for one in _ORDERS), re.DOTALL)

# How an address is said aloud.
AT = re.compile(
    r"\s+(?:at|arroba|arobase|chez|bei|at-zeichen|snabel-? ?a|klammeraffe|"
    rf"{plain('آت')}|ات|{plain('ऐट')}|{plain('एट')}|@)\s+"
)
DOT = re.compile(rf"\s+(?:dot|punto|ponto|punkt|point|prick|{plain('دوت')}|{plain('نقطة')}|{plain('डॉट')}|\.)\s+")
SIGNS: Mapping[str, str] = {
    **dict.fromkeys(plain("dot punto ponto punkt point prick دوت نقطة डॉट").split(), "."),
    **dict.fromkeys(
        plain("dash hyphen minus guion hifen traco bindestrich tiret trait bindestreck streck").split(), "-"
    ),
    **dict.fromkeys(plain("underscore subrayado sublinhado unterstrich understreck").split(), "_"),
}
_DIGITS = (
    "zero oh o cero null nul noll صفر शून्य sifar", "one uno um uma eins ein un ett en واحد एक ek",
    "two dos dois duas zwei zwo deux tva اثنين اثنان दो do", "three tres drei trois tre ثلاثة तीन teen",
    "four cuatro quatro vier quatre fyra اربعة أربعة चार char", "five cinco funf cinq fem خمسة पांच पाँच paanch",
    "six seis meia sechs sex ستة छह छः chhe", "seven siete sete sieben sept sju سبعة सात saat",
    "eight ocho oito acht huit atta ثمانية आठ aath", "nine nueve nove neun neuf nio تسعة नौ nau",
)  # fmt: skip
DIGITS: Mapping[str, str] = {word: str(digit) for digit, words in enumerate(_DIGITS) for word in plain(words).split()}
# Larger numbers in words: an amount that is said, not written.
TENS = _any(
    """
    ten, eleven, twelve, fifteen, twenty, thirty, forty, fifty, sixty, seventy, eighty, ninety, hundred, thousand,
    grand, diez, veinte, treinta, cuarenta, cincuenta, sesenta, setenta, ochenta, noventa, cien, ciento, cientos,
    mil, dez, vinte, trinta, quarenta, cinquenta, sessenta, oitenta, cem, cento, zehn, zwanzig, dreissig,
    vierzig, funfzig, sechzig, siebzig, achtzig, neunzig, hundert, tausend, *hundert, *tausend, dix, vingt, trente,
    quarante, cinquante, soixante, cent, cents, mille, tio, elva, tolv, fjorton, femton, tjugo, trettio, fyrtio,
    femtio,
    sextio, sjuttio, attio, nittio, hundra, tusen, عشرة, عشرين, ثلاثين, اربعين, خمسين, ستين, سبعين, ثمانين, تسعين,
    مية, مئة, مائة, ميتين, الف, الفين, दस, बीस, तीस, चालीस, पचास, साठ, सत्तर, अस्सी, नब्बे, सौ, हज़ार, हजार, लाख,
    """
)
