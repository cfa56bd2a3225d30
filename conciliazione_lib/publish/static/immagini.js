"use strict";
// Charts and static maps as images, from the drawing of the page: PNG with its title and source, on white, twice its
// size; SVG as it is.
(function immagini() {
  const SCALA = 2, MARGINE = 16, RIGA = 24;
  const colore = (nome) => getComputedStyle(document.documentElement).getPropertyValue(`--${nome}`).trim();
  const CARATTERE = { 400: "400", "600 700": "600" };

  // The site's typeface, inside the drawing: an image cannot ask for files. Opened from a folder it cannot be read: the
  // browser's own takes its place.
  let regole;
  async function caratteri() {
    const radice = document.body.dataset.radice;
    const leggi = async ([peso, nome]) => {
      const risposta = await fetch(`${radice}risorse/caratteri/titillium-${nome}.woff2`);
      const byte = new Uint8Array(await risposta.arrayBuffer());
      const testo = btoa(byte.reduce((tutto, uno) => tutto + String.fromCharCode(uno), ""));
      return `@font-face{font-family:"Titillium Web";font-weight:${peso};src:url(data:font/woff2;base64,${testo})}`;
    };
    regole ??= Promise.all(Object.entries(CARATTERE).map(leggi)).then((tutte) => tutte.join(""), () => "");
    return regole;
  }

  // A drawing complete in itself: shapes that it takes from another map of the page become its own.
  function intero(svg) {
    const copia = svg.cloneNode(true);
    for (const uso of copia.querySelectorAll("use")) {
      const forma = document.getElementById(uso.getAttribute("href").slice(1));
      if (svg.contains(forma)) continue;
      const propria = forma.cloneNode();
      propria.removeAttribute("id");
      propria.append(...uso.childNodes);
      uso.replaceWith(propria);
    }
    return copia;
  }

  async function disegno(svg) {
    const copia = intero(svg);
    const { width, height } = svg.viewBox.baseVal;
    copia.setAttribute("width", width * SCALA);
    copia.setAttribute("height", height * SCALA);
    const stile = document.createElementNS("http://www.w3.org/2000/svg", "style");
    stile.textContent = await caratteri();
    copia.prepend(stile);
    const immagine = new Image();
    immagine.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copia))}`;
    await immagine.decode();
    return { immagine, width, height };
  }

  function a_capo(penna, testo, larghezza) {
    const righe = [""];
    for (const parola of testo.split(/\s+/).filter(Boolean)) {
      const prova = `${righe.at(-1)} ${parola}`.trim();
      if (penna.measureText(prova).width > larghezza && righe.at(-1)) righe.push(parola);
      else righe[righe.length - 1] = prova;
    }
    return righe;
  }

  async function png(figura, svg) {
    const { immagine, width, height } = await disegno(svg);
    const tela = document.createElement("canvas");
    const penna = tela.getContext("2d");
    const titolo = figura.querySelector("figcaption").textContent;
    const fonte = [...figura.querySelectorAll(":scope > .nota")].map((nota) => nota.textContent).join(" ");
    const grande = `600 17px "Titillium Web", sans-serif`, piccolo = `13px "Titillium Web", sans-serif`;
    penna.font = grande;
    const sopra = a_capo(penna, titolo, width);
    penna.font = piccolo;
    const sotto = fonte ? a_capo(penna, fonte, width) : [];
    tela.width = (width + 2 * MARGINE) * SCALA;
    tela.height = (height + 2 * MARGINE + RIGA * sopra.length + (RIGA - 5) * sotto.length + 10) * SCALA;
    penna.scale(SCALA, SCALA);
    penna.fillStyle = colore("bianco");
    penna.fillRect(0, 0, tela.width, tela.height);
    penna.fillStyle = colore("inchiostro");
    penna.font = grande;
    sopra.forEach((riga, i) => penna.fillText(riga, MARGINE, MARGINE + 16 + i * RIGA));
    const alto = MARGINE + RIGA * sopra.length;
    penna.drawImage(immagine, MARGINE, alto, width, height);
    penna.fillStyle = colore("secondario");
    penna.font = piccolo;
    sotto.forEach((riga, i) => penna.fillText(riga, MARGINE, alto + height + 22 + i * (RIGA - 5)));
    return new Promise((fatto) => { tela.toBlob(fatto, "image/png"); });
  }

  function pulsante(figura, nome, immagine) {
    const nuovo = document.createElement("button");
    nuovo.type = "button";
    nuovo.textContent = nome;
    nuovo.setAttribute("aria-label", `${nome}: ${figura.querySelector("figcaption").textContent.trim()}`);
    nuovo.addEventListener("click", async () => {
      const indirizzo = URL.createObjectURL(await immagine());
      const collegamento = document.createElement("a");
      collegamento.href = indirizzo;
      collegamento.download = `${figura.id.replace(/-figura$/, "")}.${nome.toLowerCase()}`;
      collegamento.click();
      URL.revokeObjectURL(indirizzo);
    });
    return nuovo;
  }

  for (const figura of document.querySelectorAll("figure.figura")) {
    const svg = figura.querySelector(".disegno svg");
    if (!svg) continue;
    const riga = document.createElement("p");
    riga.className = "scarica";
    riga.append(
      pulsante(figura, "PNG", () => png(figura, svg)),
      pulsante(figura, "SVG", () => new Blob([new XMLSerializer().serializeToString(intero(svg))], { type: "image/svg+xml" })),
    );
    figura.insertBefore(riga, figura.querySelector(":scope > details"));
  }
})();
