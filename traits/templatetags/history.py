"""Tags and filters of the history."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import pgettext_lazy

from traits.log.diff import Difference, Part
from traits.log.narration import Phrase

register = template.Library()
MARKS = {
    "ins": ("<ins>{}{}</ins>", pgettext_lazy("read out before what came", "new:")),
    "del": ("<del>{}{}</del>", pgettext_lazy("read out before what went", "was:")),
}


@register.filter
def phrase_html(said: Phrase) -> SafeString:
    """Show a phrase with its names highlighted."""
    return said.html()


@register.filter
def marked(difference: Difference) -> SafeString:
    """Mark additions and removals; the parts of a text are joined without separators."""
    if difference.is_list:
        return format_html_join(" ", "<bdi>{}</bdi>", ([_mark(part)] for part in difference.parts))
    text = format_html_join("", "{}", ([_mark(part)] for part in difference.parts))
    return format_html('<span class="trait-text">{}</span>', text)


def _mark(part: Part) -> SafeString:
    if not part.kind:
        return format_html("{}", part.text)
    markup, read_out = MARKS[part.kind]
    return format_html(markup, format_html('<span class="visually-hidden">{} </span>', read_out), part.text)
