// The two folded panels: faults in force, and what went over the wire.

import { ask, clock, element } from "./api.js";

const KEPT = 150;
const NAMES = { whatsapp: "WhatsApp", instagram: "Instagram", twilio: "Twilio", webchat: "Webchat", openai: "OpenAI", meta: "Meta" };
const at = (id) => document.getElementById(id);

export class Faults {
  constructor() {
    this.kinds = {};
    at("fault-kind").addEventListener("change", () => this.hint());
    at("fault-clear").addEventListener("click", () => this.act("DELETE"));
    at("fault-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const given = new FormData(event.target);
      const order = { kind: given.get("kind"), count: Number(given.get("count")) || 1 };
      if (given.get("provider")) order.provider = given.get("provider");
      this.act("POST", order);
    });
  }

  async act(method, order) {
    const error = at("fault-error");
    error.hidden = true;
    try {
      await ask(method, "/_sandbox/faults", order);
    } catch (problem) {
      error.textContent = problem.message;
      error.hidden = false;
    }
    await this.load();
  }

  async load() {
    const told = await ask("GET", "/_sandbox/faults");
    if (!Object.keys(this.kinds).length) {
      this.kinds = told.kinds;
      for (const kind of Object.keys(told.kinds)) at("fault-kind").append(element("option", "", kind.replaceAll("_", " ")));
      [...at("fault-kind").options].forEach((option, index) => { option.value = Object.keys(told.kinds)[index]; });
      this.hint();
    }
    at("fault-rules").replaceChildren(...told.faults.map((rule) => this.line(rule)));
    at("fault-count").textContent = String(told.faults.length);
    at("fault-count").setAttribute("aria-label", `${told.faults.length} in force`);
    at("fault-count").hidden = told.faults.length === 0;
  }

  line(rule) {
    const row = element("li");
    const where = rule.provider ? ` · ${NAMES[rule.provider]}` : "";
    row.append(element("span", "", rule.kind.replaceAll("_", " ") + where));
    const left = rule.left === null ? "until cleared" : `${rule.left} left`;
    row.append(element("span", "", `${left}, struck ${rule.hits}×`));
    return row;
  }

  hint() {
    const words = this.kinds[at("fault-kind").value] || "";
    at("fault-hint").textContent = words && `${words[0].toUpperCase()}${words.slice(1)}.`;
  }
}

export class Traffic {
  call(call) {
    const what = call.text ?? call.path;
    this.add(call.at, "from the gateway", call.provider, `${call.method} ${what}`, call.status ?? (call.fault || "cut"), call.status);
  }

  delivery(delivery) {
    const again = delivery.attempt > 1 ? `, attempt ${delivery.attempt}` : "";
    const what = delivery.events.join(" + ") + again + (delivery.fault ? ` (${delivery.fault})` : "");
    this.add(delivery.at, "to the gateway", delivery.provider, what, delivery.status ?? "no answer", delivery.status);
  }

  add(seconds, direction, provider, what, answer, status) {
    const row = element("tr");
    for (const text of [clock(seconds, true), direction, NAMES[provider] || provider, what]) row.append(element("td", "", text));
    row.append(element("td", status !== null && status < 300 ? "good" : "bad", String(answer)));
    const rows = at("traffic-rows");
    rows.prepend(row);
    while (rows.children.length > KEPT) rows.lastElementChild.remove();
  }
}

const LABELS = { whatsapp: "WhatsApp", instagram: "Instagram", sms: "SMS" };
const ASKED = {
  whatsapp: (number) => [["Phone number id", number.meta_phone_number_id], ["Access token", number.access_token]],
  instagram: (number) => [["Instagram account id", number.meta_phone_number_id], ["Access token", number.access_token]],
  sms: (number, config) => [
    ["Phone number", number.address], ["Account SID", config.twilio.account_sid], ["Auth token", number.access_token],
  ],
};

// What somebody types who links a number: each value is copied by one press.
export function showSpares(spares, config) {
  at("spares").hidden = spares.length === 0;
  at("spare-list").replaceChildren(...spares.filter((number) => ASKED[number.platform]).map((number) => {
    const card = element("section", "spare");
    card.append(element("h3", "", `${LABELS[number.platform]} · ${number.address}`));
    for (const [name, value] of ASKED[number.platform](number, config)) card.append(copyable(name, value));
    return card;
  }));
}

function copyable(name, value) {
  const row = element("p", "copyable");
  row.append(element("span", "", name), element("code", "", value));
  const button = element("button", "button", "Copy");
  button.type = "button";
  button.setAttribute("aria-label", `Copy: ${name}`);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(value);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  row.append(button);
  return row;
}
