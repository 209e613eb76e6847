"""People, their sessions, what they may do in a business, and the record of what they did."""
