// The one script of the desk's pages. Everything here can also be done without it.
"use strict";

// A menu closes when something else is used.
addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// The queue: numbers and ages that stay fresh, keys, what is chosen. Rows never move.
const queue = document.getElementById("queue");

if (queue) {
  const rows = [...queue.querySelectorAll("tr.row")];
  const boxes = [...queue.querySelectorAll("input[name=id]")];
  const bulk = document.getElementById("bulk");
  const picker = queue.closest("form");
  let here = -1;
  let last = -1;

  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    const words = document.getElementById("chosen");
    if (bulk) bulk.classList.toggle("bulk--on", chosen > 0);
    if (words) words.textContent = `${chosen} ${words.dataset.words}`;
  };
  if (picker) {
    picker.addEventListener("change", count);
    picker.addEventListener("reset", () => setTimeout(count));
    count();
  }

  const group = document.getElementById("group");
  if (group) group.addEventListener("change", () => group.form.submit());

  // The row that the keys mean is the one whose link has the focus.
  const go = (to) => {
    if (!rows.length) return;
    here = Math.max(0, Math.min(rows.length - 1, to));
    const link = rows[here].querySelector(".subj a");
    link.focus();
    rows[here].scrollIntoView({ block: "nearest" });
  };
  queue.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr.row");
    for (const other of rows) other.classList.toggle("row--here", other === row);
    if (row) here = rows.indexOf(row);
  });

  const choose = (range) => {
    const box = rows[here] && rows[here].querySelector("input[name=id]");
    if (!box) return;
    box.checked = !box.checked;
    if (range && last >= 0) {
      for (const row of rows.slice(Math.min(last, here), Math.max(last, here) + 1)) {
        for (const other of row.querySelectorAll("input[name=id]")) other.checked = box.checked;
      }
    }
    last = here;
    count();
  };
  // Nothing irreversible happens by one key: a preview comes first.
  const act = (name) => {
    const button = bulk && bulk.querySelector(`button[value=${name}]`);
    if (!button) return;
    if (!boxes.some((box) => box.checked)) choose(false);
    if (boxes.some((box) => box.checked)) button.click();
  };
  const search = () => document.getElementById("q").focus();
  const keys = {
    j: () => go(here + 1),
    k: () => go(here - 1),
    x: () => choose(false),
    X: () => choose(true),
    a: () => {
      const step = rows[here] && rows[here].querySelector(".do a");
      if (step) step.click();
    },
    r: () => act("ask"),
    e: () => act("close"),
    m: () => act("take"),
    s: search,
    "/": search,
    "?": () => {
      const help = document.getElementById("keys");
      help.scrollIntoView({ block: "center" });
      help.focus();
    },
  };
  addEventListener("keydown", (event) => {
    const field = event.target.closest("input:not([type=checkbox]), textarea, select");
    if (event.key === "Escape") {
      if (field) field.blur();
      else if (picker) picker.reset();
      return;
    }
    if (!queue.dataset.keys || field || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const does = Object.hasOwn(keys, event.key) && keys[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });

  const put = (part, text) => {
    if (part && part.textContent !== text) part.textContent = text;
  };
  const show = (part, shown) => {
    if (part) part.toggleAttribute("hidden", !shown);
  };
  const update = (row, now) => {
    if (now.over) {
      row.classList.add("row--over");
      put(row.querySelector(".do"), now.over);
    }
    const age = row.querySelector(".agec > span");
    age.className = now.level ? `chip chip--${now.level}` : "age";
    put(age.querySelector(".t"), now.age);
    show(age.querySelector("svg"), now.level);
    age.querySelector("use").setAttribute("href", now.level === "bad" ? "#i-late" : "#i-clock");
    const looking = row.querySelector(".who--looking");
    const has = row.querySelector(".who--has");
    put(looking.querySelector(".t"), now.looking);
    show(looking, now.looking);
    put(has.querySelector(".t"), now.who);
    put(has.querySelector(".who__b"), now.who.split(" ").map((word) => word[0]).join("").slice(0, 2));
    show(has, now.who && !now.looking);
  };

  let spoken = Date.now();
  const ids = rows.map((row) => row.dataset.id).join();
  const ask = async () => {
    if (document.hidden) return;
    const to = `${queue.dataset.delta}?v=${queue.dataset.v}&seen=${queue.dataset.seen}&ids=${ids}`;
    const answer = await fetch(to).catch(() => null);
    if (!answer || answer.status !== 200 || answer.redirected) return;
    const now = await answer.json();
    queue.dataset.v = now.v;
    for (const part of document.querySelectorAll("[data-n]")) {
      const number = now.numbers[part.dataset.n];
      if (number !== undefined) put(part, String(number));
    }
    for (const row of rows) if (now.rows[row.dataset.id]) update(row, now.rows[row.dataset.id]);
    const fresh = document.getElementById("fresh");
    put(fresh, now.fresh);
    show(fresh, now.fresh);
    if (Date.now() - spoken > 60000) {
      spoken = Date.now();
      put(document.getElementById("said"), now.said);
    }
  };
  if (queue.dataset.delta) {
    setInterval(ask, 5000);
    document.addEventListener("visibilitychange", ask);
  }
}
