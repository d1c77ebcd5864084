// The search, in place of Sphinx's own, which knows only pages: it finds sections (SECTIONS, from site/sections.py),
// and terms of the glossary first. The form, the words of a query and their stems are Sphinx's.
"use strict";

const MOST = 50; // hits that are shown

Search.query = (query) => {
  const words = [...Search._parseQuery(query)[1]].map(pattern);
  const hits = SECTIONS.map(([link, page, title, text]) => {
    const counts = words.map((word) => 10 * count(title, word) + Math.min(count(text, word), 5));
    const isThere = `${title} ${text}`.toLowerCase().includes(query.toLowerCase().trim()); // "u-net", as it is
    const isTerm = link.startsWith("glossary.html#term-") && words.every((word) => count(title, word));
    const score = counts.reduce((sum, one) => sum + one, (isThere ? 5 : 0) + (isTerm ? 100 + 100 / title.length : 0));
    return { link, page, title, text, score, held: counts.filter(Boolean).length };
  });
  const most = Math.max(1, ...hits.map((hit) => hit.held)); // all the words, if a section holds them all
  const found = hits.filter((hit) => hit.held === most).sort((one, other) => other.score - one.score);
  Search.output.append(...found.slice(0, MOST).map((hit) => listed(hit, words)));
  Search.stopPulse();
  Search.title.textContent = "Search results";
  const best = found.length > MOST ? `the best ${MOST} of ` : "";
  const many = { 0: "no section has these words", 1: "one section" }[found.length] ?? `${best}${found.length} sections`;
  Search.status.textContent = `Search finished: ${many}.`;
};

// What a word may look like in a text: it begins like its stem. "studi" is the stem of "study", too.
function pattern(stem) {
  const rest = stem.length > 2 ? String.raw`[\p{L}\p{N}]*` : String.raw`(?![\p{L}\p{N}])`;
  return String.raw`(?<![\p{L}\p{N}])${stem.replace(/i$/, "[iy]")}${rest}`;
}

function count(text, word) {
  return text.match(new RegExp(word, "giu"))?.length ?? 0;
}

function listed({ link, page, title, text }, words) {
  const [item, name, piece] = ["li", "a", "p"].map((tag) => document.createElement(tag));
  name.href = link;
  name.textContent = title === page ? page : `${page} › ${title}`;
  piece.className = "context";
  const marked = new RegExp(`(${words.join("|")})`, "iu");
  const start = text.lastIndexOf(" ", Math.max(text.search(marked) - 80, 0)) + 1;
  const end = text.length > start + 240 ? text.lastIndexOf(" ", start + 240) : text.length;
  const parts = text.slice(start, end).split(new RegExp(marked, "giu"));
  piece.append(start ? "… " : "", ...parts.map((part, number) => (number % 2 ? mark(part) : part)));
  piece.append(end < text.length ? " …" : "");
  item.append(name, piece);
  return item;
}

function mark(text) {
  const element = document.createElement("mark");
  element.textContent = text;
  return element;
}
