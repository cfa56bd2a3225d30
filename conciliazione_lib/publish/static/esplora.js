"use strict";
// The explorer of an indicator: level and period choose the table, its columns and the map. Classes and counts come with
// the page; shapes and Leaflet are asked for when a map is first wanted.
(function esplora() {
  const { mappe, unita } = JSON.parse(document.getElementById("dati-esplora").textContent);
  const radice = document.body.dataset.radice;
  const livello = document.getElementById("scegli-livello");
  const periodo = document.getElementById("scegli-periodo");
  const sezioni = [...document.querySelectorAll("[data-livello]")];
  const mostra = document.getElementById("mostra-mappa");
  const spazio = document.getElementById("mappa-esplora");
  const ferma = document.querySelector("figure.figura");
  let aperta = null;

  const chiesti = new Map();
  function chiedi(indirizzo) {
    if (!chiesti.has(indirizzo)) {
      chiesti.set(indirizzo, new Promise((fatto, mancato) => {
        const script = document.createElement("script");
        script.src = radice + indirizzo;
        script.onload = fatto;
        script.onerror = mancato;
        document.head.append(script);
      }));
    }
    return chiesti.get(indirizzo);
  }

  function sezione() { return sezioni.find((una) => una.dataset.livello === livello.value); }

  function periodi() {
    const prima = periodo.length > 0 ? periodo.value : null;
    periodo.replaceChildren(...[...sezione().querySelectorAll("[data-periodo]")].map((testa) =>
      new Option(testa.dataset.nome, testa.dataset.periodo)));
    periodo.add(new Option("Tutti", ""));
    if ([...periodo.options].some((voce) => voce.value === prima)) periodo.value = prima;
  }

  function tabella() {
    for (const una of sezioni) una.hidden = una !== sezione();
    const teste = [...sezione().querySelectorAll("thead th")];
    for (const riga of sezione().querySelector("table")?.rows ?? []) {
      [...riga.cells].forEach((cella, i) => {
        cella.hidden = i > 0 && periodo.value !== "" && teste[i].dataset.periodo !== periodo.value;
      });
    }
  }

  async function mappa() {
    const scelta = mappe[livello.value];
    const giorno = periodo.value || sezione().querySelector("[data-periodo]").dataset.periodo;
    const voci = scelta?.periodi[giorno];
    const parti = [document.getElementById("mappa-guida"), spazio, document.getElementById("mappa-legenda")];
    for (const parte of parti) parte.hidden = !voci;
    const titolo = document.getElementById("titolo-mappa-viva");
    const testa = sezione().querySelector(`[data-periodo="${giorno}"]`);
    titolo.textContent = `${document.querySelector("h1").textContent}, ${sezione().querySelector("h2").textContent.toLowerCase()}, ${testa.dataset.nome} (${unita})`;
    if (!voci) titolo.textContent += ": i valori sono troppo pochi per una mappa";
    aperta?.remove();
    aperta = null;
    spazio.replaceChildren();
    if (!voci) return;
    await Promise.all([chiedi("risorse/leaflet.js"), chiedi("risorse/mappa.js"), chiedi(`mappe/geometrie/${scelta.geometria}.js`)]);
    const classe = {}, testi = {};
    // Classes travel as one character for each shape, in their order; values are in the table, or come with them.
    window.CONFINI[scelta.geometria].objects.data.geometries.forEach((forma, i) => {
      if (voci.classe[i] !== "-") classe[forma.id] = Number(voci.classe[i]);
      if (voci.testi) testi[forma.id] = voci.testi[i];
    });
    for (const riga of sezione().querySelectorAll("tbody tr")) testi[riga.dataset.codice] = riga.cells[testa.cellIndex].textContent;
    document.getElementById("mappa-scelta").length = 1;
    document.getElementById("mappa-stato").textContent = "";
    aperta = L.map(spazio, { zoomControl: false, attributionControl: false, center: [45.6, 9.8], zoom: 8 });
    window.conciliazione.disegna(aperta, { geometria: scelta.geometria, colori: voci.classi.map(([colore]) => colore), classe, testi, unita });
    window.conciliazione.legenda(document.getElementById("mappa-legenda"), voci.classi, voci.mancanti);
  }

  function cambia() {
    tabella();
    if (!mostra.hidden) return;
    mappa();
  }

  mostra.addEventListener("click", () => {
    mostra.hidden = true;
    ferma?.remove();
    document.getElementById("mappa-viva-parte").hidden = false;
    document.getElementById("titolo-mappa-viva").focus();
    mappa();
  });
  livello.addEventListener("change", () => { periodi(); cambia(); });
  periodo.addEventListener("change", cambia);
  for (const nodo of document.querySelectorAll("[data-esplora]")) nodo.hidden = false;
  const iniziale = sezioni.map((una) => una.dataset.livello).filter((nome) => nome in mappe).at(-1);
  livello.value = location.hash && sezioni.some((una) => `#${una.dataset.livello}` === location.hash) ? location.hash.slice(1) : iniziale ?? sezioni[0].dataset.livello;
  periodi();
  tabella();
  mostra.hidden = Object.keys(mappe).length === 0;
})();
