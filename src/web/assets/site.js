// What plain HTML cannot do: copying, completions while typing, keys. Everything else works without this file.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector, within) => [...(within || document).querySelectorAll(selector)];

  function prepare(within) {
    all("[data-noscript]", within).forEach((element) => { element.hidden = true; });
  }
  prepare();
  // Results that were swapped in.
  document.addEventListener("htmx:afterSwap", (event) => prepare(event.detail.elt));

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const label = button.querySelector("span") || button;
    const before = label.textContent;
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      label.textContent = "Copied";
    } catch {
      label.textContent = "Press Ctrl+C";
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    }
    setTimeout(() => { label.textContent = before; }, 1600);
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  // "/" goes to the search, as in many places; never while somebody types, and off where the page says so.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]") || document.body.dataset.keys === "off") return;
    const input = document.querySelector(".find input");
    if (!input) return;
    event.preventDefault();
    input.focus();
    input.select();
  });

  // Completions: a combobox as WAI-ARIA has it.
  all("[data-suggest]").forEach((input) => {
    const list = document.createElement("ul");
    list.className = "suggest";
    list.id = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Suggestions");
    list.hidden = true;
    input.after(list);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", "suggestions"], ["aria-expanded", "false"]]) input.setAttribute(name, value);
    let chosen = -1, timer = 0, asked = 0;
    const close = () => { list.hidden = true; chosen = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const mark = (index) => {
      chosen = index;
      [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === index)));
      if (index >= 0) input.setAttribute("aria-activedescendant", list.children[index].id);
    };
    const go = (item) => {
      if (item.dataset.worker) { location.assign("/w/" + encodeURIComponent(item.dataset.worker)); return; }
      input.value = item.dataset.words;
      close();
      input.form.requestSubmit();
    };
    const show = (answer) => {
      list.replaceChildren();
      const add = (words, kind, data) => {
        const item = document.createElement("li");
        item.id = "suggestion-" + list.children.length;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.append(words);
        const note = document.createElement("span");
        note.append(kind);
        item.append(note);
        Object.assign(item.dataset, data);
        list.append(item);
      };
      answer.workers.slice(0, 4).forEach((each) => add(each.name, "worker", { worker: each.id }));
      answer.words.slice(0, 5).forEach((each) => add(each, "search", { words: each }));
      answer.tags.slice(0, 3).forEach((each) => add("tag:" + each.tag, String(each.count), { words: "tag:" + each.tag }));
      list.hidden = list.children.length === 0;
      input.setAttribute("aria-expanded", String(!list.hidden));
      chosen = -1;
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      const words = input.value.trim();
      if (words.length < 2) { close(); return; }
      const turn = ++asked;
      timer = setTimeout(async () => {
        try {
          const answer = await fetch("/v1/search/suggest?limit=5&q=" + encodeURIComponent(words.slice(0, 200)));
          if (answer.ok && turn === asked && document.activeElement === input) show(await answer.json());
        } catch { close(); }
      }, 90);
    });
    input.addEventListener("keydown", (event) => {
      const count = list.hidden ? 0 : list.children.length;
      if (event.key === "Escape") { close(); return; }
      if (count === 0) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        mark((chosen + (event.key === "ArrowDown" ? 1 : chosen < 0 ? count : count - 1)) % count);
      } else if (event.key === "Enter" && chosen >= 0) {
        event.preventDefault();
        go(list.children[chosen]);
      }
    });
    list.addEventListener("pointerdown", (event) => {
      const item = event.target.closest("li");
      if (item) { event.preventDefault(); go(item); }
    });
    input.addEventListener("blur", close);
    input.form.addEventListener("submit", close);
  });
})();
