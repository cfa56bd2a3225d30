"use strict";
// Shares an amount by the largest remainders (Hamilton), as conciliazione_lib.indicators.resources does: whole units of
// the quota first, then one unit each to the largest remainders, a part smaller than a unit to the next one. Whole
// numbers all along (BigInt): no rounding of a machine decides who gets a unit.
(function simulatore() {
  const modulo = document.getElementById("simulatore");
  const { ats, criteri } = JSON.parse(document.getElementById("dati-simulatore").textContent);
  const stato = document.getElementById("simulatore-stato");
  const pesi = [...modulo.querySelectorAll("[data-criterio]")];
  const celle = [...document.querySelectorAll("#tabella-simulatore tbody td.esito")];
  const italiano = new Intl.NumberFormat("it-IT", { useGrouping: "always" });

  // Weights as whole numbers: sum over criteria of weight × count × product of the totals of the other criteria.
  function quote(scelti) {
    const totali = scelti.map(([id]) => criteri[id].reduce((somma, v) => somma + BigInt(Math.round(v)), 0n));
    const prodotto = totali.reduce((p, t) => p * t, 1n);
    return ats.map((_, i) => scelti.reduce(
      (somma, [id, peso], c) => somma + BigInt(peso) * BigInt(Math.round(criteri[id][i])) * (prodotto / totali[c]), 0n));
  }

  function ripartisci(parti, totale, unita) {
    const somma = parti.reduce((a, b) => a + b, 0n);
    const base = somma * unita;
    const intere = parti.map((p) => (p * totale) / base);
    const resti = parti.map((p, i) => p * totale - intere[i] * base);
    const ordine = parti.map((_, i) => i).sort((a, b) =>
      resti[a] !== resti[b] ? (resti[b] > resti[a] ? 1 : -1)
        : parti[a] !== parti[b] ? (parti[b] > parti[a] ? 1 : -1)
          : ats[a].localeCompare(ats[b], "it"));
    const esito = intere.map((n) => n * unita);
    let resto = totale - esito.reduce((a, b) => a + b, 0n);
    for (let n = 0; resto > 0n; n = (n + 1) % ordine.length) {
      const dato = resto < unita ? resto : unita;
      esito[ordine[n]] += dato;
      resto -= dato;
    }
    return esito;
  }

  function mostra() {
    const totale = document.getElementById("totale");
    const scelti = pesi.map((campo) => [campo.dataset.criterio, Math.trunc(Number(campo.value))]).filter(([, peso]) => peso > 0);
    const valido = modulo.checkValidity() && totale.value !== "";
    if (!valido || scelti.length === 0) {
      stato.textContent = scelti.length === 0 ? "Dai un peso ad almeno un criterio." : "Controlla i numeri: la somma è un intero di euro, i pesi vanno da 0 a 100.";
      celle.forEach((cella) => { cella.textContent = ""; });
      return;
    }
    const esito = ripartisci(quote(scelti), BigInt(totale.value), BigInt(document.getElementById("unita").value));
    celle.forEach((cella, i) => { cella.textContent = italiano.format(esito[i]); });
    stato.textContent = `Diviso per intero: ${italiano.format(esito.reduce((a, b) => a + b, 0n))} euro.`;
  }

  modulo.hidden = false;
  for (const nodo of document.querySelectorAll("#tabella-simulatore .esito")) nodo.hidden = false;
  modulo.addEventListener("input", mostra);
  modulo.addEventListener("submit", (evento) => evento.preventDefault());
  mostra();
})();
