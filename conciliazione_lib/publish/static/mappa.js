"use strict";
// Draws the shapes of window.CONFINI on a Leaflet map, coloured by class; names and values are only ever text.
window.conciliazione = (function () {
  const colore = (nome) => getComputedStyle(document.documentElement).getPropertyValue(`--${nome}`).trim();

  // TopoJSON arcs to rings of [latitude, longitude].
  function decodifica(topologia) {
    const { scale: [sx, sy], translate: [tx, ty] } = topologia.transform;
    const archi = topologia.arcs.map((arco) => {
      let x = 0, y = 0;
      return arco.map(([dx, dy]) => [(y += dy) * sy + ty, (x += dx) * sx + tx]);
    });
    const anello = (indici) => indici.flatMap((i, n) => {
      const punti = i < 0 ? archi[~i].slice().reverse() : archi[i];
      return n ? punti.slice(1) : punti;
    });
    return topologia.objects.data.geometries.map((g) => ({
      codice: String(g.id),
      nome: g.properties.n,
      anelli: g.type === "Polygon" ? [g.arcs.map(anello)] : g.arcs.map((poligono) => poligono.map(anello)),
    }));
  }

  function tratteggio(mappa) {
    const svg = mappa.getPanes().overlayPane.querySelector("svg");
    if (!svg || svg.querySelector("#tratteggio")) return;
    svg.insertAdjacentHTML("afterbegin", '<defs><pattern id="tratteggio" class="tratteggio" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6"/><path d="M0 0V6"/></pattern></defs>');
  }

  function disegna(mappa, dati) {
    const ferma = matchMedia("(prefers-reduced-motion: reduce)").matches;
    mappa.options.zoomAnimation = mappa.options.fadeAnimation = !ferma;
    mappa.options.zoomSnap = 0.25;
    L.control.zoom({ zoomInTitle: "Ingrandisci", zoomOutTitle: "Riduci" }).addTo(mappa);
    const stile = (codice) => ({
      color: colore("bianco"), weight: 1, fillOpacity: 1,
      fillColor: codice in dati.classe ? dati.colori[dati.classe[codice]] : "url(#tratteggio)",
    });
    const testo = (forma) => `${forma.nome}: ${dati.testi[forma.codice] ?? "n.d."}`;
    const strati = new Map();
    const gruppo = L.featureGroup();
    for (const forma of decodifica(window.CONFINI[dati.geometria])) {
      if (dati.territori && !dati.territori.includes(forma.codice)) continue; // the shapes of an ATS, of which a map draws some
      const strato = L.polygon(forma.anelli, stile(forma.codice));
      strato.bindTooltip(() => document.createTextNode(testo(forma)), { sticky: true });
      strato.on("mouseover", () => scegli(forma.codice, false));
      strati.set(forma.codice, { strato, forma });
      gruppo.addLayer(strato);
    }
    gruppo.addTo(mappa);
    // Shapes are not stops for the keyboard: territories are chosen from the menu above the map.
    for (const { strato } of strati.values()) strato.getElement()?.removeAttribute("tabindex");
    tratteggio(mappa);
    mappa.fitBounds(gruppo.getBounds(), { animate: false, padding: [8, 8] });

    let scelto = null;
    const stato = document.getElementById("mappa-stato");
    const menu = document.getElementById("mappa-scelta");
    function scegli(codice, detto) {
      if (scelto) strati.get(scelto).strato.setStyle({ color: colore("bianco"), weight: 1 });
      scelto = strati.has(codice) ? codice : null;
      if (!scelto) { stato.textContent = ""; return; }
      const { strato, forma } = strati.get(scelto);
      strato.setStyle({ color: colore("ruggine"), weight: 3 }).bringToFront();
      if (detto) stato.textContent = `${testo(forma)}${dati.unita && forma.codice in dati.testi ? ` (${dati.unita})` : ""}`;
    }
    const ordinate = [...strati.values()].map(({ forma }) => forma).sort((a, b) => a.nome.localeCompare(b.nome, "it"));
    for (const forma of ordinate) menu.add(new Option(forma.nome, forma.codice));
    menu.addEventListener("change", () => {
      scegli(menu.value, true);
      if (scelto) mappa.panInsideBounds(strati.get(scelto).strato.getBounds(), { animate: !ferma });
    });
    document.getElementById("mappa-guida").hidden = false;
  }

  // Classes with their counts, as a list; the last entry is for territories without a value.
  function legenda(elenco, classi, mancanti) {
    const voci = classi.map(([tinta, nome, quanti]) => [tinta, `${nome} (${quanti})`]);
    if (mancanti) voci.push(["", `dato mancante (${mancanti})`]);
    elenco.replaceChildren(...voci.map(([tinta, testo]) => {
      const voce = document.createElement("li");
      voce.innerHTML = '<svg viewBox="0 0 28 18" aria-hidden="true" focusable="false"><rect x=".5" y=".5" width="27" height="17"/></svg>';
      if (tinta) voce.querySelector("rect").setAttribute("fill", tinta);
      else voce.firstChild.insertAdjacentHTML("beforeend", '<path d="M4 18 16 0M12 18 24 0"/>');
      voce.append(testo);
      return voce;
    }));
  }

  return { disegna, legenda };
})();
