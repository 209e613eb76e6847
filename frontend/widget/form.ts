/** The form before the chat: the number's questions, and what the business wants agreed to.

A script of its own, which only the pages of numbers that ask for something load. */

import LOOK from "../dist/form.css";
import { button, describe, element, on } from "./dom";
import type { Consent, Question } from "./protocol";
import { link } from "./text";
import type { Words } from "./words";

const EMAIL = /^[^@\s]{1,64}@[^@\s.]{1,63}(\.[^@\s.]{1,63})+$/;
const PHONE = /^\+?[\d\s()./-]{5,30}$/;
const LIMIT = 500;

type Field = HTMLInputElement | HTMLSelectElement;
export type Answer = (fields: Record<string, string>, consent: boolean) => Promise<{ field: string; problem: string }[]>;

export const STYLE = LOOK;

/** The form. `answer` takes what was typed and says what is wrong with it. */
export function form(questions: Question[], consent: Consent | null, words: Words, answer: Answer): HTMLFormElement {
  const made = element("form", "before");
  made.noValidate = true;
  made.append(element("h3", "", words.before));
  const fields = new Map<string, Field>();
  for (const question of questions) {
    const field = asked(question, words);
    fields.set(question.name, field);
    made.append(placed(field, `f-${question.name}`, question.required ? question.label : `${question.label} `, words, question.required));
  }
  const tick = consent ? agreement(made, consent, words) : null;
  const go = element("button", "go", words.start);
  made.append(go);
  const send = async (given: Record<string, string>, agreed: boolean): Promise<void> => {
    go.disabled = true;
    const problems = await answer(given, agreed).catch(() => []);
    go.disabled = false;
    for (const { field, problem } of problems) complain(fields.get(field) ?? (field === "consent" ? tick : null), problem);
    focusWrong(made);
  };
  if (!consent && questions.every((one) => !one.required)) {
    made.append(button("later", words.skip, () => void send({}, false)));
  }
  on(made, "submit", (event) => {
    event.preventDefault();
    for (const question of questions) {
      const field = fields.get(question.name) as Field;
      complain(field, wrong(question, field.value.trim(), words));
    }
    complain(tick, tick && consent?.required && !tick.checked ? words.agree : "");
    if (!focusWrong(made)) {
      void send(Object.fromEntries([...fields].map(([name, field]) => [name, field.value.trim()])), tick ? tick.checked : consent !== null);
    }
  });
  return made;
}

function asked(question: Question, words: Words): Field {
  if (question.type === "select") {
    const select = element("select");
    select.append(new Option(words.choose, ""), ...question.options.map((one) => new Option(one, one)));
    return select;
  }
  const input = element("input");
  input.type = question.type === "phone" ? "tel" : question.type;
  input.maxLength = LIMIT;
  input.dir = question.type === "text" ? "auto" : "ltr";
  input.autocomplete = (question.type === "phone" ? "tel" : question.type === "email" ? "email" : question.name === "name" ? "name" : "on") as AutoFill;
  return input;
}

function placed(field: Field, id: string, label: string, words: Words, required: boolean): HTMLElement {
  const place = element("div");
  const named = element("label", "", label);
  named.htmlFor = field.id = id;
  if (!required) named.append(element("small", "", `(${words.optional})`));
  describe(field, { "aria-required": String(required) });
  place.append(named, field, problemOf(field));
  return place;
}

function problemOf(field: Field): HTMLElement {
  const bad = element("p", "bad");
  bad.id = `${field.id}-bad`;
  bad.hidden = true;
  describe(field, { "aria-describedby": bad.id });
  return bad;
}

function agreement(made: HTMLFormElement, consent: Consent, words: Words): HTMLInputElement | null {
  const text = element("label", "", `${consent.text} `);
  const more = consent.url ? link(consent.url, words.more) : null;
  const line = element("div", "agree");
  const place = element("div");
  if (!consent.required) {
    const said = element("p", "", `${consent.text} `);
    if (more) said.append(more);
    line.append(said);
    made.append(line);
    return null;
  }
  const tick = element("input");
  tick.type = "checkbox";
  tick.id = text.htmlFor = "f-consent";
  describe(tick, { "aria-required": "true" });
  const said = element("div");
  said.append(text, ...(more ? [more] : []));
  line.append(tick, said);
  place.append(line, problemOf(tick));
  made.append(place);
  return tick;
}

function wrong(question: Question, text: string, words: Words): string {
  if (!text) return question.required ? words.needed : "";
  if (question.type === "email" && !EMAIL.test(text)) return words.email;
  return question.type === "phone" && !PHONE.test(text) ? words.phone : "";
}

function complain(field: Field | null, problem: string): void {
  const bad = field && (field.getRootNode() as ShadowRoot).getElementById(`${field.id}-bad`);
  if (!field || !bad) return;
  bad.textContent = problem;
  bad.hidden = !problem;
  describe(field, { "aria-invalid": String(problem !== "") });
}

function focusWrong(made: HTMLFormElement): boolean {
  const first = made.querySelector<HTMLElement>("[aria-invalid=true]");
  first?.focus();
  return first !== null;
}
