// Puts the phones on the page and keeps them up to date.

import { ask, listen } from "./api.js";
import { Faults, Traffic, showSpares } from "./panels.js";
import { Phone, vacant, webchat } from "./phone.js";

const LABELS = { whatsapp: "WhatsApp", instagram: "Instagram", sms: "SMS" };
const faults = new Faults();
const traffic = new Traffic();
let phones = [];
let shown = "";
let refreshing = 0;

async function build() {
  const config = await ask("GET", "/_sandbox/config");
  const now = JSON.stringify([config.gateway, config.numbers, config.spares]);
  if (now !== shown) {
    shown = now;
    phones = [];
    const spares = (config.spares || []).map((number) => ({ ...number, spare: true }));
    showSpares(spares, config);
    const roots = Object.keys(LABELS).map((channel) => {
      const numbers = [...config.numbers, ...spares].filter((number) => number.platform === channel);
      if (!numbers.length) return vacant(LABELS[channel]);
      phones.push(new Phone(channel, numbers));
      return phones.at(-1).root;
    });
    const widget = config.numbers.find((number) => number.platform === "webchat");
    roots.push(widget ? webchat(widget, config.gateway) : vacant("webchat"));
    document.getElementById("phones").replaceChildren(...roots);
  }
  await Promise.all([...phones.map((phone) => phone.load()), faults.load()]);
}

function live(state) {
  const sign = document.getElementById("live");
  sign.dataset.state = state;
  sign.textContent = state === "on" ? "Live" : "The sandbox is away; trying again …";
  if (state === "on") build();
}

function each(told, act) {
  for (const phone of phones) if (phone.mine(told)) act(phone);
}

// Faults may strike many times a second; the list is asked for once they have paused.
function refreshFaults() {
  clearTimeout(refreshing);
  refreshing = setTimeout(() => faults.load(), 100);
}

listen(
  {
    bubble: (told) => each(told, (phone) => phone.add(told.bubble)),
    state: (told) => each(told, (phone) => phone.tick(told.id, told.state)),
    typing: (told) => each(told, (phone) => phone.typing(told.on)),
    call: (call) => traffic.call(call),
    delivery: (delivery) => {
      traffic.delivery(delivery);
      for (const phone of phones) phone.delivered(delivery);
    },
    faults: refreshFaults,
    config: () => build(),
    gap: () => build(),
  },
  live,
);
