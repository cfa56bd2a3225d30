"use strict";
// Search in the page's own index. First what has every word (its start, or a part of it); when that is little, what has
// them in a near spelling; when there is nothing, what has some of them.
(function cerca() {
  const NOMI = { comune: "Comune", pagina: "Pagina", capitolo: "Capitolo", territorio: "Territorio", indicatore: "Indicatore", azione: "Azione", sezione: "Sezione" };
  const PESO = { comune: 5, territorio: 4, indicatore: 3, capitolo: 1, pagina: 2, azione: 0, sezione: 0 };
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
      // Singular and plural, feminine and masculine are the same word.
      if (chiesta.length > 4 && parola.length === chiesta.length && parola.slice(0, -1) === chiesta.slice(0, -1)) migliore = Math.max(migliore, 9);
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

  // ---- "indicator and place": the number, read from the profile of the place
  const LEGAMI = new Set(["di", "a", "ad", "in", "nel", "nella", "nell", "del", "della", "dell", "per", "la", "il", "lo", "l", "e", "quanto", "quanti", "e", "come", "ats", "ambito", "comune", "distretto"]);
  const LIVELLI = { comune: "comune", ats: "ATS", ambito: "ambito", distretto: "distretto" };
  const luoghi = Object.entries(window.TERRITORI ?? {}).flatMap(([livello, sue]) =>
    sue.map(([codice, nome, href]) => ({ livello, codice, nome, href, parole: parole(nome) })));

  function luogo(chieste) {
    const detto = Object.keys(LIVELLI).find((livello) => chieste.includes(livello));
    const presenti = luoghi.filter((uno) => uno.parole.length > 0 && uno.parole.every((parola) => chieste.includes(parola)) && (!detto || uno.livello === detto));
    return presenti.sort((a, b) => b.parole.length - a.parole.length || Object.keys(LIVELLI).indexOf(a.livello) - Object.keys(LIVELLI).indexOf(b.livello))[0];
  }

  // The indicators that profiles show come before those of detail.
  const ordine = new Map((window.INDICATORI ?? []).flatMap(([, sue]) => sue.map(([id]) => id)).map((id, i, tutti) => [id, 1 - i / tutti.length]));

  async function foglio(href) {
    const risposta = await fetch(radice + href);
    return new DOMParser().parseFromString(await risposta.text(), "text/html");
  }

  function letto(foglio, uno, voce) {
    const id = voce.href.replace(/^indicatori\/|\.html$/g, "");
    for (const tabella of foglio.querySelectorAll(`table[data-profilo="${uno.livello}/${uno.codice}"]`)) {
      const riga = tabella.querySelector(`th a[href$="/${id}.html"]`)?.closest("tr");
      if (!riga) continue;
      const altri = [...tabella.tHead.rows[0].cells].slice(2).filter((testa) => testa.dataset.termine).map((testa, n) => `${testa.textContent} ${riga.cells[n + 2].firstChild.textContent.trim()}`).filter((testo) => !testo.endsWith("–"));
      const [valore, ...note] = [riga.cells[1].firstChild.textContent.trim(), riga.cells[1].querySelector("small")?.textContent].filter(Boolean);
      const quando = riga.cells[0].querySelector("small")?.textContent;
      return { valore, note: [quando, ...note, ...altri].filter(Boolean).join("; ") };
    }
    const perche = [...foglio.querySelectorAll(".assenze li")].find((una) => una.textContent.includes(voce.titolo));
    return perche ? { valore: "non disponibile", note: perche.querySelector("span").textContent } : null;
  }

  let giro = 0;
  async function risponde(testo) {
    const mio = ++giro, risposta = document.getElementById("risposta");
    const chieste = parole(testo), uno = luogo(chieste);
    risposta.hidden = true;
    const resto = uno ? chieste.filter((parola) => !uno.parole.includes(parola) && !LEGAMI.has(parola)) : [];
    if (resto.length === 0) return;
    const trovati = voci.filter((voce) => voce.genere === "indicatore").map((voce) => {
      const punteggi = resto.map((parola) => Math.max(punti(parola, voce.parole), punti(parola, voce.contorno) / 3));
      return [Math.min(...punteggi), punteggi.reduce((a, b) => a + b) - voce.parole.length / 10 + 2 * (ordine.get(voce.href.slice(11, -5)) ?? 0), voce];
    }).filter(([minimo]) => minimo >= 1.3).sort((a, b) => b[1] - a[1]).slice(0, 3).map(([, , voce]) => voce);
    if (trovati.length === 0) return;
    let righe;
    try {
      const suo = await foglio(uno.href);
      righe = trovati.map((voce) => [voce, uno, letto(suo, uno, voce)]);
      // What is not known of a comune may be known of its ATS.
      const sopra = luoghi.find((altro) => altro.livello === "ats" && [...suo.querySelectorAll(".occhiello a")].some((a) => a.getAttribute("href").endsWith(altro.href)));
      if (sopra && righe.some(([, , r]) => !r)) {
        const grande = await foglio(sopra.href);
        righe = righe.map(([voce, dove, r]) => (r ? [voce, dove, r] : [voce, sopra, letto(grande, sopra, voce)]));
      }
    } catch { return; }
    righe = righe.filter(([, , r]) => r);
    if (mio !== giro || righe.length === 0) return;
    risposta.replaceChildren(...righe.map(([voce, dove, { valore, note }]) => {
      const riga = document.createElement("p"), pagina = document.createElement("a"), esplora = document.createElement("a"), forte = document.createElement("strong");
      pagina.href = radice + dove.href;
      pagina.textContent = `${dove.nome} (${LIVELLI[dove.livello]})`;
      esplora.href = `${radice}${voce.href}?livello=${dove.livello}&territori=${dove.codice}`;
      esplora.textContent = voce.titolo;
      forte.textContent = valore;
      riga.append(esplora, ", ", pagina, ": ", forte, ` (${note})`);
      return riga;
    }));
    risposta.hidden = false;
  }

  const campo = document.getElementById("q");
  const elenco = document.getElementById("risultati");
  const esito = document.getElementById("esito");
  const vuoto = document.getElementById("niente");
  function mostra() {
    risponde(campo.value);
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
    vuoto.hidden = campo.value.trim() === "" || trovate.length > 0;
    esito.textContent = campo.value.trim() === "" ? "" : parziale ? "Nessun risultato con tutte le parole: ecco i più vicini." : trovate.length === 0 ? `Nessun risultato per «${campo.value.trim()}».` : trovate.length === 1 ? "1 risultato" : `${trovate.length} risultati`;
  }
  campo.value = new URLSearchParams(location.search).get("q") || "";
  campo.addEventListener("input", mostra);
  campo.form.addEventListener("submit", (evento) => { evento.preventDefault(); mostra(); });
  mostra();
})();
