"""Maximum lengths of the texts and lists of a suggestion or trait."""

MAX_NAME = 255
MAX_EVIDENCE = 1_000
MAX_EVIDENCE_TEXT = 4_000
MAX_TEXT = 10_000
MAX_LIST = 50
