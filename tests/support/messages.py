"""``python -m tests.support.messages``: update the catalogs in locale/ to the texts of code and templates.

It does the work of Django's makemessages and compilemessages without GNU gettext, which is not installed everywhere.
Translations are written into locale/LANGUAGE/LC_MESSAGES/django.po; the product reads the .mo file next to it. With
--check it changes nothing, and the exit status is 1 if a catalog is out of date, or a text is untranslated or has other
placeholders in its translation.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
CODE = ("ptfi", "traits", "graph")
TEMPLATES = "templates"
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
LITERAL = r"""u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
CALL = re.compile(rf"\b(?:_|n?p?gettext)\({LITERAL}(?:, *{LITERAL})*(?:, *count)?\)", re.DOTALL)
"""What Django's templatize leaves of a template for xgettext, between fillers that are not Python."""
WIDTH = 120


def main(arguments: list[str]) -> int:
    """Write or check the catalogs; returns the exit status."""
    settings.configure(USE_I18N=False)
    django.setup()
    template = texts()
    faults = []
    for path in sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po")):
        catalog = updated(path, template)
        if "--check" in arguments:
            faults += [f"{path.relative_to(ROOT)}: {fault}" for fault in (*differences(path, catalog), *gaps(catalog))]
        else:
            path.write_bytes(as_po(catalog))
            path.with_suffix(".mo").write_bytes(as_mo(catalog))
            print(f"{path.relative_to(ROOT)}: {len(catalog)} texts, {len(list(gaps(catalog)))} to be translated")
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    return bool(faults)


def texts() -> Catalog:
    """All translatable texts of code and templates, without their locations, which change too often."""
    catalog = Catalog(project="PTFI")
    for path in source_files():
        source = path.read_text()
        if path.suffix != ".py":
            source = "\n".join(CALL.findall(templatize(source, origin=str(path))))
        for _, text, _, context in extract("python", io.BytesIO(source.encode()), KEYWORDS):
            catalog.add(text, context=context)
    return catalog


def source_files() -> Iterator[Path]:
    for folder in CODE:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts)
    yield from (path for path in sorted((ROOT / TEMPLATES).rglob("*")) if path.suffix in (".html", ".txt"))


def updated(path: Path, template: Catalog) -> Catalog:
    """The catalog with the current texts, and its existing translations."""
    with path.open("rb") as file:
        catalog = pofile.read_po(file, locale=path.parts[-3])
    template.creation_date = catalog.creation_date
    catalog.update(template, no_fuzzy_matching=True)
    return catalog


def differences(path: Path, catalog: Catalog) -> Iterator[str]:
    """What is out of date in the files."""
    compiled = path.with_suffix(".mo")
    if path.read_bytes() != as_po(catalog) or not compiled.exists() or compiled.read_bytes() != as_mo(catalog):
        yield "not in step with the texts of code and templates (make messages)"


def gaps(catalog: Catalog) -> Iterator[str]:
    """Texts that are untranslated in one of their forms, or whose translation has other placeholders."""
    for message in catalog:
        if not message.id:
            continue
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.fuzzy or not all(forms):
            yield f"not translated: {message.id!r}"
        elif any(faults := [str(fault) for fault in message.check(catalog)]):
            yield f"{faults[0]}: {message.id!r}"


def as_po(catalog: Catalog) -> bytes:
    file = io.BytesIO()
    pofile.write_po(file, catalog, width=WIDTH, sort_output=True, ignore_obsolete=True)
    return file.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    file = io.BytesIO()
    mofile.write_mo(file, catalog)
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
