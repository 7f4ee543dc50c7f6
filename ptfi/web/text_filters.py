"""Filters for texts that people gave, built into every template."""

from django import template
from django.template.defaultfilters import stringfilter

from ptfi.texts import isolated, language_tag, shorten

register = template.Library()
for each in (shorten, isolated, language_tag):
    register.filter(each.__name__, stringfilter(each))
