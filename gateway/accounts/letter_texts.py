"""What the letters of an account say, in each language of the console. The link stands behind the first paragraph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Kind = Literal[
    "verify", "known", "password", "changed", "invited", "email", "email_taken", "email_asked", "email_moved"
]
Text = tuple[str, ...]  # the subject, then the paragraphs

TEXTS: Mapping[str, Mapping[Kind, Text]] = {
    "en": {
        "verify": (
            "Your address at Frontdesk",
            "Open this link to confirm your address, then sign in:",
            "It is good for three days. If you did not sign up, do nothing: without it nobody can use the account.",
        ),
        "known": (
            "You have an account already",
            "Somebody, most likely you, tried to sign up with this address. It has an account already; sign in here:",
            "There you can set a new password too. If it was not you, do nothing.",
        ),
        "password": (
            "A new password for Frontdesk",
            "Open this link to set a new password:",
            "It is good for one hour, once. If you did not ask for it, do nothing: your password stays as it is.",
        ),
        "changed": (
            "Your password was changed",
            "Your password was changed, and every other session was ended. If it was not you, set a new one:",
        ),
        "invited": (
            "An invitation to {company}",
            "{name} invites you to {company} on Frontdesk. Open this link to accept:",
            "It is good for seven days. If you do not know them, do nothing.",
        ),
        "email": (
            "Your new address at Frontdesk",
            "Open this link, signed in, to use this address for your account from now on:",
            "It is good for one day, once. If you did not ask for it, do nothing.",
        ),
        "email_taken": (
            "This address has an account already",
            "Somebody, most likely you, asked to move another account to this address. It has an account of its own:",
            "Nothing was changed. If it was not you, do nothing.",
        ),
        "email_asked": (
            "Your account is to get another address",
            "Somebody, most likely you, wants to move your account to {address}. If not you, set a new password:",
            "That ends the request and every session. If it was you, open the link in the letter to the new address.",
        ),
        "email_moved": (
            "Your account has another address",
            "Your account has moved to {address}; this address no longer signs in, and other sessions were ended.",
            "If it was not you, tell an admin of your business, or whoever runs this installation, at once.",
        ),
    },
    "es": {
        "verify": (
            "Tu dirección en Frontdesk",
            "Abre este enlace para confirmar tu dirección y después inicia sesión:",
            "Vale tres días. Si no te has registrado, no hagas nada: sin el enlace nadie puede usar la cuenta.",
        ),
        "known": (
            "Ya tienes una cuenta",
            "Alguien, seguramente tú, intentó registrarse con esta dirección. Ya tiene una cuenta; inicia sesión aquí:",
            "Ahí también puedes poner una contraseña nueva. Si no fuiste tú, no hagas nada.",
        ),
        "password": (
            "Una contraseña nueva para Frontdesk",
            "Abre este enlace para poner una contraseña nueva:",
            "Vale una hora y una sola vez. Si no la has pedido, no hagas nada: tu contraseña no cambia.",
        ),
        "changed": (
            "Tu contraseña ha cambiado",
            "Tu contraseña se ha cambiado y se han cerrado las demás sesiones. Si no fuiste tú, pon una nueva:",
        ),
        "invited": (
            "Una invitación a {company}",
            "{name} te invita a {company} en Frontdesk. Abre este enlace para aceptar:",
            "Vale siete días. Si no los conoces, no hagas nada.",
        ),
        "email": (
            "Tu nueva dirección en Frontdesk",
            "Abre este enlace, con la sesión iniciada, para usar esta dirección en tu cuenta desde ahora:",
            "Vale un día y una sola vez. Si no lo has pedido, no hagas nada.",
        ),
        "email_taken": (
            "Esta dirección ya tiene una cuenta",
            "Alguien, seguramente tú, pidió pasar otra cuenta a esta dirección. Ya tiene una cuenta propia:",
            "No ha cambiado nada. Si no fuiste tú, no hagas nada.",
        ),
        "email_asked": (
            "Tu cuenta va a cambiar de dirección",
            "Alguien, seguramente tú, pidió pasar tu cuenta a {address}. Si no fuiste tú, pon una contraseña nueva:",
            "Eso anula la petición y cierra todas las sesiones. Si fuiste tú, abre el enlace de la otra carta.",
        ),
        "email_moved": (
            "Tu cuenta tiene otra dirección",
            "Tu cuenta ha pasado a {address}; con esta dirección ya no se entra y se han cerrado las demás sesiones.",
            "Si no fuiste tú, avisa enseguida a un administrador de tu negocio o a quien gestiona esta instalación.",
        ),
    },
    "pt": {
        "verify": (
            "O seu endereço no Frontdesk",
            "Abra esta ligação para confirmar o seu endereço e depois inicie sessão:",
            "É válida por três dias. Se não se registou, não faça nada: sem a ligação ninguém pode usar a conta.",
        ),
        "known": (
            "Já tem uma conta",
            "Alguém, provavelmente você, tentou registar-se com este endereço. Já tem uma conta; inicie sessão aqui:",
            "Aí também pode definir uma nova palavra-passe. Se não foi você, não faça nada.",
        ),
        "password": (
            "Uma nova palavra-passe para o Frontdesk",
            "Abra esta ligação para definir uma nova palavra-passe:",
            "É válida por uma hora, uma só vez. Se não a pediu, não faça nada: a sua palavra-passe fica como está.",
        ),
        "changed": (
            "A sua palavra-passe foi alterada",
            "A sua palavra-passe foi alterada e as outras sessões foram terminadas. Se não foi você, defina uma nova:",
        ),
        "invited": (
            "Um convite para {company}",
            "{name} convida-o para {company} no Frontdesk. Abra esta ligação para aceitar:",
            "É válida por sete dias. Se não os conhece, não faça nada.",
        ),
        "email": (
            "O seu novo endereço no Frontdesk",
            "Abra esta ligação, com sessão iniciada, para usar este endereço na sua conta a partir de agora:",
            "É válida por um dia, uma só vez. Se não a pediu, não faça nada.",
        ),
        "email_taken": (
            "Este endereço já tem uma conta",
            "Alguém, provavelmente você, quis passar outra conta para este endereço. Ele já tem uma conta própria:",
            "Nada mudou. Se não foi você, não faça nada.",
        ),
        "email_asked": (
            "A sua conta vai ter outro endereço",
            "Alguém, talvez você, quer passar a sua conta para {address}. Se não foi você, mude a palavra-passe:",
            "Isso anula o pedido e termina todas as sessões. Se foi você, abra a ligação enviada ao novo endereço.",
        ),
        "email_moved": (
            "A sua conta tem outro endereço",
            "A sua conta passou para {address}; este endereço já não inicia sessão e as outras sessões terminaram.",
            "Se não foi você, avise já um administrador do seu negócio ou quem gere esta instalação.",
        ),
    },
    "de": {
        "verify": (
            "Ihre Adresse bei Frontdesk",
            "Öffnen Sie diesen Link, um Ihre Adresse zu bestätigen, und melden Sie sich dann an:",
            "Er gilt drei Tage. Wenn Sie sich nicht registriert haben, tun Sie nichts: Ohne ihn ist das Konto nutzlos.",
        ),
        "known": (
            "Sie haben schon ein Konto",
            "Jemand, wohl Sie, wollte sich mit dieser Adresse registrieren. Es gibt schon ein Konto; zur Anmeldung:",
            "Dort können Sie auch ein neues Passwort setzen. Wenn Sie es nicht waren, tun Sie nichts.",
        ),
        "password": (
            "Ein neues Passwort für Frontdesk",
            "Öffnen Sie diesen Link, um ein neues Passwort zu setzen:",
            "Er gilt eine Stunde und einmal. Wenn Sie nicht darum gebeten haben, tun Sie nichts: Ihr Passwort bleibt.",
        ),
        "changed": (
            "Ihr Passwort wurde geändert",
            "Ihr Passwort wurde geändert, andere Sitzungen sind beendet. Waren Sie es nicht, setzen Sie ein neues:",
        ),
        "invited": (
            "Eine Einladung zu {company}",
            "{name} lädt Sie zu {company} bei Frontdesk ein. Öffnen Sie diesen Link, um anzunehmen:",
            "Er gilt sieben Tage. Wenn Sie den Absender nicht kennen, tun Sie nichts.",
        ),
        "email": (
            "Ihre neue Adresse bei Frontdesk",
            "Öffnen Sie angemeldet diesen Link, um Ihr Konto von nun an mit dieser Adresse zu nutzen:",
            "Er gilt einen Tag und einmal. Wenn Sie nicht darum gebeten haben, tun Sie nichts.",
        ),
        "email_taken": (
            "Diese Adresse hat schon ein Konto",
            "Jemand, wohl Sie, wollte ein anderes Konto auf diese Adresse umstellen. Sie hat schon ein eigenes Konto:",
            "Es wurde nichts geändert. Wenn Sie es nicht waren, tun Sie nichts.",
        ),
        "email_asked": (
            "Ihr Konto soll eine andere Adresse bekommen",
            "Jemand, wohl Sie, will Ihr Konto auf {address} umstellen. Wenn nicht Sie, setzen Sie ein neues Passwort:",
            "Das beendet die Anfrage und alle Sitzungen. Wenn Sie es waren, öffnen Sie den Link im anderen Brief.",
        ),
        "email_moved": (
            "Ihr Konto hat eine andere Adresse",
            "Ihr Konto läuft jetzt unter {address}; diese Adresse meldet nicht mehr an, andere Sitzungen sind beendet.",
            "Waren Sie es nicht, sagen Sie es sofort einem Admin Ihres Betriebs oder dem Betreiber der Installation.",
        ),
    },
    "fr": {
        "verify": (
            "Votre adresse chez Frontdesk",
            "Ouvrez ce lien pour confirmer votre adresse, puis connectez-vous :",
            "Il est valable trois jours. Si vous ne vous êtes pas inscrit, ne faites rien.",
        ),
        "known": (
            "Vous avez déjà un compte",
            "Quelqu'un, sans doute vous, a voulu s'inscrire avec cette adresse. Connectez-vous ici :",
            "Vous pouvez aussi y choisir un nouveau mot de passe. Si ce n'était pas vous, ne faites rien.",
        ),
        "password": (
            "Un nouveau mot de passe pour Frontdesk",
            "Ouvrez ce lien pour choisir un nouveau mot de passe :",
            "Il est valable une heure, une seule fois. Si vous n'avez rien demandé, ne faites rien.",
        ),
        "changed": (
            "Votre mot de passe a changé",
            "Votre mot de passe a changé, les autres sessions sont fermées. Si ce n'était pas vous, changez-le :",
        ),
        "invited": (
            "Une invitation à {company}",
            "{name} vous invite à rejoindre {company} sur Frontdesk. Ouvrez ce lien pour accepter :",
            "Il est valable sept jours. Si vous ne les connaissez pas, ne faites rien.",
        ),
        "email": (
            "Votre nouvelle adresse chez Frontdesk",
            "Connecté à votre compte, ouvrez ce lien pour utiliser désormais cette adresse :",
            "Il est valable un jour, une seule fois. Si vous n'avez rien demandé, ne faites rien.",
        ),
        "email_taken": (
            "Cette adresse a déjà un compte",
            "Quelqu'un, sans doute vous, a voulu associer un autre compte à cette adresse. Elle a déjà le sien :",
            "Rien n'a changé. Si ce n'était pas vous, ne faites rien.",
        ),
        "email_asked": (
            "Votre compte doit changer d'adresse",
            "Quelqu'un, sans doute vous, veut passer votre compte à {address}. Sinon, changez de mot de passe :",
            "Cela annule la demande et ferme toutes les sessions. Si c'était vous, ouvrez le lien de l'autre lettre.",
        ),
        "email_moved": (
            "Votre compte a une autre adresse",
            "Votre compte est passé à {address} ; cette adresse ne connecte plus, les autres sessions sont fermées.",
            "Si ce n'était pas vous, prévenez aussitôt un administrateur de votre entreprise ou de cette installation.",
        ),
    },
    "sv": {
        "verify": (
            "Din adress hos Frontdesk",
            "Öppna länken för att bekräfta din adress och logga sedan in:",
            "Den gäller i tre dagar. Om du inte har registrerat dig, gör inget: utan länken kan ingen använda kontot.",
        ),
        "known": (
            "Du har redan ett konto",
            "Någon, troligen du, försökte registrera sig med den här adressen. Den har redan ett konto; logga in här:",
            "Där kan du också välja ett nytt lösenord. Om det inte var du, gör inget.",
        ),
        "password": (
            "Ett nytt lösenord till Frontdesk",
            "Öppna länken för att välja ett nytt lösenord:",
            "Den gäller i en timme, en gång. Om du inte har bett om den, gör inget: ditt lösenord är som förut.",
        ),
        "changed": (
            "Ditt lösenord har ändrats",
            "Ditt lösenord har ändrats och alla andra sessioner har avslutats. Om det inte var du, välj ett nytt:",
        ),
        "invited": (
            "En inbjudan till {company}",
            "{name} bjuder in dig till {company} på Frontdesk. Öppna länken för att tacka ja:",
            "Den gäller i sju dagar. Om du inte känner dem, gör inget.",
        ),
        "email": (
            "Din nya adress hos Frontdesk",
            "Öppna länken när du är inloggad för att använda den här adressen för ditt konto från och med nu:",
            "Den gäller i en dag, en gång. Om du inte har bett om den, gör inget.",
        ),
        "email_taken": (
            "Adressen har redan ett konto",
            "Någon, troligen du, ville flytta ett annat konto till den här adressen. Den har redan ett eget konto:",
            "Ingenting har ändrats. Om det inte var du, gör inget.",
        ),
        "email_asked": (
            "Ditt konto ska få en annan adress",
            "Någon, troligen du, vill flytta ditt konto till {address}. Om det inte var du, välj ett nytt lösenord:",
            "Det avslutar begäran och alla sessioner. Om det var du, öppna länken i brevet till den nya adressen.",
        ),
        "email_moved": (
            "Ditt konto har en annan adress",
            "Ditt konto har flyttat till {address}; den här adressen loggar inte längre in, övriga sessioner är slut.",
            "Om det inte var du, säg genast till en admin i ditt företag eller den som sköter installationen.",
        ),
    },
    "ar": {
        "verify": (
            "عنوانك لدى Frontdesk",
            "افتح هذا الرابط لتأكيد عنوانك ثم سجّل الدخول:",
            "الرابط صالح ثلاثة أيام. إن لم تكن أنت من سجّل فلا تفعل شيئًا: لا أحد يستطيع استخدام الحساب من دونه.",
        ),
        "known": (
            "لديك حساب بالفعل",
            "حاول شخص ما، والأرجح أنه أنت، التسجيل بهذا العنوان. للعنوان حساب بالفعل؛ سجّل الدخول هنا:",
            "ويمكنك هناك أيضًا تعيين كلمة مرور جديدة. إن لم تكن أنت فلا تفعل شيئًا.",
        ),
        "password": (
            "كلمة مرور جديدة لـ Frontdesk",
            "افتح هذا الرابط لتعيين كلمة مرور جديدة:",
            "الرابط صالح ساعة واحدة ولمرة واحدة. إن لم تطلبه فلا تفعل شيئًا: تبقى كلمة مرورك كما هي.",
        ),
        "changed": (
            "تم تغيير كلمة مرورك",
            "تم تغيير كلمة مرورك وإنهاء جميع الجلسات الأخرى. إن لم تكن أنت فعيّن كلمة جديدة:",
        ),
        "invited": (
            "دعوة إلى {company}",
            "يدعوك {name} إلى {company} على Frontdesk. افتح هذا الرابط للقبول:",
            "الرابط صالح سبعة أيام. إن كنت لا تعرفهم فلا تفعل شيئًا.",
        ),
        "email": (
            "عنوانك الجديد لدى Frontdesk",
            "افتح هذا الرابط وأنت مسجّل الدخول ليصبح هذا العنوان عنوان حسابك من الآن:",
            "الرابط صالح يومًا واحدًا ولمرة واحدة. إن لم تطلبه فلا تفعل شيئًا.",
        ),
        "email_taken": (
            "لهذا العنوان حساب بالفعل",
            "طلب شخص ما، والأرجح أنه أنت، نقل حساب آخر إلى هذا العنوان. لكن له حسابًا بالفعل:",
            "لم يتغيّر شيء. إن لم تكن أنت فلا تفعل شيئًا.",
        ),
        "email_asked": (
            "طُلب تغيير عنوان حسابك",
            "طلب شخص ما، والأرجح أنه أنت، نقل حسابك إلى {address}. إن لم تكن أنت فعيّن كلمة مرور جديدة:",
            "هذا يلغي الطلب وينهي كل الجلسات. وإن كنت أنت فافتح الرابط في الرسالة المرسلة إلى العنوان الجديد.",
        ),
        "email_moved": (
            "أصبح لحسابك عنوان آخر",
            "انتقل حسابك إلى {address}؛ لم يعد هذا العنوان يسجّل الدخول، وأُنهيت الجلسات الأخرى.",
            "إن لم تكن أنت فأخبر فورًا مشرفًا في نشاطك أو من يدير هذا التثبيت.",
        ),
    },
}


def text_of(kind: Kind, language: str, names: Mapping[str, str]) -> tuple[str, list[str]]:
    """Subject and paragraphs of a letter in a language, English for one that is not here."""
    subject, *paragraphs = TEXTS.get(language.partition("-")[0].lower(), TEXTS["en"])[kind]
    return subject.format_map(names), [one.format_map(names) for one in paragraphs]
