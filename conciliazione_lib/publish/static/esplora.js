"use strict";
// The explorer of an indicator. One state (level, breakdown, period, chosen territories) lives in the address; map,
// ranking, trend, caption, citation and table are all drawn from it, from the values that the page has in its tables or
// carries as texts.
(function esplora() {
  const dati = JSON.parse(document.getElementById("dati-esplora").textContent);
  const radice = document.body.dataset.radice;
  const uno = (id) => document.getElementById(id);
  const livello = uno("scegli-livello"), periodo = uno("scegli-periodo"), aggiungi = uno("aggiungi-territorio");
  const sezioni = [...document.querySelectorAll("[data-livello]")];
  const figura = uno("vista-mappa"), mappa = figura.querySelector("svg"), nome = document.querySelector("h1").textContent;
  const MASSIMO = 4, TESTA = 10, CODA = 3, SVG = "http://www.w3.org/2000/svg";
  const italiano = new Intl.Collator("it", { numeric: true });
  // As every number of the site: 1.502, where Italian usage would leave four digits alone.
  const intero = (valore) => valore.toLocaleString("it", { useGrouping: "always" });
  const stato = { livello: "", taglio: "", periodo: "", scelti: [] };
  const taglio = uno("scegli-taglio");

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

  function nodo(tipo, attributi, ...figli) {
    const nuovo = document.createElement(tipo);
    for (const [chiave, valore] of Object.entries(attributi)) nuovo.setAttribute(chiave, valore);
    nuovo.append(...figli);
    return nuovo;
  }
  function tratto(tipo, attributi, testo) {
    const nuovo = document.createElementNS(SVG, tipo);
    for (const [chiave, valore] of Object.entries(attributi)) nuovo.setAttribute(chiave, valore);
    if (testo !== undefined) nuovo.textContent = testo;
    return nuovo;
  }

  const sezione = (quale) => sezioni.find((una) => una.dataset.livello === quale);
  const teste = (quale) => [...sezione(quale).querySelectorAll(":scope > :not(.generata) [data-periodo]")];
  // Rows as the page has them, before anybody sorts them.
  const righe = new Map(sezioni.map((una) => [una.dataset.livello, [...una.querySelectorAll("tbody tr")]]));
  // Which territory a row is about is in the address of its cards, where it has some.
  for (const [quale, sue] of righe) {
    for (const riga of sue) riga.dataset.codice ??= decodeURIComponent(riga.querySelector("td > a").hash).slice(1).replace(`${quale}-`, "").split(".")[0];
  }
  // What the page carries of a level: classes, texts and places of the whole, or of a breakdown.
  const parte = (per) => (per ? dati.tagli[per] : dati);
  const tagli = (quale) => [...(teste(quale).length ? [""] : []), ...Object.keys(dati.tagli).filter((per) => dati.tagli[per].testi[quale])];
  const quando = (quale, per) => (per ? Object.keys(dati.tagli[per].testi[quale] ?? {}).sort().reverse().map((p) => [p, dati.periodi[p]]) : teste(quale).map((una) => [una.dataset.periodo, una.dataset.nome]));
  const numero = (testo) => {
    const trovati = testo.replace(/\./g, "").replace(/−/g, "-").match(/-?\d+(,\d+)?/g) || [];
    const valori = trovati.map((uno) => Number(uno.replace(",", ".")));
    return valori.length ? valori.reduce((a, b) => a + b) / valori.length : null;
  };

  // Who the values of a level are of, in their order: the list of the page, the rows of its table, or the shapes.
  async function chi(quale) {
    if (dati.luoghi[quale]) return dati.luoghi[quale];
    if (!dati.geometrie?.[quale]) return righe.get(quale).map((riga) => [riga.dataset.codice, riga.cells[0].textContent.trim()]);
    await chiedi(`mappe/geometrie/${dati.geometrie[quale]}.js`);
    return window.CONFINI[dati.geometrie[quale]].objects.data.geometries.map((forma) => [String(forma.id), forma.properties.n]);
  }

  // Values of a level in a period: code, name, text as published, number to order and draw by.
  const letti = new Map();
  async function valori(quale, per, quando) {
    const chiave = [quale, per, quando].join(" ");
    if (letti.has(chiave)) return letti.get(chiave);
    const testa = per ? null : teste(quale).find((una) => una.tagName === "TH" && una.dataset.periodo === quando);
    const testo = parte(per).testi[quale]?.[quando];
    let trovati = [], ordine = null;
    if (testa) {
      for (const riga of righe.get(quale)) {
        const cella = riga.cells[testa.cellIndex], grezzo = cella.dataset.valore;
        const valore = grezzo === undefined ? numero(cella.textContent) : Number(grezzo);
        trovati.push({ codice: riga.dataset.codice, nome: riga.cells[0].textContent.trim(), testo: cella.textContent.trim(), motivo: cella.title, valore });
      }
    } else if (testo !== undefined) {
      const luoghi = await chi(quale), testi = testo.startsWith("*") ? luoghi.map(() => testo.slice(1)) : testo.split(";");
      trovati = luoghi.map(([codice, nome], i) => {
        const [scritto, motivo] = testi[i].startsWith("!") ? dati.motivi[Number(testi[i].slice(1))] : [testi[i].replace("~", "–"), null];
        return { codice, nome, testo: scritto, motivo: motivo ?? "", valore: motivo === null ? numero(scritto) : null };
      });
      if (dati.geometrie?.[quale]) ordine = luoghi.map(([codice]) => codice).sort();
      trovati = trovati.filter((voce) => voce.testo);
    }
    // Places come in one text, in the order of the codes, in base 36.
    const posti = (parte(per).posti[quale]?.[quando] ?? "").split(";");
    ordine ??= trovati.map((voce) => voce.codice).sort();
    for (const voce of trovati) voce.posto = (posti[ordine.indexOf(voce.codice)] ?? "").split("-").filter(Boolean).map((posto) => intero(parseInt(posto, 36))).join("–");
    letti.set(chiave, trovati);
    return trovati;
  }

  // ---- map: shapes are pictures, never tab stops; territories are chosen from the ranking, the list or with a click
  let vista = null;
  function anelli(topologia) {
    const { scale: [sx, sy], translate: [tx, ty] } = topologia.transform, stretto = Math.cos(45.6 * Math.PI / 180);
    const archi = topologia.arcs.map((arco) => {
      let x = 0, y = 0;
      return arco.map(([dx, dy]) => [((x += dx) * sx + tx) * stretto * 1000, -((y += dy) * sy + ty) * 1000]);
    });
    const anello = (indici) => indici.flatMap((i, n) => {
      const punti = i < 0 ? archi[~i].slice().reverse() : archi[i];
      return n ? punti.slice(1) : punti;
    });
    return topologia.objects.data.geometries.map((g) => [String(g.id), (g.type === "Polygon" ? [g.arcs] : g.arcs).flatMap((p) => p.map(anello))]);
  }
  function inquadra(x, y, largo, alto) {
    vista = { ...vista, x, y, largo, alto };
    mappa.setAttribute("viewBox", `${x} ${y} ${largo} ${alto}`);
  }
  function zoom(fattore) {
    if (!vista) return;
    const largo = Math.min(vista.pieno[2], Math.max(vista.pieno[2] / 16, vista.largo * fattore)), alto = largo * vista.pieno[3] / vista.pieno[2];
    inquadra(vista.x + (vista.largo - largo) / 2, vista.y + (vista.alto - alto) / 2, largo, alto);
  }
  async function disegnaMappa(voci, titolo) {
    const scelta = parte(stato.taglio).mappe[stato.livello], dipinta = scelta?.periodi[stato.periodo];
    const colori = dipinta?.classi ?? [];
    figura.querySelector("figcaption").textContent = titolo;
    uno("mappa-assente").hidden = colori.length > 0;
    figura.classList.toggle("vuota", colori.length === 0);
    for (const parte of figura.querySelectorAll(".disegno, #mappa-comandi, #mappa-legenda")) parte.hidden = colori.length === 0;
    uno("mappa-assente").textContent = colori.length > 0 ? "" : dati.conteggio
      ? "Sulla mappa vanno i valori in rapporto alla popolazione: un conteggio colorerebbe soltanto i territori più grandi. I valori sono nella graduatoria e nella tabella."
      : voci.every((voce) => voce.valore === null) ? "Nessun territorio di questo livello ha un valore."
      : ["italia", "regione", "distretto"].includes(stato.livello) ? "Di questo livello non si disegna una mappa: i valori sono nella graduatoria e nella tabella."
      : "I valori di questo livello sono troppo pochi per una mappa, o sono tutti uguali.";
    if (colori.length === 0) { mappa.replaceChildren(); vista = null; return; }
    await chiedi(`mappe/geometrie/${scelta.geometria}.js`);
    const tutte = anelli(window.CONFINI[scelta.geometria]), nota = new Map(voci.map((voce) => [voce.codice, voce]));
    const x = tutte.flatMap(([, f]) => f.flatMap((a) => a.map((p) => p[0]))), y = tutte.flatMap(([, f]) => f.flatMap((a) => a.map((p) => p[1])));
    const minimo = (v) => v.reduce((a, b) => (a < b ? a : b)), massimo = (v) => v.reduce((a, b) => (a > b ? a : b));
    const pieno = [minimo(x) - 5, minimo(y) - 5, massimo(x) - minimo(x) + 10, massimo(y) - minimo(y) + 10];
    const diversa = vista?.geometria !== scelta.geometria;
    if (diversa) { vista = { geometria: scelta.geometria, pieno }; inquadra(...pieno); }
    const spesso = pieno[2] / 1400;
    const disegno = [tratto("title", {}, titolo)];
    disegno.push(...new DOMParser().parseFromString(`<svg xmlns="${SVG}"><defs><pattern id="tratteggio" class="tratteggio" width="12" height="12" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="12" height="12"/><path d="M0 0V12"/></pattern></defs></svg>`, "image/svg+xml").documentElement.children);
    const sopra = [];
    tutte.forEach(([codice, forme], i) => {
      const classe = dipinta.classe[i], voce = nota.get(codice);
      const forma = tratto("path", {
        d: forme.map((punti) => `M${punti.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join("L")}Z`).join(""),
        fill: classe === "-" ? "url(#tratteggio)" : colori[Number(classe)][0], "data-codice": codice, "data-classe": classe,
        class: stato.scelti.includes(codice) ? "scelta" : "", "stroke-width": stato.scelti.includes(codice) ? spesso * 4 : spesso,
      });
      forma.append(tratto("title", {}, voce ? `${voce.nome}: ${voce.testo}` : codice));
      (stato.scelti.includes(codice) ? sopra : disegno).push(forma);
    });
    mappa.setAttribute("aria-label", titolo);
    mappa.replaceChildren(...disegno, ...sopra);
    window.conciliazione.legenda(uno("mappa-legenda"), colori, dipinta.mancanti);
  }
  mappa.addEventListener("click", (evento) => { const codice = evento.target.dataset?.codice; if (codice) scegli(codice); });
  let presa = null;
  mappa.addEventListener("pointerdown", (evento) => { if (vista && vista.largo < vista.pieno[2]) presa = { x: evento.clientX, y: evento.clientY, da: { ...vista } }; });
  window.addEventListener("pointermove", (evento) => {
    if (!presa) return;
    const scala = presa.da.largo / mappa.getBoundingClientRect().width;
    inquadra(presa.da.x - (evento.clientX - presa.x) * scala, presa.da.y - (evento.clientY - presa.y) * scala, presa.da.largo, presa.da.alto);
  });
  window.addEventListener("pointerup", () => { presa = null; });
  uno("mappa-piu").addEventListener("click", () => zoom(.5));
  uno("mappa-meno").addEventListener("click", () => zoom(2));

  // ---- ranking
  function graduatoria(voci) {
    const note = voci.filter((voce) => voce.valore !== null).sort((a, b) => b.valore - a.valore || italiano.compare(a.nome, b.nome));
    const massimo = Math.max(...note.map((voce) => Math.abs(voce.valore)), 0) || 1;
    const tutte = note.length <= TESTA + CODA + 2;
    const mostrate = note.filter((voce, i) => tutte || i < TESTA || i >= note.length - CODA || stato.scelti.includes(voce.codice));
    uno("graduatoria").replaceChildren(...mostrate.map((voce) => {
      const scelta = stato.scelti.includes(voce.codice);
      const barra = document.createElementNS(SVG, "svg");
      barra.setAttribute("viewBox", "0 0 100 6");
      barra.setAttribute("preserveAspectRatio", "none");
      barra.setAttribute("aria-hidden", "true");
      barra.append(tratto("rect", { width: (100 * Math.abs(voce.valore) / massimo).toFixed(1), height: 6 }));
      const tasto = nodo("button", { type: "button", "aria-pressed": String(scelta) }, voce.nome);
      tasto.addEventListener("click", () => scegli(voce.codice, tasto));
      const riga = nodo("li", { "data-codice": voce.codice, value: note.indexOf(voce) + 1 }, tasto, nodo("strong", {}, voce.testo), barra);
      if (voce.posto) riga.append(nodo("small", {}, `posto ${voce.posto}`));
      return riga;
    }));
    const assenti = voci.filter((voce) => voce.valore === null);
    const motivi = [...new Set(assenti.map((voce) => voce.motivo).filter(Boolean))];
    uno("graduatoria-nota").textContent = [
      tutte ? "" : `I primi ${TESTA} e gli ultimi ${CODA} di ${intero(note.length)}${stato.scelti.length ? ", con quelli scelti" : ""}.`,
      assenti.length ? `Senza valore: ${intero(assenti.length)}${motivi.length && motivi.length < 3 ? ` (${motivi.map((uno) => uno.replace(/\.$/, "")).join("; ")})` : ""}.` : "",
    ].filter(Boolean).join(" ");
    aggiungi.replaceChildren(new Option("Scegli…", ""), ...[...voci].sort((a, b) => italiano.compare(a.nome, b.nome)).map((voce) => new Option(voce.nome, voce.codice)));
    uno("scelti").replaceChildren(...stato.scelti.map((codice) => {
      const voce = voci.find((una) => una.codice === codice);
      const tasto = nodo("button", { type: "button" }, `${voce.nome} ✕`);
      tasto.setAttribute("aria-label", `Togli ${voce.nome}`);
      tasto.addEventListener("click", () => scegli(codice, aggiungi));
      return nodo("li", {}, tasto, ` ${voce.testo}`);
    }));
  }

  // ---- trend of the chosen territories; of all when they are few
  const SEGNI = ["", "6 3", "2 3", "8 3 2 3"];
  async function andamento() {
    const periodi = [...new Set([...quando(stato.livello, stato.taglio).map(([p]) => p), ...Object.keys(parte(stato.taglio).testi[stato.livello] ?? {})])].sort();
    const disegno = uno("andamento"), nota = uno("andamento-nota"), serie = [];
    for (const codice of periodi.length > 1 ? stato.scelti : []) {
      const punti = [];
      for (const p of periodi) {
        const voce = (await valori(stato.livello, stato.taglio, p)).find((una) => una.codice === codice);
        if (voce && voce.valore !== null) punti.push([p, voce.valore, voce.testo, voce.nome, codice]);
      }
      if (punti.length > 1) serie.push(punti);
    }
    // Of one period there is no trend, and nothing to say.
    disegno.closest("figure").hidden = periodi.length < 2;
    disegno.closest("figure").classList.toggle("vuoto", serie.length === 0);
    nota.textContent = stato.scelti.length === 0 ? "Scegli un territorio per vedere come cambia nel tempo." : serie.length === 0 ? (stato.scelti.length === 1 ? "Il territorio scelto ha un solo valore." : "I territori scelti hanno un solo valore.") : "";
    disegno.replaceChildren();
    if (serie.length === 0) return;
    const data = (testo) => { const [a, m = "1", g = "1"] = testo.split("/").at(-1).split("-"); return Number(a) + (Number(m) - 1) / 12 + (Number(g) - 1) / 365; };
    const punti = serie.flat(), xs = punti.map((p) => data(p[0])), ys = punti.map((p) => p[1]);
    const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const X = (v) => 14 + (data(v) - x0) / (x1 - x0 || 1) * 240, Y = (v) => 200 - (v - y0) / (y1 - y0 || 1) * 180;
    const fini = serie.map((una) => una.at(-1)), quote = new Map();
    // Names stand beside the last value, from the lowest up, and never one on another.
    let sotto = Infinity;
    for (const fine of [...fini].sort((a, b) => a[1] - b[1])) quote.set(fine, (sotto = Math.min(Y(fine[1]) + 4, sotto - 16)));
    const fuori = Math.max(0, 14 - sotto);
    serie.forEach((una, n) => {
      disegno.append(tratto("polyline", { points: una.map((p) => `${X(p[0]).toFixed(1)},${Y(p[1]).toFixed(1)}`).join(" "), "stroke-dasharray": SEGNI[n] }));
      for (const p of una) { const cerchio = tratto("circle", { cx: X(p[0]), cy: Y(p[1]), r: 3.5 }); cerchio.append(tratto("title", {}, `${p[3]}, ${dati.periodi[p[0]]}: ${p[2]}`)); disegno.append(cerchio); }
      const fine = fini[n];
      disegno.append(tratto("text", { x: X(fine[0]) + 8, y: quote.get(fine) + fuori, "data-codice": fine[4] }, `${fine[3].length > 24 ? `${fine[3].slice(0, 23)}…` : fine[3]} ${fine[2]}${data(fine[0]) < x1 ? ` (${dati.periodi[fine[0]]})` : ""}`));
    });
    const primo = punti.reduce((a, b) => (data(a[0]) <= data(b[0]) ? a : b)), ultimo = punti.reduce((a, b) => (data(a[0]) >= data(b[0]) ? a : b));
    disegno.append(tratto("text", { x: 14, y: 222 }, primo[0].slice(0, 4)), tratto("text", { x: 254, y: 222, "text-anchor": "middle" }, ultimo[0].slice(0, 4)));
    disegno.setAttribute("aria-label", serie.map((una) => `${una[0][3]}: da ${una[0][2]} (${una[0][0].slice(0, 4)}) a ${una.at(-1)[2]} (${una.at(-1)[0].slice(0, 4)})`).join("; "));
  }

  // The table of a breakdown takes the place of that of the whole; comuni are too many for one.
  async function divisa() {
    const sua = sezione(stato.livello), periodi = quando(stato.livello, stato.taglio), scelta = [stato.livello, stato.taglio].join();
    for (const vecchia of document.querySelectorAll(".generata")) vecchia.remove();
    const disegnata = stato.taglio !== "" && !dati.geometrie?.[stato.livello];
    for (const una of sua.querySelectorAll(":scope > .tavola, :scope > p")) una.hidden = disegnata;
    if (!disegnata) return;
    // Names lead to the pages of the territories: as in the table of the whole, or by the list of those pages.
    const nomi = new Map(righe.get(stato.livello).map((riga) => [riga.dataset.codice, riga.cells[0]]));
    if (nomi.size === 0) {
      await chiedi("risorse/territori.js").catch(() => {});
      for (const [codice, detto, dove] of window.TERRITORI?.[stato.livello] ?? []) nomi.set(codice, nodo("th", {}, nodo("a", { href: radice + dove }, detto)));
    }
    const titolo = nodo("caption", { id: "tit-generata" }, `${nome}, ${dati.tagli[stato.taglio].nome}: ${sua.querySelector("h2").textContent}`);
    const testa = nodo("tr", {}, nodo("th", { scope: "col" }, "Territorio"), ...periodi.map(([p, detto]) => nodo("th", { scope: "col", "data-periodo": p }, detto)));
    const colonne = await Promise.all(periodi.map(async ([p]) => new Map((await valori(stato.livello, stato.taglio, p)).map((voce) => [voce.codice, voce]))));
    const corpo = nodo("tbody", {}, ...(await chi(stato.livello)).map(([codice, detto]) => nodo("tr", { "data-codice": codice }, nodo("th", { scope: "row" }, ...(nomi.has(codice) ? nomi.get(codice).cloneNode(true).childNodes : [detto])), ...colonne.map((colonna) => {
      const voce = colonna.get(codice);
      return nodo("td", voce?.motivo ? { title: voce.motivo } : {}, voce?.testo ?? "–");
    }))));
    // Somebody may have chosen again in the meantime.
    if (scelta !== [stato.livello, stato.taglio].join() || sua.querySelector(".generata")) return;
    sua.append(nodo("div", { class: "tavola generata", role: "region", "aria-labelledby": "tit-generata", tabindex: "0" }, nodo("table", { class: "table numeri" }, titolo, nodo("thead", {}, testa), corpo)));
  }

  function tabella() {
    for (const una of sezioni) una.hidden = una !== sezione(stato.livello);
    for (const tavola of sezione(stato.livello).querySelectorAll("table")) {
      const sue = [...tavola.tHead.rows[0].cells];
      for (const riga of tavola.rows) {
        [...riga.cells].forEach((cella, i) => { cella.hidden = i > 0 && sue[i].dataset.periodo !== stato.periodo && !tutti.checked; });
        riga.classList.toggle("scelta", stato.scelti.includes(riga.dataset.codice));
      }
    }
  }

  const tutti = uno("tutti-periodi");
  function indirizzo() {
    const dove = new URL(location.href);
    dove.hash = "";
    dove.searchParams.delete("incorpora");
    dove.searchParams.set("livello", stato.livello);
    if (stato.taglio) dove.searchParams.set("per", stato.taglio);
    else dove.searchParams.delete("per");
    dove.searchParams.set("periodo", stato.periodo);
    dove.searchParams.delete("territori");
    // Codes are letters, digits and hyphens: the comma that parts them stays readable in the address.
    if (stato.scelti.length) dove.search += `&territori=${stato.scelti.join(",")}`;
    return dove;
  }

  async function mostra() {
    const [, detto] = quando(stato.livello, stato.taglio).find(([p]) => p === stato.periodo);
    const voci = await valori(stato.livello, stato.taglio, stato.periodo);
    stato.scelti = stato.scelti.filter((codice) => voci.some((voce) => voce.codice === codice)).slice(0, MASSIMO);
    const diviso = stato.taglio ? `, ${dati.tagli[stato.taglio].nome}` : "";
    const titolo = `${nome}${diviso}, ${sezione(stato.livello).querySelector("h2").textContent.replace(/^[A-Z](?=[a-z])/, (l) => l.toLowerCase())}, ${detto} (${dati.unita})`;
    const incorporata = chiesto.has("incorpora") ? "&incorpora=1" : "";
    if (location.protocol !== "file:") history.replaceState(null, "", indirizzo().href + incorporata);
    graduatoria(voci);
    await divisa();
    tabella();
    uno("vista-titolo").textContent = titolo;
    uno("citazione").textContent = `${dati.citazione} ${titolo}. ${location.protocol === "file:" ? "" : indirizzo().href}`.trim();
    uno("incorpora").value = `<iframe src="${(() => { const d = indirizzo(); d.searchParams.set("incorpora", "1"); return d.href; })()}" title="${titolo.replace(/"/g, "")}" width="100%" height="900"></iframe>`;
    await disegnaMappa(voci, titolo);
    await andamento();
    document.documentElement.dataset.pronta = [stato.livello, stato.periodo, stato.taglio].filter(Boolean).join(" ");
  }

  function scegli(codice, fuoco) {
    if (!codice) return;
    const era = stato.scelti.includes(codice);
    stato.scelti = era ? stato.scelti.filter((altro) => altro !== codice) : [...stato.scelti, codice].slice(-MASSIMO);
    mostra().then(() => {
      if (fuoco === aggiungi) aggiungi.focus();
      else if (fuoco) uno("graduatoria").querySelector(`[data-codice="${codice}"] button`)?.focus();
    });
  }

  // A choice that the level or the breakdown does not have gives way to the one that the edition uses.
  function periodi(voluto) {
    const suoi = quando(stato.livello, stato.taglio);
    periodo.replaceChildren(...suoi.map(([p, detto]) => new Option(detto, p)));
    stato.periodo = [voluto, dati.riferimento[stato.livello]].find((uno) => suoi.some(([p]) => p === uno)) ?? suoi[0][0];
    periodo.value = stato.periodo;
    tutti.closest("div").hidden = suoi.length < 2;
  }
  function suddivisioni(voluta) {
    const sue = tagli(stato.livello);
    const noto = (per) => !per || Object.values(dati.tagli[per].testi[stato.livello]).some((testo) => /(^|[;*])[^!;*]/.test(testo));
    stato.taglio = sue.includes(voluta) ? voluta : sue.find(noto) ?? sue[0];
    if (!taglio) return;
    taglio.replaceChildren(...sue.map((per) => new Option(per ? `${dati.tagli[per].nome}${noto(per) ? "" : " (non disponibile)"}` : "Tutto l'insieme", per)));
    taglio.value = stato.taglio;
    uno("taglio").hidden = sue.length < 2;
  }

  uno("scarica-vista").addEventListener("click", async () => {
    const voci = await valori(stato.livello, stato.taglio, stato.periodo);
    const cella = (testo) => (/[",\n]/.test(testo) ? `"${testo.replace(/"/g, '""')}"` : testo);
    // A number with the point of decimals, as in every file of the site; beside it what is written: a lower bound says so.
    const grezzo = (voce) => (voce.valore === null || /\d–/.test(voce.testo) ? "" : String(voce.valore));
    const tavola = [["indicatore", "livello", "territorio", "nome", "periodo", "per", "valore", "scritto", "motivo"], ...voci.map((voce) => [dati.id, stato.livello, voce.codice, voce.nome, stato.periodo, stato.taglio, grezzo(voce), voce.testo, voce.motivo])];
    const indirizzo = URL.createObjectURL(new Blob([tavola.map((fila) => `${fila.map(cella).join(",")}\n`).join("")], { type: "text/csv;charset=utf-8" }));
    nodo("a", { href: indirizzo, download: `${[dati.id, stato.livello, stato.taglio, stato.periodo].filter(Boolean).join("-").replace(/[^\p{L}\d-]+/gu, "_")}.csv` }).click();
    URL.revokeObjectURL(indirizzo);
  });
  for (const [quale, id] of [["copia-indirizzo", null], ["copia-citazione", "citazione"]]) {
    uno(quale).addEventListener("click", async () => {
      const testo = id ? uno(id).textContent : indirizzo().href;
      await navigator.clipboard?.writeText(testo).catch(() => {});
      uno("copiato").textContent = id ? "Citazione copiata." : "Collegamento copiato.";
    });
  }
  livello.addEventListener("change", () => { stato.livello = livello.value; stato.scelti = []; suddivisioni(stato.taglio); periodi(stato.periodo); mostra(); });
  taglio?.addEventListener("change", () => { stato.taglio = taglio.value; periodi(stato.periodo); mostra(); });
  periodo.addEventListener("change", () => { stato.periodo = periodo.value; mostra(); });
  aggiungi.addEventListener("change", () => scegli(aggiungi.value, aggiungi));
  tutti.addEventListener("change", tabella);

  const indicatore = uno("scegli-indicatore");
  indicatore.replaceChildren(...window.INDICATORI.map(([tema, voci]) => nodo("optgroup", { label: tema }, ...voci.map(([id, come]) => new Option(come, id)))));
  indicatore.value = dati.id;
  indicatore.addEventListener("change", () => {
    const dove = indirizzo();
    location.href = `${indicatore.value}.html${dove.search}`;
  });

  const chiesto = new URLSearchParams(location.search);
  const noto = (quale) => sezioni.some((una) => una.dataset.livello === quale);
  const iniziale = ["ats", "regione", "provincia"].find(noto) ?? sezioni[0].dataset.livello;
  const ancora = location.hash.slice(1);
  stato.livello = [chiesto.get("livello"), ancora].find((uno) => uno && noto(uno)) ?? iniziale;
  livello.value = stato.livello;
  suddivisioni(chiesto.get("per"));
  periodi(chiesto.get("periodo"));
  stato.scelti = (chiesto.get("territori") ?? "").split(",").filter(Boolean);
  mostra();
})();
