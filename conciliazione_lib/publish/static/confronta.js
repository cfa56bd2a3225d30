"use strict";
// Two to four territories of one level, side by side: their profiles are read from their pages, and each value is said
// above or below that of the first by the rule of the report (evidence.comparing), or not told apart.
window.conciliazione = { ...window.conciliazione, ...(function confronto() {
  // Half away from zero on the shortest decimal form, as every number of the report.
  function tondo(valore, decimali) {
    const testo = Number(Math.abs(valore).toPrecision(12)).toString();
    if (testo.includes("e")) return valore.toFixed(decimali);
    const [interi, frazione = ""] = testo.split(".");
    const cifre = frazione.padEnd(decimali + 1, "0");
    let unita = BigInt(interi + cifre.slice(0, decimali));
    if (cifre[decimali] >= "5") unita += 1n;
    const tutte = unita.toString().padStart(decimali + 1, "0");
    const fatto = decimali ? `${tutte.slice(0, -decimali)}.${tutte.slice(-decimali)}` : tutte;
    return valore < 0 && unita !== 0n ? `-${fatto}` : fatto;
  }
  function italiano(valore, decimali) {
    const [interi, frazione] = tondo(Math.abs(valore), decimali).split(".");
    const segno = Number(tondo(valore, decimali)) === 0 ? "" : valore < 0 ? "−" : "+";
    return segno + interi.replace(/\B(?=(\d{3})+$)/g, ".") + (frazione ? `,${frazione}` : "");
  }
  const IMPUTATA = 0.2;
  function esito(a, b, [decimali, tolleranza, rilevante, punti]) {
    if (a.valore === null || b.valore === null) return "non_confrontabile";
    const uguali = tondo(a.valore, decimali) === tondo(b.valore, decimali);
    const distanza = Math.abs(a.valore - b.valore), maggiore = Math.max(Math.abs(a.valore), Math.abs(b.valore));
    if (a.parziale || b.parziale) {
      if (a.parziale && !b.parziale && a.valore > b.valore && !uguali) return "sopra";
      if (b.parziale && !a.parziale && b.valore > a.valore && !uguali) return "sotto";
      return "non_confrontabile";
    }
    if (uguali || distanza <= tolleranza * maggiore) return "in_linea";
    const [alto, basso] = a.valore > b.valore ? [a, b] : [b, a];
    const incertezza = Math.hypot(alto.da === null ? 0 : alto.valore - alto.da, basso.a === null ? 0 : basso.a - basso.valore);
    if (Math.max(a.imputata, b.imputata) > IMPUTATA || distanza <= incertezza) return "non_distinguibile";
    const soglia = rilevante < 0 ? 0.02 * maggiore : rilevante;
    if (distanza < (punti ? Math.min(soglia, 0.05 * maggiore) : soglia)) return "non_rilevante";
    return a.valore > b.valore ? "sopra" : "sotto";
  }
  return { tondo, italiano, esito };
})() };

(function pagina() {
  const modulo = document.getElementById("scelte");
  if (!modulo) return;
  const { esito, italiano } = window.conciliazione;
  const radice = document.body.dataset.radice, MASSIMO = 4;
  const PAROLE = { sopra: "più alto", sotto: "più basso", in_linea: "in linea", non_distinguibile: "non si distingue", non_rilevante: "quasi uguale" };
  const livello = document.getElementById("livello"), posti = document.getElementById("posti"), spazio = document.getElementById("affiancati");
  const detto = document.getElementById("confronto-stato"), citazione = document.getElementById("confronto-citazione");
  const chiesto = new URLSearchParams(location.search);
  const elenco = () => window.TERRITORI[livello.value] ?? [];
  let scelti = [];

  const numero = (testo) => (testo === "-" ? null : Number(testo));
  // What is printed says the whole value, where the cell carries nothing beside it.
  const stampato = (testo) => Number(testo.replace(/[^\d,-]/g, "").replace(",", "."));
  const pagine = new Map();
  function profilo(codice) {
    const [, , dove] = elenco().find(([altro]) => altro === codice);
    if (!pagine.has(dove)) {
      pagine.set(dove, fetch(radice + dove).then((risposta) => risposta.text()).then((testo) => {
        const foglio = new DOMParser().parseFromString(testo, "text/html"), righe = new Map();
        for (const tabella of foglio.querySelectorAll(`table[data-profilo="${livello.value}/${codice}"]`)) {
          const tema = foglio.getElementById(tabella.getAttribute("aria-labelledby")).textContent;
          for (const riga of tabella.tBodies[0].rows) {
            const [testa, cella] = riga.cells, nome = testa.querySelector("a"), testo = cella.firstChild.textContent;
            const [valore, da = null, a = null, imputata] = cella.dataset.v ? cella.dataset.v.split(" ").map(numero) : [stampato(testo)];
            righe.set(nome.getAttribute("href").match(/([^/]+)\.html$/)[1], {
              tema, nome: nome.textContent, unita: testa.querySelector("small")?.textContent.split(",")[0] ?? "",
              periodo: riga.dataset.p ?? tabella.dataset.p, testo, valore, da, a, imputata: imputata ?? 0, parziale: testo.startsWith("almeno"),
            });
          }
        }
        return righe;
      }));
    }
    return pagine.get(dove);
  }

  function scelta(n) {
    const campo = document.createElement("select");
    campo.className = "form-select";
    campo.id = `posto-${n}`;
    campo.append(new Option(n < 2 ? "Scegli…" : "Nessuno", ""), ...elenco().map(([codice, nome]) => new Option(nome, codice)));
    campo.value = scelti[n] ?? "";
    campo.addEventListener("change", () => {
      scelti = [...posti.querySelectorAll("select")].map((uno) => uno.value).filter(Boolean);
      mostra();
    });
    const etichetta = document.createElement("label");
    etichetta.htmlFor = campo.id;
    etichetta.textContent = `${n + 1}º territorio`;
    const riquadro = document.createElement("div");
    riquadro.append(etichetta, campo);
    return riquadro;
  }

  function cella(tipo, testo, sotto) {
    const nuova = document.createElement(tipo);
    nuova.append(testo);
    if (sotto) nuova.append(Object.assign(document.createElement("small"), { textContent: sotto }));
    return nuova;
  }

  async function mostra() {
    scelti = [...new Set(scelti)].filter((codice) => elenco().some(([altro]) => altro === codice)).slice(0, MASSIMO);
    const dove = new URL(location.href);
    dove.searchParams.set("livello", livello.value);
    dove.searchParams.delete("t");
    // Codes are letters, digits and hyphens: the comma that parts them stays readable in the address.
    if (scelti.length) dove.search += `&t=${scelti.join(",")}`;
    if (location.protocol !== "file:") history.replaceState(null, "", dove);
    document.getElementById("tutti").hidden = scelti.length >= 2;
    spazio.replaceChildren();
    citazione.textContent = "";
    detto.textContent = scelti.length === 1 ? "Scegline almeno un altro." : "";
    if (scelti.length < 2) return;
    let profili;
    try {
      profili = await Promise.all(scelti.map(profilo));
    } catch {
      detto.textContent = "Le pagine dei territori non si possono leggere: il confronto funziona sul sito pubblicato.";
      return;
    }
    const nomi = scelti.map((codice) => elenco().find(([altro]) => altro === codice));
    const temi = new Map();
    for (const righe of profili) for (const [id, riga] of righe) {
      if (!temi.has(riga.tema)) temi.set(riga.tema, new Map());
      temi.get(riga.tema).set(id, riga);
    }
    const conto = {};
    [...temi].forEach(([tema, voci], n) => {
      const tabella = document.createElement("table");
      tabella.className = "table profilo affiancati";
      const testa = tabella.createTHead().insertRow();
      testa.append(...["Indicatore", ...nomi.map(([, nome]) => nome)].map((nome) => Object.assign(cella("th", nome), { scope: "col" })));
      const corpo = tabella.createTBody();
      for (const [id, riga] of voci) {
        const prima = profili[0].get(id), fila = corpo.insertRow();
        fila.dataset.i = id;
        const nome = Object.assign(document.createElement("a"), { href: `indicatori/${id}.html?livello=${livello.value}&territori=${scelti.join(",")}`, textContent: riga.nome });
        fila.append(Object.assign(cella("th", nome, riga.unita), { scope: "row" }));
        profili.forEach((righe, i) => {
          const sua = righe.get(id);
          let sotto = "";
          if (i > 0 && sua && prima && sua.periodo === prima.periodo) {
            const come = esito(sua, prima, window.REGOLE[id]);
            const [decimali, , , , totale] = window.REGOLE[id], distanza = italiano(sua.valore - prima.valore, decimali);
            // A count is larger where the territory is: only the difference is told.
            if (!totale) conto[come] = (conto[come] ?? 0) + 1;
            const nulla = !/[1-9]/.test(distanza);  // less than the digits in use
            sotto = come === "non_confrontabile" ? "" : totale ? distanza : nulla ? PAROLE[come] : `${distanza}: ${PAROLE[come]}`;
          }
          const nuova = cella("td", sua ? sua.testo : "non disponibile", sotto);
          nuova.dataset.nome = nomi[i][1];  // on a phone the heads of the columns are not in view
          fila.append(nuova);
        });
      }
      const titolo = Object.assign(document.createElement("h2"), { textContent: tema, id: `tema-${n}`, className: "h5" });
      const cornice = Object.assign(document.createElement("div"), { className: "tavola", tabIndex: 0 });
      cornice.setAttribute("role", "region");
      cornice.setAttribute("aria-labelledby", titolo.id);
      cornice.append(tabella);
      spazio.append(titolo, cornice);
    });
    const certi = (conto.sopra ?? 0) + (conto.sotto ?? 0), dubbi = (conto.non_distinguibile ?? 0) + (conto.in_linea ?? 0) + (conto.non_rilevante ?? 0);
    detto.textContent = `Sotto ogni valore, la differenza da ${nomi[0][1]}: ${certi} sono vere differenze, ${dubbi} no.`;
    citazione.textContent = `${citazione.dataset.inizio} Confronto fra ${nomi.map(([, nome]) => nome).join(", ")}. ${location.protocol === "file:" ? "" : dove.href}`;
  }

  livello.replaceChildren(...Object.keys(window.TERRITORI).map((quale) => new Option(livello.dataset[quale] ?? quale, quale)));
  livello.value = window.TERRITORI[chiesto.get("livello")] ? chiesto.get("livello") : "ats" in window.TERRITORI ? "ats" : "comune";
  scelti = (chiesto.get("t") ?? "").split(",").filter(Boolean);
  const scelte = () => posti.replaceChildren(...Array.from({ length: MASSIMO }, (_, n) => scelta(n)));
  livello.addEventListener("change", () => { scelti = []; scelte(); mostra(); });
  scelte();
  mostra();
})();
