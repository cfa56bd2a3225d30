"""dati.lombardia.it: datasets read in order and counted, and the search in the catalogue of the portal.

The portal is a Socrata service: pages that are not asked in an order repeat some rows and lose others, so every page
asks for the order of the rows' own identifier, and in the end the rows are as many as the service counts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from conciliazione_lib.errors import UsoError
from conciliazione_lib.sources.http import Client, RemoteError
from conciliazione_lib.sources.origins import Address, Dataset, Origins
from conciliazione_lib.sources.raw import Answer

JSON = "application/json"
DOMAIN = "www.dati.lombardia.it"
PAGE = 25_000
MOST_ROWS = 1_000_000
RESULTS = 50
#: The row's own identifier, which tells a repeated row from two equal ones.
IDENTIFIER = ":id"
#: How the portal names its datasets.
SET_IDENTIFIER = re.compile(r"[a-z0-9]{4}-[a-z0-9]{4}", re.ASCII)


@dataclass(frozen=True)
class Found:
    """A dataset of the catalogue.

    Attributes
    ----------
    id, nome, descrizione : str
        Identifier, name and description.
    colonne : tuple of str
        Names of its fields.
    aggiornato : str
        Day of the last change of its data, ISO.
    pagina : str
        Its page on the portal.
    """

    id: str
    nome: str
    descrizione: str
    colonne: tuple[str, ...]
    aggiornato: str
    pagina: str


def search(client: Client, origins: Origins, text: str, *, identifier: bool = False) -> list[Found]:
    """Return the datasets of the portal that a search in its catalogue finds.

    Parameters
    ----------
    client, origins : Client, Origins
        Who asks, and the declarations.
    text : str
        Words, for example ``unità di offerta sociali``.
    identifier : bool
        The text is the identifier of one dataset.

    Raises
    ------
    RemoteError
        When the catalogue does not answer as expected.
    """
    what = "ids" if identifier else "q"
    asked = {"domains": DOMAIN, "search_context": DOMAIN, "only": "dataset", what: text, "limit": RESULTS}
    answer = client.fetch(
        f"{_address(origins).url}/api/catalog/v1?{urlencode(asked)}", accept=JSON, kinds=(JSON,), max_bytes=20_000_000
    )
    content = _json(client, answer)
    try:
        entries = [(entry["resource"], entry.get("permalink", "")) for entry in content["results"]]
        return [
            Found(
                str(resource["id"]),
                str(resource["name"]),
                str(resource.get("description") or ""),
                tuple(str(c) for c in resource.get("columns_field_name") or ()),
                str(resource.get("data_updated_at") or "")[:10],
                str(page),
            )
            for resource, page in entries
        ]
    except (KeyError, TypeError, AttributeError) as cause:
        client.raw.forget(answer)
        raise RemoteError("Il catalogo di dati.lombardia.it ha risposto in una forma nuova.", "Segnalarlo.") from cause


def declared(origins: Origins, name: str) -> Dataset:
    """Return a dataset by its short name in ``origini.toml``, or by its identifier.

    Raises
    ------
    UsoError
        When it is neither.
    """
    if name in origins.insiemi:
        return origins.insiemi[name]
    if name in origins.registri:
        register = origins.registri[name]
        return Dataset(id=register.id, titolo=register.titolo)
    if SET_IDENTIFIER.fullmatch(name):
        return Dataset(id=name, titolo=name)
    raise UsoError(
        f"«{name}» non è un insieme di dati.lombardia.it.",
        f"Usare un identificativo come «9n45-7bpc», oppure uno fra: {', '.join(sorted(origins.insiemi))}.",
    )


def dataset(client: Client, origins: Origins, name: str, *, page: int = PAGE) -> pd.DataFrame:
    """Return all the rows of a dataset, once each.

    Parameters
    ----------
    client, origins : Client, Origins
        Who asks, and the declarations.
    name : str
        Short name in ``origini.toml``, or identifier.
    page : int
        Rows asked at a time.

    Returns
    -------
    DataFrame
        One column for each field that some row has; values as the service writes them (text; geometries as GeoJSON).
        ``attrs`` has ``id``, ``url`` and ``sha256``, the hashes of the raw answers.

    Raises
    ------
    RemoteError
        When rows are missing or repeated, or a field that the dataset must have is not there.
    """
    wanted = declared(origins, name)
    base = f"{_address(origins).url}/resource/{wanted.id}.json"
    answers = [client.fetch(f"{base}?{urlencode({'$select': 'count(*) as righe'})}", accept=JSON, kinds=(JSON,))]
    count = _count(client, answers[0], wanted)
    rows: list[dict] = []
    while True:
        # The row after the last is asked too: a dataset that grew meanwhile, or counts itself wrong, has one.
        asked = {
            "$select": f"{IDENTIFIER},*",
            "$order": IDENTIFIER,
            "$limit": page if len(rows) < count else 1,
            "$offset": len(rows),
        }
        answer = client.fetch(f"{base}?{urlencode(asked)}", accept=JSON, kinds=(JSON,))
        answers.append(answer)
        piece = _json(client, answer)
        if not isinstance(piece, list) or not piece or not all(isinstance(row, dict) for row in piece):
            break
        rows += piece
        if len(rows) > count:
            break
        client.progress(f"{wanted.titolo}: {len(rows)} righe di {count}.")
    frame = pd.DataFrame(rows)
    problem = _wrong(frame, count, wanted)
    if problem:
        for answer in answers:
            client.raw.forget(answer)
        raise RemoteError(
            f"L'insieme «{wanted.titolo}» ({wanted.id}) non è arrivato intero: {problem}.",
            "I dati di prima restano. Riprovare: l'insieme può essere stato aggiornato durante lo scarico.",
        )
    frame = frame.drop(columns=IDENTIFIER)
    frame.attrs = {"id": wanted.id, "url": base, "sha256": [answer.sha256 for answer in answers]}
    return frame


def _wrong(frame: pd.DataFrame, count: int, wanted: Dataset) -> str:
    if len(frame) != count:
        return f"attese {count} righe, ricevute {len(frame)}"
    if IDENTIFIER not in frame or frame[IDENTIFIER].isna().any():
        return "ci sono righe senza identificativo"
    if repeated := int(frame[IDENTIFIER].duplicated().sum()):
        return f"{repeated} righe sono ripetute, altrettante mancano"
    missing = [name for name in wanted.campi if name not in frame]
    return f"mancano i campi {', '.join(missing)}" if missing else ""


def _count(client: Client, answer: Answer, wanted: Dataset) -> int:
    content = _json(client, answer)
    try:
        count = int(content[0]["righe"])
    except (KeyError, IndexError, TypeError, ValueError):
        count = -1
    if 0 < count <= MOST_ROWS:
        return count
    client.raw.forget(answer)
    raise RemoteError(
        f"L'insieme «{wanted.titolo}» ({wanted.id}) dice di avere un numero di righe impossibile.",
        "I dati di prima restano: riprovare più tardi.",
    )


def _json(client: Client, answer: Answer) -> Any:
    try:
        return json.loads(answer.path.read_bytes())
    except (ValueError, RecursionError) as cause:
        client.raw.forget(answer)
        raise RemoteError(
            "La risposta di dati.lombardia.it è tronca o illeggibile.", "I dati di prima restano: riprovare più tardi."
        ) from cause


def _address(origins: Origins) -> Address:
    return origins.indirizzi["lombardia"]
