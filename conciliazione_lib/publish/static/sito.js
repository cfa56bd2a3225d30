"use strict";
// Everything here is a convenience: without it every page can be read in full.
(function menu() {
  const pulsante = document.querySelector(".sito-menu");
  const voci = document.getElementById("menu");
  pulsante.addEventListener("click", () => {
    const aperto = pulsante.getAttribute("aria-expanded") === "true";
    pulsante.setAttribute("aria-expanded", String(!aperto));
    voci.classList.toggle("chiuso", aperto);
  });
})();

(function ordina() {
  const italiano = new Intl.Collator("it", { numeric: true });
  for (const tabella of document.querySelectorAll("table[data-ordinabile]")) {
    const corpo = tabella.tBodies[0];
    if (!corpo || corpo.rows.length < 3) continue;
    [...tabella.tHead.rows[0].cells].forEach((testa, colonna) => {
      const pulsante = document.createElement("button");
      pulsante.type = "button";
      pulsante.className = "ordina";
      pulsante.append(...[...testa.childNodes].filter((nodo) => !nodo.classList?.contains("unita")));
      testa.prepend(pulsante);
      pulsante.addEventListener("click", () => {
        const verso = testa.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
        for (const altra of tabella.tHead.rows[0].cells) altra.removeAttribute("aria-sort");
        testa.setAttribute("aria-sort", verso);
        const segno = verso === "ascending" ? 1 : -1;
        const chiave = (riga) => {
          const cella = riga.cells[colonna];
          const testo = cella.textContent.trim();
          if ("valore" in cella.dataset) return cella.dataset.valore === "" ? null : Number(cella.dataset.valore);
          if (testo === "n.d." || testo === "–") return null;
          return /^−?\d[\d.]*(,\d+)?$/.test(testo) ? Number(testo.replaceAll(".", "").replace(",", ".").replace("−", "-")) : testo;
        };
        const righe = [...corpo.rows].map((riga) => [chiave(riga), riga]);
        righe.sort(([a], [b]) => {
          if (a === null || b === null) return (a === null) - (b === null); // missing values stay last
          return segno * (typeof a === "number" && typeof b === "number" ? a - b : italiano.compare(a, b));
        });
        corpo.append(...righe.map(([, riga]) => riga));
      });
    });
  }
})();

const piano = (testo) => testo.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

// Filters: <div data-filtro="selector of the rows"> with a search field and a status line.
(function filtri() {
  for (const riquadro of document.querySelectorAll("[data-filtro]")) {
    const campo = riquadro.querySelector("input");
    const stato = riquadro.querySelector("[role=status]");
    let righe = [...document.querySelectorAll(riquadro.dataset.filtro)], testi = [];
    if (righe.length < 8 && !riquadro.closest(".con-script-solo")) continue;
    riquadro.hidden = false;
    // Tables may be drawn after: rows are looked for when somebody starts to write.
    campo.addEventListener("focus", () => {
      righe = [...document.querySelectorAll(riquadro.dataset.filtro)];
      testi = righe.map((riga) => piano(riga.textContent));
    });
    campo.addEventListener("input", () => {
      const parole = piano(campo.value).split(/\s+/).filter(Boolean);
      let visti = 0;
      righe.forEach((riga, i) => {
        const vista = parole.every((parola) => testi[i].includes(parola));
        riga.hidden = !vista;
        visti += vista;
      });
      for (const elenco of document.querySelectorAll("#elenco-indicatori h2, .elenco-filtrato h2")) {
        elenco.hidden = ![...elenco.nextElementSibling.children].some((voce) => !voce.hidden);
      }
      stato.textContent = parole.length === 0 ? "" : visti === 0 ? "Nessun risultato." : visti === 1 ? "1 risultato." : `${visti} risultati.`;
    });
  }
})();

// A fragment that points inside a closed <details> opens it.
(function apri() {
  const scopri = () => {
    if (location.hash.length < 2) return;
    const meta = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let nodo = meta; nodo; nodo = nodo.parentElement) if (nodo.tagName === "DETAILS") nodo.open = true;
    if (meta) meta.scrollIntoView();
  };
  window.addEventListener("hashchange", scopri);
  if (document.querySelector("details")) scopri();
})();
