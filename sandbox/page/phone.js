// One phone: who writes, to which number, the chat, and the composer.

import { ask, clock, drawing, element, recall, remember } from "./api.js";

const CHANNELS = {
  whatsapp: { label: "WhatsApp", kind: "Phone number", name: "Ada", address: "15550109001", tidy: digits },
  instagram: { label: "Instagram", kind: "Instagram id", name: "Bo", address: "900100200301", tidy: (text) => text.trim() },
  sms: { label: "SMS", kind: "Phone number", name: "Cleo", address: "+15550109003", tidy: (text) => `+${digits(text)}` },
};
const OPENERS = ["Are you open on Saturday?", "How much is it?", "I’d like an appointment."];
const ONE_TICK = "M3 6.2 6 9 12.5 2";
const TWO_TICKS = "M1 6.2 4 9 10.5 2M7.2 8.2 8.2 9 15 2";
const CROSS = "M2 2 9 9M9 2 2 9";
const STATES = {
  pending: [ONE_TICK, "Waiting"],
  accepted: [ONE_TICK, "Sent"],
  sent: [ONE_TICK, "Sent"],
  delivered: [TWO_TICKS, "Delivered"],
  read: [TWO_TICKS, "Read"],
  failed: [CROSS, "Failed"],
};

function digits(text) {
  // A business-scoped user id has letters and a dot, and is kept as it is.
  return /^[A-Z]{2}\./.test(text.trim()) ? text.trim() : text.replace(/[^0-9]/g, "");
}

export class Phone {
  constructor(channel, numbers) {
    this.channel = channel;
    this.traits = CHANNELS[channel];
    this.numbers = numbers;
    this.rows = new Map();
    this.waiting = new Set();
    const kept = recall(channel, {});
    this.name = kept.name || this.traits.name;
    this.address = kept.address || this.traits.address;
    this.number = numbers.find((number) => number.id === kept.number) || numbers[0];
    this.root = document.getElementById("phone-template").content.firstElementChild.cloneNode(true);
    this.find = (selector) => this.root.querySelector(selector);
    this.build();
  }

  build() {
    const { label, kind } = this.traits;
    this.find(".phone").dataset.channel = this.channel;
    this.find(".channel").textContent = label;
    this.find(".who-kind").textContent = kind;
    this.find(".composer label").textContent = `Message on ${label}`;
    this.find(".log").setAttribute("aria-label", `${label} chat`);
    this.find(".send").append(drawing("", "0 0 24 24", "M3.4 20.4 21 12 3.4 3.6 3.3 10 15 12 3.3 14z"));
    const field = this.find("textarea");
    field.id = `message-${this.channel}`;
    this.find(".composer label").htmlFor = field.id;
    this.buildPicker();
    this.buildWho();
    this.buildComposer(field);
    this.showHead();
    this.clear();
  }

  buildPicker() {
    const picker = this.find(".picker");
    picker.hidden = this.numbers.length < 2;
    const select = picker.querySelector("select");
    select.id = `number-${this.channel}`;
    picker.querySelector("label").htmlFor = select.id;
    for (const number of this.numbers) {
      const option = element("option", "", `${number.spare ? "Not linked yet" : number.display_name || number.id} · ${number.address}`);
      option.value = number.id;
      select.append(option);
    }
    select.value = this.number.id;
    select.addEventListener("change", () => {
      this.number = this.numbers.find((number) => number.id === select.value);
      this.changed();
    });
  }

  buildWho() {
    const name = this.find(".who-name");
    const address = this.find(".who-address");
    name.value = this.name;
    address.value = this.address;
    const take = () => {
      this.name = name.value.trim() || this.traits.name;
      this.address = this.traits.tidy(address.value) || this.traits.address;
      name.value = this.name;
      address.value = this.address;
      this.changed();
    };
    name.addEventListener("change", take);
    address.addEventListener("change", take);
    const who = this.find(".who");
    who.addEventListener("keydown", (event) => {
      if (event.key === "Escape" || event.key === "Enter") {
        if (event.target.tagName === "INPUT") take();
        if (event.target.tagName === "INPUT" || event.key === "Escape") {
          who.open = false;
          who.querySelector("summary").focus();
          event.preventDefault();
        }
      }
    });
    document.addEventListener("pointerdown", (event) => {
      if (!who.contains(event.target)) who.open = false;
    });
  }

  buildComposer(field) {
    const grow = () => {
      field.style.height = "auto";
      field.style.height = `${Math.min(field.scrollHeight + 2, 112)}px`;
    };
    field.addEventListener("input", grow);
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.find(".composer").requestSubmit();
      }
    });
    this.find(".composer").addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!text) return;
      field.value = "";
      grow();
      if (!(await this.send(text))) field.value = text;
    });
  }

  send(text) {
    return this.say({ text });
  }

  async say(what) {
    const error = this.find(".error");
    error.hidden = true;
    try {
      await ask("POST", "/_sandbox/messages", {
        channel: this.channel, number: this.number.id, from: this.address, name: this.name, ...what,
      });
      return true;
    } catch (problem) {
      error.textContent = problem.message;
      error.hidden = false;
      return false;
    }
  }

  changed() {
    remember(this.channel, { name: this.name, address: this.address, number: this.number.id });
    this.showHead();
    this.load();
  }

  showHead() {
    const title = this.number.display_name || this.number.id;
    this.find(".title").textContent = title;
    this.find(".subtitle").textContent = this.number.address;
    this.find(".avatar").textContent = title.replace(/^[^\p{L}\p{N}]+/u, "").slice(0, 1).toUpperCase();
    this.find(".who-now").textContent = `${this.name} · ${this.address}`;
  }

  mine(told) {
    return told.channel === this.channel && told.number === this.number.id && told.customer === this.address;
  }

  async load() {
    const query = new URLSearchParams({ channel: this.channel, number: this.number.id, customer: this.address });
    const asked = `${this.number.id} ${this.address}`;
    // What comes while the list is on its way may not be in it.
    const came = (this.came = []);
    const { messages } = await ask("GET", `/_sandbox/messages?${query}`);
    if (asked !== `${this.number.id} ${this.address}` || this.came !== came) return;
    this.came = null;
    this.clear();
    for (const bubble of [...messages, ...came]) this.add(bubble);
  }

  clear() {
    this.rows.clear();
    this.last = "";
    const log = this.find(".log");
    log.replaceChildren();
    const empty = element("div", "empty");
    empty.append(element("p", "", "Nothing written yet. Say something; the agent answers."));
    for (const text of OPENERS) {
      const chip = element("button", "chip", text);
      chip.type = "button";
      chip.addEventListener("click", async () => {
        await this.send(text);
        this.find("textarea").focus();
      });
      empty.append(chip);
    }
    log.append(empty);
  }

  add(bubble) {
    this.came?.push(bubble);
    if (this.rows.has(bubble.id)) return;
    const log = this.find(".log");
    const low = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    log.querySelector(".empty")?.remove();
    const row = element("div", `bubble ${bubble.side}`);
    if (this.last && this.last !== bubble.side) row.classList.add("turned");
    this.last = bubble.side;
    if (bubble.side !== "notice") row.append(element("span", "hidden", bubble.side === "customer" ? "You: " : "Business: "));
    row.append(element("span", "said", bubble.text));
    if (bubble.choices?.length) row.append(this.choices(bubble.choices));
    const meta = element("span", "meta");
    if (bubble.side !== "notice") {
      meta.append(element("time", "", clock(bubble.at)));
      row.append(meta);
    }
    log.append(row);
    this.rows.set(bubble.id, { row, meta, side: bubble.side });
    this.tick(bubble.id, bubble.state);
    const dots = log.querySelector(".typing");
    if (dots) log.append(dots);
    if (low || bubble.side === "customer") log.scrollTop = log.scrollHeight;
  }

  choices(offered) {
    const list = element("span", "choices");
    for (const choice of offered) {
      const chip = element("button", "chip", choice.title);
      chip.type = "button";
      chip.addEventListener("click", () => this.say({ event: choice }));
      list.append(chip);
    }
    return list;
  }

  tick(id, state) {
    const known = this.rows.get(id);
    if (!known || known.side === "notice") return;
    const [path, word] = STATES[state] || STATES.sent;
    const mark = drawing(`tick ${state}`, state === "failed" ? "0 0 11 11" : "0 0 16 11", path);
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", word);
    known.meta.querySelector(".tick")?.remove();
    known.meta.append(mark);
    known.meta.title = known.side === "business" ? `The business is told: ${word.toLowerCase()}` : word;
  }

  typing(on) {
    const log = this.find(".log");
    log.querySelector(".typing")?.remove();
    if (!on) return;
    const dots = element("div", "bubble business typing");
    dots.setAttribute("aria-label", "The business is typing");
    dots.append(element("i"), element("i"), element("i"));
    log.append(dots);
    log.scrollTop = log.scrollHeight;
  }

  // Tells the customer while the gateway is away, and stops telling once a webhook of theirs was taken.
  delivered(delivery) {
    if (!delivery.events.includes("message") || delivery.number !== this.number.id) return;
    const taken = delivery.status !== null && delivery.status < 300;
    for (const id of delivery.ids) taken ? this.waiting.delete(id) : this.waiting.add(id);
    this.find(".away").hidden = this.waiting.size === 0;
  }
}

export function webchat(number, gateway) {
  const root = document.getElementById("phone-template").content.firstElementChild.cloneNode(true);
  root.querySelector(".channel").textContent = "Webchat";
  const url = `${gateway}/webchat/page/${encodeURIComponent(number.meta_phone_number_id)}`;
  const link = element("a", "", "open on its own");
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener";
  const who = element("span", "who");
  who.append(link);
  root.querySelector(".who").replaceWith(who);
  const frame = element("iframe");
  frame.title = `Webchat of ${number.display_name || number.id}`;
  frame.src = `${url}?open=1`;
  const phone = root.querySelector(".phone");
  phone.classList.add("framed");
  phone.dataset.channel = "webchat";
  phone.replaceChildren(frame);
  return root;
}

export function vacant(label) {
  const root = document.getElementById("phone-template").content.firstElementChild.cloneNode(true);
  root.querySelector(".channel").textContent = label;
  root.querySelector(".who").remove();
  const phone = root.querySelector(".phone");
  phone.classList.add("framed");
  phone.replaceChildren(element("p", "vacant", `The business has no ${label} number.`));
  return root;
}
