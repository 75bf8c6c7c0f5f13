// The page of a test: marks go on and off at once, and stay so on the next page of the table.
document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.name === "order") box.form.requestSubmit();
  if (box.name !== "show") return;
  document.getElementById("words").classList.toggle(`no-${box.value}`, !box.checked);
  const shown = [...box.form.querySelectorAll("input[name=show]:checked")].map((other) => other.value);
  for (const link of document.querySelectorAll(".pager a")) {
    const address = new URL(link.href);
    address.searchParams.delete("show");
    for (const value of ["", ...shown]) address.searchParams.append("show", value);
    link.href = address.href;
  }
});
