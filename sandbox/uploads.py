"""Files that the gateway hands to WhatsApp before it sends them by their id.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from aiohttp.web_request import FileField
from multidict import MultiDictProxy

from sandbox import meta
from sandbox.calls import Course
from sandbox.config import Number
from sandbox.media import LARGEST_BYTES, SHELF, MediaOrder
from sandbox.meta import GraphRefusal, bad_parameter
from sandbox.record import Call
from sandbox.state import SANDBOX

Form = MultiDictProxy[str | bytes | bytearray | FileField]

MEGABYTE: Final = 1024 * 1024
# What "Supported Media Types" lists: the kind, its longest file in bytes, its types. Documents may have 100 MB there;
# here they have what the shelf keeps.
_SUPPORTED: Final[Mapping[str, tuple[int, frozenset[str]]]] = {
    "image": (5 * MEGABYTE, frozenset({"image/jpeg", "image/png"})),
    "sticker": (500 * 1024, frozenset({"image/webp"})),
    "audio": (
        16 * MEGABYTE,
        frozenset({"audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/opus"}),
    ),
    "video": (16 * MEGABYTE, frozenset({"video/3gp", "video/3gpp", "video/mp4"})),
    "document": (
        LARGEST_BYTES,
        frozenset({
            "text/plain", "application/pdf", "application/msword", "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        }),
    ),
}  # fmt: skip


async def upload(request: web.Request) -> web.Response:
    """POST /{phone_number_id}/media: keeps a file, to be sent by its id."""
    sandbox = request.app[SANDBOX]
    try:
        number = meta.find_number(sandbox, request.match_info["id"], meta.request_token(request))
        form = await _form(request)
    except GraphRefusal as refusal:
        return meta.refuse_unread(sandbox, request, refusal)
    words = meta.refusals(sandbox, speed_code=130429, final_code=131053)
    course = Course(sandbox, request, _call(request, number, form), number.names, words, event="action")
    spoilt = course.spoilt()
    if spoilt is not None:
        return spoilt
    try:
        order = _order(number, form)
    except GraphRefusal as refusal:
        return course.answer(refusal.response(sandbox.ids.trace()), refusal.message)
    return course.answer(web.json_response({"id": request.app[SHELF].put(order).id}))


async def _form(request: web.Request) -> Form:
    if request.content_type != "multipart/form-data":
        raise bad_parameter("The parameter file is required.")
    try:
        return await request.post()
    except (ValueError, LookupError):
        raise bad_parameter("Invalid parameter", "The request body is not multipart/form-data") from None


def _call(request: web.Request, number: Number, form: Form) -> Call:
    shown = {name: value.filename if isinstance(value, FileField) else str(value) for name, value in form.items()}
    return Call(
        provider=number.platform,
        method="POST",
        path=request.path,
        request=shown,
        sender=number.meta_phone_number_id,
    )


def _order(number: Number, form: Form) -> MediaOrder:
    """The file of an upload. Raises GraphRefusal."""
    if number.platform != "whatsapp":
        raise meta.no_such_object(number.meta_phone_number_id)
    if form.get("messaging_product") != "whatsapp":
        raise bad_parameter("Param messaging_product must be one of {WHATSAPP}.")
    file = form.get("file")
    if not isinstance(file, FileField):
        raise bad_parameter("The parameter file is required.")
    given = str(form.get("type") or file.content_type)
    mime_type = given.partition(";")[0].strip().lower()
    kind = next((kind for kind, (_, types) in _SUPPORTED.items() if mime_type in types), None)
    if kind is None:
        raise bad_parameter(
            f"Param file must be a file with one of the supported types. Received file of type '{given}'."
        )
    data = file.file.read()
    if not data or len(data) > _SUPPORTED[kind][0]:
        raise bad_parameter(f"Param file must have 1 to {_SUPPORTED[kind][0]} bytes as a {kind}.")
    return MediaOrder(kind=kind, mime_type=mime_type, filename=file.filename, data=data)
