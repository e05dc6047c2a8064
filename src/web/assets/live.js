// Asks every five seconds how an open submission stands, while somebody looks at the page.
(() => {
  const ask = async () => {
    const state = document.getElementById("state");
    if (!state || !state.dataset.live) return;
    if (!document.hidden) {
      try {
        const answer = await fetch(state.dataset.live, { credentials: "same-origin" });
        if (answer.ok) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("state");
          if (fresh && fresh.textContent !== state.textContent) state.replaceWith(fresh);
        }
      } catch {
        // Away for a moment; the next one will tell.
      }
    }
    setTimeout(ask, 5000);
  };
  setTimeout(ask, 5000);
})();
