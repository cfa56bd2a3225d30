"""What acts and agencies published of the results of past plans: each number under the measure its unit makes it."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

import pandas as pd

from conciliazione_lib.indicators.outcomes import nonresponse_bounds

#: Measure of each unit; what is neither a share nor a mean is a count.
MISURE: Final = MappingProxyType({"%": "esito_quota", "punti (1-5)": "esito_media"})
COUNT: Final = "esito_conteggio"

_MONTHS: Final = (
    *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"),
    *("luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
)
_PIECE: Final = re.compile(rf"(?:(?P<giorno>\d{{1,2}})°? )?(?:(?P<mese>{'|'.join(_MONTHS)}) )?(?P<anno>\d{{4}})")


def iso_period(period: str) -> str:
    """Write a period as the figures have it.

    Parameters
    ----------
    period : str
        A year, a month or a day in Italian words, or the first and the last of them.

    Returns
    -------
    str
        ISO; the two ends of a span are divided by a slash. Unchanged when it is written otherwise.

    Examples
    --------
    >>> [iso_period(p) for p in ("2019", "2017-2019", "30 giugno 2015", "ottobre 2014 - settembre 2015")]
    ['2019', '2017/2019', '2015-06-30', '2014-10/2015-09']
    """
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", period):
        return period
    ends = [_PIECE.fullmatch(piece.strip().lower()) for piece in re.split(r"\s*[-–/]\s*", period)]
    if not all(ends) or len(ends) > 2:
        return period
    return "/".join(_iso(end) for end in ends if end)


def _iso(end: re.Match[str]) -> str:
    parts = [end["anno"]]
    if end["mese"]:
        parts.append(f"{_MONTHS.index(end['mese']) + 1:02d}")
        if end["giorno"]:
            parts.append(f"{int(end['giorno']):02d}")
    return "-".join(parts)


def by_measure(table: pd.DataFrame) -> pd.DataFrame:
    """Put each published number under its measure, at its period.

    Parameters
    ----------
    table : DataFrame
        Rows of the table ``esiti_pubblicati``.

    Returns
    -------
    DataFrame
        The same rows with ``esito`` (what the number is), ``misura`` (``esito_quota``, ``esito_media`` or
        ``esito_conteggio``) and ``periodo`` in ISO form; ``periodo_fonte`` is as the source writes it.
    """
    return table.assign(
        esito=table["descrizione"],
        misura=table["unita"].map(MISURE).fillna(COUNT),
        periodo_fonte=table["periodo"],
        periodo=table["periodo"].map(iso_period),
    )


def nonresponse_limits(results: pd.DataFrame) -> pd.DataFrame:
    """Bound the mean usefulness that everybody would have given, where the share who answered is published too.

    Parameters
    ----------
    results : DataFrame
        As from :func:`by_measure`, with ``cod_esito``.

    Returns
    -------
    DataFrame
        ``livello, territorio, periodo, media`` (of who answered, from 1 to 5), ``quota`` (who answered, 0-1),
        ``limiti_media`` with ``_inferiore`` and ``_superiore``: whatever the others think.

    References
    ----------
    Manski (1989), as in :func:`~conciliazione_lib.indicators.outcomes.nonresponse_bounds`.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"livello": "ats", "territorio": "pavia", "periodo": "2019"}
    >>> rows = [("utilita_percepita", 4.0), ("quota_rispondenti", 50.0)]
    >>> table = pd.DataFrame([row | {"cod_esito": name, "valore": value} for name, value in rows])
    >>> nonresponse_limits(table)["limiti_media_superiore"].tolist()
    [4.5]
    """
    wide = results.pivot(index=["livello", "territorio", "periodo"], columns="cod_esito", values="valore")
    known = wide[["utilita_percepita", "quota_rispondenti"]].dropna()
    known = known.set_axis(["media", "quota"], axis=1).reset_index()
    known = known.assign(quota=known["quota"] / 100, limiti_media=known["media"])
    pairs = zip(known["media"], known["quota"], strict=True)
    known[["limiti_media_inferiore", "limiti_media_superiore"]] = [nonresponse_bounds(m, q, 1, 5) for m, q in pairs]
    return known
