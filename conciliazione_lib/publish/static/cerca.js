"use strict";
// Search in the page's own index. First what has every word (its start, or a part of it); when that is little, what has
// them in a near spelling; when there is nothing, what has some of them.
(function cerca() {
  const NOMI = { comune: "Comune", pagina: "Pagina", capitolo: "Capitolo", territorio: "Territorio", indicatore: "Indicatore", azione: "Azione" };
  const PESO = { comune: 3, territorio: 4, indicatore: 3, capitolo: 1, pagina: 2, azione: 0 };
  const radice = document.body.dataset.radice;
  const voci = window.INDICE_RICERCA.map(([genere, titolo, dettaglio, href, altro]) => ({
    genere, titolo, dettaglio, href,
    parole: parole(titolo), contorno: parole(`${dettaglio} ${altro}`),
  }));

  function parole(testo) { return piano(testo).split(/[^a-z0-9]+/).filter(Boolean); }

  // Edit distance, swaps of neighbours included, given up beyond the limit.
  function distanza(a, b, limite) {
    if (Math.abs(a.length - b.length) > limite) return limite + 1;
    let prima = [], ora = Array.from({ length: b.length + 1 }, (_, j) => j);
    for (let i = 1; i <= a.length; i++) {
      const due = prima;
      prima = ora;
      ora = [i];
      for (let j = 1; j <= b.length; j++) {
        const costo = a[i - 1] === b[j - 1] ? 0 : 1;
        ora[j] = Math.min(prima[j] + 1, ora[j - 1] + 1, prima[j - 1] + costo);
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) ora[j] = Math.min(ora[j], due[j - 2] + 1);
      }
      if (Math.min(...ora) > limite) return limite + 1;
    }
    return ora[b.length];
  }

  function punti(chiesta, trovate) {
    let migliore = 0;
    const limite = chiesta.length < 4 ? 0 : chiesta.length < 8 ? 1 : 2;
    for (const parola of trovate) {
      if (parola === chiesta) return 10;
      if (parola.startsWith(chiesta)) migliore = Math.max(migliore, 7);
      else if (chiesta.length > 3 && parola.includes(chiesta)) migliore = Math.max(migliore, 4);
      else if (limite && migliore < 4) {
        const d = Math.min(distanza(chiesta, parola, limite), distanza(chiesta, parola.slice(0, chiesta.length), limite));
        if (d <= limite) migliore = Math.max(migliore, 4 - d);
      }
    }
    return migliore;
  }

  const POCHI = 3;  // below this many sure results, the near ones are shown too
  const SICURI = 4; // least points of a word that is there as it was written

  function trova(testo) {
    const chieste = parole(testo);
    const sicuri = [], vicini = [], parziali = [];
    for (const voce of voci) {
      let somma = 0, minimo = Infinity, trovate = 0;
      for (const chiesta of chieste) {
        const nel_titolo = punti(chiesta, voce.parole), attorno = punti(chiesta, voce.contorno);
        somma += Math.max(nel_titolo, attorno / 3);
        minimo = Math.min(minimo, Math.max(nel_titolo, attorno));
        trovate += Math.max(nel_titolo, attorno) >= SICURI;
      }
      if (somma === 0) continue;
      if (voce.parole.join(" ") === chieste.join(" ")) somma += 20;
      const riga = [somma + PESO[voce.genere] - voce.parole.length / 10, voce];
      if (minimo >= SICURI) sicuri.push(riga);
      else if (minimo > 0) vicini.push(riga);
      else if (trovate > 0) parziali.push(riga);
    }
    const scelti = sicuri.length >= POCHI ? [sicuri] : sicuri.length + vicini.length > 0 ? [sicuri, vicini] : [parziali];
    const ordinati = scelti.flatMap((gruppo) => gruppo.sort((a, b) => b[0] - a[0]).map(([, voce]) => voce));
    return { trovate: ordinati.slice(0, 40), parziale: scelti[0] === parziali && parziali.length > 0 };
  }

  const campo = document.getElementById("q");
  const elenco = document.getElementById("risultati");
  const esito = document.getElementById("esito");
  function mostra() {
    const { trovate, parziale } = trova(campo.value);
    elenco.replaceChildren(...trovate.map((voce) => {
      const riga = document.createElement("li");
      const collegamento = document.createElement("a");
      collegamento.href = radice + voce.href;
      collegamento.textContent = voce.titolo;
      const sotto = document.createElement("span");
      sotto.textContent = voce.genere === "comune" ? voce.dettaglio : `${NOMI[voce.genere]}${voce.dettaglio ? " – " + voce.dettaglio : ""}`;
      riga.append(collegamento, " ", sotto);
      return riga;
    }));
    esito.textContent = campo.value.trim() === "" ? "" : parziale ? "Nessun risultato con tutte le parole: ecco i più vicini." : trovate.length === 0 ? "Nessun risultato: prova con un'altra parola." : trovate.length === 1 ? "1 risultato" : `${trovate.length} risultati`;
  }
  campo.value = new URLSearchParams(location.search).get("q") || "";
  campo.addEventListener("input", mostra);
  campo.form.addEventListener("submit", (evento) => { evento.preventDefault(); mostra(); });
  mostra();
})();
