"""Booking: a meeting in the business's calendar from inside the conversation, never twice, never imagined.

Wall times are made with one database of time zones, the pinned `tzdata`: what the machine has may be older, and two
that differ promise two times. So whatever imports anything of booking has the machine's own database switched off.
"""

import zoneinfo

zoneinfo.reset_tzpath(to=())
zoneinfo.ZoneInfo.clear_cache()
