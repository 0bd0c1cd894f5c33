// The check form works without this. With it, what is typed is kept in this browser until it is saved: locked with a key that only
// the page of the signed-in user holds, under a name that says nothing; sent again by itself when the connection is back; gone once
// it is saved, once somebody signs out, and after a day's work.
const PREFIX = "onedoor-draft:";
const LONGEST_MS = 12 * 60 * 60 * 1000;
const RETRY_MS = 5000;
const SEND_MS = 20000;

const encode = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const decode = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

// Without a secure connection a browser locks nothing: what is typed is then kept for as long as this tab is open, and no longer.
const shelf = () => (globalThis.crypto?.subtle ? localStorage : sessionStorage);

class Draft {
  constructor(name, lock) {
    this.name = PREFIX + name;
    this.lock = lock;
    this.written = Promise.resolve();
  }

  async #key() {
    return crypto.subtle.importKey("raw", decode(this.lock), "AES-GCM", false, ["encrypt", "decrypt"]);
  }

  keep(kept) {
    this.written = this.written.then(() => this.#write(kept)).catch(() => {});
    return this.written;
  }

  async #write(kept) {
    const plain = JSON.stringify(kept);
    if (!globalThis.crypto?.subtle) return shelf().setItem(this.name, JSON.stringify({ at: Date.now(), plain }));
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const locked = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await this.#key(), new TextEncoder().encode(plain));
    return shelf().setItem(this.name, JSON.stringify({ at: Date.now(), iv: encode(iv), locked: encode(locked) }));
  }

  async read() {
    try {
      const found = JSON.parse(shelf().getItem(this.name));
      if (!found || Date.now() - found.at > LONGEST_MS) return null;
      if (found.plain) return JSON.parse(found.plain);
      const key = await this.#key();
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: decode(found.iv) }, key, decode(found.locked));
      return JSON.parse(new TextDecoder().decode(plain));
    } catch {
      return null;
    }
  }

  async drop() {
    await this.written;
    localStorage.removeItem(this.name);
    sessionStorage.removeItem(this.name);
  }
}

class CheckForm {
  constructor(form) {
    this.form = form;
    this.draft = new Draft(form.dataset.keep, form.dataset.lock);
    this.state = form.querySelector("[data-state]");
    this.sending = false;
    this.waiting = null; // the button of a send that has not arrived
    this.asServed = this.fields();
    form.addEventListener("input", () => this.typed());
    form.addEventListener("change", () => this.typed());
    form.addEventListener("submit", (event) => this.submitted(event));
  }

  // What may be typed; the rest of the form is the page's own.
  fields() {
    const kept = {};
    for (const [name, value] of new FormData(this.form)) if (name !== "csrfmiddlewaretoken") kept[name] = value;
    return kept;
  }

  touched() {
    const now = this.fields();
    const names = new Set([...Object.keys(now), ...Object.keys(this.asServed)]);
    return [...names].some((name) => name !== "key" && now[name] !== this.asServed[name]);
  }

  async start() {
    const kept = await this.draft.read();
    if (kept && this.form.dataset.unsaved === undefined) this.restore(kept);
    else if (this.form.dataset.unsaved !== undefined) await this.draft.keep(this.kept());
    return this;
  }

  kept() {
    return { at: new Date().toISOString(), fields: this.fields() };
  }

  put(fields) {
    for (const [name, value] of Object.entries(fields)) {
      for (const one of this.form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (one.type === "checkbox" || one.type === "radio") one.checked = one.value === value;
        // The base stays that of the page on which it was typed: so what another saved meanwhile is never overwritten unseen.
        else if (name !== "csrfmiddlewaretoken" && name !== "set") one.value = value;
      }
    }
  }

  restore(kept) {
    const same = Object.entries(kept.fields).every(([name, value]) => name === "key" || name.startsWith("base-") || (this.asServed[name] ?? "") === value);
    if (same) return void this.draft.drop();
    this.put(kept.fields);
    for (const one of this.form.querySelectorAll("details")) {
      if ([...one.querySelectorAll("input, select, textarea")].some((field) => field.value && field.value !== (this.asServed[field.name] ?? ""))) one.open = true;
    }
    const at = new Date(kept.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    this.say(`Not saved yet: what you typed at ${at} is back. Look at it, then save.`, false, "Throw it away", async () => {
      await this.draft.drop();
      location.reload();
    });
  }

  typed() {
    if (!this.touched()) return;
    // What is typed after a send that did not arrive is another form.
    if (this.waiting && !this.sending) this.form.elements.key.value = crypto.randomUUID?.() ?? this.form.elements.key.value;
    this.draft.keep(this.kept());
    if (this.waiting || !navigator.onLine) return this.away();
    this.say("Not saved yet. What you type is kept on this device.");
  }

  say(text, away = false, label = "", act = null) {
    this.state.hidden = false;
    this.state.classList.toggle("od-exams__keep--away", away);
    if (this.state.dataset.said === text) return;
    this.state.dataset.said = text;
    this.state.replaceChildren(text);
    if (!act) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "od-link";
    button.textContent = label;
    button.addEventListener("click", act);
    this.state.append(button);
  }

  away() {
    const then = this.waiting ? "It is sent by itself when the connection is back." : "Save once the connection is back.";
    this.say(`Not saved yet: no connection. What you typed is kept on this device. ${then}`, true);
  }

  submitted(event) {
    event.preventDefault();
    if (this.sending) return;
    this.waiting = event.submitter?.value ?? "save";
    this.send();
  }

  async send() {
    if (this.sending || !this.waiting) return;
    this.sending = true;
    await this.draft.keep(this.kept());
    const body = new URLSearchParams(new FormData(this.form));
    const sent = this.fields();
    body.set("do", this.waiting);
    this.say("Saving…");
    try {
      const answer = await fetch(this.form.action, {
        method: "POST",
        body,
        headers: { "X-Onedoor-Send": "1" },
        redirect: "manual",
        signal: AbortSignal.timeout(SEND_MS),
      });
      await this.answered(answer, sent);
    } catch {
      this.away();
      setTimeout(() => this.send(), RETRY_MS);
    } finally {
      this.sending = false;
    }
  }

  // What was typed while a send was under way: the answer knows nothing of it.
  typedSince(sent) {
    return Object.fromEntries(Object.entries(this.fields()).filter(([name, value]) => (sent[name] ?? "") !== value));
  }

  async answered(answer, sent) {
    const newer = this.typedSince(sent);
    if (answer.ok && answer.headers.get("content-type")?.includes("json")) {
      const { next } = await answer.json();
      this.waiting = null;
      if (Object.keys(newer).length) return location.reload(); // it is in the draft, and comes back with the page
      await this.draft.drop();
      return location.assign(next);
    }
    if (answer.status === 422) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      this.waiting = null;
      document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
      document.title = page.title;
      await begin();
      if (Object.keys(newer).length) {
        here.put(newer);
        here.typed();
      }
      return document.querySelector("[data-errors]")?.focus();
    }
    if (answer.status >= 500) throw new Error("try again");
    this.waiting = null;
    return this.say("Not saved: you were signed out, or may not open this any more. What you typed is kept on this device.", true, "Sign in again", () =>
      location.assign(location.href),
    );
  }
}

let here = null;

async function begin() {
  const form = document.querySelector("form[data-keep]");
  if (form) here = await new CheckForm(form).start();
}

window.addEventListener("online", () => here?.send());
window.addEventListener("offline", () => here?.touched() && here.away());
window.addEventListener("beforeunload", (event) => {
  if (here?.waiting && !here.sending) event.preventDefault();
});
begin();
