"""Every decision a person can make: one function each, in one transaction, called as `decisions.confirm(…)`."""

from traits.decisions.afterwards.notes import add_note as add_note
from traits.decisions.afterwards.reopening import reopen as reopen
from traits.decisions.afterwards.undo import UndoOutcome as UndoOutcome
from traits.decisions.afterwards.undo import undo as undo
from traits.decisions.bulk import BulkOutcome as BulkOutcome
from traits.decisions.bulk import decide_many as decide_many
from traits.decisions.candidates import Outcome as Outcome
from traits.decisions.candidates import confirm as confirm
from traits.decisions.candidates import merge as merge
from traits.decisions.candidates import reject as reject
from traits.decisions.candidates import snooze as snooze
from traits.decisions.duplicates import relate as relate
from traits.decisions.styles import StyleOutcome as StyleOutcome
from traits.decisions.styles import put_styles as put_styles
from traits.decisions.traits import add_trait as add_trait
from traits.decisions.traits import edit_trait as edit_trait
from traits.decisions.traits import remove_trait as remove_trait
from traits.decisions.traits import set_status as set_status
