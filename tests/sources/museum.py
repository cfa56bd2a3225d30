"""The museum of real layouts: titles, headers and flags as the sources publish them, with invented rows.

Titles, headers, notes and flags are facts about the formats, one for each source and year; every number is invented.
"""

from dataclasses import dataclass, replace

from conciliazione_lib import territory

MARITAL_STATUSES = (
    "Codice comune;Comune;Età;Celibi;Coniugati;Divorziati;Vedovi;Uniti civilmente;"
    "Maschi già in unione civile (per scioglimento unione);Maschi già in unione civile (per decesso del partner);"
    "Totale maschi;Nubili;Coniugate;Divorziate;Vedove;Unite civilmente;"
    "Femmine già in unione civile (per scioglimento unione);Femmine già in unione civile (per decesso del partner);"
    "Totale femmine;Totale"
)
WITHOUT_MARITAL_STATUS = "Codice comune;Comune;Età;Totale maschi;Totale femmine;Totale"


@dataclass(frozen=True)
class Layout:
    """How a file is written.

    Attributes
    ----------
    title, header : str
        First two lines; the columns of the header are separated by semicolons here.
    notes : tuple of str
        Closing lines.
    separator, encoding : str
        Of the file.
    quoted, zeros : bool
        Whether texts are in quotes, and codes keep their zeros.
    stato : str
        How final its data is.
    """

    title: str
    header: str
    stato: str
    notes: tuple[str, ...] = ()
    separator: str = ";"
    encoding: str = "utf-8-sig"
    quoted: bool = True
    zeros: bool = True


POSAS = {
    "2025, definitive since 30 January 2026": Layout(
        "Popolazione residente per età, sesso e stato civile al 1° gennaio 2025", MARITAL_STATUSES, "definitivo"
    ),
    "2025, as first released": Layout(
        "Popolazione residente per età e sesso al 1° gennaio 2025",
        WITHOUT_MARITAL_STATUS,
        "provvisorio",
        ("Nota: lo stato civile è in corso di validazione.",),
    ),
    "2025, provisional in a note": Layout(
        "Popolazione residente per età e sesso al 1° gennaio 2025",
        WITHOUT_MARITAL_STATUS,
        "provvisorio",
        ("Nota: dati provvisori.",),
    ),
    "2025, provisional in the title": Layout(
        "Popolazione residente per età e sesso al 1° gennaio 2025 - dati provvisori",
        WITHOUT_MARITAL_STATUS,
        "provvisorio",
    ),
    "2026": Layout("Popolazione residente per età e sesso al 1° gennaio 2026 (stima)", WITHOUT_MARITAL_STATUS, "stima"),
    "2021, with commas and without the sum": Layout(
        "Popolazione residente al 1 gennaio 2021 per età, sesso e stato civile",
        "Codice comune;Comune;Età;Celibi;Coniugati;Divorziati;Vedovi;Uniti civilmente;Totale Maschi;"
        "Nubili;Coniugate;Divorziate;Vedove;Unite civilmente;Totale Femmine",
        "definitivo",
        separator=",",
        encoding="utf-8",
        quoted=False,
        zeros=False,
    ),
    "a title with words never seen": Layout(
        "Popolazione residente per età e sesso al 1° gennaio 2027 (anteprima)", WITHOUT_MARITAL_STATUS, "provvisorio"
    ),
}
#: What a spreadsheet makes of a file that is opened and saved.
RISALVATI = {
    "Excel, CSV": {"encoding": "cp1252", "quoted": False, "zeros": False},
    "Excel, CSV UTF-8": {"encoding": "utf-8-sig", "quoted": False, "zeros": False},
    "Excel, Testo Unicode": {"encoding": "utf-16", "quoted": False, "zeros": False, "separator": "\t"},
    "LibreOffice": {"encoding": "utf-8", "quoted": True, "zeros": False, "separator": ","},
}

MOVEMENTS = (
    "Nati vivi",
    "Morti",
    "Saldo naturale",
    "Immigrati da altro comune",
    "Emigrati per altro comune",
    "Saldo migratorio interno",
    "Immigrati dall'estero",
    "Emigrati per l'estero",
    "Saldo migratorio con l'estero",
    "Unità in più/meno dovute a variazioni territoriali",
)


def _balance_header(start: str, end: str) -> str:
    others = ("Iscritti in anagrafe per altri motivi", "Cancellati dall'anagrafe per altri motivi")
    by_sex = [
        name
        for sex in ("Maschi", "Femmine", "Totale")
        for name in (
            *(f"{column} - {sex}" for column in (start, *MOVEMENTS, end)),
            *(f"{column} - {sex} (v)" for column in others),
        )
    ]
    return ";".join(["Codice comune", "Comune", *by_sex, "Informazioni"])


P2 = {
    "2025": Layout(
        "Bilancio demografico e popolazione residente al 31 dicembre 2025",
        _balance_header("Popolazione censita al 1° gennaio", "Popolazione al 31 dicembre"),
        "provvisorio",
        ("Note: p = dato provvisorio. Il dato della popolazione censita al 1°gennaio è definitivo.",),
    ),
    "2021": Layout(
        "Bilancio demografico e popolazione residente al 31 dicembre 2021",
        _balance_header("Popolazione censita al 1° gennaio", "Popolazione censita al 31 dicembre"),
        "definitivo",
    ),
}

RSA = (
    "COD_ASL,COD_STRUTTURA,DENOM_STRUTTURA,INDIRIZZO_UBICAZIONE,COD_ISTAT_COMUNE_UBICAZIONE,COMUNE_UBICAZIONE,CAP,"
    "PROV_COMUNE_UBICAZIONE,TOT_POSTI_AUTORIZZATI,TOT_POSTI_ACCREDITATI,COD_GESTORE,DENOM_GESTORE,P_IVA,"
    "COD_FISCALE_GESTORE,INDIRIZZO_SEDE_LEGALE,COD_ISTAT_COMUNE_SEDE_LEGALE,COMUNE_SEDE_LEGALE,PROV_SEDE_LEGALE,"
    "PUBBLICA_PRIVATA,WGS84_Y,WGS84_X,FL_ACCREDITATA,Location"
)
SOCIAL_SUPPLY = (
    "CODICE_ATS,ATS,CODICE_ASST,ASST,AMBITO,COD_EG,DENOMINAZIONE_EG,CODICE_FISCALE_EG,PARTITA_IVA_EG,"
    "UNITA_OFFERTE_SOCIALI,CODICE_CUDES,DENOMINAZIONE_STRUTTURA,NR_POSTI,PROV,CAP,COMUNE_DI_UBICAZIONE,FRAZIONE,"
    "INDIRIZZO_STRUTTURA,TELEFONO_STRUTTURA,FAX_STRUTTURA,EMAIL_STRUTTURA,SITO_WEB_MAIL,WGS84_Y,WGS84_X,location"
)


def small(data: str, each: int = 1) -> territory.Territory:
    """Return Lombardia with some comuni of each province: enough to be whole, little to be read."""
    whole = territory.load(data=data)
    return replace(whole, comuni=whole.comuni.groupby("provincia").head(each).sort_index())


def people(place: int, age: int) -> tuple[int, int]:
    """Return the invented men and women of a comune (its place in the list) and an age."""
    return (place * 7 + age) % 40, (place * 5 + age * 3) % 43


def cells(layout: Layout, code: str, name: str, rest: list[object]) -> str:
    """Return a line as the layout writes it."""
    mark = '"' if layout.quoted else ""
    written = code if layout.zeros else code.lstrip("0")
    return layout.separator.join([f"{mark}{written}{mark}", f"{mark}{name}{mark}", *(str(v) for v in rest)])


def file(layout: Layout, rows: list[str]) -> bytes:
    """Return the bytes of a file: title, header, rows and notes."""
    mark = '"' if layout.quoted else ""
    header = layout.separator.join(f"{mark}{name}{mark}" for name in layout.header.split(";"))
    lines = [f"{mark}{layout.title}{mark}", header, *rows, *(f'"{note}"' for note in layout.notes)]
    return "\r\n".join([*lines, ""]).encode(layout.encoding)


def posas(layout: Layout, territorio: territory.Territory, *, keep=lambda code: True) -> bytes:
    """Return a population file; the marital status is invented, and empty in the rows of totals."""
    columns = layout.header.lower().split(";")
    rows = []
    for place, (code, name) in enumerate(territorio.comuni["nome"].items()):
        if not keep(code):
            continue
        ages = [people(place, age) for age in range(101)]
        total = (sum(men for men, _ in ages), sum(women for _, women in ages))
        for age, (men, women) in [*enumerate(ages), (999, total)]:
            known = {
                "età": age,
                "celibi": "" if age == 999 else men,
                "nubili": "" if age == 999 else women,
                "totale maschi": men,
                "totale femmine": women,
                "totale": men + women,
            }
            rows.append(cells(layout, code, name, [known.get(column, "") for column in columns[2:]]))
    return file(layout, rows)


def balance(layout: Layout, territorio: territory.Territory, flags=lambda place: "p") -> bytes:
    """Return a balance; men and women are not what is read, and have other numbers."""
    columns = layout.header.split(";")
    rows = []
    for place, (code, name) in enumerate(territorio.comuni["nome"].items()):
        known = {column: n for n, column in enumerate(columns)} | dict(
            zip(columns[30:42], movements(place), strict=True)
        )
        flag = flags(place)
        rows.append(cells(layout, code, name, [*(known[c] for c in columns[2:-1]), f'"{flag}"' if flag else ""]))
    return file(layout, rows)


def movements(place: int) -> list[int]:
    """Return the invented totals of the balance of a comune, from the first of January to the end of the year."""
    born, dead, came, went, arrived, left = (
        place * k % m for k, m in ((3, 9), (5, 13), (7, 31), (2, 29), (1, 7), (4, 5))
    )
    start = 1000 + place
    natural, internal, abroad = born - dead, came - went, arrived - left
    return [
        start,
        born,
        dead,
        natural,
        came,
        went,
        internal,
        arrived,
        left,
        abroad,
        0,
        start + natural + internal + abroad,
    ]
