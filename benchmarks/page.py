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
`growth`, `weight`, `cluster`, `edition`, `lists` o `import`.
"""

_LIMITS = """\
## Che cosa li limita

- Un capitolo che solo mostra costa i suoi grafici e le sue mappe; il primo di ogni processo importa le librerie.
- Un'analisi, o un capitolo che calcola per conto proprio, ha un processo suo e le importa sempre: è il prezzo
  dell'isolamento.
- Di ciò che si pubblica si rifà e si verifica ciò che mostra qualcosa di cambiato; il resto è ripreso com'era.
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
        ("import", _import),
    ):
        file = RESULTS / f"{name}.json"
        if file.is_file():
            parts.append(section(json.loads(file.read_text(encoding="utf-8"))))
    (ROOT / "BENCHMARKS.md").write_text("\n".join([*parts, _LIMITS]), encoding="utf-8")


def _papermill(f: dict[str, Any]) -> str:
    rows: list[list[Any]] = [
        [name, f[loop]["wall"], f[ours]["wall"], f[ours]["cpu"], f[loop]["wall"] / f[ours]["wall"]]
        for name, loop, ours in (
            (f"i capitoli di {f['ats']} ATS, cifre pronte", "papermill", "capitoli"),
            (f"analisi e capitoli di {f['ats']} ATS", "papermill", "tutto"),
            ("i capitoli di una ATS, cifre pronte", "papermill_una", "una"),
        )
    ]
    head = ["", "papermill, un kernel per notebook (s)", "questo progetto (s)", "processore (s)", "volte più rapido"]
    return (
        "## I capitoli delle ATS\n\n"
        f"Con {f['processi']} processi; carico prima {_n(f['carico_prima'])}. Dall'altra parte i capitoli del commit "
        f"`{f['commit']}`, che calcolavano ciò che raccontano, eseguiti da papermill uno per uno. L'avvio dei "
        "processi è contato. Ciò che Python compila è conservato per tutti, com'è per chi usa il progetto: dove è "
        "vietato ogni kernel lo rifà, e la prima riga, misurata così, era 13,3. La macchina di quel commit (kernel "
        "copiati da uno già pronto, e una memoria dei risultati, solo su Linux) era 10,2 volte più rapida di "
        "papermill, 7,15 partendo da nulla.\n\n" + _table(head, rows)
    )


def _overhead(f: dict[str, Any]) -> str:
    rows = [
        ["un notebook vuoto, in un processo già avviato", f["notebook_vuoto"]],
        ["un notebook vuoto, il primo di un processo", f["processo_nuovo"]],
        ["un kernel, pronto", f["kernel_freddo"]],
        ["un kernel, con le librerie importate", f["kernel_freddo_con_librerie"]],
    ]
    return (
        "## Quanto costa un notebook oltre ai suoi calcoli\n\n"
        f"Mediane; carico prima {_n(f['carico_prima'])}.\n\n"
        + _table(["", "tempo (s)"], rows)
        + f"\nUn notebook in un processo già avviato è **{_n(f['quota'])}** di un kernel con le librerie, "
        f"{_n(f['quota_senza_librerie'])} di uno senza.\n"
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
    rows: list[list[Any]] = [["tutto", f["notebook"], f["tutto"]["wall"], 1.0, ""]]
    rows += [[r["che_cosa"], r["notebook"], r["wall"], r["quota"], r["al_piu"]] for r in f["righe"]]
    return (
        "## Generare di nuovo\n\n"
        f"Analisi, capitoli e schede degli ambiti di {f['ats']} ATS, con la pubblicazione di sito e documenti e la "
        f"loro verifica, dopo un cambiamento; {f['processi']} processi; carico prima {_n(f['carico_prima'])}. Tutto, "
        f"con il commit {f['commit']}: {_n(f['prima']['wall'])} secondi, {_n(f['volte'])} volte tanto. Il tutto, e i "
        "cambiamenti che costano poco, sono la media di due volte.\n\n"
        + _table(["che cosa è cambiato", "notebook eseguiti", "tempo (s)", "quota del tutto", "al più"], rows)
        + f"\nFile diversi, alla fine, da quelli fatti da capo: {f['file_diversi']}.\n"
        + "\nQuanto pesa il sito che ne viene:\n\n"
        + _table(["", "MB", "file"], [[r["che_cosa"], r["mb"], r["file"]] for r in f["sito"]])
    )


def _growth(f: dict[str, Any]) -> str:
    rows = [[r["territori"], r["tutto"]["wall"], r["per_territorio"], r["niente_cambiato"]] for r in f["righe"]]
    return (
        "## Come cresce con i territori\n\n"
        "Un notebook di indici demografici su altrettante parti dei comuni lombardi; "
        f"{f['processi']} processi; carico prima {_n(f['carico_prima'])}.\n\n"
        + _table(["territori", "tempo (s)", "per territorio (s)", "niente cambiato (s)"], rows)
    )


def _import(f: dict[str, Any]) -> str:
    s = f["secondi"]
    rows = [["importare la libreria / importare pandas", s["libreria"], s["pandas"], f["libreria_su_pandas"], 0.1]]
    rows += [
        [f"leggere la tabella {name} / pandas e il suo file", s[f"{name}, libreria"], s[f"{name}, pandas"], ratio, 1.3]
        for name, ratio in f["prima_tabella"].items()
    ]
    return (
        "## Cominciare\n\n"
        "Da un processo nuovo, tolto l'avvio di Python; mediane di esecuzioni alternate; "
        f"carico prima {_n(f['carico_prima'])}.\n\n"
        + _table(["che cosa", "libreria (s)", "pandas (s)", "rapporto", "al più"], rows)
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
