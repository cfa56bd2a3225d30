"""The page ``BENCHMARKS.md``, made from the figures the measures left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from timing import ROOT

RESULTS = Path(__file__).resolve().parent / "risultati"

_INTRO = """\
# Quanto tempo serve a generare tutto

Questa pagina è scritta da `make bench` a partire dalle cifre in `benchmarks/risultati/`. I tempi assoluti valgono per
il computer su cui sono stati misurati: ciò che si può confrontare sono i **rapporti**. «Carico prima» è il lavoro che
il computer aveva già per ogni processore (0 = libero).

Per ripetere: `make bench`, oppure una misura sola con `python benchmarks papermill`, `overhead`, `incremental`,
`growth`, `weight`, `cluster`, `edition` o `lists`.
"""

_LIMITS = """\
## Che cosa li limita

- Un notebook a caldo costa il fork del kernel, l'avvio di ipykernel e il dialogo con papermill; il resto sono i
  calcoli del capitolo, in gran parte grafici e mappe, che nessun avvio più rapido può accorciare.
- Il processo caldo importa le librerie e legge le tabelle una volta, alla prima esecuzione dopo una modifica del
  codice o dell'ambiente; poi resta pronto per un quarto d'ora dall'ultimo uso. Le tabelle lette sono riconosciute dai
  loro byte: una tabella cambiata si rilegge.
- Quando cambia qualcosa la pubblicazione riscrive sito e documenti per intero: è la parte fissa di ogni aggiornamento.
- Dove il fork non c'è (Windows, macOS) i kernel partono a freddo: restano i guadagni di ciò che non si riesegue.
- Con più computer (`--scheduler`) il tempo si divide per i processi disponibili: ogni capitolo è indipendente.
"""


def keep(name: str, figures: dict[str, Any]) -> None:
    """Save the figures of a measure."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(_rounded(figures), ensure_ascii=False, indent=1)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def write() -> None:
    """Write the page from the figures there are."""
    parts = [_INTRO]
    for name, section in (
        ("papermill", _papermill),
        ("overhead", _overhead),
        ("incremental", _incremental),
        ("growth", _growth),
        ("weight", _weight),
        ("cluster", _cluster),
        ("edition", _edition),
        ("lists", _lists),
    ):
        file = RESULTS / f"{name}.json"
        if file.is_file():
            parts.append(section(json.loads(file.read_text(encoding="utf-8"))))
    (ROOT / "BENCHMARKS.md").write_text("\n".join([*parts, _LIMITS]), encoding="utf-8")


def _papermill(f: dict[str, Any]) -> str:
    plain = {of: f["papermill"][of] for of in ("wall", "cpu")}
    rows: list[list[Any]] = [
        ["papermill, un kernel nuovo per notebook", plain["wall"], plain["cpu"], 1.0, 1.0],
        *(
            [f"questo progetto, {name}", f[key]["wall"], f[key]["cpu"], *(plain[of] / f[key][of] for of in plain)]
            for name, key in (
                ("processo caldo da avviare", "nostro_con_avvio"),
                ("processo caldo pronto, che non ha ancora eseguito niente", "nostro"),
                ("processo caldo che ricorda di aver fatto lo stesso lavoro", "nostro_di_nuovo"),
            )
        ),
    ]
    head = ["", "tempo (s)", "processore (s)", "volte più rapido", "volte meno processore"]
    return (
        f"## Tutti i capitoli: {f['capitoli']} capitoli per {f['ats']} ATS\n\n"
        f"{f['notebook']} notebook, gli stessi, con {f['processi']} processi; carico prima {_n(f['carico_prima'])}.\n\n"
        + _table(head, rows)
    )


def _overhead(f: dict[str, Any]) -> str:
    rows = [
        ["un notebook vuoto, a caldo", f["notebook_vuoto"]],
        ["un kernel freddo, pronto", f["kernel_freddo"]],
        ["un kernel freddo, con le librerie importate", f["kernel_freddo_con_librerie"]],
    ]
    return (
        "## Quanto costa un notebook oltre ai suoi calcoli\n\n"
        f"Mediane; carico prima {_n(f['carico_prima'])}.\n\n"
        + _table(["", "tempo (s)"], rows)
        + f"\nL'avvio a caldo è **{_n(f['quota'])}** di quello a freddo con le librerie, "
        f"{_n(f['quota_senza_librerie'])} di quello a freddo senza.\n"
    )


def _weight(f: dict[str, Any]) -> str:
    def row(name: str, page: dict[str, int]) -> list[Any]:
        return [name, page["byte"] / 1000, page["richieste"], page["richieste_a_terzi"]]

    rows = [row(name, page) for name, page in f["pagine"].items()]
    rows += [row(f"{name}, via piana", page) for name, page in f["via_piana"].items()]
    return (
        "## Quanto pesano le pagine\n\n"
        "Tutto ciò che il browser scarica per una pagina, compresso. La «via piana» è lo stesso capitolo fatto con\n"
        "papermill e nbconvert, e la mappa dei comuni fatta con folium, con le loro impostazioni; il peso di ciò che\n"
        "chiede a terzi non è contato.\n\n"
        + _table(["pagina", "peso (kB)", "richieste al sito", "richieste a terzi"], rows)
    )


def _incremental(f: dict[str, Any]) -> str:
    rows = [
        ["tutto", f["notebook"], f["tutto"]["wall"], 1.0],
        [
            f"una tabella cambiata (`{f['tabella']}`)",
            f["notebook_rifatti"],
            f["una_tabella"]["wall"],
            f["quota_tabella"],
        ],
        ["niente cambiato", 0, f["niente_cambiato"]["wall"], f["quota_niente"]],
    ]
    return (
        "## Generare di nuovo\n\n"
        f"Capitoli e schede degli ambiti di {f['ats']} ATS, con la pubblicazione di sito e documenti; "
        f"{f['processi']} processi; carico prima {_n(f['carico_prima'])}.\n\n"
        + _table(["", "notebook eseguiti", "tempo (s)", "quota del tutto"], rows)
    )


def _growth(f: dict[str, Any]) -> str:
    rows = [[r["territori"], r["tutto"]["wall"], r["per_territorio"], r["niente_cambiato"]] for r in f["righe"]]
    return (
        "## Come cresce con i territori\n\n"
        "Un notebook di indici demografici su altrettante parti dei comuni lombardi; "
        f"{f['processi']} processi; carico prima {_n(f['carico_prima'])}.\n\n"
        + _table(["territori", "tempo (s)", "per territorio (s)", "niente cambiato (s)"], rows)
    )


def _lists(f: dict[str, Any]) -> str:
    rows = [
        ["la stessa" if r["ripetute"] else "tutte diverse", r["righe"], r["lettura"], r["divisione"], r["rapporto"]]
        for r in f["righe"]
    ]
    return (
        "## Leggere un elenco lungo\n\n"
        "Un elenco di servizi in CSV, letto e controllato per intero, e lo stesso file solo diviso in righe e celle\n"
        "con la libreria di Python: il rapporto è quanto costa tutto il resto. Un elenco che ripete la stessa riga\n"
        f"si rifiuta; carico prima {_n(f['carico_prima'])}.\n\n"
        + _table(["righe", "quante", "lettura (s)", "divisione (s)", "lettura / divisione"], rows)
    )


def _cluster(f: dict[str, Any]) -> str:
    rows = [[r["lavoratori"], r["locale"], r["cluster"], r["rapporto"]] for r in f["righe"]]
    return (
        "## Su un cluster Dask\n\n"
        f"{f['notebook']} notebook di {f['ats']} ATS, gli stessi, con i processi di questo computer e con altrettanti\n"
        "«dask worker» avviati su questo computer: il rapporto è il costo di passare per il cluster, a parità di\n"
        f"lavoratori; carico prima {_n(f['carico_prima'])}.\n\n"
        + _table(["lavoratori", "processi locali (s)", "cluster (s)", "cluster / locale"], rows)
    )


def _edition(f: dict[str, Any]) -> str:
    before = f["capitoli_di_prima"]
    rows = [
        [name, f[key]["wall"], f[key]["cpu"], before["wall"] / f[key]["wall"]]
        for name, key in (
            (f"i capitoli del commit {f['commit']}, che calcolavano ciò che dicono", "capitoli_di_prima"),
            ("le cifre dell'edizione, da niente", "cifre"),
            ("le cifre e i capitoli che le mostrano, da niente", "cifre_e_capitoli"),
        )
    ]
    sizes = [[r["ambiti"], r["wall"], 1000 * r["wall"] / r["ambiti"]] for r in f["righe"]]
    return (
        "## Le cifre calcolate una volta\n\n"
        "Tutta la Lombardia, senza pubblicazione. Le cifre di oggi sono di ogni comune, ambito, distretto, provincia,\n"
        "ATS e della regione; quelle di prima solo ciò che una frase raccontava. "
        f"{f['processi']} processi; carico prima {_n(f['carico_prima'])}.\n\n"
        + _table(["", "tempo (s)", "processore (s)", "volte più rapido"], rows)
        + "\nCompletare, controllare e confrontare le cifre di altrettanti ambiti inventati:\n\n"
        + _table(["ambiti", "tempo (s)", "per ambito (ms)"], sizes)
    )


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = [" | ".join(head), " | ".join("---" if n == 0 else "---:" for n in range(len(head)))]
    lines += [" | ".join(_n(cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def _n(value: Any) -> str:
    """Write a number the Italian way, two significant decimals below one."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.{3 if value < 0.1 else 2 if value < 10 else 1}f}".replace(".", ",")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return round(value, 4) if isinstance(value, float) else value
