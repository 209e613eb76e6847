"""Leads: a conversation becomes a scored lead whose every value can be proved by the customer's own words."""
