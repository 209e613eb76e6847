"""What is no evidence in a customer's text, and what turns it: denials, orders to the reader, jokes, fillers."""

from __future__ import annotations

import re
from typing import Final

from sandbox.lead_words import bag, words

# What turns the clause that it stands in, once the harmless uses are out.
NEGATION: Final = words(
    r"not|never|no longer|neither|nor|\w+n't|cannot|no|nunca|tampoco|nao|nicht|kein\w*|nie|ne|n'\w+|pas|jamais|"
    r"aucune?|inte|aldrig|ingen|inget|nahi|nahin",
    r"(?:لا|لم|لن|ليس|لست|مو|مش|ما (?:ابغي|اريد|ابي|عندي|راح))(?!\w)",
    r"(?:नहीं|नही|मत)(?!\w)",
)
HARMLESS_NO: Final = re.compile(
    r"why (?:not|don't)|can't (?:i|we|wait)|couldn't (?:i|we)|if (?:it's |it is )?not|not only|no problem|don't mind|"
    r"(?:i'm )?not sure|didn't (?:you|i)|don't (?:you|know)|no \d+|por que no|no se si|nao sei|pourquoi pas|"
    r"pas de (?:souci|probleme)|je ne sais pas|warum nicht|weiss? nicht|wei\u00df nicht|kein problem|varfor inte|"
    r"vet inte|inga problem|(?:would|do) not mind|not a problem|is (?:no|not an?) (?:issue|problem|object)|"
    r"isn't an? (?:issue|problem|object)|no es (?:un )?problema|nao e (?:um )?problema|keine rolle|"
    r"n'est pas un probleme|inget problem|दिक्कत नहीं|समस्या नहीं|परेशानी नहीं|ليس مشكله"
)
# Text that speaks to the reader of the transcript, or in another's voice, shows nothing about who sent it.
ORDERS: Final = words(
    r"(?:ignore|disregard|forget|override) (?:\w+ ){0,4}(?:instructions?|rules|prompts?|above|previous|everything)|"
    r"system prompt",
    r"(?:score|rate|rank|classify|grade|tag|flag|qualify) (?:me|us|this|him|the lead|lead)|mark (?:me|us|"
    r"this) (?:\w+ )?as",
    r"(?:intent|urgency|fit|engagement|lead|(?:total_)?scores?|level)\w*[\"']? ?(?:[:=]+|is|to|as|should be|"
    r"must be) ?[\"']?(?:high|hot|max\w*|\d+)",
    r"budget ?[:=]+ ?(?:yes|high|maybe)|(?:set|give|put|make|assign) (?:\w+ ){0,5}(?:score|scores|intent|urgency|"
    r"levels|lead|points)",
    r"you are (?:now |an? )?(?:ai|assistant|language model|dan)|(?:the|this) (?:customer|lead|user) (?:is|has|wants|"
    r"needs|should|must)",
    r"hot lead|high[- ](?:intent|value|priority) lead|jailbreak|developer mode|(?:say|write|report|record|output|"
    r"respond|reply) (?:that|with|only) (?:\w+ ){0,6}(?:budget|intent|urgen\w+|high|hot|json|customer|lead)",
    r"ignor[ae]\w* (?:\w+ ){0,4}(?:instruc\w+|reglas|regras|anterior\w*)|(?:puntua|califica)\w*me|(?:dame|"
    r"me de) (?:\w+ ){0,3}(?:puntuacion|puntos|pontos|pontuacao)|ignorier\w* (?:\w+ ){0,4}(?:anweisung\w*|regeln|"
    r"instruktion\w*)|bewert\w+ mich",
    r"(?:ignore[rz]?|oublie[rz]?) (?:\w+ ){0,4}(?:instructions|consignes|regles)|(?:notez?|evaluez?)-moi|"
    r"ignorera (?:\w+ ){0,4}(?:instruktion\w*|regler\w*)|(?:betygsatt|poangsatt) mig|ge mig (?:\w+ )?(?:poang|betyg)",
    r"تجاهل (?:\S+ ){0,3}(?:ا?ل?تعليمات|الاوامر|السابق)|قيمني|اعطني (?:\S+ )?(?:درج|نقاط)",
    r"(?:निर्देश|नियम)\S* (?:\S+ ){0,3}(?:अनदेखा|नज़रअंदाज|भूल)|मुझे (?:\S+ )?(?:स्कोर|अंक|रेटिंग)",
    r"(?:intent|urgency|budget|fit|engagement|score|lead_status_tag|total_score) (?:auf|a|en|pa|to|till|sur|=|"
    r"como) (?:high|yes|hot|\d+)|(?:this|the|ce|dieses|este|esse) json|auswertungs\w+|transcri(?:pt|cion|cao)|"
    r"end of (?:chat|conversation)|transkripts?",
    r"(?:olvid\w+|omit\w+|descart\w+|esquec\w+|desconsider\w+|vergiss|vergessen sie|glom|strunta i|"
    r"bortse fran) (?:\w+ ){0,4}(?:instruc\w+|reglas|regras|anweisung\w*|regeln|instruktion\w*|regler\w*)|"
    r"instruc\w+ del sistema|marca\w*me como|(?:urgencia|presupuesto|orcamento|intencion) ?: ?(?:high|si|sim|yes)",
)
OTHER_VOICE: Final = re.compile(
    r"(?m)```(?s:.*?)(?:```|\Z)|^[ \t]*(?:>|(?:system|assistant|agent|developer|bot|ai|human|user|"
    r"customer)[ \t]*:).*$|</?(?:system|assistant|user|instructions?)[^>\n]{0,80}>.*$|\[[^\]\n]{0,30}(?:system|sistem|"
    r"inst)[^\]\n]{0,30}\](?s:.*)\Z|^[- ]*(?:forwarded message|original message|weitergeleitete nachricht|"
    r"mensaje reenviado)(?s:.*)\Z"
)
JOKES: Final = words(
    r"(?:just|only) kidding|jk|yeah,? right|as if|in your dreams|pigs fly|oh sure|sarcasm|(?:win|won) the lottery|"
    r"(?:it )?was (?:just |only )?(?:a )?(?:joke|sarcasm|ironic)|i was joking",
    r"si me toca la loteria|(?:es|era) (?:una )?broma|era iron\w+|brincadeira|foi (?:uma )?piada|im lotto|(?:nur|"
    r"war) (?:ein )?(?:spass|spaß|scherz|witz)|war ironisch|au loto|je (?:plaisante|rigole)|une blague|etait ironique|"
    r"skojar|skamtar|(?:ett|bara ett) skamt|var ironiskt",
    r"ا?مزح|مزاح|मज़ाक|मजाक|मज़ाक",
)
JESTING: Final = re.compile(r"[\U0001f644\U0001f921]|(?<!\w)/s(?!\w)")
# Who insults does not mean what he says besides.
INSULTS: Final = words(
    r"(?:voll)?idiot(?:en|er|s|as?)?|morons?|useless (?:people|company)|scammers?|fuck\w*|saftladen|arschl\w+|"
    r"inutil(?:es)?|imbecil\w*|estafador\w*|mierda|que te den|conn?ards?|arnaqueurs?|merde|porra|caralho|palhac\w+|"
    r"javla|skit(?:foretag|stovlar)",
    r"حمير|كلاب|نصابين|बेवकूफ|चोर|गधे",
)
LAUGHTER: Final = re.compile(
    r"\b(?:a?ha(?:ha)+|lo+l|(?:ja){2,}|k{3,}|(?:rs){2,}|mdr|ptdr|hehe)\b|[\U0001f602\U0001f923]|ههه|हाहा"
)
OPENING: Final = words(
    r"open|opening|closed?|hours|abiert\w+|abren|cierran|horarios?|abre|fecha|geoffnet|offen|offnungszeiten|"
    r"ouverte?s?|ferme|oppet|oppettider|stanger",
    r"تفتحون|مفتوح|खुल",
)
TOLD: Final = words(
    r"how are you|how's|have a (?:nice|good|great)|(?:i|we) (?:saw|heard|read|visited|bought|called|wrote)|yesterday|"
    r"vi ayer",
    r"last (?:week|month|year|monday|tuesday|wednesday|thursday|friday|saturday|sunday)|semana pasada|semana passada|"
    r"letzte[nrs]? \w+|(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|semaine) derniere?|forra \w+|i gar|"
    r"gestern|hier soir",
    r"امس|الاسبوع الماضي|बीत|पिछले|कल (?:देखा|आया|गया|मिला)",
    r"(?:we're|i'm|we are|i am) (?:away|out of town|busy)",
)
FILLERS: Final = bag(
    "hi hello hey hallo hej hola ola oi bonjour salut moin servus guten tag buenos dias buenas bom dia boa tarde "
    "morgen abend tag god kvall noches tardes noite dag namaste good morning afternoon evening thanks thank you thx "
    "ty ok okay okej oki cool great nice super yes yeah yep no nope sure bye goodbye gracias obrigado obrigada danke "
    "merci tack si sim ja nein nao oui non nej nada por favor please bitte lol haha مرحبا السلام عليكم شكرا نعم لا "
    "اهلا नमस्ते धन्यवाद हाँ जी नहीं ठीक है"
)
# Beginnings that say nothing of what a business does.
COMMON_STEMS: Final = bag(
    "about after again appoin before busine client compan custom could every people please their there these thing "
    "those today where which would whole looks looking someth anythi needs wants person"
)
