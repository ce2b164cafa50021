// The one script of the desk's pages. Everything here can also be done without it.
"use strict";

const find = (what, within = document) => within.querySelector(what);
const all = (what, within = document) => [...within.querySelectorAll(what)];
const put = (part, text) => {
  if (part && part.textContent !== text) part.textContent = text;
};
const show = (part, shown) => {
  if (part) part.toggleAttribute("hidden", !shown);
};
const clock = () => new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

// A menu closes when something else is used.
addEventListener("click", (event) => {
  for (const menu of all("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// What is due in a few seconds counts down; then the page is another one.
for (const left of all("[data-left]")) {
  const due = Date.now() + left.dataset.left * 1000;
  const tick = setInterval(() => {
    const seconds = Math.ceil((due - Date.now()) / 1000);
    put(left, String(Math.max(0, seconds)));
    if (seconds > -2) return;
    clearInterval(tick);
    // Nobody's words are lost to it.
    if (left.dataset.then && !all("textarea").some((text) => text.value !== text.defaultValue)) location.reload();
  }, 500);
}

// A page that shows how things are is loaded again, as without script; its address says that nobody asked for it.
const again = find("[data-again]");
if (again) setInterval(() => document.hidden || location.replace(again.dataset.to), again.dataset.again * 1000);

// A session that nobody uses ends, and so does every session after its time; two minutes before that is said. How much is
// left is asked: other windows may have used it meanwhile.
const ends = document.getElementById("ends");
if (ends) {
  const [words, go] = [find("p", ends), find("button", ends)];
  const usual = words.textContent;
  let timer;
  let pressed = false;
  const wait = (seconds) => {
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(5, seconds) * 1000);
  };
  const look = async () => {
    const answer = await fetch(ends.dataset.ask).catch(() => null);
    const over = answer && answer.status === 401;
    if (!over && !(answer && answer.ok)) return wait(30);
    const left = over ? 0 : (await answer.json()).left;
    const soon = left <= 130;
    const last = soon && pressed;
    pressed = last;
    put(words, over ? ends.dataset.over : last ? ends.dataset.last : usual);
    show(go, !over && !last);
    show(ends, soon);
    if (!over) wait(soon ? 20 : left - 120);
  };
  wait(ends.dataset.ends - 120);
  go.addEventListener("click", async () => {
    const answer = await fetch(ends.dataset.path).catch(() => null);
    pressed = Boolean(answer && answer.ok && !answer.redirected);
    look();
  });
}

// Keys: which they are and whether they go with Ctrl and Alt stands in the page's help.
const help = document.getElementById("keys");
const keys = {};
for (const key of all("[data-do]")) keys[key.dataset.key] = key.dataset.do;
const search = () => {
  const menu = find(".menu--nav");
  if (menu && menu.offsetParent) menu.open = true;
  (menu && menu.open ? find("#q-menu") : find("#q")).focus();
};
const acts = {
  search,
  help: () => {
    help.scrollIntoView({ block: "center" });
    help.focus();
  },
};
addEventListener("keydown", (event) => {
  const field = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (event.key === "Escape") {
    if (field) field.blur();
    else if (acts.clear) acts.clear();
    return;
  }
  if (!help || !help.isConnected || event.metaKey || event.isComposing) return;
  // Whoever writes means letters, also those that a keyboard has on AltGr, which counts as Ctrl and Alt.
  if (field || event.getModifierState("AltGraph")) return;
  let key = event.key.toLowerCase();
  if (help.dataset.chord) {
    if (!event.ctrlKey || !event.altKey) return;
    // With both of them a keyboard writes other letters.
    if (event.code.startsWith("Key")) key = event.code[3].toLowerCase();
  } else if (event.ctrlKey || event.altKey) {
    return;
  }
  const does = Object.hasOwn(keys, key) && acts[keys[key]];
  if (!does) return;
  event.preventDefault();
  does(event.shiftKey || event.key !== event.key.toLowerCase());
});

// A ticket: who else looks, what is being written, and its keys.
const ticket = document.getElementById("ticket");
if (ticket) {
  const press = (what) => () => {
    const part = find(what);
    if (part) part.click();
  };
  const focus = (what) => () => {
    const part = find(what);
    if (part) part.focus();
  };
  Object.assign(acts, {
    next: press("[rel=next]"),
    previous: press("[rel=prev]"),
    proposal: focus("#nh"),
    reply: () => (find("#txt") ? focus("#txt") : press("[data-step=reply]"))(),
    take: press("[data-step=take]"),
    close: focus("[data-step=close]"),
  });
  const form = ticket.dataset.form;
  const others = document.getElementById("others");
  const text = document.getElementById("txt");
  const post = (path, fields) =>
    fetch(path, { method: "POST", redirect: "manual", body: new URLSearchParams({ form, ...fields }) }).catch(() => null);
  const writes = () => text && text.value !== text.defaultValue;
  const beat = async () => {
    if (document.hidden) return;
    const answer = await post(ticket.dataset.presence, { does: writes() ? "write" : "look" });
    if (!answer || answer.status !== 200) return;
    const now = await answer.json();
    put(find("span", others), now.others);
    show(others, now.others);
  };
  if (form) {
    beat();
    setInterval(beat, 15000);
    document.addEventListener("visibilitychange", beat);
    addEventListener("pagehide", () =>
      navigator.sendBeacon(ticket.dataset.presence, new URLSearchParams({ form, does: "leave" })),
    );
  }
  let later;
  if (text && form) {
    text.addEventListener("input", () => {
      if (!later) beat();
      clearTimeout(later);
      later = setTimeout(async () => {
        const answer = await post(ticket.dataset.draft, { text: text.value });
        const saved = document.getElementById("saved");
        if (answer && answer.type === "opaqueredirect") put(saved, `${saved.dataset.words} ${clock()}`);
      }, 3000);
    });
  }
}

// The queue: numbers and ages that stay fresh, keys, what is chosen. Rows never move.
const queue = document.getElementById("queue");
if (queue) {
  const rows = all("tr.row", queue);
  const boxes = all("input[name=id]", queue);
  const bulk = document.getElementById("bulk");
  const picker = queue.closest("form");
  let here = -1;
  let last = -1;

  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    const words = document.getElementById("chosen");
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
    find(".subj a", rows[here]).focus();
    rows[here].scrollIntoView({ block: "nearest" });
  };
  queue.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr.row");
    for (const other of rows) other.classList.toggle("row--here", other === row);
    if (row) here = rows.indexOf(row);
  });

  const select = (range) => {
    const box = rows[here] && find("input[name=id]", rows[here]);
    if (!box) return;
    box.checked = !box.checked;
    if (range && last >= 0) {
      for (const row of rows.slice(Math.min(last, here), Math.max(last, here) + 1)) {
        for (const other of all("input[name=id]", row)) other.checked = box.checked;
      }
    }
    last = here;
    count();
  };
  // Nothing irreversible happens by one key: a preview comes first.
  const act = (name) => () => {
    const button = bulk && find(`button[value=${name}]`, bulk);
    if (!button) return;
    if (!boxes.some((box) => box.checked)) select(false);
    if (boxes.some((box) => box.checked)) button.click();
  };
  Object.assign(acts, {
    next: () => go(here + 1),
    previous: () => go(here - 1),
    select,
    proposal: () => {
      const step = rows[here] && find(".do a", rows[here]);
      if (step) step.click();
    },
    ask: act("ask"),
    close: act("close"),
    take: act("take"),
    clear: () => picker && picker.reset(),
  });

  const update = (row, now) => {
    const [chosen, step] = [find(".do .chip", row), find(".do .btn", row)];
    show(chosen, now.acting);
    show(step, !now.acting);
    if (now.over) {
      row.classList.add("row--over");
      put(find(".do", row), now.over);
    }
    const age = find(".agec > span", row);
    age.className = now.level ? `chip chip--${now.level}` : "age";
    put(find(".t", age), now.age);
    put(find(".sr", age), now.late);
    show(find("svg", age), now.level);
    find("use", age).setAttribute("href", now.level === "bad" ? "#i-late" : "#i-clock");
    const looking = find(".who--looking", row);
    const has = find(".who--has", row);
    put(find(".t", looking), now.looking);
    show(looking, now.looking);
    put(find(".t", has), now.who);
    put(find(".who__b", has), now.initials);
    show(has, now.who && !now.looking);
  };

  let spoken = Date.now();
  let heard = clock();
  const ids = rows.map((row) => row.dataset.id).join();
  const stale = document.getElementById("stale");
  const pause = document.getElementById("pause");
  // Whoever believes numbers that stand still decides by them.
  const fail = (status) => {
    put(find("span", stale), `${stale.dataset.words} ${heard}.`);
    show(find("a", stale), status === 401);
    show(stale, true);
  };
  const ask = async () => {
    if (document.hidden || (pause && pause.checked)) return;
    const to = `${queue.dataset.delta}?v=${queue.dataset.v}&seen=${queue.dataset.seen}&ids=${ids}`;
    const answer = await fetch(to).catch(() => null);
    if (!answer || (answer.status !== 200 && answer.status !== 204)) return fail(answer && answer.status);
    show(stale, false);
    heard = clock();
    if (answer.status === 204) return;
    const now = await answer.json();
    queue.dataset.v = now.v;
    for (const part of all("[data-n]")) {
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
