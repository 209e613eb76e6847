"""How a customer speaks of time and of money, in eight languages: data of `sandbox.openai_leads`."""

from __future__ import annotations

import re
from typing import Final

from sandbox.lead_words import words

_DAYS_EN: Final = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
SOON: Final = words(
    r"today|tonight|tomorrow|tmrw|asap|as soon as (?:possible|you can)|urgent\w*|emergency|immediately|right (?:now|"
    r"away)",
    rf"straight away|this (?:week|weekend|morning|afternoon|evening)|{_DAYS_EN}|within (?:an hour|the hour|\d+ hours|"
    r"a day)",
    r"in (?:an|two|\d+) hours?|end of (?:the|this) week|deadline|can't wait|in pain|at the earliest",
    r"hoy|(?<!la )manana|esta (?:semana|tarde|noche|manana)|urgente\w*|urgencia|cuanto antes|lo antes posible|"
    r"ahora mismo",
    r"ya mismo|inmediatamente|lunes|martes|miercoles|jueves|viernes|sabado|domingo|fin de semana",
    r"hoje|amanha|(?:n?esta|essa) semana|urgencia|(?:o )?quanto antes|o mais (?:rapido|cedo) possivel|agora mesmo",
    r"imediatamente|(?:segunda|terca|quarta|quinta|sexta)-feira|(?:n[ao]|proxim[ao]|ate) (?:segunda|terca|quarta|"
    r"quinta|sexta)",
    r"heute|(?<!guten )(?<!schonen )morgen|ubermorgen|uebermorgen|diese (?:woche|tage)|wochenende|dringende?\w*|eilig|"
    r"es eilt",
    r"notfall|sofort|so (?:schnell|bald) wie moglich|schnellstmoglich|baldmoglichst|umgehend",
    r"(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend",
    r"aujourd'hui|(?:apres-)?demain|ce soir|cette semaine|ce week-?end|urgence|au plus (?:vite|tot)|des que possible",
    r"le plus (?:vite|tot|rapidement) possible|immediatement|tout de suite|lundi|mardi|mercredi|jeudi|vendredi|samedi|"
    r"dimanche",
    r"i ?dag|i ?kvall|i ?morgon|imorn|i? ?overmorgon|denna vecka|den har veckan|i (?:veckan|helgen)|akut\w*|bradskande",
    r"(?<!inte )brattom|omgaende|genast|omedelbart|sa (?:snart|fort) som mojligt|snarast|(?:man|tis|ons|tors|fre|lor|"
    r"son)dag",
    r"aaj|turant|jaldi",
    r"اليوم|غدا|بكر[هاة]|الليله|هذا الاسبوع|عاجل|مستعجل|فورا|حالا|اسرع وقت|في اقرب وقت|طارئ|يوم (?:الاحد|الاثنين|"
    r"الثلاثاء|الاربعاء|الخميس|الجمعه|السبت)",
    r"(?:आज|कल|परसों|तुरंत|तत्काल|अर्जेंट|अभी)(?![\u0900-\u097f])|इस (?:हफ्ते|हफ़्ते|सप्ताह)|जल्दी से जल्दी|"
    r"जल्द से जल्द|आपात|(?:सोम|मंगल|बुध|गुरु|शुक्र|शनि|रवि)वार",
    r"in (?:two|three|four|\d) days|getting worse|toothache|hurts|leaking|flood\w*|broke(?:n)? (?:my |a |his |"
    r"her )?(?:tooth|leg|arm|window|door)|right now|this (?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:leave|"
    r"leaving) now",
    r"me duele|dolor fuerte|urgentisim\w|(?:esta|este) (?:lunes|martes|miercoles|jueves|viernes|finde)|ya mismo|"
    r"en (?:dos|tres|\d) dias",
    r"(?:doi|dor) \w*|sabado|domingo|em (?:dois|tres|\d) dias|pra ontem|(?:segunda|terca|quarta|quinta|sexta) \d+ ?h",
    r"zahnschmerzen|starke schmerzen|jetzt gleich|in (?:zwei|drei|\d) tagen|so bald wie moglich",
    r"mal (?:a la|au|aux) (?:dents?|dos|ventre)|dans (?:deux|trois|\d) jours",
    r"ont i|tandvark|nu direkt|om (?:tva|tre|\d) dagar|meddetsamma",
    r"ا?ل?م شديد|الان|بعد يومين|اليوم|ا?ل?خميس|ا?ل?جمعه القادم",
    r"बहुत दर्द|तेज़ दर्द|दो दिन|फौरन",
    r"as early as possible|(?:tonight|today) please|heute noch|noch heute|(?:coming|kommer|kommt) (?:on |pa |"
    r"am )?(?:fri|mon|fre|man|mon|frei)dag",
)
_MONTHS: Final = (
    r"(?:jan(?:uar[yi]?|vier|eiro)?|enero|feb(?:ruar[yi]?|rero)?|fev(?:rier|ereiro)?|mar(?:ch|s|zo|co)|marz|"
    r"apr(?:il)?|abril?|avril|may|mayo|mai|maio|maj|june?i?o?|juin|junho|july?i?o?|juillet|julho|aug(?:ust|usti)?|"
    r"agosto|aout|sept?(?:ember|iembre|embre)?|setembro|o[ck]t(?:ober|ubre|obre)?|outubro|nov(?:ember|iembre|embre|"
    r"embro)?|de[cz](?:ember|embre|embro)?|diciembre)"
)
DATES: Final = words(
    rf"\d{{1,2}}(?:st|nd|rd|th)?\.? (?:of |de |den )?{_MONTHS}|{_MONTHS} \d{{1,2}}(?:st|nd|rd|th)?(?! ?\d)",
    r"\d{4}-\d\d-\d\d|(?:on |am |el |le |den |dia |by |for )\d{1,2}[./]\d{1,2}\.?(?:20\d\d)?",
    r"\d{1,2} (?:يناير|فبراير|مارس|ابريل|مايو|يونيو|يوليو|اغسطس|سبتمبر|اكتوبر|نوفمبر|ديسمبر|जनवरी|फरवरी|मार्च|अप्रैल|"
    r"मई|जून|जुलाई|अगस्त|सितंबर|अक्टूबर|नवंबर|दिसंबर)",
    rf"(?:del|vom|du|from the|fran den) \d{{1,2}}\.? (?:al|bis|au|to the|till den) \d{{1,2}}(?:\.? (?:de )?{_MONTHS})?",
)
LATER: Final = words(
    r"next (?:week|month|weekend)|this month|in (?:an?|one|two|three|four|\d+|a few|a couple of) (?:weeks?|months?)|"
    r"soon",
    rf"(?:in|by|before|until|early|late|im|en|em|i|dans|debut|fin) {_MONTHS}|end of the month|this (?:summer|spring|"
    r"autumn|fall|winter)",
    r"(?:the )?(?:next|coming) (?:few )?(?:weeks|months)|in the next \w+",
    r"proxim[oa]s? (?:semana|mes)(?:es|s)?|(?:semana|mes) que (?:viene|vem)|este mes|en (?:una?s?|dos|tres|"
    r"\d+) (?:semanas?|mes(?:es)?)",
    r"pronto|em (?:algumas|duas|tres|\d+) (?:semanas|meses)|em breve",
    r"nachste[nr]? (?:woche|monat)|diesen monat|in (?:einem?r?|zwei|drei|\d+|ein paar) (?:wochen?|monaten?)|demnachst|"
    r"bald",
    r"(?:semaine|mois) prochaine?|ce mois|dans (?:une?|deux|trois|quelques|\d+) (?:semaines?|mois)|bientot|"
    r"prochainement",
    r"nasta (?:vecka|manad)|denna manad|om (?:en|ett|tva|tre|nagra|\d+) (?:veckor?|manad\w*)|snart",
    r"الاسبوع (?:القادم|المقبل|الجاي)|الشهر (?:القادم|المقبل|الجاي)|قريبا|بعد (?:اسبوع|شهر)",
    r"अगले (?:हफ्ते|हफ़्ते|सप्ताह|महीने)|इस महीने|जल्द",
    r"in \w+ (?:weeks|months)|(?:next|this) quarter|(?:by|in|before|until|for) (?:the )?(?:summer|spring|autumn|fall|"
    r"winter|christmas|easter|holidays|semester)|later this month",
    r"en \w+ (?:semanas|meses)|(?:en|para|antes de) (?:el )?(?:verano|otono|invierno|primavera|navidad)|no (?:verao|"
    r"inverno|carnaval|natal)",
    r"in \w+ (?:wochen|monaten)|im (?:sommer|herbst|winter|fruhjahr|fruhling)|(?:vor|bis) (?:weihnachten|ostern)|"
    r"nachstes quartal",
    r"dans \w+ (?:semaines|mois)|(?:cet|en|pour l'|l') ?(?:ete|automne|hiver)|au printemps|avant (?:noel|paques)|"
    r"le trimestre prochain",
    r"i (?:sommar|host|vinter|var)|till (?:midsommar|jul|sommaren)|om \w+ (?:veckor|manader)|nasta kvartal",
    r"قبل رمضان|بعد العيد|الصيف|دیوالی|(?:दिवाली|होली|गर्मियों)",
    rf"(?:first|second|forsta|ersten?|premier|primeiro|primero|\d+ie?r) (?:of |de )?{_MONTHS}|"
    r"some ?time in (?:the )?(?:spring|summer|autumn|fall|winter)|(?:ate (?:ao|o) )?fim do mes|"
    r"(?:a )?fin(?:es)? de mes|ende des monats|fin du mois|slutet av manaden|(?:antes|despues) (?:de |"
    r"del )?(?:la )?(?:verano|navidad)|nach dem sommer|efter sommaren|apres l'ete|depois do verao",
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
    r"pas (?:presse|presses|pressee|urgent|d'urgence)|rien ne presse|un jour|l'annee prochaine|l'an prochain|plus tard",
    r"ingen (?:bradska|stress|brattom)|inte (?:brattom|bradskande|akut)|nagon gang|nasta ar|nar ni (?:kan|hinner)|"
    r"langre fram",
    r"لست مستعجل|لا داعي للعجله|غير (?:مستعجل|عاجل)|ليس عاجل|السنه القادمه|العام القادم|يوما ما",
    r"(?:कोई )?जल्दी नहीं|अगले साल|कभी भी",
    r"(?:a|one|two) years? from now|(?:maybe )?the year after|no hurry|not (?:this|before next) year|at some point|"
    r"(?:no|don't have) (?:a )?(?:date|deadline) (?:yet|in mind)|no rush at all",
    r"no me corre prisa|ya vere\w*|dieses jahr (?:wohl )?nicht|eilt (?:mir |uns )?nicht|nicht (?:vor|mehr) (?:dieses|"
    r"nachstes) jahr|pas avant|sans urgence|rien d'urgent|om \d ?(?:-|–|till) ?\d ar|inte i ar|ainda (?:ta|"
    r"esta) longe|sem data",
    r"(?:مو|مش|ليس|ماني|لسنا) (?:مستعجل|عاجل)|على راحت|علي راحت|لاحقا",
    r"अभी नहीं|बाद में|जल्दी नहीं",
)

_SUM: Final = r"(?:[€$£₹]|r\$|rs\.?|usd|eur|kr|inr)? ?\d[\d., ]{0,12}k?"
# A sum, rather than an hour or a day, and what accepts it.
_PRICE: Final = (
    r"(?<![:.h\d])(?:[€$£₹]|r\$)? ?(?:\d{3,6}|3[2-9]|[4-9]\d|\d{1,3}[., ]\d{3})(?:[.,]\d\d)? ?(?:[€$£₹]|"
    r"\w{2,8})?"
)
_FINE: Final = (
    r"(?:(?:is|are|sounds?|sind|ist|gehen?|esta|estan|ta|e|es|ar|er|va|me|nos|c'est|ca|que|that's|helt|totally|total|"
    r"absolut|toda) ){0,3}(?:fine|ok|okay|okej|good|great|perfect\w*|perfekt|parfait\w*|in ordnung|gut|passt|klar|"
    r"bien|parece bien|bom|otimo|bra|works|fair|de acuerdo|d'accord|reasonable|convient|nickel|theek|thik)"
)
PAYS: Final = words(
    r"budget(?: is| of| would be| ist| liegt bei| von| betragt| est| de| serait| ar| pa| ligger pa| es| hai|"
    r":)? ?(?:de |bei |around |about |up to |approx\w* |between |max\w* |ca\.? |environ |rund |etwa |bis |upp till |"
    rf"runt )*{_SUM}",
    r"(?:i|we)(?:'ll| can| could| will| would|'d| am| are|'m|'re)(?: also| happily| easily| definitely)? (?:able to |"
    r"willing to |happy to |ready to |prepared to )?(?:pay|spend|afford|invest|put down)",
    rf"(?:i|we) have {_SUM} (?:\w+ )?(?:to spend|for (?:it|this)|available)|money (?:is no|is not an?|isn't an?) \w+",
    r"(?:price|that|it) (?:is|sounds|looks) (?:fine|good|ok|okay|fair|right) (?:for|with) (?:me|us|our budget|"
    r"my budget)",
    r"(?:price|cost) (?:is|sounds|looks|seems) (?:fine|good|ok|okay|fair|right|reasonable)|(?:fine|ok|"
    r"okay) with the price",
    r"(?:fits|within|in) (?:my|our|the) budget|budget (?:is )?approved",
    rf"presupuesto (?:es|seria|maximo|ronda|de)(?: de| los| hasta| unos)* {_SUM}|(?:puedo|podemos|podria|podriamos|"
    r"dispuest[oa]s? a) (?:pagar|gastar|invertir)",
    r"(?:el )?precio (?:me )?(?:esta|parece) (?:bien|justo|perfecto)|(?:el )?dinero no es (?:un )?problema",
    rf"orcamento (?:e|seria|de|maximo)(?: de| ate)* {_SUM}|(?:posso|podemos|consigo|dispost[oa]s? a) (?:pagar|gastar|"
    r"investir)",
    r"(?:o )?preco (?:esta|e|ta|parece) (?:bom|otimo|ok|justo)|dinheiro nao e (?:um )?problema|pago ate",
    r"(?:kann|konnen|konnte|konnten|wurden?|bereit,?) (?:[\w€$.,]+ ){0,4}?(?:zu )?(?:be)?(?:zahlen|ausgeben|"
    r"investieren)",
    r"preis (?:ist|passt|klingt)(?: fur (?:mich|uns))?(?: in ordnung| ok| okay| gut| fair)?|geld spielt keine rolle|"
    r"im budget",
    r"(?:peux|pouvons|pourrais|prete?s? a) (?:payer|depenser|investir|mettre)|prix (?:me |nous )?(?:convient|va)",
    r"(?:kan|beredd\w* att|villig\w* att) (?:[\w]+ )?(?:betala|lagga|spendera)|priset (?:ar|later|kanns) (?:ok|okej|"
    r"bra|rimligt)",
    r"pengar ar inget problem|l'argent n'est pas un probleme",
    r"ميزانيت(?:ي|نا)|ميزانيه (?:قدرها|حدود|تبلغ)|(?:يمكنني|استطيع|مستعد|نستطيع|يمكننا|"
    r"اقدر)\w* (?:\S+ )?(?:ان )?ا?ل?ل?(?:دفع|ادفع|ندفع)|السعر مناسب",
    r"(?:मेरा|हमारा) बजट (?!नहीं|कम|बहुत)|(?:दे|खर्च कर|ख़र्च कर|भुगतान कर) सकत[ाीे]|कीमत ठीक",
    r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand)(?:[ -]\w+)? (?:is|sounds|"
    r"works) ?(?:fine|ok|okay|good)?",
    r"(?:we|i) (?:have|had|'ve) (?:\w+ )?(?:set aside|saved|budgeted|approved)|(?:funding|budget|"
    r"financing) (?:is )?(?:approved|ready|there)",
    r"(?:los|lo|la|las) (?:tengo|tenemos) (?:ya )?(?:apartad|ahorrad|guardad|reservad)\w+|presupuesto aprobado|"
    r"(?:tenemos|tengo) aprobad\w+",
    r"(?:verba|orcamento) (?:aprovad\w+|liberad\w+)|budget (?:ist )?(?:freigegeben|bewilligt|genehmigt)|"
    r"budget (?:est )?valide|pris en charge|(?:je )?peux avancer|lanelofte\w*|budget(?:en)? (?:ar )?(?:godkand|klar|"
    r"beviljad)",
    r"(?:\d[\d.,]{0,12}|السعر|المبلغ) (?:درهم |ريال |جنيه |دينار )?(?:مناسب|تمام|ممتاز|موافق|معقول)|"
    r"ا?ل?ميزانيه (?:معتمده|جاهزه|حتي|حوالي|موافق)|سادفع|ندفع|نقدر ندفع",
    r"(?:₹ ?)?\d[\d,]{0,12} (?:रुपये |रुपए |में )?(?:ठीक|मंज़ूर|मंजूर|चलेगा|जमा कर|दे द)|पैसे की (?:कोई )?(?:दिक्कत|"
    r"समस्या|परेशानी) नहीं|दे (?:दूँगा|दूंगा|दूँगी|दूंगी|देंगे)",
    rf"(?:euros?|dollars?|kronor|reais|pesos|pounds) {_FINE}|da (?:para|pra) pagar",
    r"dentro de lo que|dentro do (?:que|previsto|orcamento)|(?:within|inom|im rahmen|dans) (?:our|my|the|unseres|"
    r"notre|mon|var|min)? ?(?:budget\w*|means|ram\w*|moyens)|(?:lo que|o que|what|was|vad|"
    r"ce qu)\S* (?:\w+ ){0,2}?(?:calcula\w+|budgeted|raknat med|previst\w*|prevu|eingeplant|einkalkuliert)",
    r"(?:rechnung|anzahlung|kosten) (?:zahle|bezahle|uberweise|ubernehme)n? (?:ich|wir)|zahle (?:ich )?selbst|"
    r"advance (?:bhej|de|kar)|(?:je|nous) pay(?:e|ons)|(?:i|we)'ll pay",
    r"(?:\d[\d.,]{0,12}) (?:درهم |ريال )?(?:زين|كويس|طيب)",
)
# The same, said with a sum first.
SUMS: Final = words(
    rf"{_PRICE} ?{_FINE}|{_PRICE} (?:eu )?(?:pago|je paie|zahle ich|bezahle ich|betalar jag)|(?:c'est bon|d'accord|ok|"
    rf"okay|einverstanden) (?:pour|for|mit|con|com|med) {_PRICE}",
    rf"{_SUM}(?: ?(?:€|euros?|eur|kr|dirhams?))?(?: \w+){{0,3}}? (?:eingeplant|vorgesehen|zuruckgelegt|approved|"
    r"apartad\w+|reservad\w+|prepares?|saved|avsatt|de cote)",
)
MONEY: Final = words(
    r"how much(?! (?:time|longer|notice))|pric(?:es?|ing|ey)|costs?|fees?|rates|quot(?:e|ation)|estimate|discounts?|"
    r"cheap\w*|expensive|afford\w*|pay(?:ment|ments|ing)?|budget|instal?lments?|deposit|refund|free of charge",
    r"(?:usd|eur|kr|inr|rs|r\$) ?\d[\d.,]{0,12}|\d[\d.,]{0,12}k? ?(?:usd|eur|euros?|dollars?|pounds|bucks|kr|kronor|"
    r"sek|rupees|rs|reais|pesos|inr)",
    r"cuanto (?:cuesta|vale|sale|es|seria|cobra)\w*|precios?|costos?|coste|tarifas?|car[oa]s?|barat\w+|descuentos?|"
    r"pagos?|pagar|presupuesto|cotizacion|cuotas|dinero",
    r"quanto (?:custa|e|fica|sai|seria|cobra)\w*|precos?|valor(?:es)?|descontos?|pagamento|orcamento|parcel\w+|"
    r"dinheiro",
    r"was kosten?t?|wie ?viel(?! (?:uhr|zeit))|preis\w*|kosten|kostet|teuer\w*|gunstig\w*|billig\w*|rabatt\w*|"
    r"(?:be)?zahl(?:en|ung)",
    r"combien(?! de temps)|prix|tarifs?|couts?|coute\w*|cheres?|chers?|remise|reduction|promo\w*|payer|paiement|devis",
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
    r"غالي جدا|مكلف جدا|ليس (?:لدي|معي) (?:ا?ل?مال|ميزانيه)|لا املك (?:ا?ل?مال|ميزانيه)|لا استطيع (?:تحمل|ا?ل?دفع)|"
    r"ما عندي (?:فلوس|مال|ميزانيه)|(?:خارج|فوق) ميزانيت",
    r"बहुत (?:ज़्यादा |ज्यादा )?(?:महंग|महँग)|पैसे नहीं|बजट नहीं|बजट से बाहर|नहीं दे सकत",
    r"(?:not a|no) (?:cent|penny|dime)|ni un (?:euro|centimo|peso|duro)|nem um (?:centavo|real)|keinen (?:cent|"
    r"pfennig|euro)|pas un (?:centime|sou|euro)|inte (?:ett|en) (?:ore|krona|spann)|(?:no|not have an?|"
    r"have an?y?) budget for (?:this|it)",
    r"बजट भी नहीं|बजट (?:अभी )?नहीं|एक पैसा (?:भी )?नहीं|ما عندي (?:\S+ )?ميزانيه|ما معي",
)
# How one pays is no word about how much: a card that is taken is not a budget.
WAYS_TO_PAY: Final = words(
    r"card|cash|paypal|bank transfer|later|karte|bar|(?:auf|per) rechnung|tarjeta|efectivo|cartao|pix|carte|especes|"
    r"kort|swish|faktura|upi",
    r"بطاقه|نقدا|कार्ड|कैश",
)

# Who says that he does not, will not.
PAYING: Final = words(
    r"pay|spend|pag\w+|gastar\w*|(?:be)?zahlen?|ausgeben|payer|paie|paierai|betala|betalar|lagga",
    r"ا?ل?دفع|ادفع|ندفع|पैसे द|भुगतान|दूँग|दूंग",
)

HEDGES: Final = words(
    r"maybe|perhaps|possibly|might|vielleicht|eventuell|quizas?|tal vez|igual|a lo mejor|talvez|peut-etre|kanske|"
    r"shayad",
    r"शायद|ربما|يمكن",
)

# What was there once is no budget today.
ONCE: Final = words(r"had|j'avais|avions|tenia|teniamos|hatten?|tinha|tinhamos|hade", r"كان عندي|था")
