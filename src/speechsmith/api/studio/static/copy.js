// Buttons that copy what an element says. `data-copies` is its id; #copied tells that it is done.
const told = document.querySelector("#copied");

function select(source) {
  const range = document.createRange();
  range.selectNodeContents(source);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

async function copy(source) {
  if (navigator.clipboard) return navigator.clipboard.writeText(source.textContent);
  select(source); // without TLS there is no clipboard but this one
  if (!document.execCommand("copy")) throw new Error("refused");
}

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies);
    try {
      await copy(source);
      told.textContent = "Copied.";
      button.classList.add("done");
      setTimeout(() => button.classList.remove("done"), 2000);
    } catch {
      select(source);
      told.textContent = "This browser does not let pages copy. The text is selected: copy it yourself.";
    }
  });
}
