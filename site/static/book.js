// A formula wider than its place can be scrolled with the keyboard, too.
window.addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  for (const formula of document.querySelectorAll("mjx-container[display]")) formula.tabIndex = 0;
});
