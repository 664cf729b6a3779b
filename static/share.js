// Below a publication: a button that hands its address to other apps, where the browser can. The address stands there to be
// copied in any case.
"use strict";

for (const box of document.querySelectorAll("[data-share]")) {
  const words = box.dataset;
  if (navigator.share) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words.label;
    button.addEventListener("click", () => {
      navigator.share({ title: words.title, url: words.share }).catch(() => {});
    });
    box.append(button);
  }
}
