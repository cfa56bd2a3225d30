"""The Piani dei Tempi: what depends on which comuni are over a threshold, and on what their answers say.

Code because: the comuni bound to a plan are counted from residents and chief towns; the correction of the classes leans
on that count; statements are confirmed or contradicted by a register; a share of population is held against every
choice of comuni; the explanations list ambiti and merged comuni by name.
"""

from __future__ import annotations

from decimal import Decimal

from conciliazione_lib import territory
from conciliazione_lib.evidence.formats import numero
from conciliazione_lib.indicators import time_plans
from conciliazione_lib.indicators.time_plan_states import CONFIRMED, CONTRADICTED, DECLARED_ONLY
from conciliazione_lib.quality.arithmetic import compare, compare_sum, corrections, exact
from conciliazione_lib.quality.check import Outcome, check, outcome_of, outcome_of_many
from conciliazione_lib.quality.intervals import Interval, interval
from conciliazione_lib.quality.reading import read, residents

REPORT = "DGR XI/2639/2019, riportata dal documento territoriale di ATS Milano 2020-2023, § 2"
SURVEY = "Rilevazione di ATS Milano, dicembre 2019 - gennaio 2020 (documento territoriale 2020-2023, § 2)"
#: Population from which a Piano territoriale degli orari is compulsory (art. 23 L. 53/2000), and the date we count at.
THRESHOLD, DATE = 30_000, "2022-01-01"
#: The figures of the reports that count the comuni of the survey.
SURVEYED = ("comuni_interpellati.milano.*", "comuni_interpellati.lombardia.*")


def _published() -> dict[str, Decimal]:
    values = read("piani_tempi_regione").set_index("voce")["valore"]
    return {str(item): exact(value) for item, value in values.items()}


def _chief_towns() -> list[str]:
    """Return the codes of the chief towns of the provinces at our date."""
    return list(time_plans.chief_towns(territory.load(data=DATE).comuni))


def _over_threshold() -> tuple[int, int]:
    """Count the comuni above the threshold at our date, and how many of them are chief towns of a province."""
    people = residents("comune", DATE)
    bound = people[people > THRESHOLD].index
    return len(bound), len(set(bound) & set(_chief_towns()))


@check(
    "tempi-2019-classi",
    "Comuni con un Piano territoriale degli orari nel 2019: le classi sommano al totale",
    sources=[REPORT],
    tables=["piani_tempi_regione", "popolazione"],
    severity="avviso",
)
def classes() -> Outcome:
    """12 + 13 + 41 + 63 against 139."""
    p = _published()
    parts = {
        "capoluoghi": p["capoluoghi"],
        "comuni oltre 30.000 abitanti": p["oltre_30000"],
        "comuni fra 15.000 e 30.000": p["da_15000_a_30000"],
        "comuni sotto 15.000": p["sotto_15000"],
    }
    over, towns = _over_threshold()
    expected_over = over - towns - int(p["obbligati_senza_piano"])
    proposed = corrections(
        parts,
        p["comuni_adottanti"],
        # Lombardia has twelve chief towns; the total is stated twice, as a count and as a share
        confirmed=["capoluoghi", "totale"],
        contradicted=["comuni oltre 30.000 abitanti"] if expected_over > p["oltre_30000"] else [],
    )
    comparison = compare_sum(parts.values(), p["comuni_adottanti"])
    first = proposed[0] if proposed else None
    return outcome_of(
        comparison,
        "Totale dei comuni con un piano e somma delle quattro classi",
        numero,
        spiegazione=(
            f"Le classi stampate sommano a {comparison.expected:f}. Al 1° gennaio 2022 i comuni oltre 30.000 abitanti "
            f"sono {over}, di cui {towns} capoluoghi: tolti i {p['obbligati_senza_piano']:f} senza piano, gli "
            f"altri sono {expected_over}, molti più dei {p['oltre_30000']:f} stampati. La relazione non è corretta "
            "d'ufficio: si riportano entrambe le cifre."
        ),
        correction=f"{first.name}: {first.printed:f} dovrebbe essere {first.corrected:f}." if first else "",
        figures=["comuni_adottanti_relazione.lombardia.*", "somma_classi_relazione.lombardia.*"],
    )


@check(
    "tempi-obbligati",
    "Comuni obbligati al Piano territoriale degli orari: la relazione del 2019 e la popolazione al 1° gennaio 2022",
    sources=[REPORT, "ISTAT, popolazione residente al 1° gennaio 2022"],
    tables=["piani_tempi_regione", "popolazione"],
    severity="nota",
)
def bound() -> Outcome:
    """12 + 13 + 2 against the comuni over 30.000 and the chief towns below them."""
    p = _published()
    over, towns = _over_threshold()
    declared = p["capoluoghi"] + p["oltre_30000"] + p["obbligati_senza_piano"]
    return outcome_of(
        compare(declared, over + (len(_chief_towns()) - towns)),
        "Capoluoghi e comuni oltre 30.000 abitanti: dichiarati nel 2019 e contati al 1° gennaio 2022",
        numero,
        spiegazione=(
            "Pochi comuni attraversano la soglia fra le due date: una differenza così grande non dipende dalla data. "
            "Con la correzione delle classi pubblicate nel 2019 (23 comuni anziché 13) i dichiarati diventano "
            f"{declared + 10:f}."
        ),
        figures=["comuni_obbligati.lombardia.*"],
    )


@check(
    "tempi-obbligati-dichiarati",
    "Comuni obbligati al Piano territoriale degli orari: chi smentisce la relazione regionale",
    sources=[REPORT, SURVEY],
    tables=["piani_tempi", "piani_tempi_dichiarazioni", "popolazione"],
    severity="avviso",
    territori=["milano"],
)
def declared() -> Outcome:
    """Compare "all but two have a plan" with the answers: Paderno Dugnano and Bollate have none."""
    places = territory.load(data=DATE)
    register = time_plans.register(places.comuni, residents("comune", DATE), read("piani_tempi"))
    said = time_plans.declared_states(register, read("piani_tempi_dichiarazioni"))
    contradicted = said[said["riscontro"] == CONTRADICTED]
    alone = int((said["riscontro"] == DECLARED_ONLY).sum())
    return outcome_of_many(
        (
            f"{places.name('comune', str(row.cod_comune))} ({row.stato}: {row.rilevazione})"
            for row in contradicted.itertuples()
        ),
        int(said["riscontro"].isin([CONFIRMED, CONTRADICTED]).sum()),
        f"Comuni obbligati di cui dice qualcosa anche un'altra fonte (di altri {alone} c'è solo la relazione)",
        "Nessuna risposta smentisce la relazione.",
        figures=("obbligati_senza_piano.milano.*", "obbligati_senza_piano.lombardia.*"),
    )


@check(
    "tempi-obbligati-contati",
    "Comuni obbligati al Piano territoriale degli orari: la relazione ne conta quanti le sue parole implicano",
    sources=[REPORT, "ISTAT, popolazione residente al 1° gennaio 2022"],
    tables=["piani_tempi_dichiarazioni", "popolazione"],
    severity="avviso",
)
def counted() -> Outcome:
    """Compare the 13 comuni counted with all those over the threshold, but for chief towns and the two left out."""
    [statement] = read("piani_tempi_dichiarazioni").to_dict("records")
    over, towns = _over_threshold()
    implied = over - towns - len(str(statement["eccezioni"]).split())
    return outcome_of(
        compare(statement["comuni_contati"], implied),
        "Comuni oltre 30.000 abitanti con un piano, senza i capoluoghi: contati, e tutti meno due",
        numero,
        spiegazione="Le parole della relazione («tutti ad eccezione di») e la sua cifra non stanno insieme.",
    )


@check(
    "tempi-milano-elenchi",
    "Rilevazione di ATS Milano: ogni ambito elenca i comuni che dichiara",
    sources=[SURVEY],
    tables=["piani_tempi_ambiti"],
    severity="avviso",
    territori=["milano"],
)
def lists_of_ambiti() -> Outcome:
    """Compare declared and listed comuni of eighteen ambiti: Paullo declares six and lists five."""
    ambiti = read("piani_tempi_ambiti")
    different = ambiti[ambiti["comuni_dichiarati"] != ambiti["comuni_elencati"]]
    told = "; ".join(
        f"{row.ambito_fonte} ne dichiara {row.comuni_dichiarati} e ne elenca {row.comuni_elencati}"
        for row in different.itertuples()
    )
    return outcome_of(
        compare_sum(ambiti["comuni_elencati"].tolist(), int(ambiti["comuni_dichiarati"].sum())),
        f"Comuni dichiarati ed elencati nei {len(ambiti)} ambiti",
        numero,
        spiegazione=f"{told}." if told else "Ogni ambito elenca tutti i comuni che dichiara.",
        figures=SURVEYED,
    )


@check(
    "tempi-milano-comuni-cessati",
    "Rilevazione di ATS Milano: i comuni elencati esistevano alla data della rilevazione",
    sources=[SURVEY],
    tables=["piani_tempi"],
    severity="nota",
    territori=["milano"],
)
def merged() -> Outcome:
    """Vermezzo and Zelo Surrigone are listed apart, though merged since 2019."""
    surveyed = read("piani_tempi").query("rilevazione.str.contains('ATS Milano')", engine="python")
    # the table gives merged comuni the code of their successor: more than one name for a code is a merger
    doubled = surveyed[surveyed["cod_comune"].duplicated(keep=False)]
    places = territory.load(data="2019-12-01")
    names = doubled.groupby("cod_comune", sort=True)["comune"].agg(" e ".join)
    told = [f"{together} (dal 2019 {places.name('comune', str(code))})" for code, together in names.items()]
    return Outcome(
        "non_quadra" if told else "quadra",
        f"{len(surveyed)} comuni elencati e {surveyed['cod_comune'].nunique()} esistenti a dicembre 2019",
        spiegazione=(
            f"Erano già fusi: {'; '.join(told)}. Si contano nel comune che li ha sostituiti."
            if told
            else "Tutti i comuni elencati esistevano."
        ),
        cifre=SURVEYED,
    )


@check(
    "tempi-2019-popolazione",
    "Comuni con un Piano territoriale degli orari nel 2019: la quota di popolazione può stare con i comuni contati",
    sources=[REPORT, "ISTAT, popolazione residente al 1° gennaio 2022"],
    tables=["piani_tempi_regione", "popolazione"],
    severity="avviso",
)
def population_with_a_plan() -> Outcome:
    """Compare «poco più del 40%» with the least and the most residents that so many comuni of each class may have."""
    p = _published()
    people = residents("comune", DATE).sort_values()
    towns = set(_chief_towns())
    others = people[~people.index.isin(towns)]
    least = most = int(people[people.index.isin(towns)].sum())
    for item, low, high in (
        ("oltre_30000", THRESHOLD, None),
        ("da_15000_a_30000", 15_000, THRESHOLD),
        ("sotto_15000", 0, 15_000),
    ):
        of_class = others[(others > low) & (others <= (high or others.max()))]
        count = int(p[item])
        least, most = least + int(of_class.head(count).sum()), most + int(of_class.tail(count).sum())
    everyone = exact(int(people.sum()))
    possible = Interval(exact(least), exact(most)).share(Interval(everyone, everyone))
    declared_share = interval(float(p["quota_popolazione"]), "poco più")
    holds = declared_share.meets(possible)
    return Outcome(
        "quadra" if holds else "non_quadra",
        f"Quota di popolazione, in percento: {declared_share} dichiarata e {possible} possibile con quei comuni",
        spiegazione="La quota è possibile." if holds else "Nessuna scelta dei comuni dà quella quota.",
    )
