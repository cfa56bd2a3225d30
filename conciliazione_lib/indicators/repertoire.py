"""The actions of the networks: what kind of action each one was.

The classification is a rule over the printed text, stated here and nowhere else, so that anybody can repeat it and
dispute it. It always says which words decided and whether the choice is doubtful. The quantities that the actions
state are not guessed by rules: they were read one by one and are the table ``azioni_quantita``, each with its sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from conciliazione_lib.region import REGIONE

#: The kinds of action of the act (DGR X/1081/2013, guidelines, section 4.2.2), and what accompanies them.
#: id -> (Italian name, words of the rule). Rules are tried on title and description.
ATTO_CATEGORIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "incentivi_persone": (
            "Incentivi alle persone per servizi di cura e socio-educativi",
            r"dote conciliazione\W+servizi alla persona|sostegno economico|voucher (?:sociali|per|"
            r"conciliativi)|doti erogate|"
            r"buoni e voucher|voucher family care",
        ),
        "servizi_sperimentali": (
            "Attività sperimentali e servizi per le esigenze delle famiglie",
            r"prima infanzia|extra-?scolastic|aggregazione|centro diurno|disabil|doposcuola|accoglienza|"
            r"scuola di infanzia|tata\b|"
            r"tate\b|mamme di condominio|baby|bambini al centro|\bcre\b|ricreativ|centro estivo|minori|"
            r"mobilità|trasporto|"
            r"famiglie creative|tempi della famiglia|tempi di lavoro e di cura|vivi il tuo tempo|nonni|"
            r"anagrafe|piano dei tempi|"
            r"servizi on-line|accesso e fruibilità|cittadini del comune|nuovi servizi di welfare|io concilio|"
            r"elenco .*baby|famiglie support",
        ),
        "imprese_flessibilita": (
            "Sostegno alle imprese per modalità di lavoro flessibili",
            r"flessibilità|flessibilizzazione|telegoverno|telelavoro|banca delle ore|orari a men|"
            r"voucher imprese|lunghe assenze",
        ),
        "imprese_welfare": (
            "Sostegno alle imprese per il welfare aziendale e interaziendale",
            r"welfare aziendale|interaziendal|associazion[ei] (?:di|tra) imprese|figli (?:dei|di) dipendenti|"
            r"figli dei/delle dipendenti|"
            r"dipendenti (?:asl|del comune|dell'ente)|bando .*imprese|progetto rsa|reti di imprese|"
            r"azioni di conciliazione aziendali|"
            r"certificazione|family audit|s?sportello (?:di )?consulenza|family friendly|"
            r"pubblica amministrazione asl|progetto asl conciliazione",
        ),
        "congedi": (
            "Piani personalizzati di congedo",
            r"congedi|rientro dalla maternità(?!\. doti)|rientri dalla maternità|piani di congedo",
        ),
        "occupazione_servizi": (
            "Orientamento e occupazione nei servizi di conciliazione",
            r"premialità assunzione|servizi all'impresa|assumono madri|formazione baby|formazione delle baby|"
            r"accreditamento individuale|"
            r"corsiste|qualificate",
        ),
        "accompagnamento": (
            "Accompagnamento: rete, formazione, informazione, indagini",
            r"informa|formazione|formativ|comunicazione|sensibilizzazione|costruzione della rete|"
            r"costruzione filiera|tavolo|governance|"
            r"supporto alla rete|rete per la conciliazione|sostegno della rete|mappatura|indagine|"
            r"rilevazione|questionario|fund raising|portale|"
            r"sportell[io] (?:territorial|conciliazione|per l'utenza|dote|\"dote)|fiera|pubblicizzazione|"
            r"programmazione (?:zonale|territoriale)|filiera di conciliazione|accompagnamento|psicologo|"
            r"promozione della conciliazione|calendario|cug|p\.a\.",
        ),
    }
)

#: The macro-categories fundable in 2025-2027 (guidelines, section 4.1) and the projects of l.r. 28/2004, art. 6, c. 4.
MACROCATEGORIE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "a": (
            "a) Accesso ai servizi di conciliazione per le responsabilità di cura e assistenza",
            r"infanzia|bambin|minori|ragazzi|nido|tata\b|tate\b|baby|doposcuola|extra-?scolastic|compiti|"
            r"disabil|anzian|assistenza|"
            r"\bcre\b|estiv|ricreativ|servizi alla persona|fragil|non autosufficient|badant|mamme di condominio|figli",
        ),
        "b": (
            "b) Time saving",
            r"commess[oi]|maggiordomo|lavanderia|stireria|spesa|banc(?:a|he) del tempo|time saving|baby bank",
        ),
        "c": (
            "c) Mobilità casa-lavoro",
            r"casa-lavoro|car-?pooling|car-?sharing|navett",
        ),
        "d": (
            "d) Servizi a sostegno dei lavoratori autonomi e dei liberi professionisti",
            r"coworking|co-working|autonom|liberi professionisti|ordini professionali|impresa donna",
        ),
        "tempi": (
            "Progetti della l.r. 28/2004, art. 6, c. 4 (tempi delle città)",
            r"anagrafe|piano dei tempi|tempi e degli orari|giornata del cittadino|orari di apertura dell"
            r"|servizi on-line",
        ),
    }
)


def _scores(testo: str, rules: Mapping[str, tuple[str, str]]) -> dict[str, list[str]]:
    return {
        category: sorted({m.group(0).lower() for m in re.finditer(schema, testo, re.IGNORECASE)})
        for category, (_, schema) in rules.items()
    }


def _choose(titolo: str, descrizione: str, rules: Mapping[str, tuple[str, str]]) -> tuple[str | None, str, bool]:
    """Return the category with most words (those of the title count three times), its words, and whether in doubt."""
    in_the_title, in_the_text = _scores(titolo, rules), _scores(descrizione, rules)
    points = {c: 3 * len(in_the_title[c]) + len(in_the_text[c]) for c in rules}
    sorted_ = sorted(points, key=lambda c: (-points[c], list(rules).index(c)))
    first, second = sorted_[0], sorted_[1]
    if points[first] == 0:
        return None, "", True
    words = ", ".join(dict.fromkeys(in_the_title[first] + in_the_text[first]))
    alone_word = points[first] == 1
    contest = points[second] > 0 and points[first] - points[second] <= 1
    return first, words, alone_word or contest


def classify(actions: pd.DataFrame) -> pd.DataFrame:
    """Classify actions by the act's kinds and by the macro-categories of 2025-2027.

    The rule counts the words of each category found in title and description, those of the title three times; the
    category with most words is chosen. A choice is doubtful when the runner-up is within one word, when a single
    word of the description decides, or when no word was found.

    Parameters
    ----------
    actions : DataFrame
        Columns ``cod_azione, titolo, descrizione``.

    Returns
    -------
    DataFrame
        Index ``cod_azione``; columns ``categoria, categoria_parole, categoria_dubbia, macrocategoria,
        macrocategoria_parole, macrocategoria_dubbia``. ``macrocategoria`` is missing for actions that no
        macro-category names (networks, training, information): not an error, they are not fundable services.
    """
    rows = []
    for action in actions.itertuples():
        title, description = str(action.titolo or ""), str(action.descrizione or "")
        category, words, doubtful = _choose(title, description, ATTO_CATEGORIES)
        macro, words_macro, doubtful_macro = _choose(title, description, MACROCATEGORIE)
        rows.append(
            {
                "cod_azione": action.cod_azione,
                "categoria": category,
                "categoria_parole": words,
                "categoria_dubbia": doubtful,
                "macrocategoria": macro,
                "macrocategoria_parole": words_macro,
                "macrocategoria_dubbia": macro is not None and doubtful_macro,
            }
        )
    return pd.DataFrame(rows).set_index("cod_azione")


def related(actions: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """Find the past actions that dealt with each need, by the words that the rule declares.

    Parameters
    ----------
    actions : DataFrame
        Columns ``cod_azione, titolo, descrizione``.
    rules : DataFrame
        Rows of ``regole_azione``: ``dimensione`` and ``parole``, a regular expression without case.

    Returns
    -------
    DataFrame
        One row per need and action, in the order of the rules and of the actions: ``dimensione, cod_azione, parole``
        (those found). An action may deal with more than one need, or with none.
    """
    texts = (actions["titolo"].fillna("") + " " + actions["descrizione"].fillna("")).set_axis(actions["cod_azione"])
    rows = []
    for dimension, group in rules.groupby("dimensione", sort=False):
        schema = re.compile("|".join(group["parole"]), re.IGNORECASE)
        for code, text in texts.items():
            found = [m.group(0).lower() for m in schema.finditer(text)]
            if found:
                rows.append((str(dimension), str(code), ", ".join(dict.fromkeys(found))))
    return pd.DataFrame(rows, columns=["dimensione", "cod_azione", "parole"])


def counts_by_need(found: pd.DataFrame, ats: Sequence[str], needs: Sequence[str]) -> pd.DataFrame:
    """Count the past actions that dealt with each need, in every ATS and in the region; zero where there are none.

    Parameters
    ----------
    found : DataFrame
        From :func:`related`, with the ``ats`` of each action.
    ats, needs : sequence of str
        All the ATS and all the needs.

    Returns
    -------
    DataFrame
        ``livello, territorio, dimensione, azioni_precedenti``.

    Examples
    --------
    >>> trovate = pd.DataFrame({"ats": ["pavia", "pavia"], "dimensione": ["tempi", "tempi"]})
    >>> counts_by_need(trovate, ["milano", "pavia"], ["tempi"])["azioni_precedenti"].tolist()
    [0, 2, 2]
    """
    pairs = pd.MultiIndex.from_product([ats, needs], names=["ats", "dimensione"])
    of_ats = found.groupby(["ats", "dimensione"]).size().reindex(pairs, fill_value=0).rename("azioni_precedenti")
    whole = of_ats.groupby("dimensione", sort=False).sum().reset_index().assign(livello="regione", territorio=REGIONE)
    each = of_ats.reset_index().rename(columns={"ats": "territorio"}).assign(livello="ats")
    return pd.concat([each, whole], ignore_index=True)[["livello", "territorio", "dimensione", "azioni_precedenti"]]


def counts(actions: pd.DataFrame) -> pd.DataFrame:
    """Count actions by ATS and in the region, and how many of their classifications are in doubt.

    Parameters
    ----------
    actions : DataFrame
        Columns ``ats, buona_prassi`` and those of :func:`classify`.

    Returns
    -------
    DataFrame
        ``livello, territorio, n_azioni, n_buone_prassi, quota_classificazione_dubbia, quota_macrocategoria_dubbia``
        (percent).
    """
    parts = []
    for level, who in (("ats", actions["ats"]), ("regione", pd.Series(REGIONE, index=actions.index))):
        groups = actions.assign(buone=actions["buona_prassi"] == "si").groupby(who.to_numpy())
        by_place = groups.agg(
            n_azioni=("categoria", "size"),
            n_buone_prassi=("buone", "sum"),
            quota_classificazione_dubbia=("categoria_dubbia", "mean"),
            quota_macrocategoria_dubbia=("macrocategoria_dubbia", "mean"),
        )
        quote = ["quota_classificazione_dubbia", "quota_macrocategoria_dubbia"]
        by_place[quote] = 100 * by_place[quote].astype(float)
        parts.append(by_place.rename_axis("territorio").reset_index().assign(livello=level))
    return pd.concat(parts, ignore_index=True)


def counts_by_kind(actions: pd.DataFrame) -> pd.DataFrame:
    """Count actions by kind, in every ATS and in the region; zero where there are none.

    Parameters
    ----------
    actions : DataFrame
        As in :func:`counts`.

    Returns
    -------
    DataFrame
        ``livello, territorio, tipo`` (its Italian name), ``n_azioni``.
    """
    names = {code: name for code, (name, _) in ATTO_CATEGORIES.items()}
    kinds = actions["categoria"].map(names)
    table = pd.crosstab(actions["ats"], kinds).reindex(columns=sorted(kinds.dropna().unique()), fill_value=0)
    table.loc[REGIONE] = table.sum()
    long = table.rename_axis("territorio").reset_index().melt("territorio", var_name="tipo", value_name="n_azioni")
    return long.assign(livello=long["territorio"].map(lambda t: "regione" if t == REGIONE else "ats"))


def in_words(actions: pd.DataFrame) -> pd.DataFrame:
    """List the actions with the names of their kind and of the macro-category they resemble.

    Parameters
    ----------
    actions : DataFrame
        As in :func:`counts`, with ``cod_azione, rete, titolo, descrizione, buona_prassi_testo, sezione``.

    Returns
    -------
    DataFrame
        ``livello, territorio, cod_azione, rete, titolo, descrizione, tipo, categoria_dubbia, macro`` (empty where no
        macro-category is named), ``macrocategoria_dubbia, buona_prassi, buona_prassi_testo, sezione``.
    """
    kinds = {code: name for code, (name, _) in ATTO_CATEGORIES.items()}
    macro = {code: name for code, (name, _) in MACROCATEGORIE.items()}
    listed = actions.reset_index(drop=True)
    listed = listed.assign(
        livello="ats",
        territorio=listed["ats"],
        tipo=listed["categoria"].map(kinds),
        macro=listed["macrocategoria"].map(macro).fillna(""),
    )
    columns = ["livello", "territorio", "cod_azione", "rete", "titolo", "descrizione", "tipo", "categoria_dubbia"]
    return listed[[*columns, "macro", "macrocategoria_dubbia", "buona_prassi", "buona_prassi_testo", "sezione"]]


def quantities(declared: pd.DataFrame, actions: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Say whose is each quantity that an action declares, and of what.

    Parameters
    ----------
    declared : DataFrame
        Rows of ``azioni_quantita``.
    actions : DataFrame
        ``cod_azione, ats, titolo``.
    names : mapping of str to str
        Italian name of each ``grandezza``.

    Returns
    -------
    DataFrame
        ``livello, territorio, riga`` (action and number of the quantity in it), ``cod_azione, titolo, cosa, precisione,
        frase, quantita_azione``.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"cod_azione": "A1", "progressivo": 1, "grandezza": "voucher", "precisione": "esatta", "frase": ""}
    >>> actions = pd.DataFrame({"cod_azione": ["A1"], "ats": ["pavia"], "titolo": ["Voucher"]})
    >>> quantities(pd.DataFrame([rows | {"valore": 20.0}]), actions, {"voucher": "voucher erogati"})["riga"].tolist()
    ['A1 1']
    """
    read = declared.merge(actions[["cod_azione", "ats", "titolo"]], on="cod_azione")
    read = read.assign(
        livello="ats",
        territorio=read["ats"],
        riga=read["cod_azione"] + " " + read["progressivo"].astype(str),
        cosa=read["grandezza"].map(names),
        quantita_azione=read["valore"],
    )
    columns = ["livello", "territorio", "riga", "cod_azione", "titolo", "cosa", "precisione", "frase"]
    return read[[*columns, "quantita_azione"]]
