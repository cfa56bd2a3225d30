"""The sections that only the ATS can write: filled from its own tables, or guided fields where it has given none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from conciliazione_lib import catalog
from conciliazione_lib.evidence import Place, formats
from conciliazione_lib.evidence.prose import escape
from conciliazione_lib.publish.selection import Archive

#: The lists of the edition they are made from.
LISTS: Final = ("rete", "comunita_pratica", "progetti_piano")
TO_FILL: Final = "[Da completare]"


def fields(archive: Archive | None, place: Place, guided: Mapping[str, str]) -> dict[str, str]:
    """Return the Markdown of the fields of the fixed sections, by name.

    Parameters
    ----------
    archive : Archive, optional
        The store of the edition.
    place : Place
        An ATS.
    guided : mapping
        What stands where the ATS has given nothing.
    """
    rows = {name: _own(archive, name, place) for name in LISTS}
    rete, comunita, projects = rows.values()
    return {
        "rete": _members(rete) if len(rete) else guided["rete"],
        "comunita_pratica": _community(comunita),
        "progetti_piano": _projects(projects) if len(projects) else guided["progetti_piano"],
    }


def _own(archive: Archive | None, name: str, place: Place) -> pd.DataFrame:
    if archive is None or name not in archive.store.index["elenchi"]:
        return pd.DataFrame()
    listed = archive.store.listing(name)
    return listed[(listed["livello"] == place.livello) & (listed["territorio"] == place.codice)]


def _members(rows: pd.DataFrame) -> str:
    acts = [_joined(row["atto"], _day(row["data"])) for _, row in rows.iterrows()]
    cells = zip(rows["ente"], rows["tipo"], rows["ruolo"].fillna("componente"), acts, strict=True)
    return _table(("Ente", "Che ente è", "Nella Rete", "Atto"), list(cells)) + _cited(rows)


def _community(rows: pd.DataFrame) -> str:
    """Return whom the guidelines want, each with the bodies designated; a field to fill where there is none."""
    named = rows.groupby("rappresentanza")["ente"].agg("; ".join).to_dict() if len(rows) else {}
    cells = [(who, presence, named.get(who, TO_FILL)) for who, presence in catalog.meanings("rappresentanze").items()]
    head = ("Rappresentanza", "Presenza chiesta", "Ente designato")
    return _table(head, cells) + (_cited(rows) if len(rows) else "")


def _projects(rows: pd.DataFrame) -> str:
    who = [_joined(row["capofila"], row["partner"], "; ") for _, row in rows.iterrows()]
    money = ["" if pd.isna(amount) else f"{formats.numero(float(amount), 2)} €" for amount in rows["contributo"]]
    cells = zip(rows["progetto"], who, rows["macrocategorie"], rows["destinatari"], money, strict=True)
    head = ("Progetto", "Capofila e partner", "Macrocategorie", "Destinatari previsti", "Contributo")
    return _table(head, list(cells)) + _cited(rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; a column that no row has is left out."""
    kept = [place for place in range(len(head)) if any(_said(row[place]) for row in rows)]
    lines = [[head[place] for place in kept], ["---"] * len(kept), *([_cell(row[p]) for p in kept] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    text = _said(value)
    return text if text == TO_FILL else " ".join(escape(text).replace("|", r"\|").split())


def _said(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)


def _joined(first: object, second: object, between: str = ", ") -> str:
    return between.join(part for part in (_said(first), _said(second)) if part)


def _day(value: object) -> str:
    return formats.short_date(_said(value)) if _said(value) else ""


def _cited(rows: pd.DataFrame) -> str:
    return f"\n\n*Fonte: {escape('; '.join(dict.fromkeys(rows['fonte'].dropna())))}.*"
