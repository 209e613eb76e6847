"""The error codes of Meta's Graph API, as classes.

https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
"""

from __future__ import annotations

from channels.errors import Ambiguous, Misconfigured, OptedOut, Refused, SendFailed, Throttled, Unavailable
from channels.http import Answer, raise_for_wordless
from channels.reading import int_of, object_of, text_of

VERSION = "v23.0"

TOKEN = {0, 190}
PERMISSION = {3, 10, 131005, 131031, 131037, 131042, 131045, 131057, 368, *range(200, 300)}
RATE = {4, 613, 80007, 130429, 133016}
SPAM = {131048, 131064}
ECOSYSTEM = {131049}
PAIR = {131056}
OPTED_OUT = {131050}
TRANSIENT = {1, 2, 131000, 131016, 131053, 135000}
WINDOW_SUBCODES = {2018278, 2534022, 1545041}
PAIR_SECONDS = 6.0
ECOSYSTEM_SECONDS = 24 * 3600.0  # this customer has had enough of everybody's marketing today
SPAM_SECONDS = 600.0  # sending on while flagged as spam makes the flag worse


WAITS = (  # codes, the least seconds to wait, and whether only this customer has to
    (PAIR, PAIR_SECONDS, True),
    (ECOSYSTEM, ECOSYSTEM_SECONDS, True),
    (SPAM, SPAM_SECONDS, False),
    (RATE, 1.0, False),
)


def raise_for(answer: Answer) -> None:
    """Raises the class of a Graph answer that is no success. `error_data` may be an object or a text."""
    error = object_of(answer.body.get("error"))
    if not error:
        raise_for_wordless(answer)
    code, subcode = int_of(error.get("code")), int_of(error.get("error_subcode"))
    data = error.get("error_data")
    detail = text_of(object_of(data).get("details")) or text_of(data) or text_of(error.get("message"))
    found = failure(code, subcode, detail, transient=error.get("is_transient") is True, retry_after=answer.retry_after)
    if isinstance(found, Refused) and answer.status == 429:
        raise Throttled(detail, code=found.code, retry_after=max(answer.retry_after, 1.0))
    if isinstance(found, Refused) and answer.status >= 500:
        raise Ambiguous(detail, code=found.code)
    raise found


def failure(code: int, subcode: int, detail: str, *, transient: bool, retry_after: float) -> SendFailed:
    """The class of an error code."""
    shown = str(code) if code >= 0 else ""
    if subcode in WINDOW_SUBCODES or code == 1545041:
        return Refused(detail, code=f"{code}.{subcode}")
    if code in TOKEN or code in PERMISSION:
        return Misconfigured(detail, code=shown)
    for codes, seconds, pair_only in WAITS:
        if code in codes:
            return Throttled(detail, code=shown, retry_after=max(retry_after, seconds), pair_only=pair_only)
    if code in OPTED_OUT:
        return OptedOut(detail, code=shown)
    if code in TRANSIENT or transient:
        return Unavailable(detail, code=shown)
    return Refused(detail, code=shown)


def accepted_id(answer: Answer, message_id: str) -> str:
    """The provider's id of a success. Raises Ambiguous when there is none."""
    if not message_id:
        raise Ambiguous(f"HTTP {answer.status} without a message id")
    return message_id
