"""Bootstrap's classes for the form widgets of Django and allauth."""

from django import forms, template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


def is_check(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def control(field: BoundField) -> SafeString:
    """The field's widget with Bootstrap's classes, marked if its value was refused."""
    widget = field.field.widget
    css = "form-select" if isinstance(widget, forms.Select) else "form-control"
    if is_check(field):
        css = "form-check-input"
    if field.errors:
        css += " is-invalid"
    # allauth repeats the label as a placeholder; every field here has its label.
    widget.attrs.pop("placeholder", None)
    return field.as_widget(attrs={"class": css})


register.filter("is_check", is_check)
