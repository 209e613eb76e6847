"""The form in which somebody says who books: three fields, and one that only programs fill in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from gateway.booking.sheets import Markup, sheet, tag, words
from gateway.leads.proof import emails, phone_of

NAME_CHARACTERS, EMAIL_CHARACTERS, PHONE_CHARACTERS = 100, 254, 40
TRAP = "website"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What stands in the form, as it is kept; `wrong` names the line that says what is wrong with a field."""

    name: str = ""
    email: str = ""
    phone: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)


def checked(form: Mapping[str, str]) -> Filled:
    """The fields of a form that was sent."""
    name, email, phone = (" ".join(form.get(key, "").split()) for key in ("name", "email", "phone"))
    wrong = {}
    if not name or len(name) > NAME_CHARACTERS:
        wrong["name"] = "name_wrong"
    if len(email) > EMAIL_CHARACTERS or emails(email) != [email.lower()]:
        wrong["email"] = "email_wrong"
    number = phone_of(phone, "") if phone and len(phone) <= PHONE_CHARACTERS else ""
    if phone and not number:
        wrong["phone"] = "phone_wrong"
    if wrong:
        return Filled(
            name=name[:NAME_CHARACTERS], email=email[:EMAIL_CHARACTERS], phone=phone[:PHONE_CHARACTERS], wrong=wrong
        )
    return Filled(name=name, email=email.lower(), phone=number)


def form_page(
    *, title: str, company: str, time: str, lasts: str, path: str, hidden: Mapping[str, str], filled: Filled,
    language: str, problem: str = "",
) -> web.Response:  # fmt: skip
    """The page with the form; `problem` is a line about the whole of it."""
    about = tag(
        "dl",
        tag("div", tag("dt", words("when", language)), tag("dd", time)),
        tag("div", tag("dt", words("how_long", language)), tag("dd", lasts)),
    )
    others = tag("a", words("other_times", language), class_="button plain", href=path)
    form = tag(
        "form",
        *(tag("input", type="hidden", name=name, value=value) for name, value in hidden.items()),
        _field("name", "text", "name", filled.name, NAME_CHARACTERS, filled.wrong, language, required=True),
        _field("email", "email", "email", filled.email, EMAIL_CHARACTERS, filled.wrong, language, required=True),
        _field("phone", "tel", "tel", filled.phone, PHONE_CHARACTERS, filled.wrong, language, required=False),
        tag("div", tag("input", name=TRAP, tabindex="-1", autocomplete="off"), class_="trap", aria_hidden="true"),
        tag("div", tag("button", words("book_yes", language)), others, class_="row"),
        method="post", action=path,
    )  # fmt: skip
    note = tag("p", words(problem, language), class_="note bad", role="alert") if problem else ""
    status = 422 if filled.wrong or problem else 200
    return sheet(title, note, about, form, language=language, company=company, status=status)


def _field(
    name: str, kind: str, autocomplete: str, value: str, most: int, wrong: Mapping[str, str], language: str, *,
    required: bool,
) -> Markup:  # fmt: skip
    hint = wrong.get(name, "") or ("email_why" if name == "email" else "")
    said = tag("p", words(hint, language), id=f"{name}-hint", class_="bad" if name in wrong else "soft") if hint else ""
    field = tag(
        "input", id=name, name=name, type=kind, autocomplete=autocomplete, value=value, maxlength=str(most),
        required=required, aria_invalid="true" if name in wrong else False,
        aria_describedby=f"{name}-hint" if hint else False, autofocus=name == next(iter(wrong), ""),
    )  # fmt: skip
    return tag("div", tag("label", words(name, language), for_=name), field, said)
