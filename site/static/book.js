// What a page does: copy code, move a slider, say what a term means by touch, remember how far a reader is. Nothing
// is sent.
"use strict";

// A formula wider than its place can be scrolled with the keyboard, too.
window.addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  for (const formula of document.querySelectorAll("mjx-container[display]")) formula.tabIndex = 0;
});

document.addEventListener("DOMContentLoaded", () => {
  for (const code of document.querySelectorAll(".cell_input .highlight, details.help .highlight")) addCopy(code);
  for (const term of document.querySelectorAll("a:has(.std-term)")) addMeaning(term);
  const chapter = location.pathname.match(/chapters\/(\d\d_\w+)\.html$/)?.[1];
  if (chapter) follow(chapter);
  for (const bar of document.querySelectorAll("progress[data-chapter]")) showProgress(bar);
  for (const place of document.querySelectorAll(".slider")) addSlider(place);
});

function addCopy(code) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    button.textContent = (await toClipboard(code.querySelector("pre").innerText)) ? "Copied" : "Not copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  code.append(button);
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // on a page that was opened from a file
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

// A finger has no hover: the first touch shows the meaning, the second follows the link.
function addMeaning(term) {
  let said = null;
  term.addEventListener("click", (event) => {
    if (!matchMedia("(hover: none)").matches || said?.isConnected) return;
    event.preventDefault();
    document.querySelector(".meaning")?.remove();
    said = document.createElement("span");
    said.className = "meaning";
    said.setAttribute("role", "status");
    said.textContent = `${term.title} (Touch the word again for the glossary.)`;
    term.after(said);
  });
  document.addEventListener("click", (event) => {
    if (said && !term.contains(event.target)) said.remove();
  });
}

// How far: a section counts as read once its end has been on the screen.
function read(chapter) {
  try {
    return JSON.parse(localStorage.getItem(`medlearn ${chapter}`)) ?? {};
  } catch { // storage that is shut, or not ours
    return {};
  }
}

function follow(chapter) {
  const sections = [...document.querySelectorAll("article section section")].filter((one) =>
    one.querySelector(":scope > h2"));
  const place = document.querySelector(".how-far");
  if (!sections.length || !place) return;
  const ids = sections.map((one) => one.id);
  let { done = [], last = "" } = read(chapter);
  done = done.filter((id) => ids.includes(id));
  const bar = place.querySelector("progress");
  const say = () => {
    bar.value = done.length / sections.length;
    place.querySelector("span").textContent = `${done.length} of ${sections.length} sections read`;
  };
  const link = place.querySelector("a");
  if (ids.includes(last) && done.length < sections.length && last !== ids[0]) {
    link.href = `#${last}`;
    link.textContent = "Go on where you were";
    link.hidden = false;
  }
  place.hidden = false;
  say();
  addEventListener("scroll", () => {
    const at = sections.filter((one) => one.getBoundingClientRect().top < innerHeight / 2).pop();
    const ended = sections.filter((one) => one.getBoundingClientRect().bottom < innerHeight).map((one) => one.id);
    if (!at || (at.id === last && ended.every((id) => done.includes(id)))) return;
    last = at.id;
    done = ids.filter((id) => done.includes(id) || (ended.includes(id) && wasOpen(sections[ids.indexOf(id)])));
    try {
      const share = done.length / sections.length;
      localStorage.setItem(`medlearn ${chapter}`, JSON.stringify({ done, last, share }));
    } catch { /* storage that is shut: nothing is remembered */ }
    say();
  }, { passive: true });
}

// A jump to the end of a page has read nothing: only a section whose end comes into view counts.
function wasOpen(section) {
  const { bottom } = section.getBoundingClientRect();
  return bottom > -innerHeight;
}

function showProgress(bar) {
  const { share = 0 } = read(bar.dataset.chapter);
  bar.value = share;
  bar.hidden = !share;
  bar.setAttribute("aria-label", `${Math.round(100 * share)} % of this chapter read`);
}

// A slider over steps that were computed when the notebook was built (medlearn/sliders.py): what each is called,
// where its line stands, and what is told.
function addSlider(place) {
  const steps = JSON.parse(place.dataset.steps);
  const [row, label, input, output] = ["p", "label", "input", "output"].map((name) => document.createElement(name));
  row.className = "move";
  label.textContent = place.dataset.name;
  label.htmlFor = input.id = `slider-${place.dataset.name}-${document.querySelectorAll(".move").length}`;
  output.htmlFor = input.id;
  output.ariaLive = "off"; // the slider itself says it
  Object.assign(input, { type: "range", max: steps.length - 1, value: place.dataset.start });
  const show = () => {
    const [called, left, ...told] = steps[input.value];
    output.textContent = called;
    input.setAttribute("aria-valuetext", told[0]);
    place.querySelector("i").style.left = left;
    place.querySelectorAll("[data-told]").forEach((one, number) => (one.textContent = told[number]));
  };
  input.addEventListener("input", show);
  row.append(label, input, output);
  place.prepend(row);
  show();
}
