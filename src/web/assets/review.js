// Keys for reviewers: j k move, Enter opens, c claims, a goes to the approval, r to the reason, ? helps.
// Off in this browser when localStorage "rbee-keys" is "off". Without this file, everything works.
(() => {
  const help = document.getElementById("keys");
  const on = document.getElementById("keys-on");
  const steps = [...document.querySelectorAll("[data-step]")];
  let at = -1;
  const enabled = () => localStorage.getItem("rbee-keys") !== "off";
  const move = (by) => {
    if (!steps.length) return;
    at = Math.max(0, Math.min(steps.length - 1, at + by));
    for (const step of steps) step.removeAttribute("data-current");
    steps[at].setAttribute("data-current", "");
    const target = steps[at].querySelector("[data-open]") || steps[at];
    target.focus({ preventScroll: true });
    steps[at].scrollIntoView({ block: "nearest" });
  };
  const show = () => {
    on.checked = enabled();
    help.showModal();
  };
  on.addEventListener("change", () => localStorage.setItem("rbee-keys", on.checked ? "on" : "off"));
  for (const button of document.querySelectorAll("[data-keys]")) button.addEventListener("click", show);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open || !enabled()) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "?") show();
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else {
      const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (!target) return;
      if (event.key === "c") target.click();
      target.focus();
      target.scrollIntoView({ block: "nearest" });
    }
    event.preventDefault();
  });
  // A click on a line's number opens the form for a comment on it.
  document.addEventListener("click", (event) => {
    const number = event.target.closest(".ln.new[data-n]");
    const form = number && number.closest(".file").querySelector(".line-comment");
    if (!form || !number.dataset.n) return;
    form.open = true;
    form.querySelector("[name=line]").value = number.dataset.n;
    form.querySelector("[name=text]").focus();
  });
})();
