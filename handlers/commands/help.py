"""`/maestro help`: what can be asked here."""

VERB = "help"
USAGE = "/maestro help"
MEANING = "List the commands."
ROLE = "read"
