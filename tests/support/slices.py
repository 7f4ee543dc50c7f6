"""Random personas and grants, and what an app with such a grant must never see."""

import dataclasses
import uuid

from hypothesis import strategies as st

from tests.support.cast import acting_for_self, make_candidate, make_user
from traits import decisions
from traits.decisions.inputs import Changes, Evidence
from traits.models import Category, PersonaTrait
from traits.sharing.grants import FLAGS, Terms

CONTEXTS = ("work", "family", "therapy")
CATEGORIES = ("Interest", "Skill", "PhilosophicalStance", "EmotionalResponsePattern")
KINDS = ("waiting", "rejected", "confirmed", "own", "removed", "moved", "merged", "hushed")

things = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.sampled_from(CATEGORIES),
        st.lists(st.sampled_from(CONTEXTS), max_size=2, unique=True),
        st.sampled_from(CATEGORIES),
    ),
    min_size=3,
    max_size=7,
)
"""What happens to each thing: its kind, its category and contexts, and the category that it moves to."""

terms = st.builds(
    Terms,
    categories=st.lists(st.sampled_from(Category.values), unique=True),
    contexts=st.one_of(st.just(["everywhere"]), st.lists(st.sampled_from(CONTEXTS), unique=True)),
    **{name: st.booleans() for name in FLAGS},
)


@dataclasses.dataclass(frozen=True)
class Fate:
    """Where a thing belongs, and the category that it moves to, if it does."""

    category: str
    contexts: list[str]
    other: str


@dataclasses.dataclass
class State:
    """How a thing was at some time: the word that stands in all its texts, and where it belonged."""

    word: str
    category: str
    contexts: list[str]
    is_candidate: bool = False


@dataclasses.dataclass
class Thing:
    """A suggestion or trait. states: all that it ever was; the last one is how it is now."""

    pk: uuid.UUID
    states: list[State]
    is_there: bool = True


def fits(terms: Terms, state: State) -> bool:
    """Whether a state is inside, by the contract's own words."""
    if state.category not in terms.categories:
        return False
    everywhere = "everywhere" in terms.contexts
    if state.is_candidate:
        return terms.write and everywhere
    return everywhere or bool(set(state.contexts) & set(terms.contexts))


class Drawn:
    """A person with random things, and the words and ids of each."""

    def __init__(self, what: list[tuple[str, str, list[str], str]]) -> None:
        self.user = make_user(f"p{uuid.uuid4().hex}")
        self.things = list[Thing]()
        self.pieces = list[str]()
        self.private = list[str]()
        self.undecided = set[str]()
        for kind, category, contexts, other in what:
            getattr(self, kind)(Fate(category, contexts, other))

    def word(self) -> str:
        return f"w{uuid.uuid4().hex}"

    def suggested(self, category: str) -> Thing:
        word, piece = self.word(), self.word()
        row = make_candidate(
            self.user, word, trait_category=category, trait_description=word, concepts=[word], evidence=[piece]
        )
        self.pieces.append(piece)
        thing = Thing(row.pk, [State(word, category, [], is_candidate=True)])
        self.things.append(thing)
        return thing

    def waiting(self, fate: Fate) -> None:
        self.undecided.add(str(self.suggested(fate.category).pk))

    def rejected(self, fate: Fate) -> None:
        thing = self.suggested(fate.category)
        decisions.reject(**acting_for_self(self.user), candidate_id=thing.pk, code="other", reason=thing.states[0].word)

    def confirmed(self, fate: Fate) -> Thing:
        thing, word = self.suggested(fate.category), self.word()
        changes = Changes(name=word, description=word, concepts=[word], expression_contexts=fate.contexts, notes=word)
        decisions.confirm(**acting_for_self(self.user), candidate_id=thing.pk, changes=changes)
        thing.states.append(State(word, fate.category, fate.contexts))
        return thing

    def own(self, fate: Fate) -> Thing:
        word, piece = self.word(), self.word()
        changes = Changes(
            name=word, description=word, category=fate.category, concepts=[word], expression_contexts=fate.contexts
        )
        done = decisions.add_trait(**acting_for_self(self.user), changes=changes, own_evidence=[piece])
        assert done.trait
        self.pieces.append(piece)
        thing = Thing(done.trait.pk, [State(word, fate.category, fate.contexts)])
        self.things.append(thing)
        return thing

    def removed(self, fate: Fate) -> None:
        thing = self.own(fate)
        thing.is_there = False
        decisions.remove_trait(**acting_for_self(self.user), trait_id=thing.pk, reason=thing.states[0].word)

    def moved(self, fate: Fate) -> None:
        """Another name, category and context than before."""
        thing, word = self.own(fate), self.word()
        changes = Changes(name=word, description=word, category=fate.other, concepts=[word], expression_contexts=[])
        decisions.edit_trait(**acting_for_self(self.user), trait_id=thing.pk, changes=changes)
        thing.states.append(State(word, fate.other, []))

    def merged(self, fate: Fate) -> None:
        """A suggestion of another category is merged into the trait, whose text stays."""
        thing, more = self.own(fate), self.suggested(fate.other)
        decisions.merge(**acting_for_self(self.user), candidate_id=more.pk, into=thing.pk)
        # Its topics are the trait's now.
        thing.states.append(State(more.states[0].word, fate.category, fate.contexts))

    def hushed(self, fate: Fate) -> None:
        """A piece of evidence that the person found too private."""
        thing = self.confirmed(fate)
        piece = PersonaTrait.objects.get(pk=thing.pk).evidence[0]
        verdicts = Evidence(verdicts={piece["evidence_id"]: "too_private"})
        decisions.edit_trait(**acting_for_self(self.user), trait_id=thing.pk, changes=Changes(), evidence=verdicts)
        self.private.append(piece["content"])

    def visible(self, terms: Terms, thing: Thing) -> list[State]:
        """The states of a thing that an app may see; none of a thing that is outside now, or removed."""
        if not thing.is_there:
            # Only the history tells of it.
            always = "everywhere" in terms.contexts and all(fits(terms, state) for state in thing.states)
            return thing.states if always else []
        if not (thing.states[-1].is_candidate or fits(terms, thing.states[-1])):
            return []
        return [state for state in thing.states if fits(terms, state)]

    def secrets(self, terms: Terms) -> set[str]:
        """All words that an app must not see."""
        shown = {state.word for thing in self.things for state in self.visible(terms, thing)}
        words = {state.word for thing in self.things for state in thing.states} - shown
        return words | set(self.private) | (set() if terms.evidence else set(self.pieces))

    def ids(self, terms: Terms, *, inside: bool) -> list[str]:
        return [str(thing.pk) for thing in self.things if bool(self.visible(terms, thing)) == inside]

    def never_seen(self, terms: Terms) -> list[str]:
        """The ids of what an app does not see, and never saw: of a removed trait it may learn that it was removed."""
        gone = {str(thing.pk) for thing in self.things if not thing.is_there and fits(terms, thing.states[-1])}
        return [pk for pk in self.ids(terms, inside=False) if pk not in gone]

    def traits(self, terms: Terms) -> int:
        """How many traits an app sees."""
        now = (thing.states[-1] for thing in self.things if thing.is_there)
        return sum(not state.is_candidate and fits(terms, state) for state in now)

    def waiting_ones(self, terms: Terms) -> int:
        """How many suggestions to review an app sees."""
        rows = (thing for thing in self.things if str(thing.pk) in self.undecided)
        return sum(bool(self.visible(terms, thing)) for thing in rows)
