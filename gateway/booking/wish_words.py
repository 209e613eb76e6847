"""The words of wishes in eight languages, each a letter that the grammar knows. To add a language, add a table here.

A letter and its phrases, three spaces to the next: commas stand between numbered ones, \
bars between those that mean the
same. Latin letters stand without accents, \
since half the customers leave them out. What ends with # has a figure behind.

    D days from today   W weekday   E several weekdays   e weekend    X next   T this    K week   m month   U day
    P part of the day   M month     t "on the" (4)       o "th"       I in     $ for (how long)
    n number            c time      @ at   ~ about       O o'clock    H hours  a am   p pm   j minutes more or less
    A after  B before   Z Y the same behind their time   b between    f from   v until   u to   & and   | or
    ! not    ; but      _ nothing that matters           Q tomorrow or in the morning: nobody can tell
"""

from __future__ import annotations

from collections.abc import Mapping

# Written on a clock of 24 hours: what is seven or more is in the morning unless it is more than twelve.
WHOLE_CLOCK = frozenset({"de", "fr", "pt", "sv"})
# A date such as 03/04 is the fourth of March to some and the third of April to others.
EITHER_ORDER = frozenset({"en"})

WORDS: Mapping[str, str] = {
    "en": """
W: monday|mon, tuesday|tue|tues, wednesday|wed|weds, thursday|thu|thur|thurs, friday|fri, saturday|sat, sunday|sun
E: mondays, tuesdays, wednesdays, thursdays, fridays, saturdays, sundays
E01234: weekdays|weekday|week days|during the week|on a weekday
M: january|jan, february|feb, march|mar, april|apr, may, june|jun, july|jul, august|aug, september|sept|sep, \
october|oct, november|nov, december|dec
n: one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve   D0: today
D1: tomorrow|tmrw|tmr|tomorow|tommorow
I n2 K: week after next|the week after next
D2: day after tomorrow|the day after tomorrow|overmorrow
D0 Pevening: tonight|this evening|this night
Pmorning: morning|in the morning|mornings|in the mornings|first thing
Pnoon: lunchtime|lunch time|over lunch|at lunch|around noon
Pafternoon: afternoon|in the afternoon|afternoons|in the afternoons|after lunch
Pevening: evening|in the evening|evenings|in the evenings   Pnight: at night|night   c12: noon|midday
A c17: after work|after office hours   X: next|following   T: this|coming   K: week|weeks|wk   m: month|months
U: day|days   e: weekend|weekends|week end   I: in   $: for   t: the   o: th|st|nd|rd
@: at
~: about|around|roughly|circa|ca|approximately|ish   O: o clock|oclock   H: hours|hour|hrs|h
a: am|in the am   p: pm   j30: half past|half
j15: quarter past|a quarter past|quarter after
j-15: quarter to|a quarter to|quarter before
A: after|past|later than|any time after|anytime after
B: before|earlier than
v: until|till|til|by|not after|no later than|not later than|up to|at the latest
f: from|not before|no earlier than|not earlier than|starting|starting at|as of|since|at the earliest   b: between
u: to|through|thru
&: and   |: or
; !: except|but not|anything but|any day but|every day but|any time but|anytime but|other than|all but
!: not|can t|cannot|cant|couldn t|don t|dont|won t|unavailable|busy
;: but|however|rather|instead
_: good morning|good afternoon|good evening|good night|why not|on|of|a|an|please|onwards|sometime|some time|maybe|\
any|anytime|any time|would|works|is
""",
    "es": """
W: lunes|lun, martes|mar#, miercoles|mie, jueves|jue, viernes|vie, sabado|sab, domingo|dom
E: los lunes, los martes, los miercoles, los jueves, los viernes, los sabados|sabados, los domingos|domingos
E01234: entre semana|dias laborables|dias de semana|dias habiles
M: enero|ene, febrero|feb, marzo, abril|abr, mayo|may, junio|jun, julio|jul, agosto|ago, septiembre|setiembre|sept|\
sep, octubre|oct, noviembre|nov, diciembre|dic
n: _, dos, tres, cuatro, cinco, seis, siete, ocho, nueve, diez, once, doce   @ n1: a la una|la una
A n1: despues de la una   B n1: antes de la una   D0: hoy   D1: manana|el dia de manana   D2: pasado manana
| D2: o pasado
Q: de manana   D0 Pnight: esta noche
Pmorning: por la manana|en la manana|de la manana|por las mananas|a la manana|temprano|a primera hora
Pafternoon: despues de comer|despues de almorzar
Pnoon: hora de comer|hora del almuerzo|al mediodia|a mediodia|mediodia
Ppast_noon: tarde|por la tarde|en la tarde|de la tarde|a la tarde|por las tardes
Pnight: noche|por la noche|en la noche|de la noche|a la noche|por las noches   c12: las doce del mediodia
X: proximo|proxima|siguiente|que viene   T: este|esta   K: semana|semanas   m: mes|meses   U: dia|dias
e: fin de semana|finde|fines de semana   I: en|dentro de   $: durante|por   t: el|el dia|dia|para el
@: a las|las|a la
~: sobre|sobre las|hacia las|a eso de las|como a las|alrededor de las|tipo   O: en punto|hs|hrs
H: horas|hora   a: am|a m   p: pm|p m   j30: y media   j15: y cuarto   j-15: menos cuarto
A: despues de|despues de las|pasadas las|mas tarde de las|luego de las
B: antes de|antes de las|antes del|mas temprano de las
v: hasta|hasta las|hasta el|a mas tardar
f: no antes de|no antes de las|no antes del|desde|desde las|desde el|a partir de|a partir de las|a partir del
b: entre|entre las   u: a|al
&: y|y las   |: o|u
; !: excepto|salvo|menos el|menos los|menos
!: no|nunca|imposible   ;: pero|sino|mejor
_: buenos dias|buen dia|buenas tardes|buenas noches|por que no|mas tarde|de|del|la|los|un|una|por favor|otro|\
puede ser|tal vez|quizas|solo
""",
    "pt": """
W: segunda|segunda feira|seg, terca|terca feira|ter#, quarta|quarta feira|qua, quinta|quinta feira|qui, sexta|\
sexta feira|sex#, sabado|sab, domingo|dom
E: as segundas|segundas, as tercas|tercas, as quartas|quartas, as quintas|quintas, as sextas|sextas, sabados|\
aos sabados, domingos|aos domingos
E01234: dias uteis|dia de semana|dias de semana|durante a semana
M: janeiro|jan, fevereiro|fev, marco|mar, abril|abr, maio|mai, junho|jun, julho|jul, agosto|ago, setembro|set, \
outubro|out, novembro|nov, dezembro|dez
n: _, duas|dois, tres, quatro, cinco, seis, sete, oito, nove, dez, onze, doze   @ n1: a uma
A n1: depois da uma   B n1: antes da uma   D0: hoje   D1: amanha   D2: depois de amanha
Pmorning: manha|de manha|pela manha|da manha|na parte da manha|cedo
Pafternoon: depois do almoco
Pnoon: hora do almoco|no almoco|na hora do almoco
Ppast_noon: tarde|a tarde|de tarde|da tarde|na parte da tarde|pela tarde
Pnight: noite|a noite|de noite|da noite|pela noite   c12: meio dia|ao meio dia   X: proximo|proxima|que vem|seguinte
T: este|esta|neste|nesta|essa|nessa|esse|nesse   K: semana   m: mes   U: dia|dias
e: fim de semana|fds|final de semana|fins de semana   I: em|daqui a|dentro de   $: durante|por
t: dia|no dia|o dia   @: as
~: por volta das|pelas|la pelas|cerca das|por volta de   O: em ponto|hs|hrs   H: horas|hora
a: am   p: pm   j30: e meia   j15: e quinze|e um quarto
A: depois das|depois de|depois da|apos as|apos|mais tarde que as
B: antes das|antes de|antes da|antes do   v: ate|ate as|ate a|no maximo
f: nao antes das|nao antes de|desde as|desde|a partir das|a partir de|a partir da   b: entre|entre as   u: a|ao
&: e|e as
|: ou   ; !: exceto|menos|tirando   !: nao|nunca   ;: mas|porem|melhor
_: bom dia|das|boa tarde|boa noite|por que nao|mais tarde|de|da|do|na|no|o|um|uma|por favor|talvez|pode ser|so|para
""",
    "de": """
W: montag|mo, dienstag|di, mittwoch|mi, donnerstag|do#, freitag|fr, samstag|sonnabend|sa, sonntag|so#
E: montags, dienstags, mittwochs, donnerstags, freitags, samstags, sonntags
E01234: werktags|unter der woche|wochentags|an einem werktag
M: januar|janner|jan, februar|feb, marz|maerz, april|apr, mai, juni, juli, august|aug, september|sept, oktober|okt, \
november|nov, dezember|dez
n: eins|ein, zwei|zwo, drei, vier, funf|fuenf, sechs, sieben, acht, neun, zehn, elf, zwolf|zwoelf
D0: heute   D1: morgen   D2: ubermorgen|uebermorgen   I n2 K: ubernachste woche|ubernachsten woche|uebernaechste woche
D1 Pmorning: morgen fruh|morgen frueh
Pmorning: am morgen|morgens|vormittag|vormittags|am vormittag|fruh|in der fruh
Pnoon: mittag|mittags|am mittag|uber mittag
Pafternoon: nachmittag|nachmittags|am nachmittag   Pevening: abend|abends|am abend   Pnight: nachts|in der nacht
Pafternoon: nach dem mittagessen   A c12: nach dem mittag   A c17: nach feierabend|nach der arbeit
X: nachste|nachsten|nachster|nachstes|naechste|naechsten|naechster|naechstes
T: diese|diesen|dieser|dieses|kommende|kommenden|kommender   K: woche|wochen   m: monat   U: tag|tage|tagen
e: wochenende|am wochenende   I: in|im   $: fur|fuer   t: am|den|der|dem|zum
o: ten|o   @: um
~: gegen|ungefahr um|ca|circa|etwa um|so um   O: uhr   H: stunde|stunden   j30: halb nach   j-30: halb
j15: viertel nach   j-15: viertel vor|dreiviertel
A: nach|spater als   B: vor|fruher als
v: bis|nicht nach|bis zum|spatestens|spaetestens|spatestens um
f: ab|nicht vor|nicht vor dem|fruhestens|fruehestens|fruhestens um|fruhestens am|ab dem   b: zwischen   u: zu
&: und   |: oder
; !: ausser|nur nicht|bloss nicht   !: nicht|kein|keinen|nie   ;: aber|sondern|lieber
_: von|vom|guten morgen|guten tag|guten abend|guten mittag|gute nacht|schonen tag|warum nicht|spater|eine|einer|\
einem|einen|die|das|bitte|vielleicht|gerne|gern|an
""",
    "fr": """
W: lundi|lun#, mardi|mar#, mercredi|mer#, jeudi|jeu#, vendredi|ven#, samedi|sam#, dimanche|dim#
E: lundis, mardis, mercredis, jeudis, vendredis, samedis, dimanches
E01234: en semaine|jours ouvrables|jour de semaine
M: janvier|janv, fevrier|fevr, mars, avril|avr, mai, juin, juillet|juil, aout, septembre|sept, octobre|oct, \
novembre|nov, decembre|dec
n: _, deux, trois, quatre, cinq, six, sept, huit, neuf, dix, onze, douze, treize, quatorze, quinze, seize, \
dix sept, dix huit, dix neuf, vingt   n1 O: une heure   D0: aujourd hui|aujourdhui   D1: demain
D2: apres demain   D0 Pevening: ce soir
Pmorning: matin|le matin|du matin|matinee|dans la matinee|en matinee
Pnoon: a l heure du dejeuner|pause dejeuner|entre midi et deux|le midi
Pafternoon: apres le dejeuner|apres midi|l apres midi|de l apres midi|en apres midi|dans l apres midi
Pevening: soir|le soir|du soir|soiree|en soiree|dans la soiree   c12: midi   A c17: apres le travail|apres le boulot
X: prochain|prochaine|suivant|suivante   T: ce|cet|cette   K: semaine|semaines   m: mois   U: jour|jours
e: week end|weekend|week ends   I: dans|en   $: pendant|pour   t: le   o: er   @: a
~: vers|aux alentours de|environ|autour de   O: heures|heure|h   j30: et demie|et demi   j15: et quart
j-15: moins le quart|moins quart   A: apres|plus tard que   B: avant|plus tot que
v: d ici|d ici a|jusqu a|jusque|jusqu au|au plus tard
f: des|pas avant|a partir de|a partir du|depuis   b: entre   u: au   &: et   |: ou
; !: sauf|hormis
!: pas|jamais|impossible|aucun
;: mais|plutot
_: bonjour|de|bonsoir|bonne journee|pourquoi pas|il y a|y a|plus tard|la|l|un|une|du|d|s il vous plait|svp|\
peut etre|possible
""",
    "sv": """
W: mandag|man#, tisdag|tis, onsdag|ons, torsdag|tors, fredag|fre, lordag|lor#, sondag|son#
E: mandagar, tisdagar, onsdagar, torsdagar, fredagar, lordagar, sondagar
E01234: vardagar|vardag|pa en vardag|i veckorna
M: januari|jan, februari|feb, mars, april|apr, maj, juni, juli, augusti|aug, september|sept|sep, oktober|okt, \
november|nov, december|dec
n: ett, tva, tre, fyra, fem, sex, sju, atta, nio, tio, elva, tolv   D0: idag|i dag
D1: imorgon|i morgon|imorrn|imorron|i morron
D2: overmorgon|i overmorgon|i overmorron   D0 Pevening: ikvall|i kvall   D0 Pafternoon: i eftermiddag
D0 Pmorning: i formiddag
Pmorning: morgon|pa morgonen|formiddag|pa formiddagen|formiddagen|morgonen|bitti|tidigt
Pnoon: vid lunch|pa lunchen|lunchtid|lunch
Pafternoon: eftermiddag|pa eftermiddagen|eftermiddagen|efter lunch   Pevening: kvall|pa kvallen|kvallen
A c17: efter jobbet   X: nasta   T: denna|den har|kommande|nu pa|nu   T K: i veckan   T e: i helgen
K: vecka|veckan|veckor   m: manad   U: dag|dagar   e: helg|helgen   I: om|i   $: under
t: den   o: e|o   @: klockan|kl|vid
~: runt|ungefar|omkring|vid ungefar|cirka|ca   H: timme|timmar   j-30: halv   j15: kvart over
j-15: kvart i   A: efter|senare an   B: fore|innan|tidigare an
v: fram till|inte efter|senast|tills   f: fran|tidigast|inte fore|fran och med   b: mellan   u: till   &: och
|: eller
; !: utom|forutom|men inte   !: inte|ej|inget|ingen   ;: men|utan|hellre
_: god morgon|god kvall|god dag|varfor inte|pa|en|tack|kanske|garna|nagon gang
""",
    "ar": """
W: الاثنين|اثنين|الاتنين, الثلاثاء|ثلاثاء|الثلاثا|التلات, الاربعاء|اربعاء|الاربعا, الخميس|خميس, الجمعه|جمعه, السبت|\
سبت, الاحد|احد   E01234: ايام الاسبوع|ايام العمل
M: يناير|كانون الثاني, فبراير|شباط, مارس|اذار, ابريل|نيسان, مايو|ايار, يونيو|حزيران, يوليو|تموز, اغسطس|اب, سبتمبر|\
ايلول, اكتوبر|تشرين الاول, نوفمبر|تشرين الثاني, ديسمبر|كانون الاول
n: الواحده|واحده, الثانيه|اثنين|اثنان, الثالثه|ثلاثه|ثلاث, الرابعه|اربعه|اربع, الخامسه|خمسه|خمس, السادسه|سته|ست, \
السابعه|سبعه|سبع, الثامنه|ثمانيه|ثماني, التاسعه|تسعه|تسع, العاشره|عشره|عشر, الحاديه عشره|الحاديه عشر, الثانيه عشره|\
الثانيه عشر   D0: اليوم   D1: غدا|غدًا|بكره|بكرا|الغد   D2: بعد غد|بعد الغد|بعد بكره
D0 Pevening: الليله|هذا المساء
Pmorning: قبل الظهر|صباحا|الصباح|في الصباح|صباح|الصبح   Pnoon: الظهر|ظهرا|عند الظهر
Pafternoon: بعد الظهر|عصرا|العصر|بعد الظهيره   Pevening: مساء|المساء|في المساء|مساءا   Pnight: ليلا|في الليل
X: القادم|القادمه|المقبل|المقبله|الجاي|الجايه|التالي   T: هذا|هذه   K: اسبوع|الاسبوع|اسابيع
m: شهر|الشهر   U: يوم|ايام|يومين   e: عطله نهايه الاسبوع|نهايه الاسبوع   I: في   $: لمده
@: الساعه|عند الساعه|في الساعه|على الساعه   ~: حوالي|حوالي الساعه|تقريبا   a: ص   p: م
j30: ونصف|والنصف|و نصف|و النصف   j15: وربع|والربع|و ربع|و الربع   j-15: الا ربع|الا الربع
A: بعد|بعد الساعه   B: قبل|قبل الساعه   v: حتي|لغايه|حتي الساعه   f: ليس قبل|ابتداء من|من الساعه
b: بين|ما بين|بين الساعه   u: الي|الي الساعه   &: و   |: او   ; !: ما عدا|الا   !: لا|ليس|لست|مش   ;: لكن|ولكن|بل
_: صباح الخير|من|مساء الخير|لم لا|لماذا لا|يوم|لو سمحت|من فضلك|ربما|موعد
""",
    "hi": """
W: सोमवार|सोम|somvar|somwar, मंगलवार|मंगल|mangalvar|mangalwar, बुधवार|बुध|budhvar|budhwar, गुरुवार|गुरूवार|गुरु|\
बृहस्पतिवार|वीरवार|guruvar|guruwar, शुक्रवार|शुक्र|shukravar|shukrawar, शनिवार|शनि|shanivar|shaniwar, रविवार|रवि|\
इतवार|ravivar|raviwar|itvar
M: जनवरी|जन, फरवरी|फ़रवरी|फ़र, मार्च, अप्रैल, मई, जून, जुलाई|जुल, अगस्त|अग, सितंबर|सितम्बर|सित, अक्टूबर|अक्तूबर|\
अक्टू, नवंबर|नवम्बर|नव, दिसंबर|दिसम्बर|दिस
n: एक|ek, दो|do, तीन|teen, चार|char|chaar, पांच|पाँच|paanch|panch, छह|छः|छ|chhe|che, सात|saat, आठ|aath, नौ|nau, दस|\
das, ग्यारह|gyarah, बारह|barah   D0: आज|aaj   D1: कल|kal   D2: परसों|परसो|parson|parso
Pmorning: सुबह|सवेरे|subah|savere
Pafternoon: दोपहर|दोपहर बाद|दोपहर में|dopahar|dopahar mein|dopeher   Pevening: शाम|sham|shaam
Pnight: रात|raat   c13:30: डेढ़   c14:30: ढाई
X: अगले|अगला|अगली|आने वाले|आने वाली|agle|agla|agli   T: इस|is
K: हफ्ते|हफ़्ते|हफ्ता|सप्ताह|hafte|hafta   m: महीने|mahine   U: दिन|दिनों|din   e: सप्ताहांत|वीकेंड|weekend
I: में|mein|me   ~: लगभग|करीब|क़रीब|kareeb   O: बजे|बजकर|baje|bje   H: घंटे|घंटा|ghante   a: am
p: pm   j30: साढ़े|saadhe|sadhe   j15: सवा|sava   j-15: पौने|paune   Z: के बाद|बाद|ke baad|ke bad|baad
Y: से पहले|के पहले|पहले|तक|se pehle|se pahle|tak   b: के बीच|बीच|के बीच में|ke beech   u: से|se
&: और|व|aur   |: या|ya   !: नहीं|नही|मत|nahi|nahin|छोड़कर   ;: लेकिन|मगर|बल्कि|lekin|magar
_: नमस्ते|सुप्रभात|शुभ संध्या|शुभ प्रभात|क्यों नहीं|को|का|की|ko|ka|ki|तारीख|tarikh|कृपया|शायद
""",
}
