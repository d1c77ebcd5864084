// One film, one answer: from the server on this machine, or in this browser. Nothing is asked of any other host.

const NOTICE = "made for learning, not for use on patients";
const ORT = "/page/ort/";
const MOST_PIXELS = 25_000_000;
const at = id => document.getElementById(id);
const BY_SERVER = at("where").textContent;

/** What ends without an answer, in one sentence for the reader. */
class Refused extends Error {}

let offer; // what /card says: the model's card and digest, and what this server allows
let local; // the model in this browser, once it is loaded: {session, ort, card, digest}
let shown; // the answer in sight, and the film it is of
let turn = 0; // counts the films, so that a slow answer does not replace a later one

// The server

async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Refused("The server does not answer: start it again, or let this browser answer.");
  }
  if (response.ok) return response;
  const said = await response.json().catch(() => ({}));
  throw new Refused(said.refused ?? `The server refused (${response.status}): open the address that it printed.`);
}

async function byServer(file) {
  const address = `/answer?for=page&name=${encodeURIComponent(file.name)}`;
  const options = { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } };
  const { page, ...answer } = await (await ask(address, options)).json();
  const picture = { ...page.picture, grey: bytesOf(page.picture.grey) };
  return { ...page, answer, picture, report: page.report && bytesOf(page.report) };
}

// This browser

async function load() {
  const ort = await import(`${ORT}ort.wasm.bundle.min.mjs`);
  ort.env.wasm.numThreads = 1; // more need headers that keep other pages out, and one is enough
  ort.env.wasm.wasmPaths = { wasm: `${ORT}ort-wasm-simd-threaded.wasm` };
  const { card, digest, bytes } = await modelAndCard();
  return { ort, card, digest, session: await ort.InferenceSession.create(bytes) };
}

/** Both of one and the same model: it may be exchanged between two requests. */
async function modelAndCard() {
  for (let tries = 0; tries < 3; tries++) {
    const bytes = new Uint8Array(await (await ask("/model")).arrayBuffer());
    offer = await (await ask("/card")).json();
    if ((await sha256(bytes)) === offer.digest) return { ...offer, bytes };
  }
  throw new Refused("The model that came is not the one that the card is of: try again.");
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map(byte => byte.toString(16).padStart(2, "0")).join("");
}

async function byBrowser(file) {
  const { card, digest, session, ort } = local;
  const side = card.pixels;
  const grey = squared(await readPicture(file, side), side);
  if (Math.max(...grey) - Math.min(...grey) < 8) throw new Refused("The film is of one grey all over: choose one that shows something.");
  const images = new ort.Tensor("float32", Float32Array.from(grey), [1, side, side, 1]);
  const out = await session.run({ images });
  const p = [...out.p.data], distance = distanceOf(out.features.data, card);
  const [, height, width] = out.map.dims;
  const map = Array.from({ length: height }, (_, y) => [...out.map.data.slice(y * width, (y + 1) * width)]);
  const result = { card, digest, p, distance, map, picture: { width: side, height: side, grey } };
  return { ...result, answer: await asJson(result, file) };
}

/** The answer to save, with the same names as the server's. */
async function asJson({ card, digest, p, distance }, file) {
  const { name, version, made, trained_on, simulated, classes, threshold, limit } = card;
  const { decision, sentence } = inWords({ p, distance, card });
  const film = { digest: await sha256(await file.arrayBuffer()) };
  const model = { model: digest, name, version, made, trained_on, simulated, classes };
  return { notice: NOTICE, by: "this browser", ...model, p, threshold, decision, distance, limit, sentence, film };
}

/** As the card's own `distance`: beyond `limit` is too far. */
function distanceOf(features, card) {
  let sum = 0;
  features.forEach((value, k) => { sum += (value - card.mean[k]) ** 2 * card.inverse[k]; });
  return Math.sqrt(sum);
}

// Films, read as the server reads them; DICOM is left to it, which knows its windows, negatives and bombs

async function readPicture(file, least) {
  const head = new Uint8Array(await file.slice(0, 132).arrayBuffer());
  const starts = (...bytes) => bytes.every((byte, k) => head[k] === byte);
  if (String.fromCharCode(...head.slice(128)) === "DICM") {
    throw new Refused("A DICOM film is read by the server: switch off “Answer in this browser”, or export it as PNG.");
  }
  const png = starts(0x89, 0x50, 0x4e, 0x47);
  if (!png && !starts(0xff, 0xd8, 0xff)) throw new Refused("This is no PNG or JPEG: choose one chest film.");
  if (png && head[24] === 16) throw new Refused("A PNG of 16 bits is read by the server: switch off “Answer in this browser”.");
  if (png && new DataView(head.buffer).getUint32(16) * new DataView(head.buffer).getUint32(20) > MOST_PIXELS) {
    throw new Refused("The file claims more pixels than any film: export it again.");
  }
  const image = await createImageBitmap(file, { colorSpaceConversion: "none" }).catch(() => {
    throw new Refused("The film is damaged or cut short: export it again, whole.");
  });
  if (Math.min(image.width, image.height) < least) {
    throw new Refused(`The film is only ${image.width} × ${image.height} pixels, and the model sees ${least} a side: choose the film itself.`);
  }
  return greyOf(image);
}

/** The square in the middle of a picture, as grey. */
function greyOf(image) {
  const side = Math.min(image.width, image.height);
  const left = Math.floor((image.width - side) / 2), top = Math.floor((image.height - side) / 2);
  const context = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  context.fillRect(0, 0, side, side); // black below what is transparent
  context.drawImage(image, -left, -top);
  const { data } = context.getImageData(0, 0, side, side);
  refuseColour(data, side);
  const grey = new Uint8Array(side * side);
  for (let i = 0; i < grey.length; i++) { // the weights are Pillow's
    grey[i] = (data[4 * i] * 19595 + data[4 * i + 1] * 38470 + data[4 * i + 2] * 7471 + 0x8000) >> 16;
  }
  return { side, grey };
}

function refuseColour(data, side) {
  const step = Math.max(1, Math.floor(side / 200));
  let seen = 0, tinted = 0;
  for (let y = 0; y < side; y += step) {
    for (let x = 0; x < side; x += step, seen++) {
      const [r, g, b] = data.subarray(4 * (y * side + x), 4 * (y * side + x) + 3);
      tinted += Math.max(r, g, b) - Math.min(r, g, b) > 24;
    }
  }
  if (tinted > 0.01 * seen) throw new Refused("This is in colour, and a chest film is grey: choose the film itself, no photograph.");
}

/** A square film made `size` pixels wide by Pillow's bicubic: first across, then down. */
function squared({ side, grey }, size) {
  const counts = weights(side, size);
  const rows = new Uint8Array(size * side), small = new Uint8Array(size * size);
  for (let y = 0; y < side; y++) {
    counts.forEach(({ first, parts }, x) => { rows[y * size + x] = sum(parts, k => grey[y * side + first + k]); });
  }
  counts.forEach(({ first, parts }, y) => {
    for (let x = 0; x < size; x++) small[y * size + x] = sum(parts, k => rows[(first + k) * size + x]);
  });
  return small;
}

function sum(parts, value) {
  const total = parts.reduce((so_far, part, k) => so_far + part * value(k), 0.5);
  return Math.min(255, Math.max(0, Math.floor(total)));
}

/** For each of `size` pixels the first that it covers of `from`, and what that and the next ones count. */
function weights(from, size) {
  const scale = from / size, wide = Math.max(scale, 1);
  return Array.from({ length: size }, (_, i) => {
    const middle = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(middle - 2 * wide + 0.5));
    const last = Math.min(from, Math.trunc(middle + 2 * wide + 0.5));
    const raw = Array.from({ length: last - first }, (_, k) => bicubic((first + k - middle + 0.5) / wide));
    const all = raw.reduce((a, b) => a + b, 0);
    return { first, parts: raw.map(one => one / all) };
  });
}

function bicubic(x) {
  const away = Math.abs(x);
  if (away < 1) return (1.5 * away - 2.5) * away * away + 1;
  return away < 2 ? (((away - 5) * away + 8) * away - 4) * -0.5 : 0;
}

// What is shown

function percent(p) {
  return `${(100 * p).toFixed(p > 0.01 && p < 0.99 ? 0 : 1)} %`;
}

/** What an answer says: the decision, a heading and a sentence; `value` is the probability to draw, if any. */
function inWords({ p, distance, card }) {
  if (!(distance <= card.limit && p.every(Number.isFinite))) {
    const far = `distance ${Number(distance).toFixed(2)}, at most ${card.limit.toFixed(2)}`;
    const sentence = `This film is unlike those that the model was trained on (${far}): ask a person.`;
    return { decision: "no answer", heading: "No answer", sentence };
  }
  const several = card.classes.length > 2;
  const named = several ? p.indexOf(Math.max(...p)) : 1;
  const value = several ? p[named] : p[p.length - 1];
  const decision = card.classes[several || value >= card.threshold ? named : 0];
  const cut = several ? "" : `; from ${percent(card.threshold)} on it calls a film ${card.classes[1]}`;
  const sentence = `The model gives ${card.classes[named]} a probability of ${percent(value)}${cut}.`;
  return { value, decision, heading: `The model reads: ${decision}`, sentence };
}

function show(result, file) {
  const { heading, sentence, value } = inWords(result);
  shown = { ...result, file };
  at("says").textContent = heading;
  at("about").textContent = `${file.name}, read by ${result.answer.by}`;
  at("sentence").textContent = `${sentence} This is ${NOTICE}.`;
  at("answered").hidden = value === undefined;
  if (value !== undefined) {
    drawScale(value, result.card.classes.length > 2 ? undefined : result.card.threshold);
    drawFilm();
    at("report").hidden = !result.report;
  }
  describe(result.card, result.digest);
  reveal(value === undefined ? "refused" : "answered");
}

function refuse(sentence, file) {
  at("says").textContent = "No answer";
  at("about").textContent = file ? file.name : "";
  const first = file && sentence.startsWith(file.name) ? sentence[0] : sentence[0].toUpperCase();
  at("sentence").textContent = `${first}${sentence.slice(1)}.`.replace(/\.\.$/, ".");
  at("answered").hidden = true;
  reveal("refused");
}

function reveal(state) {
  at("status").textContent = "";
  at("result").hidden = false;
  document.body.dataset.state = state;
  at("says").focus({ preventScroll: true });
  at("result").scrollIntoView({ block: "nearest" }); // whole, or from its top on
}

function drawScale(value, threshold) {
  const cut = threshold === undefined ? "" : `threshold ${percent(threshold)}`;
  at("bar").style.width = `${100 * value}%`;
  at("mark").hidden = threshold === undefined;
  at("mark").style.left = `${100 * (threshold ?? 0)}%`;
  at("cut").textContent = cut;
  at("cut").style.left = `clamp(6rem, ${100 * (threshold ?? 0)}%, calc(100% - 7rem))`;
  at("scale").setAttribute("aria-label", `Probability ${percent(value)}${cut && `, ${cut}`}`);
}

function drawFilm() {
  const { picture, map, card } = shown;
  const canvas = at("film"), context = canvas.getContext("2d");
  Object.assign(canvas, { width: picture.width, height: picture.height });
  const image = context.createImageData(picture.width, picture.height);
  picture.grey.forEach((grey, i) => image.data.set([grey, grey, grey, 255], 4 * i));
  context.putImageData(image, 0, 0);
  const name = card.classes[card.classes.length > 2 ? shown.p.indexOf(Math.max(...shown.p)) : 1];
  const on = at("map").checked;
  if (on) drawMap(context, map, canvas);
  const colours = `Orange speaks for ${name}, blue against it: what the model used, not whether that is right.`;
  const turned = shown.answer.film.turned ? " The file holds its negative, which was turned." : "";
  at("caption").textContent = `${on ? `${colours} ` : ""}The film as the model sees it.${turned}`;
  canvas.setAttribute("aria-label", on ? `The film, with a map on it of ${map.length} × ${map[0].length} places. ${colours}` : "The film");
}

function drawMap(context, map, { width, height }) {
  const most = Math.max(...map.flat().map(Math.abs), 1e-9);
  const [w, h] = [width / map[0].length, height / map.length];
  map.forEach((row, y) => row.forEach((value, x) => {
    context.fillStyle = value > 0 ? "#de8f05" : "#0173b2";
    context.globalAlpha = 0.55 * Math.abs(value) / most;
    context.fillRect(x * w, y * h, w, h);
  }));
  context.globalAlpha = 1;
}

function describe(card, digest) {
  const sought = card.classes[1], from = percent(card.threshold);
  const lines = {
    "Model": card.name,
    "Tells apart": `${card.classes.join(", ")}: it knows of nothing else that a film may show`,
    "Trained on": card.trained_on + (card.simulated ? " (simulated: nobody's films)" : ""),
    "Looks at": `${card.pixels} × ${card.pixels} pixels, as shown with an answer: what is smaller it cannot see`,
    ...(card.classes.length > 2 ? {} : { "Threshold": `${from}: from this probability on it calls a film ${sought}` }),
    "No answer": `where a film is unlike those it was trained on, at a distance of more than ${card.limit.toFixed(2)}`,
    "Made": `${card.made}, medlearn ${card.version}`,
    "Digest": digest,
    "Use": NOTICE,
  };
  at("card").replaceChildren(...Object.entries(lines).flatMap(([name, text]) => {
    const [term, value] = ["dt", "dd"].map(kind => document.createElement(kind));
    term.textContent = name;
    value.textContent = text;
    return [term, value];
  }));
}

function save(content, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const bytesOf = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));

// What the reader does

async function take(file) {
  if (!file) return;
  const mine = ++turn;
  document.body.dataset.state = "busy";
  at("status").textContent = `Reading ${file.name}…`;
  try {
    if (offer && file.size > offer.most_bytes) {
      throw new Refused(`The file has more than ${Math.round(offer.most_bytes / 1e6)} MB: give one film, not an archive.`);
    }
    const result = await (local ? byBrowser(file) : byServer(file));
    if (mine === turn) show(result, file);
  } catch (error) {
    if (mine === turn) refuse(error instanceof Refused ? error.message : `The film could not be answered (${error.name})`, file);
  }
}

async function turnOver() {
  const here = at("here");
  if (local) {
    local = undefined;
    here.setAttribute("aria-checked", "false");
    at("where").textContent = BY_SERVER;
    return;
  }
  here.disabled = true;
  at("where").textContent = "Loading 15 MB from the server on this machine…";
  try {
    local = await load();
    here.setAttribute("aria-checked", "true");
    at("where").textContent = "This browser answers: the server may be stopped and the network off.";
  } catch (error) {
    at("where").textContent = error instanceof Refused ? error.message : `This browser cannot answer (${error.message}).`;
  }
  here.disabled = false;
  here.focus();
}

function listen() {
  const drop = at("drop");
  at("file").addEventListener("change", event => {
    take(event.target.files[0]);
    event.target.value = ""; // so that the same film can be chosen again
  });
  for (const name of ["dragover", "drop"]) document.addEventListener(name, event => event.preventDefault());
  drop.addEventListener("dragover", () => drop.classList.add("over"));
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  document.addEventListener("drop", event => take(event.dataTransfer.files[0]));
  at("here").addEventListener("click", turnOver);
  at("map").addEventListener("change", drawFilm);
  at("json").addEventListener("click", () => save(JSON.stringify(shown.answer, null, 1), "answer.json", "application/json"));
  at("report").addEventListener("click", () => save(shown.report, "report.dcm", "application/dicom"));
}

async function start() {
  history.replaceState(null, "", "/"); // the token stays in the cookie, and out of the address
  listen();
  try {
    offer = await (await ask("/card")).json();
  } catch (error) {
    refuse(error.message);
    return;
  }
  describe(offer.card, offer.digest);
  if (!offer.browser) {
    at("here").disabled = true;
    at("where").textContent = "The server on this machine answers. (For answers in the browser start it once with --fetch-ort.)";
  }
  document.body.dataset.state = "ready";
}

start();
