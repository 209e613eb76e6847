"""What scripts are told when they ask for the impossible."""

from __future__ import annotations


class Unwritable(Exception):
    """No such message can come from this channel; the text says why."""
