// A button that opens the chat is shown where there is one: the widget is loaded before this.
if (window.Straks) {
  for (const button of document.querySelectorAll("[data-chat]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.Straks.open());
  }
}
