"""Booking: a meeting in the business's calendar from inside the conversation, never twice, never imagined."""
