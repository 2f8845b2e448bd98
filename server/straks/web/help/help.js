// A button that opens the chat is shown where there is one: the widget is loaded before this.
if (window.Straks) {
  for (const button of document.querySelectorAll("[data-chat]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.Straks.open());
  }
}

// The chat is told what was read here, in this tab: the ids of the last answers, newest last.
const READ = "straks:read";
const MOST_READ = 20;

function readBefore() {
  try {
    const ids = JSON.parse(sessionStorage.getItem(READ) ?? "[]");
    return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
  } catch {
    return []; // somebody else wrote there
  }
}

const answer = document.body.dataset.answer;
if (answer) {
  const ids = [...readBefore().filter((id) => id !== answer), answer];
  try {
    sessionStorage.setItem(READ, JSON.stringify(ids.slice(-MOST_READ)));
  } catch {
    // The browser keeps nothing: then the chat knows nothing of it.
  }
}
