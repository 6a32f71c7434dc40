"use strict";
// Fetches the page again when the daemon says that something happened, and puts in only what became different, so
// that focus, selection and what was opened stay as they are.
(() => {
  const live = document.getElementById("live");
  const say = (words) => { if (live.textContent !== words) live.textContent = words; };

  function renew(old, fresh) {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    if (old === live) return;
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    }
    for (const { name, value } of [...fresh.attributes]) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
    before.slice(after.length).forEach((node) => node.remove());
    after.forEach((node, place) => place < before.length ? renew(before[place], node) : old.append(node));
  }

  let busy = false;
  let again = false;
  async function load() {
    if (busy) { again = true; return; }
    busy = true;
    do {
      again = false;
      try {
        const answer = await fetch(location.pathname, { cache: "no-store", credentials: "same-origin" });
        if (!answer.ok) throw new Error(answer.status);
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        document.title = fresh.title;
        renew(document.querySelector("link[rel=icon]"), fresh.querySelector("link[rel=icon]"));
        for (const id of ["top", "main", "foot"]) {
          const part = fresh.getElementById(id);
          if (part) renew(document.getElementById(id), part);
        }
      } catch {
        // Whether it answers at all is heard below.
      }
    } while (again);
    busy = false;
  }

  // The server sends one event for each connection, which says what state it is in; the browser comes again by itself.
  const PATIENCE = 12000;
  let state = null;
  let lost = null;
  let events = null;
  function listen() {
    events?.close();
    events = new EventSource("events");
    events.onmessage = ({ data }) => {
      clearTimeout(lost);
      lost = null;
      say("live");
      if (state !== null && state !== data) load();
      state = data;
    };
    events.onerror = () => { lost ??= setTimeout(() => say("not live: the daemon does not answer"), PATIENCE); };
  }
  listen();
  setInterval(() => {
    // A browser gives up on a server that had no place for it.
    if (events.readyState === EventSource.CLOSED) listen();
    // Times that passed are told anew now and then.
    else if (!document.hidden) load();
  }, 15000);
})();
