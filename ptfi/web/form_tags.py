"""Template tags that every template has: each form with a CSRF token has a key as well."""

from typing import Any

from django import template
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ptfi.web import forms

register = template.Library()
HIDDEN = '<input type="hidden" name="{}" value="{}">'


class FormTokenNode(CsrfTokenNode):
    """Django's {% csrf_token %}, followed by the form's key."""

    def render(self, context: Context) -> SafeString:
        field = super().render(context)
        key = format_html(HIDDEN, forms.FIELD, forms.new_key(_user(context))) if field else ""
        return SafeString(field + key)


@register.tag("csrf_token")
def csrf_token(parser: Parser, token: Token) -> FormTokenNode:  # noqa: ARG001 (Django's signature)
    return FormTokenNode()


@register.simple_tag(takes_context=True)
def account_mark(context: Context) -> str:
    """The mark of the page's account."""
    return forms.account_mark(_user(context))


@register.simple_tag(takes_context=True)
def unsent_texts(context: Context) -> list[str]:
    """What the person typed into the form that was answered with this error page."""
    request, error = context["request"], context.get("error")
    try:
        shown = getattr(error, "may_be_sent_again", False) or forms.may_show(request)
        # With the database away, nothing may ask who is signed in.
        asks = getattr(error, "status", 0) < 500
        return forms.typed_texts(request.POST) if shown and not (asks and forms.is_anothers(request)) else []
    except (RequestDataTooBig, TooManyFieldsSent):
        return []


@register.simple_tag(takes_context=True)
def unsent_fields(context: Context) -> list[tuple[str, str]]:
    """The fields with which the form can be sent again."""
    own = (forms.FIELD, forms.CSRF_FIELD)
    return [(name, value) for name, values in context["request"].POST.lists() for value in values if name not in own]


def _user(context: Context) -> Any:
    request: HttpRequest | None = context.get("request")
    return getattr(request, "user", AnonymousUser())
