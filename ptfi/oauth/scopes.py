"""What a client may be allowed to do."""

READ_TRAITS = "persona:read_traits"
MANAGE_TRAITS = "persona:manage_traits"
INGEST = "candidates:ingest"

# Those that people can give, in the words in which they are asked.
OF_PEOPLE = {
    "openid": "Recognise you when you come back",
    "email": "See your e-mail address",
    "profile": "See the name you chose",
    READ_TRAITS: "See your traits, suggestions and history",
    MANAGE_TRAITS: "Decide about suggestions and change your traits for you",
}
# Those that a client has by itself; nobody is ever asked for them.
OF_CLIENTS = {INGEST: "Bring suggestions"}


def in_words(scopes: set[str]) -> list[str]:
    """What these scopes let a client do, in the order in which people are asked."""
    return [words for scope, words in OF_PEOPLE.items() if scope in scopes]
