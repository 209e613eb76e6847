"""What customers say, in eight languages, and what it narrows to on Friday, 20 November 2026, at ten in Madrid.

Dates, weekdays from 0, "@" times, bounds, parts of the day; "|" stands between readings that have to be asked about.
"""

CASES = {
    "en": """
between Monday and Wednesday at 3pm = wd012 @15:00
between the 24th and the 26th = 11-24..11-26
from the 28th to the 3rd = 11-28..12-03
between March 4 and March 6 = 03-04..03-06
next Tuesday after five = 11-24 >=17:00
tomorrow at 3pm = 11-21 @15:00
at 5 = @05:00 | @17:00
Friday = 11-20 | 11-27
this Friday = 11-20
03/04 = 04-03 | 03-04
next Friday = 11-27
tonight = 11-20 evening
this afternoon = 11-20 afternoon
Tuesday 5pm = 11-24 @17:00
Tuesday, around 3 = 11-24 >=14:00 <16:01
the 4th of March at 10:30 am = 03-04 @10:30
March 4 = 03-04
between 2 and 4 on Monday = 11-23 >=14:00 <16:00
from 9 to 5 = >=09:00 <17:00
Monday or Wednesday morning = wd02 morning
Mondays after 6 = wd0 >=18:00
weekdays before noon = wd01234 <12:00
next week, any day but Monday = 11-23..11-29 wd123456
next week Tuesday or Thursday = 11-23..11-29 wd13
I can't on Tuesday = wd023456
no, Tuesday is better = 11-24
in two weeks = 11-30..12-06
in 3 days = 11-23
at half past five tomorrow = 11-21 @05:30 | 11-21 @17:30
quarter to five pm = @16:45
hi, I would like an appointment please = any
anything after lunch tomorrow = 11-21 afternoon
the day after tomorrow in the evening = 11-22 evening
good morning, could I come on Thursday? = 11-26
Tuesday 4 March = 03-04 | 11-24
by Wednesday = 11-20..11-25
not before Monday = 11-23..None
weekend = 11-21..11-22
2026-12-01 14:00 = 12-01 @14:00
tomorrow 3 = 11-21 @03:00 | 11-21 @15:00
at 3 or 4 tomorrow = 11-21 @03:00/04:00 | 11-21 @15:00/16:00
tomorrow or Monday = 11-21..11-23 wd05
today at 9 = 11-20 @21:00
Saturday at noon = 11-21 @12:00
5 = any
may I come tomorrow? = 11-21
for 2 hours on Monday = 11-23
10-12 tomorrow = 11-21 >=10:00 <12:00
not in the morning = >=12:00
next week, any day but Monday = 11-23..11-29 wd123456
in two weeks = 11-30..12-06
every day except Friday = wd012356
in a month = 12-18..12-25
sometime in March = 03-01..03-31
next month = 12-01..12-31
Friday at 5 = 11-20 @17:00 | 11-27 @05:00 | 11-27 @17:00
Friday after 6pm = 11-20 >=18:00 | 11-27 >=18:00
12pm tomorrow = 11-21 @12:00
12:30 tomorrow = 11-21 @12:30
after 8 = >=08:00 | >=20:00
before 7 = <07:00 | <19:00
between 7 and 9 = >=07:00 <09:00 | >=19:00 <21:00
9:30 = @09:30 | @21:30
8 to 10 tomorrow morning = 11-21 >=08:00 <10:00 morning
tomorrow, 15:00 = 11-21 @15:00
Tomorrow afternoon, at 3 = 11-21 @15:00
how about monday the 23rd = 11-23
monday 23 = 11-23
the 30th = 11-30
after tuesday = 11-25..None
on Wednesday or Thursday after 4pm or so = wd23 >=16:00
Tuesday at 3 or Wednesday at 4 = wd12
I'm busy tomorrow. Monday? = 11-23 never11-21
why not Tuesday = 11-24
tomorrow but not in the morning = 11-21 >=12:00
31/02 = any
13/12 = 12-13
12/13/2026 = 12-13
01/02/2027 = 02-01 | 01-02
5 people on Saturday evening = 11-21 evening
2026-11-01 = 11-01
yesterday = any
mañana por la tarde = 11-21 past_noon
I'd love to come in on Monday around 10ish if possible = 11-23 >=09:00 <11:01
sometime next week in the afternoon works best = 11-23..11-29 afternoon
either Tuesday or Thursday, preferably mornings = wd13 morning
the first week of december = 12-01..12-31
december 1st at 2:30 = 12-01 @02:30 | 12-01 @14:30
1 December = 12-01
first thing tomorrow = 11-21 morning
end of next week = 11-23..11-29
any weekday after 4 = wd01234 >=16:00
not before 10am = >=10:00
not Friday = wd012356
anytime but mornings = >=12:00
Sat or Sun = wd56
can you do 4.30 on wed? = 11-25 @04:30 | 11-25 @16:30
this coming Monday = 11-23
a week from Monday = 11-30
the week after next = 11-30..12-06
tuesday week = 12-01
my number is 555 1234, monday please = 11-23
I'm 30 and want to come at 3pm on the 2nd = 12-02 @15:00
at noon or at 1 tomorrow = 11-21 @12:00/13:00
between 10am and noon on Tuesday = 11-24 >=10:00 <12:00
later today = 11-20
next month on a Tuesday = 12-01..12-31 wd1
half ten on Monday = 11-23 @10:30 | 11-23 @22:30
11/30 = 11-30
30/11 9am = 11-30 @09:00
""",
    "es": """
entre el lunes y el miércoles = wd012
entre el 24 y el 26 = 11-24..11-26
mañana por la mañana = 11-21 morning
10:30 de mañana = 11-21 @10:30 | @10:30
mañana a las 5 de la tarde = 11-21 @17:00
el martes que viene después de las cinco = 11-24 >=17:00
pasado mañana por la tarde = 11-22 past_noon
el viernes = 11-20 | 11-27
el lunes o el miércoles = wd02
no puedo el martes = wd023456
a las 10 y media = @10:30 | @22:30
el 4 de marzo a las 16h = 03-04 @16:00
de 4 a 6 de la tarde = >=16:00 <18:00
entre semana por las tardes = wd01234 past_noon
la semana que viene = 11-23..11-29
el jueves a partir de las 17:00 = 11-26 >=17:00
esta noche = 11-20 night
buenos días, ¿tiene algo hoy? = 11-20
a la una y media = @01:30 | @13:30
en dos semanas = 11-30..12-06
10:30 de mañana = 11-21 @10:30 | @10:30
la semana que viene menos el lunes = 11-23..11-29 wd123456
pasado mañana a las 9 de la noche = 11-22 @21:00
a las doce = @12:00
de lunes a viernes por la mañana = wd01234 morning
martes 24 = 11-24
mañana no puedo = never11-21
hoy a última hora de la tarde = 11-20 past_noon
tomorrow at 4pm = 11-21 @16:00
me viene bien el jueves sobre las 6 = 11-26 >=17:00 <19:01
la próxima semana, martes o jueves = 11-23..11-29 wd13
mañana o pasado = 11-21..11-22 wd56
a primera hora del lunes = 11-23 morning
el día 1 a las 12:00 = 12-01 @12:00
sábado a mediodía = 11-21 noon
no, el lunes no, mejor el martes = 11-24 wd123456
el 25 de noviembre a las 9:30 = 11-25 @09:30
después de comer = afternoon
mañana por la mañana no puedo, por la tarde sí = 11-21 >=12:00 past_noon
dentro de una semana = 11-27
el próximo viernes por la tarde = 11-27 past_noon
quiero cita para el lunes a las diez y cuarto = 11-23 @10:15 | 11-23 @22:15
a las cinco menos cuarto de la tarde = @16:45
""",
    "pt": """
entre segunda e quarta = wd012
amanhã de manhã = 11-21 morning
terça-feira depois das 15h = 11-24 >=15:00
sexta à tarde = 11-20 past_noon | 11-27 past_noon
na próxima segunda às 10h30 = 11-23 @10:30
depois de amanhã às 9 = 11-22 @09:00
semana que vem = 11-23..11-29
das 14 às 16 = >=14:00 <16:00
dia 4 de março = 03-04
amanhã às três e meia = 11-21 @03:30 | 11-21 @15:30
na sexta de manhã ou à tarde = 11-20 | 11-27
de segunda a quarta = wd012
amanhã não posso, só na quinta = 11-26 never11-21
no sábado, ao meio-dia = 11-21 @12:00
quinta que vem às 14h = 11-26 @14:00
por volta das 15h = >=14:00 <16:01
antes das 10 da manhã na quarta = 11-25 <10:00 morning
daqui a 3 dias = 11-23
entre 9h e 11h = >=09:00 <11:00
""",
    "de": """
zwischen Montag und Mittwoch = wd012
zwischen dem 24. und dem 26. = 11-24..11-26
übermorgen nachmittags = 11-22 afternoon
morgen früh = 11-21 morning
nächsten Dienstag nach 17 Uhr = 11-24 >=17:00
Dienstag Morgen = 11-24 morning
am 4. März um 10.30 Uhr = 03-04 @10:30
halb fünf = @04:30 | @16:30
Dienstag kann ich nicht = wd023456
zwischen 14 und 16 Uhr am Donnerstag = 11-26 >=14:00 <16:00
ab Mittwoch = 11-25..None
nächste Woche vormittags = 11-23..11-29 morning
in zwei Wochen = 11-30..12-06
heute Abend um 8 = 11-20 @20:00
um 5 = @05:00 | @17:00
03.04. um 9 Uhr = 04-03 @09:00
Montag bis Mittwoch = wd012
Dienstag Morgen = 11-24 morning
03.04. um 9 Uhr = 04-03 @09:00
Freitag in einer Woche = 11-27
übernächste Woche = 11-30..12-06
diese Woche noch = 11-20..11-22
Mittwoch ab 15 Uhr = 11-25 >=15:00
spätestens Donnerstag = 11-20..11-26
5. Dezember, 14:30 = 12-05 @14:30
viertel nach drei = @03:15 | @15:15
am Montag um halb zehn = 11-23 @09:30
nächste Woche Mittwoch nachmittag = 11-25 afternoon
am liebsten vormittags, egal an welchem Tag = morning
Donnerstag oder Freitag ab 16 Uhr = wd34 >=16:00
Montag geht nicht, aber Dienstag = 11-24 wd123456
kommenden Samstag = 11-21
am 1.12. um 14 Uhr = 12-01 @14:00
in drei Tagen = 11-23
gegen 17 Uhr = >=16:00 <18:01
vor 12 Uhr am Mittwoch = 11-25 <12:00
Dienstagnachmittag = 11-24 afternoon
""",
    "fr": """
entre lundi et mercredi = wd012
entre le 24 et le 26 = 11-24..11-26
demain matin = 11-21 morning
mardi prochain après 17h = 11-24 >=17:00
après-demain dans l'après-midi = 11-22 afternoon
lundi ou mercredi = wd02
vendredi à 15h30 = 11-20 @15:30 | 11-27 @15:30
le 4 mars = 03-04
entre 14h et 16h = >=14:00 <16:00
de 14h à 16h = >=14:00 <16:00
la semaine prochaine, pas le lundi = 11-23..11-29 wd123456
ce soir = 11-20 evening
à midi = @12:00
à 5h = @05:00 | @17:00
aujourd'hui vers 17 heures = 11-20 >=16:00 <18:01
03/04 = 04-03
mercredi matin à 9h30 = 11-25 @09:30
le week-end prochain = 11-21..11-22 | 11-28..11-29
pas avant 18h = >=18:00
lundi de 9h à 12h = 11-23 >=09:00 <12:00
mardi 24 = 11-24
d'ici vendredi = 11-20 | 11-20..11-27
dans une semaine = 11-27
plutôt en fin de matinée mardi = 11-24 morning
la semaine prochaine sauf mercredi = 11-23..11-29 wd013456
jeudi entre 10h et midi = 11-26 >=10:00 <12:00
samedi à 14 h = 11-21 @14:00
pas lundi = wd123456
je ne suis pas disponible demain = never11-21
le 1er décembre à 9h = 12-01 @09:00
mercredi ou jeudi après-midi = wd23 afternoon
à partir de 18h = >=18:00
lundi prochain à 8h30 = 11-23 @08:30
""",
    "sv": """
mellan måndag och onsdag = wd012
i morgon efter tre = 11-21 >=15:00
nästa tisdag klockan 15 = 11-24 @15:00
på fredag = 11-20 | 11-27
i övermorgon på eftermiddagen = 11-22 afternoon
halv fem på måndag = 11-23 @04:30 | 11-23 @16:30
nästa vecka = 11-23..11-29
inte på tisdag = wd023456
mellan 10 och 12 på onsdag = 11-25 >=10:00 <12:00
den 4 mars kl 10.30 = 03-04 @10:30
om tre dagar = 11-23
fredag morgon = 11-20 morning | 11-27 morning
kl 9 på onsdag = 11-25 @09:00
nästa helg = 11-21..11-22 | 11-28..11-29
senast fredag = 11-20 | 11-20..11-27
på onsdag förmiddag = 11-25 morning
nästa vecka, helst tisdag eller torsdag = 11-23..11-29 wd13
efter kl 17 = >=17:00
i nästa vecka = 11-23..11-29
lördag eller söndag = wd56
kvart över tio på torsdag = 11-26 @10:15
tidigast kl 14 på fredag = 11-20 >=14:00 | 11-27 >=14:00
om en vecka = 11-27
inte på morgonen = >=12:00
""",
    "ar": """
بين الاثنين والأربعاء = wd012
غداً صباحاً = 11-21 morning
الثلاثاء القادم بعد الساعة الخامسة = 11-24 >=17:00
بعد غد مساءً الساعة ٧ = 11-22 @19:00
يوم الجمعة = 11-20 | 11-27
الاثنين أو الأربعاء = wd02
الأسبوع القادم = 11-23..11-29
الساعة ٥ والنصف = @05:30 | @17:30
بين ٢ و٤ يوم الخميس = 11-26 >=14:00 <16:00
٤ مارس = 03-04
بعد ٣ أيام = 11-23
اليوم بعد الظهر = 11-20 afternoon
غدا في المساء = 11-21 evening
الأحد الساعة العاشرة صباحاً = 11-22 @10:00
قبل الظهر = morning
يوم الاثنين بعد الساعة ٤ مساء = 11-23 >=16:00
يوم الأحد القادم الساعة ٣ عصراً = 11-22 @15:00 | 11-29 @15:00
غدا بعد الساعة ٥ = 11-21 >=17:00
بكرة الصبح = 11-21 morning
الأسبوع القادم يوم الثلاثاء = 11-24
الساعة الثانية عشرة ظهرا = @12:00
لا يناسبني الاثنين = wd123456
يوم ٢٥ نوفمبر الساعة ١٠ صباحا = 11-25 @10:00
مساء الخير، أريد موعدا يوم الأربعاء = 11-25
""",
    "hi": """
सोमवार और बुधवार के बीच = wd012
मंगलवार को पाँच बजे के बाद = 11-24 >=17:00
कल सुबह = 11-21 morning
परसों दोपहर में = 11-22 afternoon
कल शाम ५ बजे = 11-21 @17:00
अगले हफ्ते मंगलवार = 11-24
साढ़े तीन बजे = @03:30 | @15:30
सोमवार या बुधवार = wd02
2 से 4 बजे तक = >=14:00 <16:00
4 मार्च = 03-04
3 दिन में = 11-23
शुक्रवार = 11-20 | 11-27
kal subah 10 baje = 11-21 @10:00
मंगलवार को नहीं = wd023456
कल 11 बजे = 11-21 @11:00 | 11-21 @23:00
शनिवार या रविवार शाम को = wd56 evening
सुबह 9 से 11 बजे के बीच = >=09:00 <11:00 morning
25 नवंबर दोपहर 2 बजे = 11-25 @14:00
आज शाम = 11-20 evening
अगले मंगलवार शाम 5 बजे के बाद = 11-24 >=17:00
कल दोपहर 12 बजे = 11-21 @12:00
बुधवार को सुबह 10:30 बजे = 11-25 @10:30
शनिवार को छोड़कर कोई भी दिन = wd012346
अगले हफ्ते = 11-23..11-29
kal shaam 6 baje ke baad = 11-21 >=18:00
11 बजे से पहले = <11:00
रात 8 बजे = @20:00
""",
}
