"""Brings the catalogues in nnctl/locale/ up to date: collects the texts, merges them into each .po, compiles the .mo.

pip install babel; python docs/make_translations.py

A new text comes without a translation, and a changed one with that of the old text, marked `fuzzy`: look for both, and
run it again. Texts that are gone are removed.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from translation_texts import ROOT, texts

FOLDER = ROOT / "nnctl" / "locale"
BEGUN = datetime(2026, 11, 27, tzinfo=UTC)
HEADER = """msgid ""
msgstr ""
"Project-Id-Version: nnctl\\n"
"Language: {language}\\n"
"Plural-Forms: {plural_forms}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def template() -> Catalog:
    """All texts, without translations."""
    found = Catalog()
    for text, files in texts().items():
        found.add(text if len(text) > 1 else text[0], locations=[(file, None) for file in files])
    return found


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name)


def merged(path: Path, wanted: Catalog) -> bytes:
    """The .po with the texts of the template."""
    catalogue = read(path)
    catalogue.update(wanted)
    output = io.BytesIO()
    write_po(output, catalogue, 110, omit_header=True, ignore_obsolete=True, include_previous=True, sort_by_file=True)
    header = HEADER.format(language=path.parents[1].name, plural_forms=catalogue.plural_forms)
    return header.encode() + output.getvalue()


def compiled(path: Path) -> bytes:
    """The .mo of a .po; texts that have no translation, or a fuzzy one, are not in it."""
    output = io.BytesIO()
    catalogue = read(path)
    catalogue.creation_date = BEGUN  # not now: the same texts make the same file
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
    for message in [message for message in catalogue if message.id and not is_translated(message)]:
        catalogue.delete(message.id)
    write_mo(output, catalogue)
    return output.getvalue()


def is_translated(message: Message) -> bool:
    strings = [message.string] if isinstance(message.string, str) else message.string
    return all(strings) and bool(strings)


def main() -> None:
    wanted = template()
    for path in sorted(FOLDER.rglob("*.po")):
        path.write_bytes(merged(path, wanted))
        path.with_suffix(".mo").write_bytes(compiled(path))
        catalogue = read(path)
        missing = [message for message in catalogue if message.id and not is_translated(message)]
        fuzzy = [message for message in catalogue if message.id and message.fuzzy]
        name = path.relative_to(ROOT)
        print(f"{name}: {len(catalogue)} texts, {len(missing)} without a translation, {len(fuzzy)} fuzzy")


if __name__ == "__main__":
    main()
