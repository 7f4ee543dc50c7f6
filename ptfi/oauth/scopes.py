"""The scopes: what a client may be allowed to do."""

READ_TRAITS = "persona:read_traits"
MANAGE_TRAITS = "persona:manage_traits"
EXPORT = "persona:export"
INGEST = "candidates:ingest"

# Scopes that people can grant, with the words of the consent page.
USER_SCOPES = {
    "openid": "Recognise you when you come back",
    "email": "See your e-mail address",
    "profile": "See the name you chose",
    READ_TRAITS: "See your traits, suggestions and history",
    MANAGE_TRAITS: "Decide about suggestions and change your traits for you",
    EXPORT: "Take along everything held about you: your e-mail addresses, your sign-ins and where they came from, "
    "your other apps, what is too private for others, and what staff looked at and did",
}
# Scopes that a client has by itself; people are never asked for them.
CLIENT_SCOPES = {INGEST: "Bring suggestions"}


def scope_descriptions(scopes: set[str]) -> list[str]:
    """What these scopes let a client do, in words, in the order of the consent page."""
    return [words for scope, words in USER_SCOPES.items() if scope in scopes]
