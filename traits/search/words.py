"""How texts become words. The database function search_words (in the migrations) splits them in the same way."""

import dataclasses
import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

Kind = Literal["word", "run", "symbol"]
LONGEST = 500
"""Characters of a word that count: PostgreSQL stores at most 2,046 bytes of it."""
# Blocks of scripts without spaces between words: Thai, Lao, Myanmar, Khmer, Tai, Balinese, Chinese, Japanese, Korean.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f\u2e80-\u9fff"
    "\ua980-\ua9ff\uaa60-\uaadf\uac00-\ud7af\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
IN_UNSPACED = re.compile(f"[{UNSPACED}]")
RUNS = re.compile(f"[{UNSPACED}]+")
# Soft hyphens, joiners, marks of direction and the like, which nobody sees.
INVISIBLE = re.compile(
    "[\xad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
# Punctuation that people search for, as in "C#" and "50%".
MEANT = "%&#@*"
EMOJI = range(0x1F000, 0x1FB00)
FOLDED = str.maketrans({"ς": "σ"})
# A full stop belongs to a word that it begins, as in ".NET".
TOKEN = re.compile(r"\.?w+|u+|s")


class _Kinds(dict[int, str]):
    """Character → w for a part of a word, u for one of an unspaced script, s for a symbol, "." and " " between them."""

    def __missing__(self, code: int) -> str:
        self[code] = found = self._kind(chr(code))
        return found

    @staticmethod
    def _kind(char: str) -> str:
        category = unicodedata.category(char)
        if char == ".":
            return "."
        if char in MEANT or ord(char) in EMOJI or (category[0] == "S" and char <= "\uffff"):
            return "s"
        if category == "Cs" or (char <= "\uffff" and (category[0] in "PZ" or category == "Cc")):
            return " "
        return "u" if IN_UNSPACED.match(char) else "w"


KINDS = _Kinds()


@dataclasses.dataclass(frozen=True, slots=True)
class Token:
    """A word, a run of an unspaced script, or one symbol; start and end are its place in the folded text.

    begun: whether a full stop stands directly before the word.
    """

    text: str
    kind: Kind
    begun: bool
    start: int
    end: int


@dataclasses.dataclass(frozen=True, slots=True)
class Folded:
    """A text without case, compatible forms and invisible characters. places: where each character stood, or None if
    each stands where it did."""

    text: str
    places: list[int] | None
    length: int

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the part of the original text that this part of the folded text stands for."""
        if self.places is None:
            return start, end
        # A character of the original may have become several, and several one.
        after = next((self.places[at] for at in range(end, len(self.places)) if self.places[at] > self.places[end - 1]),
                     self.length)  # fmt: skip
        return self.places[start], after


def fold(text: str) -> Folded:
    if text.isascii():
        return Folded(text.lower(), None, len(text))
    folded: list[str] = []
    places: list[int] = []
    for start, cluster in _clusters(text):
        new = INVISIBLE.sub("", _lower(unicodedata.normalize("NFKC", cluster)))
        folded.append(new)
        places += [start] * len(new)
    return Folded("".join(folded), places, len(text))


def _lower(text: str) -> str:
    return text.replace("İ", "i").lower().translate(FOLDED)


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Split a text into characters with the marks that may join them, each with its place."""
    start = 0
    for at, char in enumerate(text):
        if at > start and not _joins(char):
            yield start, text[start:at]
            start = at
    if start < len(text):
        yield start, text[start:]


def _joins(char: str) -> bool:
    """Whether normalizing may join this character to the one before: marks, Korean letters, halfwidth voicing marks."""
    return char > "\u02ff" and (
        "\u1160" <= char <= "\u11ff" or char in "\uff9e\uff9f" or unicodedata.category(char)[0] == "M"
    )


def tokens(folded: str) -> list[Token]:
    """Return the words of a folded text, in order."""
    kinds: dict[str, Kind] = {"w": "word", "u": "run", "s": "symbol"}
    found = []
    for match in TOKEN.finditer(folded.translate(KINDS)):
        begun, (start, end) = match.group()[0] == ".", match.span()
        word = folded[start + begun : end][:LONGEST] if match.group()[-1] == "w" else folded[start:end]
        found.append(Token(text=word, kind=kinds[match.group()[-1]], begun=begun, start=start, end=end))
    return found
