"use strict";
// The desk's page: tells that it is open, takes the files dropped on it, follows what takes minutes.
(function scrivania() {
  const radice = document.body.dataset.radice;
  const indirizzo = (nome) => new URL(radice + nome, document.baseURI).href;

  // While the page is open the desk stays open; where it is left, the desk waits a little and ends.
  setInterval(() => { fetch(indirizzo("vita"), { method: "POST" }).catch(() => {}); }, 20000);
  addEventListener("pagehide", () => navigator.sendBeacon(indirizzo("uscita")));

  for (const modulo of document.querySelectorAll("form[data-subito]")) {
    const campo = modulo.querySelector("input[type=file]");
    const manda = () => { modulo.classList.add("attende"); modulo.requestSubmit(); };
    campo.addEventListener("change", () => { if (campo.files.length) manda(); });
    for (const nome of ["dragenter", "dragover"]) modulo.addEventListener(nome, (evento) => { evento.preventDefault(); modulo.classList.add("sopra"); });
    modulo.addEventListener("dragleave", () => modulo.classList.remove("sopra"));
    modulo.addEventListener("drop", (evento) => {
      evento.preventDefault();
      modulo.classList.remove("sopra");
      if (evento.dataTransfer.files.length) { campo.files = evento.dataTransfer.files; manda(); }
    });
  }

  // Another table or another sheet changes every question: they are asked again at once.
  for (const nome of ["tabella", "foglio"]) {
    const menu = document.querySelector(`form.domande select[name=${nome}]`);
    if (menu) menu.addEventListener("change", () => menu.form.submit());
  }

  const avanzamento = document.getElementById("avanzamento");
  if (!avanzamento) return;
  const PASSI = { avvio: "Si prepara…", calcolo: "Analisi e capitoli", pubblicazione: "Documenti e sito" };
  const scritto = (id, testo) => { const nodo = document.getElementById(id); if (nodo.textContent !== testo) nodo.textContent = testo; };
  const tempo = (secondi) => secondi < 60 ? "meno di un minuto" : secondi < 90 ? "circa un minuto" : `circa ${Math.round(secondi / 60)} minuti`;
  let chiesta = "";

  function chiedi(domanda) {
    const sezione = document.getElementById("domanda");
    if (!sezione) return;
    sezione.hidden = !domanda;
    const chiave = JSON.stringify(domanda || "");
    if (!domanda || chiave === chiesta) { chiesta = chiave; return; }
    chiesta = chiave;
    const stato = domanda.stato && domanda.stato !== "definitivo" ? ` (${domanda.stato})` : "";
    scritto("tit-domanda", `${domanda.titolo}: ${domanda.data}${stato}`);
    scritto("domanda-come", domanda.come);
    const righe = [
      `Righe: da ${domanda.righe.prima} a ${domanda.righe.dopo}; nuove ${domanda.righe.nuove}, tolte ${domanda.righe.tolte}, cambiate ${domanda.righe.cambiate}`,
      ...domanda.totali.map((uno) => `Somma di ${uno.colonna}: da ${uno.prima} a ${uno.dopo}`),
      ...domanda.movimenti.map((uno) => `${uno.dove}, ${uno.colonna}: da ${uno.prima} a ${uno.dopo}`),
      ...domanda.avvisi.slice(0, 12).map((uno) => `Da controllare: ${uno}`),
    ];
    document.getElementById("domanda-cambi").replaceChildren(...righe.map((riga) => { const voce = document.createElement("li"); voce.textContent = riga; return voce; }));
    document.getElementById("tit-domanda").focus();
  }

  async function guarda() {
    let s;
    try {
      s = await (await fetch(avanzamento.dataset.stato)).json();
    } catch { scritto("passo", "La scrivania non risponde: è stata chiusa."); return; }
    if (s.stato !== "in corso") { location.reload(); return; }
    const quanti = s.totale ? ` (${s.fatti} su ${s.totale})` : "";
    scritto("passo", s.genere === "fonti" ? "Si scarica dalle fonti" : `${PASSI[s.passo] || s.passo}${quanti}${s.ora ? `: ${s.ora}` : ""}`);
    const barra = document.getElementById("barra");
    if (s.totale) { barra.max = s.totale; barra.value = s.fatti; } else { barra.removeAttribute("value"); }
    scritto("tempi", `Cominciato da ${tempo(s.trascorsi)}.${s.restano === null ? "" : ` Per questo passo ${s.restano < 60 ? "resta" : s.restano < 90 ? "resta" : "restano"} ${tempo(s.restano)}.`}`);
    document.getElementById("note").replaceChildren(...s.note.map((nota) => { const voce = document.createElement("li"); voce.textContent = nota; return voce; }));
    chiedi(s.domanda);
    setTimeout(guarda, 1000);
  }
  guarda();
})();
