"use strict";

// A basket that counts, and a letter that thanks: the shop is only for show.
const KEY = "nordlys-basket";
const count = document.querySelector("[data-basket]");

const show = () => {
  count.textContent = sessionStorage.getItem(KEY) ?? "0";
};

for (const button of document.querySelectorAll("[data-buy]")) {
  button.addEventListener("click", () => {
    sessionStorage.setItem(KEY, String(Number(sessionStorage.getItem(KEY) ?? "0") + 1));
    show();
    button.textContent = `${button.dataset.buy} is in your basket`;
    setTimeout(() => {
      button.textContent = "Put in the basket";
    }, 2500);
  });
}

document.querySelector("[data-newsletter]").addEventListener("submit", (event) => {
  event.preventDefault();
  event.target.reset();
  event.target.querySelector("[data-thanks]").textContent = "Thank you! The next letter is yours.";
});

show();
