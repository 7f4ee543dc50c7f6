"""The product's wording in place of texts of allauth, Django and browsers."""

import re
from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django import template
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

register = template.Library()

OURS = {
    "Remember Me": _("Stay signed in"),
    "Current Password": _("Current password"),
    "New Password": _("New password"),
    "New Password (again)": _("Repeat the new password"),
    "New password confirmation": _("Repeat the new password"),
    "Password (again)": _("Repeat the password"),
    "Enter the same password as before, for verification.": _("Enter it again, to make sure that it’s right."),
    "Email": _("E-mail"),
    "Name": _("Name"),
    "Authenticator code": _("Code from the app"),
    "Forgot your password?": _("Forgot your password?"),
    "You must type the same password each time.": _("The two passwords are different. Enter the same one twice."),
    "The email address and/or password you specified are not correct.": _("The e-mail address or password is wrong."),
    "Please type your current password.": _("This is not your current password."),
    "Incorrect password.": _("This is not your password."),
    "Too many failed login attempts. Try again later.": _("Too many failed attempts. Try again later."),
    "This account is currently inactive.": _("This account has been deactivated."),
    "A user is already registered with this email address.": _("Another account already uses this e-mail address."),
    "This email address is already associated with this account.": _("Your account already has this e-mail address."),
    "You cannot remove your primary email address.": _("You can’t remove your primary e-mail address."),
    "Your primary email address must be verified.": _("Your primary e-mail address must be verified."),
    "The password reset token was invalid.": _("This link has expired or was already used."),
    "Be patient, you are sending too many requests.": _("Too many requests. Try again in a moment."),
    "You cannot add an email address to an account protected by two-factor authentication.": _(
        "You can’t add an e-mail address while your account has a second step."
    ),
    "You cannot deactivate two-factor authentication.": _("You can’t turn off your second step."),
    "You cannot generate recovery codes without having two-factor authentication enabled.": _(
        "Set up an authenticator app or a passkey before you generate recovery codes."
    ),
    "You cannot activate two-factor authentication until you have verified your email address.": _(
        "Verify your e-mail address before you set up a second step."
    ),
    "Use your password": _("Use your password"),
    "Use authenticator app or code": _("Use a code from your app"),
}
"""Our wording by the English text of allauth or Django."""
# The first match counts: browsers also name the ones that they descend from.
BROWSERS = (
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"(OPR|Opera)/", "Opera"),
    (r"(Firefox|FxiOS)/", "Firefox"),
    (r"(Chrome|CriOS|Chromium)/", "Chrome"),
    (r"Version/\S+ .*Safari/", "Safari"),
)
SYSTEMS = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"Macintosh|Mac OS X", "macOS"),
    (r"Linux|X11", "Linux"),
)
KNOWN = re.compile("({}) on ({})".format(*("|".join(name for _, name in names) for names in (BROWSERS, SYSTEMS))))


@register.filter
def our_words(text: str) -> str:
    """A label or error of allauth or Django in our wording; texts without one only get "e-mail" for "email".

    The text may already be translated, so the translations of the known texts are compared as well.
    """
    said = str(text)
    ours = next((ours for theirs, ours in OURS.items() if said in (theirs, gettext(theirs))), None)
    return re.sub(r"\b([Ee])mail\b", r"\1-mail", said) if ours is None else str(ours)


def known_browser(user_agent: str) -> str:
    """A browser and its system in English, such as "Firefox on Linux"; unknown ones as they identify themselves."""
    name = next((words for pattern, words in BROWSERS if re.search(pattern, user_agent)), "")
    system = next((words for pattern, words in SYSTEMS if re.search(pattern, user_agent)), "")
    return f"{name} on {system}" if name and system else user_agent


@register.filter
def shown_browser(known: str) -> str:
    """A result of known_browser() in the page's language."""
    match = KNOWN.fullmatch(known)
    return gettext("%(browser)s on %(system)s") % {"browser": match[1], "system": match[2]} if match else known


@register.filter
def browser(user_agent: str) -> str:
    """The browser and its system in the page's language."""
    return shown_browser(known_browser(user_agent))


@register.filter
def any_unverified(addresses: Iterable[EmailAddress]) -> bool:
    return any(not address.verified for address in addresses)
