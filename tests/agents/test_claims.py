"""Claims: what a reply says was done is told from its own words, in eight languages."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.claims import claimed, unproved
from agents.reply import visible
from agents.showing import Showing
from tests.providers import reply

CLAIMS = {
    "booked": [
        "Done, you are booked for tomorrow at ten.", "I've booked you in for Monday.", "You're all set and booked!",
        "Your appointment is confirmed for 10:00.", "Booked! See you on Monday.", "I have just reserved a table.",
        "Great news: your visit has been scheduled.", "You’re **booked** for ten.", "Your cleaning is now booked.",
        "Listo, su cita está reservada para mañana.", "He reservado su cita para el lunes.", "Ya agendé su visita.",
        "Su reserva ha quedado confirmada.", "Sua consulta está marcada para amanhã.", "Pronto, agendei sua consulta.",
        "Ihr Termin ist für morgen um 10 Uhr gebucht.", "Ich habe den Termin für Sie eingetragen.",
        "Der Tisch wurde reserviert.", "Votre rendez-vous est confirmé.", "J'ai réservé votre créneau.",
        "C'est réservé !",
        "Din tid är bokad i morgon kl 10.", "Jag har bokat in dig på måndag.", "Bokat och klart!", "تم حجز موعدك غدًا",
        "لقد تم تأكيد الحجز", "आपकी अपॉइंटमेंट बुक हो गई है", "मैंने आपका समय बुक कर दिया है",
    ],
    "cancelled": [
        "I've cancelled your appointment.", "Your booking has been canceled.", "He cancelado su cita.",
        "Sua consulta foi cancelada.", "Ihr Termin wurde storniert.", "Votre rendez-vous a été annulé.",
        "Din tid är avbokad.", "تم إلغاء موعدك", "आपका अपॉइंटमेंट रद्द कर दिया है",
    ],
    "sent": [
        "I have sent you an email.", "I've just emailed you the offer.", "The confirmation has been sent.",
        "Le he enviado el enlace.", "Enviei o link para você.", "Ich habe Ihnen den Link geschickt.",
        "Je vous ai envoyé le lien.", "Jag har skickat länken.", "أرسلت لك الرابط", "मैंने आपको लिंक भेज दिया है",
    ],
    "transferred": [
        "I'm transferring you to a colleague.", "I have passed this on to our team, who will call.",
        "Le paso con un compañero.", "Ich habe Ihre Nachricht weitergeleitet.", "Je vous transfère à un collègue.",
        "Jag kopplar dig till en kollega.", "सहकर्मी को ट्रांसफर कर रहा हूँ",
    ],
}  # fmt: skip
PLAIN = [
    "Would you like to be booked for ten?", "Once you're booked you will get an e-mail.", "Shall I book it?",
    "Is the appointment booked?", "Your appointment is not booked yet.", "We are open from nine to five.",
    "I can book you for ten.", "Mondays are fully booked.", "Saturday is booked out.", "When would you like to come?",
    "If you have booked already, tell me.", "I will send you the link when it is ready.", "You can cancel at any time.",
    "Möchten Sie, dass ich den Termin buche?", "Ist der Termin gebucht?", "Ich kann Ihnen den Link schicken.",
    "¿Quiere que reserve su cita?", "No he reservado nada todavía.", "¿Está reservada?", "Puedo enviar el enlace.",
    "Quer que eu marque uma consulta?", "Voulez-vous que je réserve ?", "Je peux vous envoyer le lien.",
    "Vill du att jag bokar en tid?", "Är tiden bokad?", "Jag kan skicka länken.", "هل تريد أن أحجز لك موعدًا؟",
    "क्या मैं आपके लिए समय बुक करूँ?", "", "👍", "10:00",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in CLAIMS.items() for text in texts])
def test_a_claim_is_seen(kind: str, text: str) -> None:
    assert kind in claimed(text)


@pytest.mark.parametrize("text", PLAIN)
def test_a_question_or_an_offer_is_none(text: str) -> None:
    assert claimed(text) == frozenset()


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    assert claimed(text) <= {"booked", "rescheduled", "cancelled", "sent", "transferred"}


def test_a_receipt_proves_its_own_kind_alone() -> None:
    text = "You are booked, and I have sent you the link."
    assert unproved([text], ["noted"], ["sent"]) == ("booked", "noted")
    assert unproved([text], [], ["booked", "sent"]) == ()


WRITTEN = reply("Good to hear. Done, you are booked for ten. See you then. Bye.")


@given(st.lists(st.integers(1, len(WRITTEN) - 1), unique=True))
def test_no_piece_of_a_claim_is_shown_however_it_comes(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(WRITTEN)]
    showing = Showing(frozenset(), again=False)
    shown = "".join(showing.more(WRITTEN[a:b]) for a, b in itertools.pairwise(places))
    assert shown in ("", "Good to hear.")


@given(st.integers(1, len(WRITTEN)))
def test_what_is_proved_is_shown_sentence_by_sentence(size: int) -> None:
    showing = Showing(frozenset({"booked"}), again=False)
    shown = "".join(showing.more(WRITTEN[at : at + size]) for at in range(0, len(WRITTEN), size))
    assert visible(WRITTEN).startswith(shown)
