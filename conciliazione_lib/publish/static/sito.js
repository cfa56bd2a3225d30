"use strict";
// Everything here is a convenience: without it every page can be read in full.
document.documentElement.classList.add("con-script");

(function menu() {
  const pulsante = document.querySelector(".sito-menu");
  const voci = document.getElementById("menu");
  pulsante.hidden = false;
  voci.classList.add("chiuso");
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
      pulsante.append(...testa.childNodes);
      testa.append(pulsante);
      pulsante.addEventListener("click", () => {
        const verso = testa.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
        for (const altra of tabella.tHead.rows[0].cells) altra.removeAttribute("aria-sort");
        testa.setAttribute("aria-sort", verso);
        const segno = verso === "ascending" ? 1 : -1;
        const chiave = (riga) => {
          const cella = riga.cells[colonna];
          if (!("valore" in cella.dataset)) return cella.textContent.trim();
          return cella.dataset.valore === "" ? null : Number(cella.dataset.valore);
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
