"""How well conversations are read as leads, against labelled ones: `./frontdesk bench leads`."""
