
"use strict";
// The page is whole without this: tables can be sorted by a click, and folded parts open for print.
for (const table of document.querySelectorAll("table.board")) {
  const body = table.tBodies[0];
  for (const head of table.querySelectorAll("th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = head.dataset.sort;
      const value = (row) => row.getAttribute("data-" + key.replace("_", "-"));
      const rows = [...body.rows];
      rows.sort((a, b) => {
        const order = key === "name" ? value(b).localeCompare(value(a)) : value(a) - value(b);
        return down ? -order : order;
      });
      body.append(...rows);
    });
  }
}
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details:not([open])")) {
    part.open = true;
    part.dataset.shut = "";
  }
});
addEventListener("afterprint", () => {
  for (const part of document.querySelectorAll("details[data-shut]")) {
    part.open = false;
    delete part.dataset.shut;
  }
});
